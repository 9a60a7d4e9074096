// The workflow of an endpoint's lane: turn after turn while deliveries wait in it, asleep while the endpoint's limits say so.
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { DeliveryActivities } from "../activities/deliver.ts";
import type { LaneInput } from "../activities/drain-lane.ts";

export const wake = defineSignal("wake");
/** The endpoint is not what it was: whatever it had to be waited for may be over. */
export const changed = defineSignal("changed");

/** How it stands is in the deliveries' rows alone: this history begins anew when Temporal suggests it. */
export async function deliverLane(input: LaneInput): Promise<void> {
  const { drainLane } = proxyActivities<DeliveryActivities>({
    startToCloseTimeout: "10m",
    heartbeatTimeout: "15s",
    summary: "Waiting deliveries",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });
  let woken = true;
  let isChanged = false;
  setHandler(wake, () => {
    woken = true;
  });
  setHandler(changed, () => {
    isChanged = true;
  });
  while (!workflowInfo().continueAsNewSuggested) {
    woken = false;
    isChanged = false;
    const turn = await drainLane(input);
    if (turn.outcome === "more") continue;
    if (turn.outcome === "wait") {
      // A wake-up brings a delivery that may go before the others, unless it is the endpoint that has to be waited for.
      const { mayWake, waitMs } = turn;
      await condition(() => isChanged || (mayWake && woken), waitMs);
      continue;
    }
    // Said to be empty before this signal came: its delivery may stand there by now.
    if (!woken) return;
  }
  await continueAsNew<typeof deliverLane>(input);
}
