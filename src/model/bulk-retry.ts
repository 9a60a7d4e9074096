// A bulk retry: many runs that are asked for again at once, at a pace, each exactly once.
import type { ErrorCode } from "./errors.ts";
import { failureClasses, failureSchema, type FailureClass } from "./failure.ts";
import type { BulkRetryId, EventId, FlowId, RunId, TenantId } from "./ids.ts";
import type { JsonObject, JsonSchema } from "./json.ts";
import type { EndedRunStatus } from "./run.ts";

const bulkRetryStatuses = ["running", "succeeded", "failed", "cancelled"] as const;
export type BulkRetryStatus = (typeof bulkRetryStatuses)[number];

/** Which runs: those that match when their turn comes. Only runs that have ended can be retried. */
export type BulkFilter = {
  status: EndedRunStatus;
  flow?: FlowId;
  version?: number;
  eventType?: string;
  event?: EventId;
  failedStep?: string;
  errorClass?: FailureClass;
  since?: Date;
  until?: Date;
};

/** The runs of a bulk retry: all that match, or those that were named, oldest first and each once. */
export type BulkChoice = { filter: BulkFilter } | { runs: RunId[] };

/**
 * A bulk retry as stored. Every run up to `position` has had its turn: it was retried, or refused for a reason. `succeeded`
 * says that all have had it; how the new runs end is theirs to tell.
 */
export type BulkRetry = {
  id: BulkRetryId;
  tenantId: TenantId;
  status: BulkRetryStatus;
  choice: BulkChoice;
  /** As in a single retry: `failed`, `start`, or a step's path. */
  from?: string;
  version: "same" | "newest";
  /** How many runs are made a second at most. */
  perSecond: number;
  /** Runs made at this time or later are not retried. */
  createdAt: Date;
  /** How many runs matched at the creation; with `capped`, at least. */
  total: number;
  capped: boolean;
  position?: RunId;
  retried: number;
  refused: number;
  startedAt?: Date;
  stopRequestedAt?: Date;
  endedAt?: Date;
  /** Why it is `failed`: it was ended from outside before every run had its turn. */
  error?: { code: string; message: string };
};

/** Why a run was not retried. */
export type Refusal = { run: RunId; code: ErrorCode; message: string };

/** Runs a second, unless somebody says otherwise, and at most. */
export const perSecondDefault = 20;
export const perSecondMax = 200;
/** How many runs one can name. */
export const namedRunsMax = 1_000;

const time: JsonSchema = { type: "string", format: "date-time" };
const runId: JsonSchema = { type: "string", pattern: "^run_[0-9A-Za-z]{22}$" };
const count: JsonSchema = { type: "integer", minimum: 0 };

export const bulkFilterSchema: JsonSchema = {
  type: "object",
  description: "Which runs. An empty one stands for every failed run.",
  additionalProperties: false,
  properties: {
    flow: { type: "string", minLength: 1, maxLength: 128, description: "Id or slug of a flow." },
    version: {
      type: "integer",
      minimum: 1,
      description: "The version of the flow that the runs were carried out under.",
    },
    status: {
      type: "string",
      enum: ["failed", "cancelled", "succeeded", "filtered"],
      default: "failed",
      description: "How the runs ended.",
    },
    eventType: { type: "string", minLength: 1, maxLength: 128 },
    event: { type: "string", minLength: 1, maxLength: 128, description: "Id of an event." },
    failedStep: { type: "string", minLength: 1, maxLength: 512, description: "Path of a step." },
    errorClass: { type: "string", enum: Object.keys(failureClasses) },
    since: { ...time, description: "Only runs made at this time or later." },
    until: { ...time, description: "Only runs made before this time." },
  },
};

export const bulkRequestSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    filter: bulkFilterSchema,
    runs: {
      type: "array",
      description: "Which runs, by id: in place of `filter`.",
      minItems: 1,
      maxItems: namedRunsMax,
      items: runId,
    },
    from: {
      type: "string",
      minLength: 1,
      maxLength: 512,
      description:
        "Where each of them begins: `failed` (the default), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered.",
    },
    version: {
      type: "string",
      enum: ["same", "newest"],
      description: "The version of the flow: that of each run (the default), or the newest published one.",
    },
    perSecond: {
      type: "integer",
      minimum: 1,
      maximum: perSecondMax,
      default: perSecondDefault,
      description: "How many runs are made a second at most.",
    },
    dryRun: { type: "boolean", description: "Only counts the runs: nothing is made." },
  },
};

export const refusalSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["run", "code", "message"],
  properties: {
    run: { type: "string", description: "The run that was not retried." },
    code: { type: "string", description: "A code of the error catalogue." },
    message: { type: "string", description: "Why." },
  },
};

/** A bulk retry as the API shows it: `GET /v1/bulk-retries/{id}`. In lists without what is looked up for each. */
export const bulkRetrySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "status", "version", "perSecond", "progress", "retried", "refused", "createdAt"],
  properties: {
    id: { type: "string", pattern: "^bulk_[0-9A-Za-z]{22}$" },
    status: {
      type: "string",
      enum: bulkRetryStatuses,
      description: "`succeeded`: every run has had its turn. How the new runs end stands in `outcomes`.",
    },
    filter: bulkFilterSchema,
    runs: { type: "array", items: runId, description: "The runs that were named, oldest first." },
    from: { type: "string" },
    version: { type: "string", enum: ["same", "newest"] },
    perSecond: { type: "integer" },
    progress: {
      type: "object",
      additionalProperties: false,
      required: ["done", "total"],
      properties: {
        done: { ...count, description: "Runs that have had their turn." },
        total: {
          ...count,
          description: "Runs that matched at the creation; all that had their turn, once it has ended.",
        },
        capped: { type: "boolean", description: "There were more than could be counted: `total` is the least." },
      },
    },
    retried: { ...count, description: "New runs that were made." },
    refused: { ...count, description: "Runs that were not retried; `errors` says why." },
    errors: { type: "array", items: refusalSchema, description: "The first hundred; `…/errors` has all of them." },
    outcomes: {
      type: "object",
      description: "How the new runs stand.",
      additionalProperties: false,
      required: ["succeeded", "failed", "filtered", "cancelled", "open"],
      properties: { succeeded: count, failed: count, filtered: count, cancelled: count, open: count },
    },
    failedAgain: {
      type: "array",
      description: "New runs that failed, the first hundred.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["run", "retryOf"],
        properties: { run: { type: "string" }, retryOf: { type: "string" }, error: failureSchema },
      },
    },
    createdAt: time,
    stopRequestedAt: time,
    endedAt: time,
    error: {
      type: "object",
      description: "Why it failed as a whole.",
      additionalProperties: false,
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  },
};

export const bulkRetryExamples: JsonObject[] = [
  {
    id: "bulk_01TrqCYz3Zr8L2aQm5Nd0x",
    status: "succeeded",
    filter: { status: "failed", errorClass: "transient" },
    version: "same",
    perSecond: 20,
    progress: { done: 1000, total: 1000 },
    retried: 999,
    refused: 1,
    errors: [
      {
        run: "run_01TrqCYz3Zr8L2aQm5Nd0x",
        code: "run.not_retriable",
        message: "The run's event is no longer stored.",
      },
    ],
    outcomes: { succeeded: 999, failed: 0, filtered: 0, cancelled: 0, open: 0 },
    failedAgain: [],
    createdAt: "2026-03-01T12:00:00.000Z",
    endedAt: "2026-03-01T12:00:51.000Z",
  },
];
