// Bulk retries in Temporal: one workflow for each, however often its start is asked for; its cancel, and how it stands.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from "@temporalio/client";
import type { retryRuns } from "../../workflows/retry-runs.ts";
import type { BulkRetry } from "../model/bulk-retry.ts";
import { searchAttributeKeys } from "./search-attributes.ts";
import { isRefusal, type StartOutcome } from "./start.ts";

export type BulkRetryKey = Pick<BulkRetry, "tenantId" | "id">;

/** What Temporal knows of a bulk retry's workflow. `ended`: with why it did not come to its own end, where it did not. */
export type BulkWorkflowState =
  { state: "unknown" } | { state: "open" } | { state: "ended"; error: { code: string; message: string } };

/** A start that is not answered within this is taken for unavailable; it may have happened, and asking again is safe. */
const startDeadlineMs = 5_000;

/** Starts the workflow of a bulk retry, or finds it started. Never rejects. */
export async function startBulkRetry(client: Client, taskQueue: string, bulk: BulkRetry): Promise<StartOutcome> {
  const { tenantId, id, perSecond } = bulk;
  try {
    await client.connection.withDeadline(Date.now() + startDeadlineMs, () =>
      client.workflow.start<typeof retryRuns>("retryRuns", {
        args: [{ tenantId, id, perSecond }],
        taskQueue,
        workflowId: workflowIdOf(bulk),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        typedSearchAttributes: [{ key: searchAttributeKeys.tenant, value: tenantId }],
        staticSummary: `Bulk retry · ${bulk.total} runs · ${perSecond} a second`,
      }),
    );
    return { outcome: "started" };
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError) return { outcome: "started" };
    return { outcome: isRefusal(cause) ? "refused" : "unavailable", cause };
  }
}

/** Asks the workflow to end; nothing when there is none. Rejects when Temporal does not answer. */
export async function cancelBulkRetry(client: Client, key: BulkRetryKey): Promise<void> {
  try {
    await client.workflow.getHandle(workflowIdOf(key)).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The state of the workflow. Rejects when Temporal does not answer. */
export async function describeBulkRetry(client: Client, key: BulkRetryKey): Promise<BulkWorkflowState> {
  try {
    const { status } = await client.workflow.getHandle(workflowIdOf(key)).describe();
    if (status.name === "RUNNING" || status.name === "PAUSED") return { state: "open" };
    return { state: "ended", error: errorByStatus[status.name] ?? failedError };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: "unknown" };
    throw error;
  }
}

const failedError = { code: "workflow_failed", message: "The workflow ended before every run had its turn." };
const errorByStatus: Partial<Record<string, { code: string; message: string }>> = {
  TERMINATED: { code: "terminated", message: "The workflow was terminated from outside." },
  TIMED_OUT: { code: "workflow_timeout", message: "The workflow timed out." },
};

/** Ids of bulk retries begin with `bulk_`, those of flows with `flow_` and those of runs with `run_`: none meets another. */
function workflowIdOf({ tenantId, id }: BulkRetryKey): string {
  return `${tenantId}/${id}`;
}
