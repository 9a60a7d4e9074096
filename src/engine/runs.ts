// Looking after runs from outside: cancel, look at the state, and the address in Temporal's UI.
import { WorkflowFailedError, WorkflowNotFoundError, type Client, type WorkflowHandle } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { Failure } from "../model/failure.ts";
import type { RunEnd } from "../model/run.ts";
import { workflowIdOf, type RunKey } from "./start.ts";

/** What Temporal knows of a run. `ended`: how, as far as Temporal can tell. */
export type WorkflowState = { state: "unknown" } | { state: "open" } | { state: "ended"; end: RunEnd };

/** Asks the workflow to cancel; `unknown` when there is none. Rejects when Temporal does not answer. */
export async function cancelWorkflow(client: Client, run: RunKey): Promise<"cancelling" | "unknown"> {
  try {
    await handleOf(client, run).cancel();
    return "cancelling";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return "unknown";
    throw error;
  }
}

/** Ends the workflow without giving it a say: for one that does not react to a cancel. */
export async function terminateWorkflow(client: Client, run: RunKey, reason: string): Promise<void> {
  try {
    await handleOf(client, run).terminate(reason);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The state of a run's workflow. Rejects when Temporal does not answer. */
export async function describeWorkflow(client: Client, run: RunKey): Promise<WorkflowState> {
  try {
    const handle = handleOf(client, run);
    const { status } = await handle.describe();
    const end = endByStatus[status.name];
    if (!end) return { state: "open" };
    return { state: "ended", end: (await reportedEnd(handle)) ?? end };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: "unknown" };
    throw error;
  }
}

/** The end that the workflow itself answered or failed with; undefined when it was ended from outside. */
async function reportedEnd(handle: WorkflowHandle): Promise<RunEnd | undefined> {
  const answer: unknown = await handle.result().catch((error: unknown) => {
    // Anything else says that the report could not be read, not that there is none: a wrong end would stay for good.
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
  });
  return isRunEnd(answer) ? answer : undefined;
}

/** `runFlow` answers and fails with nothing else that has a status. */
function isRunEnd(answer: unknown): answer is RunEnd {
  return typeof answer === "object" && answer !== null && "status" in answer;
}

const failed = (code: string, failureClass: Failure["class"], message: string): RunEnd => ({
  status: "failed",
  error: { class: failureClass, code, message },
});

/** For runs whose workflow ended without reporting: its report is the truth wherever there is one. */
const endByStatus: Partial<Record<string, RunEnd>> = {
  COMPLETED: { status: "succeeded" },
  CANCELLED: { status: "cancelled" },
  TERMINATED: failed("terminated", "cancelled", "The workflow was terminated from outside."),
  TIMED_OUT: failed("workflow_timeout", "timeout", "The workflow timed out."),
  FAILED: failed("workflow_failed", "internal", "The workflow failed without reporting why."),
};

/** The run's page in Temporal's UI. */
export function workflowUrl(uiUrl: string, namespace: string, run: RunKey): string {
  const id = encodeURIComponent(workflowIdOf(run));
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${id}`;
}

function handleOf(client: Client, run: RunKey) {
  return client.workflow.getHandle(workflowIdOf(run));
}
