// What carries deliveries on with one guard off, to see that the trials notice.
import { createDeliveryActivities, type DeliveryActivities } from "../../../activities/deliver.ts";
import { createRecoveryPage } from "../../../activities/recovery-page.ts";
import type { WebhookDeps } from "../../../activities/webhook-deps.ts";
import type { StoredDelivery } from "../../../src/store/deliveries.ts";
import type { FaultPlan } from "../fan-out/plan.ts";

/**
 * `unmarked`: a page of a recovery that is repeated does not see what it has asked for before. `hasty`: an ordered lane does
 * not wait for older events that are on their way into it.
 */
export type Mutant = "unmarked" | "hasty";

/** The activities of deliveries, as they are but for the mutant that the plan names. */
export function createMutants(deps: WebhookDeps, { mutant }: FaultPlan): DeliveryActivities {
  const { deliveries } = deps.store;
  const withDeliveries = (broken: Partial<typeof deliveries>): WebhookDeps => ({
    ...deps,
    store: { ...deps.store, deliveries: { ...deliveries, ...broken } },
  });
  if (mutant === "hasty") return createDeliveryActivities(withDeliveries({ owedTo: async () => [] }));
  const activities = createDeliveryActivities(deps);
  if (mutant !== "unmarked") return activities;
  const forget = ({ recoveries: _, ...row }: StoredDelivery): StoredDelivery => ({ ...row, status: "failed" });
  const forgetful = withDeliveries({
    find: async (...key) => {
      const row = await deliveries.find(...key);
      return row && forget(row);
    },
    findMany: async (...keys) => (await deliveries.findMany(...keys)).map(forget),
  });
  return { ...activities, ...createRecoveryPage(forgetful) };
}
