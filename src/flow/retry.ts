// When is a failed attempt tried again? Policies resolved to delays, and the decision after each failure.
import { failureClasses, type Failure } from "../model/failure.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import type {
  Duration,
  ExponentialRetry,
  Jitter,
  RetryName,
  RetryPlan,
  RetryPolicy,
  ScheduledRetry,
} from "../model/retry.ts";
import { parseDuration } from "./duration.ts";

/** Longest delay before one retry, in milliseconds: 30 days. */
export const delayMsMax = 30 * 86_400_000;
/** Longest Retry-After that we honour, in milliseconds. Longer values are clamped, not refused. */
export const retryAfterMsMax = 24 * 3_600_000;

const jitterDefault: Jitter = 0.2;

/**
 * The policies that have a name. `quick`: a person waits for it, four retries within 15 seconds. `standard`: what a step
 * without `retry` gets, four retries within 13 minutes. `day`: the receiver may be down for a night, seven retries that
 * end a little before 24 hours. `none`: one attempt.
 */
export const retryPolicies: { readonly [name in RetryName]: ExponentialRetry | ScheduledRetry } = {
  quick: { attempts: 5, first: "1s", factor: 2, max: "10s" },
  standard: { attempts: 5, first: "5s", factor: 5, max: "1h" },
  day: { schedule: ["5s", "5m", "30m", "2h", "5h", "8h", "8h"] },
  none: { attempts: 1 },
};

/** What an exponential policy leaves out is as in `standard`. */
const exponentialDefaults = { first: "5s", factor: 5, max: "1h" };

/** What is wrong with a policy of the right shape: durations that are out of bounds. Pointers are relative to the policy. */
export function checkRetry(policy: RetryPolicy): Finding[] {
  if (typeof policy === "string") return [];
  const delays: [string, Duration | undefined, number][] =
    "schedule" in policy
      ? policy.schedule.map((delay, index) => [`/schedule/${index}`, delay, delayMsMax])
      : [
          ["/first", policy.first, delayMsMax],
          ["/max", policy.max, delayMsMax],
        ];
  // A longer `within` than the longest duration would be no limit at all.
  delays.push(["/within", policy.within, Number.POSITIVE_INFINITY]);
  return delays.flatMap(([pointer, text, maxMs]) => {
    const ms = text === undefined ? 0 : parseDuration(text);
    if (ms !== undefined && ms <= maxMs) return [];
    const longest = maxMs === delayMsMax ? "30d" : "365d";
    return [{ pointer, code: "range", message: `\`${text}\` is longer than ${longest}, the longest possible here.` }];
  });
}

/** Words of `on` and `never` that no failure is known to carry: probably misspelt. Pointers are relative to the policy. */
export function unknownFailureWords(policy: RetryPolicy): { pointer: string; word: string }[] {
  if (typeof policy === "string") return [];
  return (["on", "never"] as const).flatMap((member) =>
    (policy[member] ?? [])
      .map((word, index) => ({ pointer: childPointer(childPointer("", member), index), word }))
      .filter(({ word }) => !/^([1-5][0-9]{2}|[1-5]xx|http_[1-5][0-9]{2})$/.test(word) && !failureWords.has(word)),
  );
}

/** Every class, and the codes that deliveries fail with. */
export const failureWords: ReadonlySet<string> = new Set(
  Object.keys(failureClasses).concat("dns", "refused", "reset", "tls", "http", "budget"),
);

/**
 * A policy resolved to numbers; `standard` when there is none. Delays are whole milliseconds from 1 up.
 * @throws RangeError for a duration that `checkRetry` refuses
 */
export function resolveRetry(policy: RetryPolicy | undefined): RetryPlan {
  const written = typeof policy === "string" || policy === undefined ? retryPolicies[policy ?? "standard"] : policy;
  const plan: RetryPlan = {
    delaysMs: ("schedule" in written ? written.schedule.map(milliseconds) : exponentialDelays(written)).map(atLeastOne),
    jitter: written.jitter ?? jitterDefault,
  };
  if (written.on !== undefined) plan.on = written.on;
  if (written.never !== undefined) plan.never = written.never;
  if (written.within !== undefined) plan.withinMs = milliseconds(written.within);
  return plan;
}

export type RetryDecision =
  { retry: true; delayMs: number } | { retry: false; why: "attempts" | "never" | "on" | "class" | "within" };

/**
 * Whether to try again after attempt `attempt` (from 1) failed, and after how many milliseconds. `retryAfterMs` is what
 * the receiver asked for, `elapsedMs` the time since the first attempt began, `random` a number from 0 to 1. A wish of
 * the receiver is honoured between the policy's own delay and 24 hours; one that is no positive number is passed over.
 */
export function decideRetry(input: {
  plan: RetryPlan;
  attempt: number;
  failure: Failure;
  retryAfterMs?: number | undefined;
  elapsedMs: number;
  random: number;
}): RetryDecision {
  const { plan, failure } = input;
  if (plan.never?.some((word) => speaksOf(word, failure))) return { retry: false, why: "never" };
  if (plan.on === undefined && !failureClasses[failure.class].retried) return { retry: false, why: "class" };
  if (plan.on !== undefined && !plan.on.some((word) => invites(word, failure))) return { retry: false, why: "on" };
  const ownMs = plan.delaysMs[input.attempt - 1];
  if (ownMs === undefined) return { retry: false, why: "attempts" };
  // After the jitter: it may lengthen the policy's own delay or shorten it, but never what the receiver asked for.
  const delayMs = Math.max(atLeastOne(jittered(ownMs, plan.jitter, input.random)), askedMs(input.retryAfterMs));
  if (plan.withinMs !== undefined && input.elapsedMs + delayMs > plan.withinMs) return { retry: false, why: "within" };
  return { retry: true, delayMs };
}

/** The delays of a plan without jitter, when attempts take no time: those that `within` cuts off are left out. */
export function previewRetry(plan: RetryPlan): { delaysMs: number[]; totalMs: number } {
  const delaysMs: number[] = [];
  let totalMs = 0;
  for (const delayMs of plan.delaysMs) {
    if (plan.withinMs !== undefined && totalMs + delayMs > plan.withinMs) break;
    delaysMs.push(delayMs);
    totalMs += delayMs;
  }
  return { delaysMs, totalMs };
}

function exponentialDelays(policy: ExponentialRetry): number[] {
  const firstMs = milliseconds(policy.first ?? exponentialDefaults.first);
  // A long first delay without a `max` is meant: the default must not shorten it.
  const maxMs = policy.max === undefined ? Math.max(firstMs, milliseconds("1h")) : milliseconds(policy.max);
  const factor = policy.factor ?? exponentialDefaults.factor;
  return Array.from({ length: policy.attempts - 1 }, (_, index) => Math.min(firstMs * factor ** index, maxMs));
}

function milliseconds(text: Duration): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`${text} is not a duration`);
  return ms;
}

/** Never 0: Temporal reads a zero delay as "no more retries". */
function atLeastOne(ms: number): number {
  return Math.max(1, Math.round(ms));
}

function jittered(ms: number, jitter: Jitter, random: number): number {
  if (jitter === "none") return ms;
  if (jitter === "full") return ms * random;
  return ms * (1 + jitter * (2 * random - 1));
}

function askedMs(retryAfterMs: number | undefined): number {
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs) || retryAfterMs <= 0) return 0;
  return Math.min(Math.ceil(retryAfterMs), retryAfterMsMax);
}

/** Whether a word of a policy names this failure: its class, its code, its status, or the family of its status. */
function speaksOf(word: string, failure: Failure): boolean {
  if (word === failure.class || word === failure.code) return true;
  // `tls_expired`, `tls_host`, …: a policy speaks of all of them at once.
  if (word === "tls" && failure.code.startsWith("tls_")) return true;
  if (failure.status === undefined) return false;
  const status = String(failure.status);
  return word === status || (word.length === 3 && word.endsWith("xx") && word[0] === status[0]);
}

/**
 * Whether a word of `on` asks for a retry of this failure. What may have been applied already is repeated only when the
 * author says `ambiguous`, not because its status or code is on the list; and what somebody ended is not begun again.
 */
function invites(word: string, failure: Failure): boolean {
  if (failure.class === "cancelled" || failure.class === "stopped") return false;
  return failure.class === "ambiguous" ? word === "ambiguous" : speaksOf(word, failure);
}
