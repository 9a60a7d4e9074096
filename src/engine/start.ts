// Starting a run: one Temporal workflow for each, however often it is asked for.
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from "@temporalio/client";
import type { RetryInput, RunFlowInput, runFlow } from "../../workflows/run-flow.ts";
import { runDetails, runSummary } from "../flow/summary.ts";
import { inlineDataBytesMax, type CarriedEvent, type Event } from "../model/event.ts";
import type { EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { searchAttributesOf } from "./search-attributes.ts";
import { outcomeOf, type StartOutcome } from "./start-outcome.ts";

/** What is started. `again`: for a run that somebody asked for again. */
export type RunTarget = {
  tenantId: TenantId;
  runId: RunId;
  event: Event;
  plan: Plan;
  again?: { retry: RetryInput; editedIn?: RunId };
};

/** What the workflow's id is made of. */
export type RunKey = {
  tenantId: TenantId;
  id: RunId;
  flow: { id: FlowId };
  event: { id: EventId };
  origin?: "retry" | "replay";
};

/**
 * The workflow's id: the same for every start of a run. The run that an event starts when it comes is named by flow and
 * event, so that there is never a second one; a run that was asked for again by its own id. A flow's id begins with
 * `flow_` and a run's with `run_`: no event's id can make the one look like the other.
 */
export function workflowIdOf({ tenantId, id, flow, event, origin }: RunKey): string {
  return origin === undefined ? `${tenantId}/${flow.id}/${event.id}` : `${tenantId}/${id}`;
}

/** Starts the workflow of a run, or finds it started. Never rejects. */
export async function startRun(client: Client, taskQueue: string, target: RunTarget): Promise<StartOutcome> {
  const { tenantId, runId, plan, again } = target;
  const event = carriedEvent(target.event, again?.editedIn);
  const input: RunFlowInput = { tenantId, runId, plan, event, ...(again ? { retry: again.retry } : {}) };
  const key: RunKey = { tenantId, id: runId, flow: plan.flow, event, ...(again ? { origin: "retry" } : {}) };
  return outcomeOf(
    client.workflow.start<typeof runFlow>("runFlow", {
      args: [input],
      taskQueue,
      workflowId: workflowIdOf(key),
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      requestEagerStart: true,
      typedSearchAttributes: searchAttributesOf(tenantId, plan, event),
      staticSummary: runSummary(plan.flow),
      staticDetails: runDetails(plan.flow, event, runId),
    }),
  );
}

/** Small events travel with the run; large ones stay in MongoDB and are read where they are needed. */
function carriedEvent(event: Event, editedIn: RunId | undefined): CarriedEvent {
  const { dataText, ...envelope } = event;
  if (Buffer.byteLength(dataText) <= inlineDataBytesMax) return event;
  return editedIn === undefined ? envelope : { ...envelope, editedIn };
}
