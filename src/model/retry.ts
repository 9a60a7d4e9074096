// Retry policies: as people write them, and as a plan carries them.
import { byType, type JsonSchema } from "./json.ts";

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

export const retryNames = ["quick", "standard", "day", "none"] as const satisfies RetryName[];
/** The most tries in all that a policy may ask for. */
export const attemptsMax = 50;

export const durationSchema: JsonSchema = {
  type: "string",
  pattern: "^[0-9]{1,12}(ms|s|m|h|d)$",
  description: "A duration: a whole number and a unit, like `500ms`, `30s`, `5m`, `2h`, `7d`.",
};

const failureWords: JsonSchema = {
  type: "array",
  maxItems: 50,
  items: {
    type: "string",
    maxLength: 64,
    pattern: "^([a-z][a-z0-9_]*|[1-5][0-9][0-9]|[1-5]xx)$",
    description: "A failure class (`network`), a code (`dns`), a status (`503`) or a family of statuses (`5xx`).",
  },
};

const limits = {
  jitter: {
    ...byType({ string: { enum: ["none", "full"] }, number: { minimum: 0, maximum: 1 } }),
    description: "How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %.",
  },
  on: { ...failureWords, description: "Only these failures are retried." },
  never: { ...failureWords, description: "These failures are never retried. Wins over `on`." },
  within: { ...durationSchema, description: "No retry starts later than this after the first attempt, like `30h`." },
};

export const exponentialRetrySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["attempts"],
  properties: {
    attempts: { type: "integer", minimum: 1, maximum: attemptsMax, description: "Tries in all." },
    first: {
      ...durationSchema,
      description: "The delay before the first retry: a whole number and a unit, like `5s`.",
    },
    factor: { type: "number", minimum: 1, maximum: 100, description: "Each delay is this many times the last." },
    max: { ...durationSchema, description: "No delay is longer than this: a whole number and a unit, like `1h`." },
    ...limits,
  },
};

export const scheduledRetrySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["schedule"],
  properties: {
    schedule: {
      type: "array",
      maxItems: attemptsMax - 1,
      items: durationSchema,
      description: "One delay for each retry.",
    },
    ...limits,
  },
};

export const retryPolicySchema: JsonSchema = byType({
  string: { enum: retryNames },
  object: { if: { required: ["schedule"] }, then: scheduledRetrySchema, else: exponentialRetrySchema },
});

export const retryPolicyExamples: RetryPolicy[] = [
  ...retryNames,
  { attempts: 1 },
  { attempts: 8, first: "5s", factor: 3, max: "1h" },
  { attempts: 50, first: "500ms", factor: 1.5, max: "1d", jitter: "full", within: "7d" },
  { schedule: ["5m", "30m", "2h", "24h"], jitter: "none", within: "30h" },
  { schedule: ["0s"], on: ["network", "timeout", "429", "5xx"], never: ["400", "401"] },
  { schedule: [], jitter: 0.5 },
];

export const retryPolicyCounterExamples: { why: string; pointer: string; code: string; retry: unknown }[] = [
  { why: "a number is not a policy", pointer: "", code: "type", retry: 5 },
  { why: "no such name", pointer: "", code: "value", retry: "standrad" },
  { why: "how many attempts is missing", pointer: "/attempts", code: "required", retry: { first: "5s" } },
  { why: "no attempt at all", pointer: "/attempts", code: "range", retry: { attempts: 0 } },
  { why: "too many attempts", pointer: "/attempts", code: "range", retry: { attempts: 51 } },
  { why: "half an attempt", pointer: "/attempts", code: "type", retry: { attempts: 2.5 } },
  { why: "a number is not a duration", pointer: "/first", code: "type", retry: { attempts: 2, first: 5 } },
  { why: "a duration needs a unit", pointer: "/first", code: "format", retry: { attempts: 2, first: "5" } },
  { why: "durations are whole numbers", pointer: "/max", code: "format", retry: { attempts: 2, max: "1.5h" } },
  { why: "delays do not shrink", pointer: "/factor", code: "range", retry: { attempts: 2, factor: 0.5 } },
  { why: "more than full jitter", pointer: "/jitter", code: "range", retry: { attempts: 2, jitter: 1.1 } },
  { why: "no such jitter", pointer: "/jitter", code: "value", retry: { attempts: 2, jitter: "half" } },
  { why: "a status is a text", pointer: "/on/0", code: "type", retry: { attempts: 2, on: [503] } },
  { why: "a status has three digits", pointer: "/never/0", code: "format", retry: { attempts: 2, never: ["50"] } },
  { why: "a misspelt member", pointer: "/atempts", code: "unknown", retry: { attempts: 2, atempts: 3 } },
  { why: "both forms at once", pointer: "/attempts", code: "unknown", retry: { schedule: ["5m"], attempts: 3 } },
  { why: "a schedule is a list", pointer: "/schedule", code: "type", retry: { schedule: "5m" } },
  { why: "a schedule is too long", pointer: "/schedule", code: "range", retry: { schedule: Array(50).fill("1s") } },
];
