// What has an endpoint missed? Events that it would get as it is now, of which it has no delivery, or one that was skipped.
import { buildEventIndex, listenersTo } from "../flow/event-index.ts";
import type { DeliveryRecovery, RecoveryPage } from "../model/delivery-recovery.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { DeliveryId, EndpointId, Id, TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import { eventOf, type StoredEvent } from "../store/events.ts";
import type { EventHead } from "../store/missed-events.ts";
import type { Store } from "../store/store.ts";

/** An endpoint, as far as it decides what it gets. */
export type Listener = {
  events: readonly string[];
  /** It gets test events, and no others. */
  isTest: boolean;
  wants(event: Event): "wanted" | "unwanted" | Failure;
};

export type ReplayDeps = {
  store: Pick<Store, "deliveries" | "events" | "recoveryRefusals">;
  /** As it stands now; undefined when it was deleted. */
  listenerOf(tenantId: TenantId, id: EndpointId): Promise<Listener | undefined>;
  /** The row of a delivery before anything was tried. */
  newDelivery(event: StoredEvent, endpoint: EndpointId): StoredDelivery;
  deliveryIdOf(event: Pick<StoredEvent, "_id" | "receivedAt">, endpoint: EndpointId): DeliveryId;
};

/** Events that one page looks at, and those whose data is loaded at once. */
const headsMax = 500;
const loadedMax = 20;

const missed = { code: "missed", message: "Its event came while the endpoint was not there to get it." };

/**
 * The next deliveries of a replay. Those that are not there are made, as skipped ones: asking for them makes them pending, and
 * one whose asking never came shows for what it is. What is on its way for the first time is left to itself.
 */
export async function planReplay(deps: ReplayDeps, recovery: DeliveryRecovery, limit: number): Promise<RecoveryPage> {
  const { tenantId, filter, createdAt } = recovery;
  const { endpoint, since } = filter;
  const nothing = { ids: [], seen: 0, undecided: 0, isLast: true };
  const listener = endpoint === undefined ? undefined : await deps.listenerOf(tenantId, endpoint);
  if (endpoint === undefined || listener === undefined) return nothing;
  const until = filter.until !== undefined && filter.until < createdAt ? filter.until : createdAt;
  // Of this kind the position is an event's key.
  const after = recovery.position as Id<"evt"> | undefined;
  const heads = await deps.store.events.headsAfter(tenantId, { since, until }, after, headsMax);
  const listens = createListens(listener, filter.eventType);
  const page: RecoveryPage = { ids: [], seen: 0, undecided: 0, isLast: false };
  for (let from = 0; from < heads.length && page.ids.length < limit; from += loadedMax) {
    const some = heads.slice(from, from + loadedMax);
    const found = await missedOf(deps, recovery, { endpoint, listener }, some.filter(listens));
    page.ids.push(...found.ids);
    page.undecided += found.undecided;
    page.seen += some.length;
  }
  const last = heads[page.seen - 1]?._id;
  return {
    ...page,
    ...(last === undefined ? {} : { position: last }),
    isLast: page.seen === heads.length && heads.length < headsMax,
  };
}

function createListens(listener: Listener, eventType: string | undefined) {
  const index = buildEventIndex([listener]);
  return (event: EventHead): boolean =>
    (eventType === undefined || event.type === eventType) &&
    listenersTo(index, event.type).length > 0 &&
    (event.test === true) === listener.isTest;
}

/** It is being sent for the first time: where no row stands yet, it comes by itself. */
function isOwed({ fanOut }: EventHead, endpoint: EndpointId): boolean {
  return fanOut?.state === "pending" && fanOut.endpoints.includes(endpoint);
}

async function missedOf(
  deps: ReplayDeps,
  { tenantId, id }: DeliveryRecovery,
  { endpoint, listener }: { endpoint: EndpointId; listener: Listener },
  heads: EventHead[],
): Promise<{ ids: DeliveryId[]; undecided: number }> {
  const rows = await deps.store.deliveries.findMany(
    tenantId,
    heads.map((head) => deps.deliveryIdOf(head, endpoint)),
  );
  const statusById = new Map(rows.map(({ _id, status }) => [_id, status] as const));
  const isMissed = (head: EventHead): boolean => {
    const status = statusById.get(deps.deliveryIdOf(head, endpoint));
    // That it is put down is marked a little later than done, and of a large fan-out only when others are too.
    return status === undefined ? !isOwed(head, endpoint) : status === "skipped";
  };
  const keys = heads.filter(isMissed).map((head) => head._id);
  if (keys.length === 0) return { ids: [], undecided: 0 };
  const events = await deps.store.events.findByKeys(tenantId, keys);
  const ids: DeliveryId[] = [];
  let undecided = 0;
  for (const event of events.toSorted((a, b) => (a._id < b._id ? -1 : 1))) {
    const wants = listener.wants(eventOf(event));
    if (wants === "unwanted") continue;
    const row = deps.newDelivery(event, endpoint);
    if (wants === "wanted") {
      await deps.store.deliveries.insert({ ...row, status: "skipped", reason: missed, endedAt: new Date() });
      ids.push(row._id);
    } else {
      undecided++;
      const message = `The endpoint's filter could not be decided: ${wants.message}`;
      await deps.store.recoveryRefusals.add(tenantId, id, { delivery: row._id, code: "endpoint.invalid", message });
    }
  }
  return { ids, undecided };
}
