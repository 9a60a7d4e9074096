// A step of a run as stored: its input, output and attempts (this is the delivery log too).
import { attemptExamples, attemptSchema, type Attempt, type AttemptView } from "./attempt.ts";
import { failureSchema, type Failure } from "./failure.ts";
import type { RunId, TenantId } from "./ids.ts";
import type { Json, JsonSchema } from "./json.ts";

export const stepStatuses = [
  "pending",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "skipped",
  "kept",
  "cancelled",
] as const;
export type StepStatus = (typeof stepStatuses)[number];

/**
 * Where a kept step really happened, and how it ended there. `passed`: nobody knows whether it took effect, and whoever
 * asked for the retry began behind it.
 */
export type KeptFrom = { run: RunId; status: (typeof keptStatuses)[number] };
const keptStatuses = ["succeeded", "failed", "skipped", "passed"] as const;

/** What a resumed run is told of a step that it keeps. */
export type KeptStep = { path: string; status: KeptFrom["status"]; output?: Json; error?: Failure };

export type StepRecord = {
  tenantId: TenantId;
  runId: RunId;
  path: string;
  id: string;
  use?: string;
  name?: string;
  status: StepStatus;
  input?: Json;
  output?: Json;
  error?: Failure;
  startedAt?: Date;
  endedAt?: Date;
  attempts: Attempt[];
  /** Only of steps with status `kept`. */
  keptFrom?: KeptFrom;
};

/** How a step that has no attempts (`set`, `filter`, `choose`, `stop`, anything skipped) ended, as the workflow reports it. */
export type SettledStep = {
  path: string;
  id: string;
  use?: string;
  name?: string;
  status: "succeeded" | "failed" | "skipped" | "cancelled";
  output?: Json;
  error?: Failure;
  /** Milliseconds since 1970 by the workflow's clock. */
  atMs: number;
};

/** A step as the API shows it: `GET /v1/runs/{id}/steps`. */
export type StepView = Omit<StepRecord, "tenantId" | "runId" | "startedAt" | "endedAt" | "attempts"> & {
  startedAt?: string;
  endedAt?: string;
  attempts: AttemptView[];
};

export const stepSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["path", "id", "status", "attempts"],
  properties: {
    path: { type: "string", description: "Where it stands in the flow: `tell`, `route[0].send`." },
    id: { type: "string" },
    use: { type: "string" },
    name: { type: "string" },
    status: { type: "string", enum: stepStatuses },
    input: { description: "What the action was given, rendered, with secrets replaced." },
    output: {},
    error: failureSchema,
    startedAt: { type: "string", format: "date-time" },
    endedAt: { type: "string", format: "date-time" },
    attempts: { type: "array", items: attemptSchema },
    keptFrom: {
      type: "object",
      description:
        "Of a kept step: the run in which it really happened, and how it ended there. `passed`: nobody knows whether it took " +
        "effect, and the retry was asked for from behind it.",
      additionalProperties: false,
      required: ["run", "status"],
      properties: { run: { type: "string" }, status: { type: "string", enum: keptStatuses } },
    },
  },
};

export const stepExamples: StepView[] = [
  {
    path: "tell",
    id: "tell",
    use: "slack.postMessage",
    status: "running",
    input: { channel: "#support", text: "New review" },
    startedAt: "2026-03-01T12:00:00.000Z",
    attempts: attemptExamples,
  },
  { path: "route.else.rest", id: "rest", status: "skipped", attempts: [] },
  {
    path: "case",
    id: "case",
    use: "http.request",
    status: "kept",
    output: { status: 201 },
    attempts: [],
    keptFrom: { run: "run_01TrqCYz3Zr8L2aQm5Nd0x", status: "succeeded" },
  },
];
