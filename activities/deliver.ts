// What the workflows of webhook endpoints may ask of the world.
import { createAttemptDelivery } from "./attempt-delivery.ts";
import { createDrainLane } from "./drain-lane.ts";
import { createRecoveryPage } from "./recovery-page.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

export type DeliveryActivities = ReturnType<typeof createDeliveryActivities>;

/** The activities of deliveries over their dependencies; the worker registers them under these names. */
export function createDeliveryActivities(deps: WebhookDeps) {
  return {
    attemptDelivery: createAttemptDelivery(deps),
    drainLane: createDrainLane(deps),
    ...createRecoveryPage(deps),
  };
}
