// Which published flows want an event: every enabled plan in memory, kept current by a change stream.
import { buildMatchIndex, type MatchIndex } from "../flow/match.ts";
import type { Log } from "../log.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { FlowStore } from "../store/flows.ts";
import { followStream } from "../store/follow-stream.ts";

export type PublishedFlows = Awaited<ReturnType<typeof watchPublishedFlows>>;

const empty = buildMatchIndex([]);

/**
 * The match index of every tenant. While the change stream is broken the index may be stale, so events wait until it has
 * been read again: a flow that was published elsewhere must not miss one.
 */
export async function watchPublishedFlows(flows: FlowStore, log: Log) {
  const published = createPublished(flows);
  const followed = await followStream<FlowId>({
    what: "published flows",
    watch: flows.watch,
    readAll: () => published.read(),
    read: published.read,
    log,
  });
  return {
    /** The tenant's index. Throws AppError `service.storage_unavailable` when it cannot be made current in time. */
    async of(tenantId: TenantId): Promise<MatchIndex> {
      const waiting = followed.current();
      if (waiting !== undefined) await waiting;
      return published.of(tenantId);
    },

    /** Reads one flow again at once, so that its next event in this process finds it as it is. */
    changed: followed.changed,
    close: followed.close,
  };
}

/** The enabled flows' plans in memory, and the indexes that are built from them when they are asked for. */
function createPublished(flows: FlowStore) {
  const plansByTenant = new Map<TenantId, Map<FlowId, Plan>>();
  const indexByTenant = new Map<TenantId, MatchIndex>();

  const drop = (flowId: FlowId) => {
    for (const [tenantId, plans] of plansByTenant) if (plans.delete(flowId)) indexByTenant.delete(tenantId);
  };
  const put = (tenantId: TenantId, flowId: FlowId, plan: Plan) => {
    const plans = plansByTenant.get(tenantId) ?? new Map<FlowId, Plan>();
    plansByTenant.set(tenantId, plans.set(flowId, plan));
    indexByTenant.delete(tenantId);
  };

  /** Reads all flows, or only one. */
  const read = async (only?: FlowId): Promise<void> => {
    const enabled = await flows.enabled(only);
    const plans = await Promise.all(
      enabled.map(async (one) => ({ ...one, plan: await flows.plan(one.tenantId, one.flowId, one.version) })),
    );
    if (only) drop(only);
    else {
      plansByTenant.clear();
      indexByTenant.clear();
    }
    for (const { tenantId, flowId, plan } of plans) if (plan) put(tenantId, flowId, plan);
  };

  return {
    read,

    of(tenantId: TenantId): MatchIndex {
      const built = indexByTenant.get(tenantId);
      if (built) return built;
      const plans = plansByTenant.get(tenantId);
      if (!plans || plans.size === 0) return empty;
      const index = buildMatchIndex([...plans.values()]);
      indexByTenant.set(tenantId, index);
      return index;
    },
  };
}
