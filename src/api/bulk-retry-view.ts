// How does the API show a bulk retry, and what became of its runs?
import type { BulkRetry } from "../model/bulk-retry.ts";
import { isEnded } from "../model/run.ts";
import type { Store } from "../store/store.ts";

/** How many refusals, and how many runs that failed again, are shown with the bulk retry itself. */
const shownMax = 100;

/** As lists show it: what stands in its own document. */
export function bulkSummary(bulk: BulkRetry) {
  const { tenantId: _, choice, total, capped, position: _position, startedAt: _startedAt, ...fields } = bulk;
  const done = bulk.retried + bulk.refused;
  const isRunning = bulk.status === "running";
  return {
    ...fields,
    ...("filter" in choice ? { filter: choice.filter } : {}),
    progress: {
      done,
      // Runs may have come to match since they were counted, or have gone.
      total: bulk.status === "succeeded" ? done : Math.max(done, total),
      ...(capped && isRunning ? { capped } : {}),
    },
  };
}

/** With the runs that were named, the first refusals, and how the new runs stand. */
export async function bulkView({ runs, bulkRefusals }: Pick<Store, "runs" | "bulkRefusals">, bulk: BulkRetry) {
  const { tenantId, id, choice } = bulk;
  const [errors, outcomes, failedAgain] = await Promise.all([
    bulkRefusals.first(tenantId, id, shownMax),
    runs.outcomesOf(tenantId, id),
    runs.failedOf(tenantId, id, shownMax),
  ]);
  const open = [...outcomes].reduce((sum, [status, count]) => (isEnded(status) ? sum : sum + count), 0);
  const { succeeded = 0, failed = 0, filtered = 0, cancelled = 0 } = Object.fromEntries(outcomes);
  return {
    ...bulkSummary(bulk),
    ...("runs" in choice ? { runs: choice.runs } : {}),
    errors,
    outcomes: { succeeded, failed, filtered, cancelled, open },
    failedAgain: failedAgain.map((run) => ({
      run: run.id,
      retryOf: run.retryOf,
      ...(run.error ? { error: run.error } : {}),
    })),
  };
}
