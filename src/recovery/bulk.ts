// How does a bulk retry go on? Page by page: the runs whose turn it is, each exactly once, whatever is killed meanwhile.
import type { BulkRetry } from "../model/bulk-retry.ts";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import type { Candidates } from "../store/bulk-candidates.ts";
import type { Store } from "../store/store.ts";
import { eachOf } from "./hands.ts";
import { takeTurn, type TurnDeps } from "./bulk-turn.ts";

export type BulkDeps = TurnDeps & { store: Pick<Store, "bulkRefusals" | "bulkRetries" | "bulkTurns" | "runs"> };

export type BulkKey = { tenantId: TenantId; id: BulkRetryId };
/** `made`: how many runs the page has asked for again, which is what the pace is about. */
export type PageOutcome = { outcome: "open"; made: number } | { outcome: "ended" };

/** What a page is carried out under. */
export type PageCircumstances = {
  /** How many runs have their turn at most. */
  limit: number;
  /** The page's tries before this one failed so often that a run which fails again is to blame itself. */
  isLastTry: boolean;
  /** Whoever carries the page out is to stop. */
  signal: AbortSignal;
};

/** Bulk retries over their dependencies. */
export function createBulkPages(deps: BulkDeps) {
  const { store } = deps;
  return {
    /**
     * Gives the next runs their turn. A page that was cut off is repeated by the next call: a run that has had its turn is
     * known by the run that was made for it, or by its refusal. Rejects when the store does not answer.
     */
    async nextPage({ tenantId, id }: BulkKey, around: PageCircumstances): Promise<PageOutcome> {
      const bulk = await store.bulkRetries.find(tenantId, id);
      if (bulk?.status !== "running") return { outcome: "ended" };
      if (bulk.stopRequestedAt) return end(store, bulk, "cancelled");
      const candidates = await store.runs.candidates(bulk, around.limit);
      const { made, refused } = await takeTurns(deps, bulk, candidates, around);
      const position = candidates.next ?? lastOf(candidates);
      if (position !== undefined) {
        await store.bulkRetries.advance(bulk, { position, retried: made, refused });
      }
      return candidates.next === undefined ? end(store, bulk, "succeeded") : { outcome: "open", made };
    },

    /** Ends a bulk retry whose workflow was cancelled. What is made stays. */
    stop: ({ tenantId, id }: BulkKey): Promise<void> =>
      store.bulkRetries.end({ tenantId, id }, { status: "cancelled" }),
  };
}

async function end(store: BulkDeps["store"], bulk: BulkRetry, status: "succeeded" | "cancelled"): Promise<PageOutcome> {
  await store.bulkRetries.end(bulk, { status });
  return { outcome: "ended" };
}

function lastOf({ runs, unknown }: Candidates): RunId | undefined {
  return [...runs.map(({ id }) => id), ...unknown].reduce<RunId | undefined>(
    (last, id) => (last === undefined || id > last ? id : last),
    undefined,
  );
}

/** Gives every candidate its turn that has not had it yet, and counts what became of all of them. */
async function takeTurns(
  deps: BulkDeps,
  bulk: BulkRetry,
  { runs, unknown }: Candidates,
  { signal, isLastTry }: PageCircumstances,
): Promise<{ made: number; refused: number }> {
  const { bulkRefusals, runs: runStore } = deps.store;
  const { tenantId, id } = bulk;
  const ids = [...runs.map((run) => run.id), ...unknown];
  if (ids.length === 0) return { made: 0, refused: 0 };
  const [retried, refusedBefore] = await Promise.all([
    runStore.retriedAmong(tenantId, id, ids),
    bulkRefusals.among(tenantId, id, ids),
  ]);
  const [made, refused] = [new Set(retried), new Set(refusedBefore)];
  const open = runs.filter((run) => !made.has(run.id) && !refused.has(run.id));
  for (const run of unknown) {
    const message = "There is no run with this id.";
    await bulkRefusals.add(tenantId, id, { run, code: "resource.not_found", message });
    refused.add(run);
  }
  await eachOf(open, async (run) => {
    signal.throwIfAborted();
    const refusal = await takeTurn(deps, bulk, run, isLastTry);
    if (refusal) await bulkRefusals.add(tenantId, id, refusal);
    (refusal ? refused : made).add(run.id);
  });
  return { made: made.size, refused: refused.size };
}
