// What does the delivery log hold of an endpoint, as the systems' rows and counters want it?
import type { AttemptView } from "../../model/attempt.ts";
import type { AttemptBodies, AttemptRow, DeliveryStatus, DeliveryView } from "../../model/delivery.ts";
import type { EndpointId, TenantId } from "../../model/ids.ts";
import type { StoredDelivery } from "../../store/deliveries.ts";
import { bodyKey } from "../../store/delivery-bodies.ts";
import type { Page, PageRequest } from "../../store/page.ts";
import type { Store } from "../../store/store.ts";

type Log = Pick<Store, "deliveries" | "deliveryBodies" | "deliveryStats">;

/** A page of an endpoint's deliveries with their bodies, newest first. */
export async function listDeliveries(
  { deliveries, deliveryBodies }: Log,
  tenantId: TenantId,
  filter: { endpoint: EndpointId; status?: DeliveryStatus | undefined },
  page: PageRequest,
): Promise<Page<DeliveryView>> {
  const statuses = filter.status === undefined ? undefined : [filter.status];
  const rows = await deliveries.list(tenantId, { endpoint: filter.endpoint, statuses }, page);
  const ids = rows.items.map(({ _id }) => _id);
  const bodies = await deliveryBodies.of(tenantId, ids);
  return { items: rows.items.map((row) => viewOf(row, bodies)), nextCursor: rows.nextCursor };
}

/** A delivery as it stands, with the bodies of its attempts by `bodyKey`. */
export function viewOf(row: StoredDelivery, bodies: ReadonlyMap<string, AttemptBodies>): DeliveryView {
  const { _id: id, endpointId, event, status, reason, attempts, nextAttemptAt, lane, createdAt, endedAt, test } = row;
  return {
    id,
    endpoint: endpointId,
    event: { id: event.id, type: event.type },
    status,
    ...(reason === undefined ? {} : { reason }),
    // One that was given up may have been written after a later one.
    attempts: inOrder(attempts).map((attempt) => attemptViewOf(attempt, bodies.get(bodyKey(id, attempt.number)))),
    ...(nextAttemptAt === undefined || status !== "pending" ? {} : { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...(lane === undefined ? {} : { waiting: lane.why }),
    createdAt: createdAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
    ...(test === undefined ? {} : { test }),
  };
}

function inOrder(attempts: readonly AttemptRow[]): AttemptRow[] {
  return attempts.toSorted((a, b) => a.number - b.number);
}

/** An attempt with what it sent and got, where that is kept still. */
function attemptViewOf(
  { status: _, batch: __, startedAt, nextAttemptAt, ...rest }: AttemptRow,
  bodies: AttemptBodies = {},
): AttemptView {
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...bodies,
  };
}

export type Counters = { total: number; failed: number; lastAt?: Date };

/**
 * How many deliveries an endpoint has had, how many of them failed, and when it was last tried. Beyond 100 000 rows the
 * numbers are those of the statistics, which follow within a few seconds and reach back 400 days.
 */
export async function countDeliveries(store: Log, tenantId: TenantId, endpoint: EndpointId): Promise<Counters> {
  const [all, failed, last] = await Promise.all([
    store.deliveries.countMatching(tenantId, { endpoint }),
    store.deliveries.countMatching(tenantId, { endpoint, statuses: ["failed", "rejected"] }),
    store.deliveries.list(tenantId, { endpoint }, { limit: 1 }),
  ]);
  const lastAt = last.items[0]?.attempts.at(-1)?.startedAt;
  const counted = all.capped || failed.capped ? await statisticsOf(store, tenantId, endpoint) : undefined;
  return { total: all.count, failed: failed.count, ...counted, ...(lastAt === undefined ? {} : { lastAt }) };
}

async function statisticsOf({ deliveryStats }: Log, tenantId: TenantId, endpointId: EndpointId): Promise<Counters> {
  const all = { tenantId, endpointId, from: new Date(0), to: new Date(8.64e15), unit: "hour" } as const;
  const { delivered, failed, rejected } = await deliveryStats.total(all);
  return { total: delivered + failed + rejected, failed: failed + rejected };
}
