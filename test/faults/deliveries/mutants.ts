// What carries deliveries on with one guard off, to see that the trials notice.
import type { WebhookDeps } from "../../../activities/webhook-deps.ts";
import type { FaultPlan } from "../fan-out/plan.ts";

/**
 * `unmarked`: a page of a recovery that is repeated does not see what it has asked for before. `hasty`: an ordered lane does
 * not wait for older events that are on their way into it.
 */
export type Mutant = "unmarked" | "hasty";

export function withMutant(deps: WebhookDeps, { mutant }: FaultPlan): WebhookDeps {
  const { deliveries } = deps.store;
  if (mutant === "unmarked") {
    const findMany: typeof deliveries.findMany = async (tenantId, ids) =>
      (await deliveries.findMany(tenantId, ids)).map(({ recoveries: _, ...row }) => ({ ...row, status: "failed" }));
    return { ...deps, store: { ...deps.store, deliveries: { ...deliveries, findMany } } };
  }
  if (mutant === "hasty") {
    return { ...deps, store: { ...deps.store, deliveries: { ...deliveries, owedTo: async () => [] } } };
  }
  return deps;
}
