// What becomes of one run when its turn comes in a bulk retry? It is asked for again, or refused for a reason.
import type { Log } from "../log.ts";
import type { BulkRetry, Refusal } from "../model/bulk-retry.ts";
import { AppError, type ErrorCode } from "../model/errors.ts";
import { isEnded, type Run } from "../model/run.ts";
import { storageError } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import type { Recovery } from "./retry.ts";

export type TurnDeps = {
  store: Pick<Store, "runs" | "bulkTurns">;
  recovery: Recovery;
  log: Log;
};

/**
 * How long a turn is held when its process dies, in milliseconds. Far longer than a turn takes: whoever takes it over must
 * not meet the one who had it.
 */
const turnLeaseMs = 60_000;

/** Gives a run its turn; answers why it was refused. Rejects when the store does not answer: then it comes again. */
export async function takeTurn(
  deps: TurnDeps,
  bulk: BulkRetry,
  run: Run,
  isLastTry: boolean,
): Promise<Refusal | undefined> {
  const { bulkTurns } = deps.store;
  const { tenantId, id } = run;
  const holder = await bulkTurns.begin(tenantId, id, bulk.id, turnLeaseMs);
  // Two bulk retries that look at a run at the same moment would both find it unmended.
  if (holder !== bulk.id) return refusal(run, "state.conflict", `It is being retried at this moment by ${holder}.`);
  const refused = await decide(deps, bulk, run, isLastTry);
  await bulkTurns.finish(tenantId, id, bulk.id);
  return refused;
}

async function decide(deps: TurnDeps, bulk: BulkRetry, run: Run, isLastTry: boolean): Promise<Refusal | undefined> {
  const { runs } = deps.store;
  const newer = await runs.newerInFamily(run, bulk.id);
  if (newer) return refusal(run, "state.conflict", alreadyRetried(newer));
  if (run.error?.class === "ambiguous" && !isMeant(bulk)) return refusal(run, "run.not_retriable", doubtful);
  try {
    const { from, version } = bulk;
    await deps.recovery.retryRun(run.tenantId, run.id, {
      version,
      requestId: bulk.id,
      ...(from === undefined ? {} : { from }),
    });
    return undefined;
  } catch (thrown) {
    const error = storageError(thrown);
    if (error instanceof AppError && error.status < 500) return refusal(run, error.code, sentenceOf(error));
    const isAway = error instanceof AppError && error.code === "service.storage_unavailable";
    // A fault of ours in one run must not keep all others waiting for ever.
    if (isAway || !isLastTry) throw error;
    deps.log.error({ err: error, runId: run.id, bulkId: bulk.id }, "a run could not be retried");
    return refusal(run, "service.internal", "Something went wrong on our side: the log says what.");
  }
}

/** A write that may have happened is repeated for somebody who has said so, not because it was among many. */
const doubtful =
  "Nobody knows whether its failed step took effect: look there first. Then retry the run by its id, or such runs by the filter's `errorClass: ambiguous`.";

function isMeant({ choice }: BulkRetry): boolean {
  return "runs" in choice || choice.filter.errorClass === "ambiguous";
}

/**
 * Only the newest of the runs that repeat each other is retried. An earlier one would do again what later ones have done
 * already: what was mended, or the steps that a retry got through before it failed as well.
 */
function alreadyRetried({ id, status }: Pick<Run, "id" | "status">): string {
  if (!isEnded(status)) return `It is being retried already, by ${id}, which is ${status}.`;
  if (status === "succeeded") return `It was already retried by ${id}, which succeeded.`;
  const end = status === "failed" ? "failed" : `was ${status}`;
  return `It was already retried by ${id}, which ${end}: that is the one to retry.`;
}

function refusal({ id }: Run, code: ErrorCode, message: string): Refusal {
  return { run: id, code, message };
}

/** In one sentence or a few: a list of refusals has no room for findings. */
function sentenceOf({ message, errors = [] }: AppError): string {
  return errors.length > 1 ? errors.map((one) => one.message).join(" ") : message;
}
