// The activities of bulk retries: the next page of runs, and the end of one whose workflow was cancelled.
import { Context } from "@temporalio/activity";
import type { Log } from "../src/log.ts";
import { createBulkPages, type BulkKey, type PageOutcome } from "../src/recovery/bulk.ts";
import { createRecovery } from "../src/recovery/retry.ts";
import type { Store } from "../src/store/store.ts";

export type RetryPageDeps = {
  store: Pick<Store, "bulkRefusals" | "bulkRetries" | "bulkTurns" | "events" | "flows" | "runs" | "steps">;
  log: Log;
};

export type RetryPageInput = BulkKey & { limit: number };

/** How often a page tells Temporal that it lives, in milliseconds; a third of the heartbeat timeout. */
const heartbeatMs = 5_000;
/** From this try on, a run that fails for no known reason is refused instead of holding up the others. */
const lastTry = 5;

/** The activities over their dependencies. */
export function createRetryPage({ store, log }: RetryPageDeps) {
  // No inputs are edited in bulk, and nothing else asks for the actions' schemas.
  const recovery = createRecovery({ store, actions: new Map(), nowMs: Date.now });
  const pages = createBulkPages({ store, recovery, log });
  return {
    /** Gives the next runs of a bulk retry their turn. Repeatable; rejects while the store does not answer. */
    async retryPage({ tenantId, id, limit }: RetryPageInput): Promise<PageOutcome> {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), heartbeatMs);
      try {
        const isLastTry = context.info.attempt >= lastTry;
        return await pages.nextPage({ tenantId, id }, { limit, isLastTry, signal: context.cancellationSignal });
      } finally {
        clearInterval(beat);
      }
    },

    /** Ends a bulk retry whose workflow was cancelled. */
    stopBulkRetry: (key: BulkKey): Promise<void> => pages.stop(key),
  };
}
