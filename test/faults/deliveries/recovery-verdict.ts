// What went wrong in a trial of recoveries? Each delivery has its turn, once but for what a kill cut off, and is counted once.
import type { DeliveryStatus } from "../../../src/model/delivery.ts";
import type { RecoveryId } from "../../../src/model/ids.ts";
import type { StoredDelivery } from "../../../src/store/deliveries.ts";
import type { Received } from "../../support/receiver.ts";
import { byDelivery, unexplained } from "./repeats.ts";

/** A recovery, and what is known of the deliveries that it is about. */
export type RecoverySeen = {
  /** As the API shows it. */
  recovery: {
    id: RecoveryId;
    kind: string;
    status: string;
    progress: { done: number; total: number };
    retried: number;
    refused: number;
    outcomes: Record<DeliveryStatus, number>;
    createdAt: string;
  };
  /** `stubborn`: how many fail again. */
  expected: { done: number; retried: number; refused: number; stubborn: number };
  /** Those that can be made again. */
  rows: readonly StoredDelivery[];
  /** Since it was asked for. */
  requests: readonly Received[];
};

/** Each must be empty. */
export type RecoveryVerdict = {
  /** Deliveries that were not sent. */
  untried: string[];
  /** Deliveries that came again although they had succeeded, or no kill had cut them off. */
  unexplained: string[];
  /** Deliveries that came more often than once and once more for each kill. */
  tooOften: string[];
  /** Requests under an id that no delivery has. */
  unrecognisable: string[];
  /** Recoveries that go on for ever, or have not come to a good end. */
  unended: string[];
  /** Deliveries that nobody carries on. */
  stuck: string[];
  /** What a recovery says of itself, and is not so. */
  miscounted: string[];
};

export function checkRecoveries(seen: readonly RecoverySeen[], kills: readonly number[]): RecoveryVerdict {
  const each = (look: (one: RecoverySeen) => string[]) => seen.flatMap(look);
  return {
    untried: each(({ rows, requests }) => {
      const came = byDelivery(requests);
      return rows.filter((row) => !came.has(row._id)).map((row) => row._id);
    }),
    unexplained: each(({ requests, rows }) => unexplained(requests, rows, kills)),
    tooOften: each(({ requests }) =>
      [...byDelivery(requests)].filter(([, ofOne]) => ofOne.length > 1 + kills.length).map(([id]) => id),
    ),
    unrecognisable: each(({ rows, requests }) => {
      const ids = new Set<string>(rows.map((row) => row._id));
      return [...byDelivery(requests).keys()].filter((id) => !ids.has(id));
    }),
    unended: each(({ recovery }) => (recovery.status === "succeeded" ? [] : [`${recovery.kind} ${recovery.status}`])),
    stuck: each(({ rows }) => rows.filter((row) => row.status === "pending").map((row) => row._id)),
    miscounted: each(miscountedIn),
  };
}

export function isRecovered(verdict: RecoveryVerdict): boolean {
  return Object.values(verdict).every((wrong) => wrong.length === 0);
}

function miscountedIn({ recovery, expected }: RecoverySeen): string[] {
  const { kind, progress, retried, refused, outcomes } = recovery;
  const counts = {
    done: [progress.done, expected.done],
    retried: [retried, expected.retried],
    refused: [refused, expected.refused],
    delivered: [outcomes.delivered, expected.retried - expected.stubborn],
    failed: [outcomes.failed, expected.stubborn],
  };
  return Object.entries(counts)
    .filter(([, [is, expectedIs]]) => is !== expectedIs)
    .map(([name, [is, expectedIs]]) => `${kind}: ${name} is ${is} instead of ${expectedIs}`);
}
