// The workflow of a bulk retry: page after page of runs, at the pace that was asked for.
import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { BulkRetryId, TenantId } from "../src/model/ids.ts";

export type RetryRunsInput = { tenantId: TenantId; id: BulkRetryId; perSecond: number };

// Each goes on until MongoDB has taken it; a page that a crash cut off is found out by its heartbeat.
const activitiesAs = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: "2m",
    heartbeatTimeout: "15s",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });

/**
 * Gives all runs of a bulk retry their turn. How far it is stands in its document alone, so that nothing is lost with a
 * history: this one begins anew when Temporal suggests it.
 */
export async function retryRuns(input: RetryRunsInput): Promise<void> {
  try {
    while (!workflowInfo().continueAsNewSuggested) {
      if ((await nextPage(input)) === "ended") return;
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const { tenantId, id } = input;
    await CancellationScope.nonCancellable(() => activitiesAs("Stopped").stopBulkRetry({ tenantId, id }));
    throw error;
  }
  await continueAsNew<typeof retryRuns>(input);
}

/** A page of a second's worth of runs, and then as long as these runs have to last. */
async function nextPage({ tenantId, id, perSecond }: RetryRunsInput): Promise<"open" | "ended"> {
  const beganAtMs = Date.now();
  const page = await activitiesAs(`Up to ${perSecond} runs`).retryPage({ tenantId, id, limit: perSecond });
  if (page.outcome === "ended") return "ended";
  setCurrentDetails(`At most ${perSecond} runs a second; the last page made ${page.made}.`);
  const waitMs = Math.ceil((page.made / perSecond) * 1_000) - (Date.now() - beganAtMs);
  if (waitMs > 0) await sleep(waitMs);
  return "open";
}
