// Who carries a delivery on that did not succeed at once? Temporal, by one workflow for each delivery.
import type { Log } from "../log.ts";
import type { AttemptRow } from "../model/delivery.ts";
import type { DeliveryId, EndpointId, EventId, TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";

export type DeliveryStart = {
  tenantId: TenantId;
  endpointId: EndpointId;
  eventId: EventId;
  deliveryId: DeliveryId;
  /** Until the next attempt, in milliseconds: it costs nothing but a record. */
  delayMs: number;
  /** Somebody asked for an attempt: it takes the place of what waits, and is made although the delivery has ended. */
  ask?: { trigger: Extract<AttemptRow["trigger"], "manual" | "recovery"> };
};

/** `unavailable`: Temporal does not answer. `refused`: it will not take this delivery. */
export type Started = { outcome: "started" } | { outcome: "unavailable" | "refused"; cause: unknown };
export type StartDelivery = (start: DeliveryStart) => Promise<Started>;
export type LaneKey = { tenantId: TenantId; endpointId: EndpointId };
/** Tells a lane that somebody waits in it. Resolves with what came of a signal that was sent after the call. Never rejects. */
export type WakeLane = (lane: LaneKey) => Promise<Started>;

/** What somebody asked for that has not been made yet. */
export function openAskOf({ asked }: Pick<StoredDelivery, "asked">): StoredDelivery["asked"] {
  return asked?.used === true ? undefined : asked;
}

/**
 * Until a delivery is to be tried again, in milliseconds; 0 or less: it is due. A clock that has been set back behind the
 * last attempt makes it wait for what that attempt was to be followed by, and no longer.
 */
export function dueInMs(
  { nextAttemptAt, attempts }: Pick<StoredDelivery, "nextAttemptAt" | "attempts">,
  nowMs: number,
): number {
  const last = attempts.at(-1);
  const lastEndMs = last === undefined ? 0 : last.startedAt.getTime() + last.durationMs;
  return (nextAttemptAt?.getTime() ?? 0) - Math.max(nowMs, lastEndMs);
}

/**
 * Has Temporal carry on what is pending, after `delayMs` or at the time that stands in the row. Repeatable: a delivery has one
 * workflow. False: somebody has to ask again.
 */
export async function handOn(
  deps: { start: StartDelivery; log: Log; nowMs: () => number },
  row: Pick<StoredDelivery, "_id" | "tenantId" | "endpointId" | "event" | "nextAttemptAt" | "attempts">,
  delayMs = Math.max(1, dueInMs(row, deps.nowMs())),
): Promise<boolean> {
  const { tenantId, endpointId, event } = row;
  const started = await deps.start({ tenantId, endpointId, eventId: event.id, deliveryId: row._id, delayMs });
  if (started.outcome === "started") return true;
  deps.log[started.outcome === "refused" ? "error" : "debug"](
    { err: started.cause, deliveryId: row._id },
    "the retries of a delivery could not be started yet",
  );
  return false;
}
