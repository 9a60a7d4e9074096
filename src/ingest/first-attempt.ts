// The first attempt of a delivery, straight from the outbox: sent, recorded, and handed on when it did not succeed at once.
import { carryAttempt, followAnswer, type CarryDeps, type Carried } from "../endpoint/carry.ts";
import { deliveryIdOf } from "../endpoint/delivery-id.ts";
import { handOn, type StartDelivery } from "../endpoint/hand-on.ts";
import { newDelivery } from "../endpoint/new-delivery.ts";
import type { OpenEndpoint } from "../endpoint/open-endpoint.ts";
import type { Log } from "../log.ts";
import type { AttemptBodies } from "../model/delivery.ts";
import { eventOf, type StoredEvent } from "../store/events.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";

/** `settled`: the delivery is recorded, and carried on by others where it has to be. `unsettled`: the relay looks again. */
export type Sent = "settled" | "unsettled";

/** Called between two steps, so that tests can end the process there. */
export type FaultPoint = (point: "sent" | "recorded" | "started" | "parked" | "woken") => void | Promise<void>;

export type FirstAttemptDeps = CarryDeps & {
  store: Pick<Store, "deliveries">;
  start: StartDelivery;
  log: Log;
  fault?: FaultPoint | undefined;
};

/**
 * Sends an event to an endpoint whose gate was entered. Each step leaves what the next one needs: until the record stands the
 * event is owed, and once it stands nothing is sent again from here.
 */
export async function sendFirst(
  deps: FirstAttemptDeps,
  event: StoredEvent,
  endpoint: OpenEndpoint,
): Promise<Sent | "in_lane"> {
  const id = deliveryIdOf(event, endpoint.id);
  const carried = await carryAttempt(deps, {
    endpoint,
    deliveryId: id,
    events: [{ deliveryId: id, event: eventOf(event) }],
    isBatch: false,
    number: 1,
    trigger: "first",
    isTest: event.test === true,
  });
  // Cut off by our own end: nothing is known of it, and another process sends it again under the same id.
  if (carried.judgement.failure?.class === "cancelled") return "unsettled";
  await deps.fault?.("sent");
  // A workflow of its own would only find the breaker open: hundreds of deliveries may end here at one moment.
  const isParked = carried.next.status === "pending" && deps.gates.openForMs(endpoint) > 0;
  const row: StoredDelivery = {
    ...newDelivery(event, endpoint.id),
    ...(isParked ? { lane: { why: "breaker" as const } } : {}),
    status: carried.next.status,
    begun: 1,
    attempts: [carried.attempt],
    ...("class" in carried.next ? { class: carried.next.class } : {}),
    ...(carried.nextAttemptAt === undefined ? { endedAt: endOf(carried) } : { nextAttemptAt: carried.nextAttemptAt }),
  };
  const standing = await recordFirst(deps, row, carried.bodies);
  await deps.fault?.("recorded");
  await followAnswer(deps, endpoint, carried);
  if (standing.status === "pending" && standing.lane !== undefined) return "in_lane";
  return carryOn(deps, standing, carried.leftMs());
}

/** Has what is pending carried on, after `delayMs` or at the time that stands in the row, unless it waits in a lane. */
export async function carryOn(
  deps: Pick<FirstAttemptDeps, "start" | "log" | "nowMs" | "fault">,
  row: StoredDelivery,
  delayMs?: number,
): Promise<Sent> {
  if (row.status !== "pending" || row.lane !== undefined) return "settled";
  const isStarted = await handOn(deps, row, delayMs);
  await deps.fault?.("started");
  return isStarted ? "settled" : "unsettled";
}

/** A row that stands already is one whose sender died before it could say so: this attempt comes beside the other. */
async function recordFirst(
  deps: FirstAttemptDeps,
  row: StoredDelivery,
  bodies: AttemptBodies,
): Promise<StoredDelivery> {
  if ((await deps.store.deliveries.insert(row, bodies)) === "inserted") return row;
  const [attempt] = row.attempts;
  if (attempt === undefined) return row;
  const { tenantId, _id: id, status, class: failureClass, nextAttemptAt, lane } = row;
  // Retries may have begun meanwhile: a number that one of them has would hide it.
  const number = await deps.store.deliveries.count(tenantId, id);
  const change = { status, class: failureClass, nextAttemptAt, lane };
  await deps.store.deliveries.record({ tenantId, id, attempt: { ...attempt, number }, bodies, change });
  return (await deps.store.deliveries.find(tenantId, id)) ?? row;
}

function endOf({ attempt }: Carried): Date {
  return new Date(attempt.startedAt.getTime() + attempt.durationMs);
}
