// How do the systems' retry settings and our policies say the same? Both ways, and whatever the policy's form.
import { formatDuration, parseDuration } from "../../flow/duration.ts";
import { resolveRetry, retryPolicies } from "../../flow/retry.ts";
import type { ExponentialRetry, RetryPlan, RetryPolicy, ScheduledRetry } from "../../model/retry.ts";

/** `maxRetries` counts attempts, the first one too: the system that has it compares it with the attempt's number. */
export type RetryConfig = { maxRetries: number; backoffMultiplier: number; maxBackoffSeconds: number };
/** `retry_count` counts what comes after the first attempt. */
export type RetryCounts = { retry_count: number; retry_delay_seconds: number };

/** A policy as `retryConfig`: of a schedule, how it begins to grow and how long its longest delay is. */
export function retryConfigOf(policy: RetryPolicy): RetryConfig {
  const written = writtenForm(policy);
  const { delaysMs } = resolveRetry(policy);
  const longestSeconds = Math.ceil(Math.max(1_000, ...delaysMs) / 1_000);
  if ("schedule" in written) {
    const [first = 0, second = first] = delaysMs;
    const growth = first > 0 ? Math.max(1, Math.round((second / first) * 100) / 100) : 1;
    return { maxRetries: delaysMs.length + 1, backoffMultiplier: growth, maxBackoffSeconds: longestSeconds };
  }
  return {
    maxRetries: written.attempts,
    backoffMultiplier: written.factor ?? exponential.factor,
    maxBackoffSeconds:
      written.max === undefined ? Math.max(exponential.maxSeconds, longestSeconds) : secondsOf(written.max),
  };
}

/** A policy as `retry_count` and `retry_delay_seconds`: of one whose delays grow, the first of them. */
export function retryCountsOf(policy: RetryPolicy): RetryCounts {
  const { delaysMs } = resolveRetry(policy);
  return { retry_count: delaysMs.length, retry_delay_seconds: Math.round((delaysMs[0] ?? 60_000) / 1_000) };
}

/**
 * The policy after `retryConfig` was given. What is not given stays. As long as only the number of attempts changes, a
 * schedule keeps its delays, the last of which repeats. Which failures are retried, jitter and `within` stay.
 */
export function withRetryConfig(policy: RetryPolicy, given: Partial<RetryConfig>): RetryPolicy {
  const written = writtenForm(policy);
  const before = retryConfigOf(policy);
  const { maxRetries, backoffMultiplier, maxBackoffSeconds } = { ...before, ...given };
  const onlyAttempts = backoffMultiplier === before.backoffMultiplier && maxBackoffSeconds === before.maxBackoffSeconds;
  if ("schedule" in written && onlyAttempts) {
    const last = written.schedule.at(-1) ?? exponential.first;
    const schedule = Array.from({ length: maxRetries - 1 }, (_, index) => written.schedule[index] ?? last);
    return { ...written, schedule };
  }
  const { delaysMs } = resolveRetry(policy);
  return {
    attempts: maxRetries,
    first: formatDuration(delaysMs[0] ?? 2_000),
    factor: backoffMultiplier,
    max: `${maxBackoffSeconds}s`,
    ...limitsOf(policy),
  };
}

/** The policy after `retry_count` or `retry_delay_seconds` was given: the same delay before each retry. */
export function withRetryCounts(policy: RetryPolicy, given: Partial<RetryCounts>): RetryPolicy {
  const { retry_count: retries, retry_delay_seconds: seconds } = { ...retryCountsOf(policy), ...given };
  return { attempts: retries + 1, first: `${seconds}s`, factor: 1, max: `${seconds}s`, ...limitsOf(policy) };
}

/** What an exponential policy leaves out. */
const exponential = { first: "5s", factor: 5, maxSeconds: 3_600 };

function writtenForm(policy: RetryPolicy): ExponentialRetry | ScheduledRetry {
  return typeof policy === "string" ? retryPolicies[policy] : policy;
}

/** Everything of a policy but its delays. */
function limitsOf(policy: RetryPolicy): Partial<Pick<RetryPlan, "jitter" | "on" | "never">> & { within?: string } {
  const { jitter, on, never, within } = writtenForm(policy);
  return {
    ...(jitter === undefined ? {} : { jitter }),
    ...(on === undefined ? {} : { on }),
    ...(never === undefined ? {} : { never }),
    ...(within === undefined ? {} : { within }),
  };
}

function secondsOf(duration: string): number {
  return Math.ceil((parseDuration(duration) ?? 0) / 1_000);
}
