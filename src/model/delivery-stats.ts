// What is counted of deliveries, and what a count of them tells.
import type { FailureClass } from "./failure.ts";
import { countOf, histogramBoundsMs, newHistogram, percentileOf, type Histogram } from "./histogram.ts";

/** Counts of a time. Attempts are counted when they end, deliveries when nothing more is tried. */
export type DeliveryCounts = {
  attempts: number;
  failedAttempts: number;
  /** Attempts beyond the first of their delivery. */
  retries: number;
  delivered: number;
  failed: number;
  rejected: number;
  /** How often a delivery had to wait for its endpoint's rate. */
  limited: number;
  /** Of the attempts that got an answer, whatever its status. */
  answerMsSum: number;
  answers: Histogram;
  byClass: { [failureClass in FailureClass]?: number };
};

export function newCounts(): DeliveryCounts {
  return {
    attempts: 0,
    failedAttempts: 0,
    retries: 0,
    delivered: 0,
    failed: 0,
    rejected: 0,
    limited: 0,
    answerMsSum: 0,
    answers: newHistogram(),
    byClass: {},
  };
}

/** The counts that are plain numbers. */
export const plainCounts = [
  "attempts",
  "failedAttempts",
  "retries",
  "delivered",
  "failed",
  "rejected",
  "limited",
  "answerMsSum",
] as const satisfies (keyof DeliveryCounts)[];

/** Adds counts to others, in place. */
export function addCounts(into: DeliveryCounts, more: DeliveryCounts): void {
  for (const name of plainCounts) into[name] += more[name];
  for (const bucket of histogramBoundsMs.keys()) {
    into.answers[bucket] = (into.answers[bucket] ?? 0) + (more.answers[bucket] ?? 0);
  }
  for (const [name, count] of Object.entries(more.byClass)) {
    const failureClass = name as FailureClass; // A key of a map by classes.
    into.byClass[failureClass] = (into.byClass[failureClass] ?? 0) + count;
  }
}

/** What people look at. Shares are from 0 to 1, absent where there is nothing to share. */
export type DeliveryFigures = {
  attempts: number;
  /** Deliveries that have ended: `delivered`, `failed` and `rejected` together. */
  deliveries: number;
  delivered: number;
  failed: number;
  rejected: number;
  /** Of the deliveries that have ended. */
  successRate?: number;
  failedAttempts: number;
  /** Share of attempts to which the endpoint answered, and not with a failure of its own. */
  availability?: number;
  averageMs?: number;
  p50Ms?: number;
  p95Ms?: number;
  retries: number;
  /** Share of attempts that are retries. */
  retryRate?: number;
  rateLimitHits: number;
  byClass: { [failureClass in FailureClass]?: number };
};

/** Failures that say that the endpoint itself was away or in trouble. */
const outages = ["network", "timeout", "transient"] as const satisfies FailureClass[];

/** The figures of counts. */
export function figuresOf(counts: DeliveryCounts): DeliveryFigures {
  const { attempts, delivered, failed, rejected, failedAttempts, retries, limited, byClass } = counts;
  const deliveries = delivered + failed + rejected;
  const answered = countOf(counts.answers);
  const away = outages.reduce((sum, name) => sum + (byClass[name] ?? 0), 0);
  return {
    attempts,
    deliveries,
    delivered,
    failed,
    rejected,
    ...share("successRate", delivered, deliveries),
    failedAttempts,
    ...share("availability", attempts - away, attempts),
    ...(answered === 0 ? {} : { averageMs: rounded(counts.answerMsSum / answered) }),
    ...percentile("p50Ms", counts.answers, 0.5),
    ...percentile("p95Ms", counts.answers, 0.95),
    retries,
    ...share("retryRate", retries, attempts),
    rateLimitHits: limited,
    byClass,
  };
}

function share<Name extends string>(name: Name, part: number, whole: number): { [name in Name]?: number } {
  if (whole === 0) return {};
  // One member with that name.
  return { [name]: Math.round((part / whole) * 1e6) / 1e6 } as { [name in Name]?: number };
}

function percentile<Name extends string>(name: Name, answers: Histogram, at: number): { [name in Name]?: number } {
  const ms = percentileOf(answers, at);
  if (ms === undefined) return {};
  // One member with that name.
  return { [name]: rounded(ms) } as { [name in Name]?: number };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
