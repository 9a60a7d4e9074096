// The workflow of a recovery: page after page of deliveries, at the pace that was asked for.
import { continueAsNew, proxyActivities } from "@temporalio/workflow";
import type { RecoveryActivities } from "../activities/recovery-page.ts";
import type { RecoveryId, TenantId } from "../src/model/ids.ts";
import { carryPages } from "./pages.ts";

export type RecoverDeliveriesInput = { tenantId: TenantId; id: RecoveryId; perSecond: number };

// Each goes on until MongoDB has taken it; a page that a crash cut off is found out by its heartbeat.
const activitiesAs = (summary: string) =>
  proxyActivities<RecoveryActivities>({
    summary,
    startToCloseTimeout: "2m",
    heartbeatTimeout: "15s",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });

/** Gives everything that a recovery is about its turn. */
export async function recoverDeliveries(input: RecoverDeliveriesInput): Promise<void> {
  const { tenantId, id, perSecond } = input;
  const ended = await carryPages({
    page: () => activitiesAs(`Up to ${perSecond} deliveries`).recoveryPage({ tenantId, id, limit: perSecond }),
    stop: () => activitiesAs("Stopped").stopRecovery({ tenantId, id }),
    perSecond,
    what: "deliveries",
  });
  if (ended === "new history") await continueAsNew<typeof recoverDeliveries>(input);
}
