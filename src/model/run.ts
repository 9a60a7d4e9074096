// A run: one execution of one version of a flow for one event.
import { failureExamples, failureSchema, type Failure } from "./failure.ts";
import type { EventId, FlowId, RunId, TenantId } from "./ids.ts";
import type { Json, JsonObject, JsonSchema } from "./json.ts";

export const runStatuses = [
  "pending",
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "filtered",
  "cancelled",
] as const;
export type RunStatus = (typeof runStatuses)[number];
export type EndedRunStatus = "succeeded" | "failed" | "filtered" | "cancelled";

/** What a run that somebody asked for again is carried out with. */
export type Recovery = {
  /** As it was asked for: `failed`, `start`, or a step's path. */
  from: string;
  /** The run by whose id the effects' keys are made, unless `keys` names another one for the step's path. */
  keyRun: RunId;
  keys: { [path: string]: RunId };
  /** What steps are given in place of what their templates would render, by path. */
  inputs: { [path: string]: Json };
  /** Whether steps are kept from the earlier run. */
  keeps: boolean;
  /** The run whose row holds the event's data, where somebody put other data in its place. */
  editedIn?: RunId;
};

/** A run as stored. Ended runs have `endedAt`; failed ones `error` and, when a step failed, `failedStep`. */
export type Run = {
  id: RunId;
  tenantId: TenantId;
  flow: { id: FlowId; slug: string; name: string };
  version: number;
  status: RunStatus;
  event: { id: EventId; type: string };
  createdAt: Date;
  startedAt?: Date;
  endedAt?: Date;
  failedStep?: string;
  error?: Failure;
  output?: Json;
  /** Somebody asked for a cancel that has not ended the run yet. */
  cancelRequestedAt?: Date;
  /** Absent for runs that an event started when it came. */
  origin?: "retry" | "replay";
  /** The run that this one repeats. */
  retryOf?: RunId;
  /** The first of the runs that repeat each other. */
  rootRun?: RunId;
  recovery?: Recovery;
};

/** How a run ended, as the workflow reports it. */
export type RunEnd = { status: EndedRunStatus; failedStep?: string; error?: Failure; output?: Json };

export function isEnded(status: RunStatus): status is EndedRunStatus {
  return status === "succeeded" || status === "failed" || status === "filtered" || status === "cancelled";
}

const time: JsonSchema = { type: "string", format: "date-time" };

/** A run as the API shows it: `GET /v1/runs/{id}`. Times that have not come yet are absent. */
export const runSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "flow", "version", "status", "event"],
  properties: {
    id: { type: "string", pattern: "^run_[0-9A-Za-z]{22}$" },
    flow: {
      type: "object",
      additionalProperties: false,
      required: ["id", "slug", "name"],
      properties: { id: { type: "string" }, slug: { type: "string" }, name: { type: "string" } },
    },
    version: { type: "integer", minimum: 1 },
    status: { type: "string", enum: runStatuses },
    event: {
      type: "object",
      additionalProperties: false,
      required: ["id", "type"],
      properties: { id: { type: "string" }, type: { type: "string" } },
    },
    createdAt: time,
    startedAt: time,
    endedAt: time,
    durationMs: { type: "number", minimum: 0 },
    failedStep: { type: "string", description: "The path of the step that failed." },
    error: failureSchema,
    output: { description: "The flow's `output`, or that of the last step that ran." },
    cancelRequestedAt: time,
    origin: { type: "string", enum: ["retry", "replay"], description: "Absent for runs that an event started." },
    retryOf: { type: "string", description: "The run that this one repeats." },
    retriedBy: {
      type: "array",
      items: { type: "string" },
      description: "The runs that repeat this one, oldest first.",
    },
    retry: {
      type: "object",
      description: "What the run was asked for again with.",
      additionalProperties: false,
      required: ["from", "eventEdited", "inputs"],
      properties: {
        from: { type: "string", description: "`failed`, `start`, or the path of a step." },
        eventEdited: { type: "boolean", description: "The event's data is not what was published." },
        inputs: { type: "array", items: { type: "string" }, description: "Paths of the steps with an edited input." },
      },
    },
    temporalUrl: { type: "string", description: "The run in Temporal's own UI." },
  },
};

export const runExamples: JsonObject[] = [
  {
    id: "run_01TrqCYz3Zr8L2aQm5Nd0x",
    flow: { id: "flow_01TrqCYz3Zr8L2aQm5Nd0x", slug: "escalate-bad-reviews", name: "Escalate bad reviews" },
    version: 3,
    status: "failed",
    event: { id: "evt_1", type: "review.created" },
    startedAt: "2026-03-01T12:00:00.000Z",
    endedAt: "2026-03-01T12:00:01.500Z",
    durationMs: 1500,
    failedStep: "case",
    error: failureExamples[0] ?? null,
    retriedBy: [],
    temporalUrl: "http://127.0.0.1:8233/namespaces/millrace/workflows/acme",
  },
];
