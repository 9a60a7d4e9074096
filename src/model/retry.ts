// Retry policies: as people write them, and as a plan carries them.

/** A duration as people write it: `500ms`, `30s`, `5m`, `2h`, `7d`. */
export type Duration = string;
export type Jitter = "none" | "full" | number;

type RetryLimits = { jitter?: Jitter; on?: string[]; never?: string[]; within?: Duration };
export type ExponentialRetry = RetryLimits & { attempts: number; first?: Duration; factor?: number; max?: Duration };
export type ScheduledRetry = RetryLimits & { schedule: Duration[] };
export type RetryName = "quick" | "standard" | "day" | "none";
export type RetryPolicy = RetryName | ExponentialRetry | ScheduledRetry;

/** A policy resolved to numbers. There is one delay before each retry: `attempts === delaysMs.length + 1`. */
export type RetryPlan = {
  delaysMs: number[];
  jitter: Jitter;
  /** Only failures that match one of these are retried; absent: what the failure class says. */
  on?: string[];
  /** Failures that match one of these are never retried. Wins over `on`. */
  never?: string[];
  /** No retry starts later than this after the first attempt, in milliseconds. */
  withinMs?: number;
};
