// Which published flows want an event: every enabled plan in memory, kept current by a change stream.
import { buildMatchIndex, type MatchIndex } from "../flow/match.ts";
import type { Log } from "../log.ts";
import { AppError } from "../model/errors.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Listening } from "../store/changes.ts";
import type { FlowStore } from "../store/flows.ts";

export type PublishedFlows = Awaited<ReturnType<typeof watchPublishedFlows>>;

const empty = buildMatchIndex([]);
const retryMs = 500;
/** Longest that an accept waits for an index that is being read again, in milliseconds. */
const freshWaitMs = 4_000;

/**
 * The match index of every tenant. While the change stream is broken the index may be stale, so events wait until it has
 * been read again: a flow that was published elsewhere must not miss one.
 */
export async function watchPublishedFlows(flows: FlowStore, log: Log) {
  const published = createPublished(flows);
  let closed = false;
  let stream: Listening | undefined;
  let fresh: Promise<void> | undefined;

  /** Watches first and reads then: what changes in between is told by the stream. */
  const begin = async (): Promise<void> => {
    while (!closed) {
      try {
        let broken: unknown;
        const onError = (err: unknown) => {
          broken = err;
          restart(err);
        };
        stream = flows.watch({ change: (id) => void published.read(id).catch(onError), error: onError });
        await stream.opened;
        await published.read();
        // Broken while the flows were read: what changed meanwhile was not told.
        if (broken !== undefined) throw new Error("The stream of changed flows broke.", { cause: broken });
        return;
      } catch (err) {
        log.warn({ err }, "the published flows cannot be read; trying again");
        await stream?.close().catch(() => {}); // It is broken already.
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
  const restart = (err: unknown) => {
    if (closed || fresh) return;
    log.warn({ err }, "the stream of changed flows broke; reading them again");
    const broken = stream;
    fresh = begin().finally(() => (fresh = undefined));
    void broken?.close().catch(() => {}); // It is broken already.
  };
  await begin();

  return {
    /** The tenant's index. Throws AppError `service.storage_unavailable` when it cannot be made current in time. */
    async of(tenantId: TenantId): Promise<MatchIndex> {
      if (fresh) await withinTime(fresh);
      return published.of(tenantId);
    },

    /** Reads one flow again at once, so that its next event in this process finds it as it is. */
    changed: (flowId: FlowId): Promise<void> => published.read(flowId),

    async close(): Promise<void> {
      closed = true;
      await stream?.close();
    },
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

  const readNow = async (only: FlowId | undefined): Promise<void> => {
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

  let last: Promise<void> = Promise.resolve();
  return {
    /** Reads all flows, or only one; one after the other, so that an older answer never overwrites a newer one. */
    read(only?: FlowId): Promise<void> {
      const turn = last.then(() => readNow(only));
      // The one who asked hears of its failure; the next one does not care.
      last = turn.catch(() => {});
      return turn;
    },

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

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const detail = "The published flows cannot be read at the moment. Send the event again with the same id.";
    timer = setTimeout(
      () => reject(new AppError("service.storage_unavailable", { detail, retryAfterMs: 2_000 })),
      freshWaitMs,
    );
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
