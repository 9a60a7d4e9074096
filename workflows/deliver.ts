// The workflow of a delivery that did not succeed at once: one activity, whose tries are the attempts that are left.
import { proxyActivities, workflowInfo } from "@temporalio/workflow";
import type { DeliveryActivities } from "../activities/deliver.ts";
import type { DeliverInput } from "../activities/attempt-delivery.ts";
import type { DeliveryStatus } from "../src/model/delivery.ts";

/** Answers how the delivery ended; fails when it was given up, so that Temporal shows it among what needs looking at. */
export async function deliver(input: DeliverInput): Promise<DeliveryStatus | "waiting"> {
  const { attemptDelivery } = proxyActivities<DeliveryActivities>({
    // Above the longest timeout that an endpoint may have; a lost worker is found by its heartbeat.
    startToCloseTimeout: "5m",
    heartbeatTimeout: "15s",
    summary: input.endpointId,
    // The delays between attempts are the policy's, by `nextRetryDelay`; these are for tries that could not tell theirs.
    retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
  });
  return attemptDelivery({ ...input, by: workflowInfo().runId });
}
