// Which requests came again, and did a kill cut off what they repeat?
import type { StoredDelivery } from "../../../src/store/deliveries.ts";
import type { Received } from "../../support/receiver.ts";

/** By how much the clocks of a request and a kill may part, in milliseconds. */
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
 * Deliveries that were sent again although that was not called for: after a success that was recorded, or after a request that
 * is not recorded with no process killed since. `kills`: when, in milliseconds.
 */
export function unexplained(
  requests: readonly Received[],
  rows: readonly StoredDelivery[],
  kills: readonly number[],
): string[] {
  const rowById = new Map<string, StoredDelivery>(rows.map((row) => [row._id, row] as const));
  const isExplained = (id: string, { at, headers }: Received): boolean => {
    const attempts = rowById.get(id)?.attempts ?? [];
    // A first attempt that was cut off and the one in its place have the same number.
    const recorded = attempts.find(
      ({ number, startedAt }) =>
        number === Number(headers["webhook-attempt"]) && startedAt.getTime() <= at.getTime() + noticedMs,
    );
    if (recorded !== undefined) return recorded.outcome !== "succeeded";
    return kills.some((kill) => kill >= at.getTime() - noticedMs);
  };
  return [...byDelivery(requests)]
    .filter(([id, ofOne]) => ofOne.slice(0, -1).some((request) => !isExplained(id, request)))
    .map(([id]) => id);
}
