// The workflow of a bulk retry: page after page of runs, at the pace that was asked for.
import { continueAsNew, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { BulkRetryId, TenantId } from "../src/model/ids.ts";
import { carryPages } from "./pages.ts";

export type RetryRunsInput = { tenantId: TenantId; id: BulkRetryId; perSecond: number };

// Each goes on until MongoDB has taken it; a page that a crash cut off is found out by its heartbeat.
const activitiesAs = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: "2m",
    heartbeatTimeout: "15s",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });

/** Gives all runs of a bulk retry their turn. */
export async function retryRuns(input: RetryRunsInput): Promise<void> {
  const { tenantId, id, perSecond } = input;
  const ended = await carryPages({
    page: () => activitiesAs(`Up to ${perSecond} runs`).retryPage({ tenantId, id, limit: perSecond }),
    stop: () => activitiesAs("Stopped").stopBulkRetry({ tenantId, id }),
    perSecond,
    what: "runs",
  });
  if (ended === "new history") await continueAsNew<typeof retryRuns>(input);
}
