// Long work in Temporal: one workflow for each, however often its start is asked for; its cancel, and how it stands.
import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from "@temporalio/client";
import type { recoverDeliveries } from "../../workflows/recover-deliveries.ts";
import type { retryRuns } from "../../workflows/retry-runs.ts";
import type { BulkRetry } from "../model/bulk-retry.ts";
import type { DeliveryRecovery } from "../model/delivery-recovery.ts";
import type { TenantId } from "../model/ids.ts";
import { searchAttributeKeys } from "./search-attributes.ts";
import { outcomeOf, type StartOutcome } from "./start-outcome.ts";

export type WorkKey = { tenantId: TenantId; id: string };

/** What Temporal knows of a work's workflow. `ended`: with why it did not come to its own end, where it did not. */
export type WorkflowState =
  { state: "unknown" } | { state: "open" } | { state: "ended"; error: { code: string; message: string } };

/** Starts the workflow of a bulk retry, or finds it started. Never rejects. */
export function startBulkRetry(client: Client, taskQueue: string, bulk: BulkRetry): Promise<StartOutcome> {
  const { tenantId, id, perSecond } = bulk;
  return outcomeOf(
    client.workflow.start<typeof retryRuns>("retryRuns", {
      args: [{ tenantId, id, perSecond }],
      ...optionsOf(taskQueue, bulk),
      staticSummary: `Bulk retry · ${bulk.total} runs · ${perSecond} a second`,
    }),
  );
}

/** Starts the workflow of a recovery of deliveries, or finds it started. Never rejects. */
export function startRecovery(client: Client, taskQueue: string, recovery: DeliveryRecovery): Promise<StartOutcome> {
  const { tenantId, id, kind, perSecond } = recovery;
  return outcomeOf(
    client.workflow.start<typeof recoverDeliveries>("recoverDeliveries", {
      args: [{ tenantId, id, perSecond }],
      ...optionsOf(taskQueue, recovery),
      staticSummary: `Recovery of deliveries · ${kind} · ${perSecond} a second`,
    }),
  );
}

/** Asks the workflow to end; nothing when there is none. Rejects when Temporal does not answer. */
export async function cancelWork(client: Client, key: WorkKey): Promise<void> {
  try {
    await client.workflow.getHandle(workflowIdOf(key)).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The state of the workflow. Rejects when Temporal does not answer. */
export async function describeWork(client: Client, key: WorkKey): Promise<WorkflowState> {
  try {
    const { status } = await client.workflow.getHandle(workflowIdOf(key)).describe();
    if (status.name === "RUNNING" || status.name === "PAUSED") return { state: "open" };
    return { state: "ended", error: errorByStatus[status.name] ?? failedError };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: "unknown" };
    throw error;
  }
}

const failedError = { code: "workflow_failed", message: "The workflow ended before everything had its turn." };
const errorByStatus: Partial<Record<string, { code: string; message: string }>> = {
  TERMINATED: { code: "terminated", message: "The workflow was terminated from outside." },
  TIMED_OUT: { code: "workflow_timeout", message: "The workflow timed out." },
};

function optionsOf(taskQueue: string, key: WorkKey) {
  return {
    taskQueue,
    workflowId: workflowIdOf(key),
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    typedSearchAttributes: [{ key: searchAttributeKeys.tenant, value: key.tenantId }],
  };
}

/** Ids of works begin with `bulk_` and `drec_`, those of others with `flow_`, `run_` and `ep_`: none meets another. */
function workflowIdOf({ tenantId, id }: WorkKey): string {
  return `${tenantId}/${id}`;
}
