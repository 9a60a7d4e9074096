// How does the API show a recovery of deliveries, and what became of them?
import type { DeliveryRecovery } from "../model/delivery-recovery.ts";
import { deliveryStatuses } from "../model/delivery.ts";
import type { Store } from "../store/store.ts";

/** How many refusals are shown with the recovery itself. */
const shownMax = 100;

/** As lists show it: what stands in its own document. */
export function recoverySummary(recovery: DeliveryRecovery) {
  const { id, kind, status, filter, perSecond, retried, refused, done, total, capped } = recovery;
  const { createdAt, stopRequestedAt, endedAt, error } = recovery;
  return {
    id,
    kind,
    status,
    filter,
    perSecond,
    progress: {
      done,
      // Deliveries may have come to match since they were counted, or have gone.
      total: status === "succeeded" ? done : Math.max(done, total),
      ...(capped && status === "running" ? { capped } : {}),
    },
    retried,
    refused,
    createdAt,
    ...(stopRequestedAt === undefined ? {} : { stopRequestedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(error === undefined ? {} : { error }),
  };
}

/** With the first refusals, and how the deliveries stand. */
export async function recoveryView(
  { recoveries, recoveryRefusals }: Pick<Store, "recoveries" | "recoveryRefusals">,
  recovery: DeliveryRecovery,
) {
  const { tenantId, id } = recovery;
  const [errors, outcomes] = await Promise.all([
    recoveryRefusals.first(tenantId, id, shownMax),
    recoveries.outcomesOf(tenantId, id),
  ]);
  const counts = Object.fromEntries(deliveryStatuses.map((status) => [status, outcomes.get(status) ?? 0]));
  return { ...recoverySummary(recovery), errors, outcomes: counts };
}
