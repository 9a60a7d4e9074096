// Starting a run: one Temporal workflow per event and flow, however often it is asked for.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from "@temporalio/client";
import type { RunFlowInput, runFlow } from "../../workflows/run-flow.ts";
import { inlineDataBytesMax, type CarriedEvent, type Event } from "../model/event.ts";
import type { EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { grpcCode } from "./namespace.ts";
import { searchAttributesOf } from "./search-attributes.ts";

export type RunTarget = { tenantId: TenantId; runId: RunId; event: Event; plan: Plan };

/** `unavailable`: Temporal does not answer, nothing is wrong with the run. `refused`: Temporal will not take this run. */
export type StartOutcome =
  { outcome: "started" } | { outcome: "unavailable"; cause: unknown } | { outcome: "refused"; cause: unknown };

/** A start that is not answered within this is taken for unavailable; it may have happened, and asking again is safe. */
const startDeadlineMs = 5_000;

/** The workflow's id: the same for every start of this event's run of this flow. */
export function workflowIdOf(tenantId: TenantId, flowId: FlowId, eventId: EventId): string {
  return `${tenantId}/${flowId}/${eventId}`;
}

/** Starts the workflow of a run, or finds it started. Never rejects. */
export async function startRun(client: Client, taskQueue: string, target: RunTarget): Promise<StartOutcome> {
  const { tenantId, runId, plan } = target;
  const event = carriedEvent(target.event);
  const input: RunFlowInput = { tenantId, runId, plan, event };
  try {
    await client.connection.withDeadline(Date.now() + startDeadlineMs, () =>
      client.workflow.start<typeof runFlow>("runFlow", {
        args: [input],
        taskQueue,
        workflowId: workflowIdOf(tenantId, plan.flow.id, event.id),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        requestEagerStart: true,
        typedSearchAttributes: searchAttributesOf(tenantId, plan, event),
        staticSummary: `${plan.flow.name} (version ${plan.flow.version})`,
        staticDetails: `Event \`${event.type}\` \`${event.id}\`, run \`${runId}\``,
      }),
    );
    return { outcome: "started" };
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError) return { outcome: "started" };
    return { outcome: isRefusal(cause) ? "refused" : "unavailable", cause };
  }
}

/** Small events travel with the run; large ones stay in MongoDB and are read where they are needed. */
function carriedEvent(event: Event): CarriedEvent {
  const { dataText, ...envelope } = event;
  return Buffer.byteLength(dataText) <= inlineDataBytesMax ? event : envelope;
}

/** INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE: asking again in the same words will not help. */
function isRefusal(error: unknown): boolean {
  const code = grpcCode(error);
  return code === 3 || code === 9 || code === 11 || error instanceof TypeError;
}
