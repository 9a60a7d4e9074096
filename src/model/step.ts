// A step of a run as stored: its input, output and attempts (this is the delivery log too).
import type { Attempt } from "./attempt.ts";
import type { Failure } from "./failure.ts";
import type { RunId, TenantId } from "./ids.ts";
import type { Json } from "./json.ts";

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
