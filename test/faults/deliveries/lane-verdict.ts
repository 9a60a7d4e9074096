// What went wrong in a trial of lanes? Each event has to reach both endpoints, those of one key in their order at the ordered one.
import type { DeliveryId } from "../../../src/model/ids.ts";
import type { StoredDelivery } from "../../../src/store/deliveries.ts";
import type { Received } from "../../support/receiver.ts";
import { unexplained } from "./repeats.ts";

/** Each must be empty. Events by their ids. */
export type LaneVerdict = {
  /** Accepted, and never received. */
  lost: string[];
  /** Received after a later one of their key. */
  disordered: string[];
  /** Deliveries that have not ended. */
  stuck: DeliveryId[];
  /** Received under another id than that of their delivery. */
  unrecognisable: string[];
  /** Deliveries that came again although they had succeeded, or no kill had cut them off. */
  unexplained: string[];
};

export type LanesSeen = {
  accepted: ReadonlySet<string>;
  ordered: readonly Received[];
  limited: readonly Received[];
  orderedRows: readonly StoredDelivery[];
  limitedRows: readonly StoredDelivery[];
  /** When processes were killed, in milliseconds. */
  kills: readonly number[];
};

export function checkLanes(seen: LanesSeen): LaneVerdict {
  const { accepted, ordered, limited, orderedRows, limitedRows, kills } = seen;
  return {
    lost: [...missingAmong(accepted, ordered), ...missingAmong(accepted, limited)],
    disordered: disorderedAmong(ordered),
    stuck: [...orderedRows, ...limitedRows].filter((row) => row.status !== "delivered").map((row) => row._id),
    unrecognisable: [...strangeAmong(ordered, orderedRows), ...strangeAmong(limited, limitedRows)],
    unexplained: unexplained([...ordered, ...limited], [...orderedRows, ...limitedRows], kills),
  };
}

export function isInOrder(verdict: LaneVerdict): boolean {
  return Object.values(verdict).every((wrong) => wrong.length === 0);
}

function missingAmong(accepted: ReadonlySet<string>, requests: readonly Received[]): string[] {
  const came = new Set(requests.map((request) => dataOf(request).id));
  return [...accepted].filter((id) => !came.has(id));
}

/** The next one of a key is not sent before the one before it has ended: no number comes after a higher one. */
function disorderedAmong(requests: readonly Received[]): string[] {
  const highest = new Map<string, number>();
  return requests.flatMap((request) => {
    const { id, key, n } = dataOf(request);
    const before = highest.get(key) ?? 0;
    highest.set(key, Math.max(before, n));
    return n < before ? [`${id} after ${before}`] : [];
  });
}

function strangeAmong(requests: readonly Received[], rows: readonly StoredDelivery[]): string[] {
  const idByEvent = new Map(rows.map((row) => [row.event.id, row._id] as const));
  return requests
    .filter((request) => idByEvent.get(dataOf(request).id) !== request.headers["webhook-id"])
    .map((request) => dataOf(request).id);
}

/** Of events that the trial has published. */
function dataOf({ body }: Received): { id: string; key: string; n: number } {
  return (JSON.parse(body.toString()) as { data: { id: string; key: string; n: number } }).data;
}
