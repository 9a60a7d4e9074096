// Which requests came again, and did a kill cut off what they repeat?
import type { Received } from "../../support/receiver.ts";

/** From its arrival until an attempt is recorded, in milliseconds, on a machine that is busy. */
const underWayMs = 2_500;
/** By how much a kill may have been noticed after it happened, in milliseconds. */
const noticedMs = 100;

/** Requests by the delivery that they are of, in their order. */
export function byDelivery(requests: readonly Received[]): Map<string, Received[]> {
  const found = new Map<string, Received[]>();
  for (const request of requests) {
    const id = String(request.headers["webhook-id"]);
    found.set(id, [...(found.get(id) ?? []), request]);
  }
  return found;
}

/**
 * Deliveries that were sent again although an earlier request of them had succeeded, with no process killed while that one
 * was under way. `kills`: when, in milliseconds.
 */
export function unexplained(
  requests: readonly Received[],
  kills: readonly number[],
  succeeded: (request: Received) => boolean,
): string[] {
  const isCutOff = ({ at }: Received) =>
    kills.some((kill) => kill >= at.getTime() - noticedMs && kill - at.getTime() <= underWayMs);
  return [...byDelivery(requests)]
    .filter(([, ofOne]) => ofOne.slice(0, -1).some((request) => succeeded(request) && !isCutOff(request)))
    .map(([id]) => id);
}
