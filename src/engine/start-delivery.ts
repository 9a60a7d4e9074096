// Deliveries in Temporal: the workflow that carries one delivery's retries, and the lane in which an endpoint's deliveries wait.
import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from "@temporalio/client";
import type { deliver } from "../../workflows/deliver.ts";
import type { deliverLane } from "../../workflows/deliver-lane.ts";
import type { DeliveryStart, LaneKey } from "../endpoint/hand-on.ts";
import { searchAttributeKeys } from "./search-attributes.ts";
import { outcomeOf, type StartOutcome } from "./start-outcome.ts";

/** Starts the workflow of a delivery, or finds it started. Never rejects. */
export async function startDelivery(client: Client, taskQueue: string, start: DeliveryStart): Promise<StartOutcome> {
  const { delayMs, ask, ...key } = start;
  return outcomeOf(
    client.workflow.start<typeof deliver>("deliver", {
      args: [{ ...key, ...(ask === undefined ? {} : { trigger: ask.trigger }) }],
      taskQueue,
      workflowId: deliveryWorkflowId(key),
      // One that has ended left its delivery to others (a pause, a lane), who leave it to Temporal again.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy:
        ask === undefined ? WorkflowIdConflictPolicy.USE_EXISTING : WorkflowIdConflictPolicy.TERMINATE_EXISTING,
      ...(ask === undefined && delayMs > 0 ? { startDelay: delayMs } : {}),
      typedSearchAttributes: [{ key: searchAttributeKeys.tenant, value: key.tenantId }],
      staticSummary: `Delivery ${key.deliveryId} · event ${key.eventId}`,
    }),
  );
}

/** Ends the workflow of a delivery; nothing when there is none. Rejects when Temporal does not answer. */
export async function cancelDelivery(client: Client, key: Omit<DeliveryStart, "delayMs" | "ask">): Promise<void> {
  try {
    await client.workflow.getHandle(deliveryWorkflowId(key)).terminate("The delivery was cancelled.");
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Tells an endpoint's lane that deliveries wait in it, and starts it where there is none. Never rejects. */
export async function wakeLane(client: Client, taskQueue: string, lane: LaneKey): Promise<StartOutcome> {
  const { tenantId, endpointId } = lane;
  return outcomeOf(
    client.workflow.signalWithStart<typeof deliverLane>("deliverLane", {
      args: [{ tenantId, endpointId }],
      signal: "wake",
      signalArgs: [],
      taskQueue,
      workflowId: laneWorkflowId(lane),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      typedSearchAttributes: [{ key: searchAttributeKeys.tenant, value: tenantId }],
      staticSummary: `Lane of ${endpointId}`,
    }),
  );
}

/** Tells an endpoint's lane that the endpoint was changed; nothing when there is none. Rejects when Temporal does not answer. */
export async function tellLaneOfChange(client: Client, lane: LaneKey): Promise<void> {
  try {
    await client.workflow.getHandle<typeof deliverLane>(laneWorkflowId(lane)).signal("changed");
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function laneWorkflowId({ tenantId, endpointId }: LaneKey): string {
  return `${tenantId}/${endpointId}`;
}

/** An event's delivery to an endpoint has one workflow. Event ids may hold anything visible; an endpoint's id begins with `ep_`. */
function deliveryWorkflowId(key: Pick<DeliveryStart, "tenantId" | "endpointId" | "eventId">): string {
  return `${key.tenantId}/${key.endpointId}/${key.eventId}`;
}
