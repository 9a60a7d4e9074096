// A run: one execution of one version of a flow for one event.
import type { Failure } from "./failure.ts";
import type { EventId, FlowId, RunId, TenantId } from "./ids.ts";
import type { Json } from "./json.ts";

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
};

/** How a run ended, as the workflow reports it. */
export type RunEnd = { status: EndedRunStatus; failedStep?: string; error?: Failure; output?: Json };

export function isEnded(status: RunStatus): status is EndedRunStatus {
  return status === "succeeded" || status === "failed" || status === "filtered" || status === "cancelled";
}
