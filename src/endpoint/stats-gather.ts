// What is counted while deliveries are made: in memory, a few additions for each attempt, taken away in whole.
import { durationMsMax } from "../flow/duration.ts";
import type { AttemptRow } from "../model/delivery.ts";
import { newCounts, type DeliveryCounts } from "../model/delivery-stats.ts";
import { isAlertType } from "../model/endpoint-alert.ts";
import { bucketOf } from "../model/histogram.ts";
import type { EndpointId } from "../model/ids.ts";
import type { StatsCell } from "../store/delivery-stats.ts";
import type { HealthNote } from "../store/endpoint-health.ts";
import type { NextStep } from "./decide.ts";
import { healthRuleOf, type HealthRule } from "./health.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";

export type Gathered = { cells: StatsCell[]; notes: HealthNote[] };

export type Gathering = {
  attempted(seen: {
    endpoint: OpenEndpoint;
    eventType: string;
    attempt: AttemptRow;
    next: NextStep;
    deliveries: number;
  }): void;
  limited(seen: { endpoint: OpenEndpoint; eventType: string }): void;
  /** How many rows taking would bring. */
  size(): number;
  /** Everything since the last time, in order of time; counting begins anew. */
  take(): Gathered;
  /** Puts notes back that could not be written: they go before what has been seen since. */
  putBack(notes: HealthNote[]): void;
};

type OfEndpoint = { endpoint: OpenEndpoint; byType: Map<string, DeliveryCounts> };

const minuteMs = 60_000;

export function createGathering(nowMs: () => number): Gathering {
  let minute = Math.floor(nowMs() / minuteMs);
  let current = new Map<EndpointId, OfEndpoint>();
  let past: StatsCell[] = [];
  let notes = new Map<EndpointId, HealthNote>();

  const countsFor = (endpoint: OpenEndpoint, eventType: string): DeliveryCounts => {
    const now = Math.floor(nowMs() / minuteMs);
    if (now !== minute) {
      past.push(...cellsOf(current, minute));
      current = new Map();
      minute = now;
    }
    let of = current.get(endpoint.id);
    if (of === undefined) current.set(endpoint.id, (of = { endpoint, byType: new Map() }));
    let counts = of.byType.get(eventType);
    if (counts === undefined) of.byType.set(eventType, (counts = newCounts()));
    return counts;
  };

  return {
    attempted({ endpoint, eventType, attempt, next, deliveries }) {
      count(countsFor(endpoint, eventType), attempt, next, deliveries);
      if (attempt.class === "internal" || attempt.class === "cancelled") return;
      let note = notes.get(endpoint.id);
      if (note === undefined) notes.set(endpoint.id, (note = newNote(endpoint)));
      see(note, ruleOf(endpoint), { eventType, attempt, atMs: nowMs() });
    },
    limited: ({ endpoint, eventType }) => void countsFor(endpoint, eventType).limited++,
    size: () => past.length + current.size + notes.size,
    take() {
      const taken = { cells: [...past, ...cellsOf(current, minute)], notes: [...notes.values()] };
      past = [];
      current = new Map();
      notes = new Map();
      return taken;
    },
    putBack(earlier) {
      for (const note of earlier) {
        const later = notes.get(note.id);
        notes.set(note.id, later === undefined ? note : joined(note, later));
      }
    },
  };
}

function cellsOf(byEndpoint: Map<EndpointId, OfEndpoint>, minute: number): StatsCell[] {
  return [...byEndpoint.values()].flatMap(({ endpoint: { id, tenantId }, byType }) =>
    [...byType].map(([eventType, counts]) => ({
      tenantId,
      endpointId: id,
      eventType,
      minuteMs: minute * minuteMs,
      counts,
    })),
  );
}

function count(counts: DeliveryCounts, attempt: AttemptRow, next: NextStep, deliveries: number): void {
  counts.attempts++;
  if (attempt.number > 1) counts.retries++;
  if (attempt.class !== undefined) {
    counts.failedAttempts++;
    counts.byClass[attempt.class] = (counts.byClass[attempt.class] ?? 0) + 1;
  }
  if (attempt.status !== undefined) {
    const bucket = bucketOf(attempt.durationMs);
    counts.answers[bucket] = (counts.answers[bucket] ?? 0) + 1;
    counts.answerMsSum += attempt.durationMs;
  }
  if (next.status !== "pending") counts[next.status] += deliveries;
}

const rules = new WeakMap<OpenEndpoint, HealthRule>();

function ruleOf(endpoint: OpenEndpoint): HealthRule {
  let rule = rules.get(endpoint);
  if (rule === undefined) rules.set(endpoint, (rule = healthRuleOf(endpoint.settings)));
  return rule;
}

function newNote(endpoint: OpenEndpoint): HealthNote {
  const { id, tenantId } = endpoint;
  const forgottenAfterMs = ruleOf(endpoint).disableAfterMs ?? durationMsMax;
  return { tenantId, id, successes: 0, failures: 0, failuresOfOthers: 0, slow: false, forgottenAfterMs };
}

/** An attempt that has just ended, at `atMs`: its own times are of a clock that may have been wrong. */
function see(
  note: HealthNote,
  rule: HealthRule,
  { eventType, attempt, atMs }: { eventType: string; attempt: AttemptRow; atMs: number },
): void {
  if (attempt.status !== undefined && attempt.durationMs > rule.slowMs) note.slow = true;
  if (attempt.outcome === "succeeded") {
    note.successes++;
    note.failures = 0;
    note.failuresOfOthers = 0;
    delete note.firstFailureMs;
    note.lastSuccessMs = atMs;
    return;
  }
  note.successes = 0;
  note.failures++;
  if (!isAlertType(eventType)) note.failuresOfOthers++;
  note.firstFailureMs ??= atMs;
  note.lastFailureMs = atMs;
}

/** Two notes of one endpoint as one. */
function joined(earlier: HealthNote, later: HealthNote): HealthNote {
  const slow = earlier.slow || later.slow;
  const note = { ...earlier, ...later, slow };
  if (later.lastSuccessMs === undefined) {
    note.failures += earlier.failures;
    note.failuresOfOthers += earlier.failuresOfOthers;
    const first = earlier.firstFailureMs ?? later.firstFailureMs;
    if (first !== undefined) note.firstFailureMs = first;
  } else if (later.firstFailureMs === undefined) {
    delete note.firstFailureMs;
  }
  if (later.lastFailureMs === undefined) note.successes += earlier.successes;
  return note;
}
