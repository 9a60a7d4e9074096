// Starts long work whose documents say that it is due, and looks after what runs: each minute, until it has ended.
import type { WorkflowState } from "../engine/start-work.ts";
import type { StartOutcome } from "../engine/start-outcome.ts";
import type { Log } from "../log.ts";
import type { WorkEnd, WorkKey } from "../store/long-work.ts";
import { startLoop } from "./loop.ts";

const pollMs = 1_000;
/** How long a claim holds a work, in milliseconds. Longer than a start may take. */
const claimLeaseMs = 10_000;
/** A work that runs is looked at again after this, in milliseconds. */
const nextLookMs = 60_000;
/** After Temporal did not answer, in milliseconds. */
const awayMs = 1_000;
/** Starts that are refused are tried this often before the work is given up. */
const attemptsMax = 5;

type Work = WorkKey & { startedAt?: Date; stopRequestedAt?: Date };

export type DueWorkDeps<W extends Work> = {
  /** For the log: "bulk retries". */
  what: string;
  rows: {
    claimDue(leaseMs: number): Promise<{ work: W; startAttempts: number } | undefined>;
    markStarted(key: WorkKey, startedAt: Date, nextLookMs: number): Promise<void>;
    startAnew(key: WorkKey): Promise<void>;
    putOff(key: WorkKey, delayMs: number, why: "unavailable" | "refused" | "well"): Promise<void>;
    end(key: WorkKey, end: WorkEnd): Promise<void>;
  };
  workflows: {
    start(work: W): Promise<StartOutcome>;
    cancel(work: W): Promise<void>;
    describe(work: W): Promise<WorkflowState>;
  };
  isUp(): boolean;
  log: Log;
  /** For tests. */
  times?: { nextLookMs?: number } | undefined;
};

/** Starts the loop. `wake` makes it look at once. */
export function startDueWork<W extends Work>(deps: DueWorkDeps<W>) {
  const { rows, isUp, log, what } = deps;
  const times = { nextLookMs, ...deps.times };
  let asked = false;
  const work = async (): Promise<void> => {
    do {
      asked = false;
      while (!loop.isClosing() && isUp()) {
        const due = await rows.claimDue(claimLeaseMs);
        if (!due) break;
        if (due.work.startedAt) await lookAfter(deps, due.work, times.nextLookMs);
        else if ((await start(deps, due.work, due.startAttempts, times.nextLookMs)) === "unavailable") return;
      }
      // Asked for while the last look was on its way.
    } while (asked && !loop.isClosing());
  };
  const loop = startLoop(pollMs, work, (err) => log.debug({ err }, `${what} cannot be looked after at the moment`));
  return {
    /** There is one that is due: it is looked for at once. */
    wake(): void {
      asked = true;
      loop.wake();
    },
    close: loop.close,
  };
}

/** A crash after the start leaves it due: the next start finds it started. */
async function start<W extends Work>(deps: DueWorkDeps<W>, work: W, attempts: number, lookMs: number) {
  const { rows, workflows, log, what } = deps;
  const startedAt = new Date();
  const started = await workflows.start(work);
  if (started.outcome === "started") {
    await rows.markStarted(work, startedAt, lookMs);
    return started.outcome;
  }
  const { outcome, cause } = started;
  log[outcome === "refused" ? "error" : "debug"](
    { err: cause, workId: work.id },
    `one of the ${what} could not be started`,
  );
  if (outcome === "unavailable") await rows.putOff(work, awayMs, outcome);
  else if (attempts + 1 < attemptsMax) await rows.putOff(work, 1_000 * 2 ** (attempts + 1), outcome);
  else {
    const error = { code: "refused", message: "Temporal refused to start it." };
    await rows.end(work, { status: "failed", error });
  }
  return outcome;
}

/** One whose workflow was ended from outside has ended too; one that Temporal knows nothing of goes on in a new workflow. */
async function lookAfter<W extends Work>({ rows, workflows }: DueWorkDeps<W>, work: W, lookMs: number): Promise<void> {
  const state = await workflows.describe(work);
  if (state.state === "unknown") return rows.startAnew(work);
  if (state.state === "ended") {
    // A workflow that ends by itself has written that before: its document is no longer running then.
    const { error } = state;
    return rows.end(work, work.stopRequestedAt ? { status: "cancelled" } : { status: "failed", error });
  }
  // A cancel that did not get through: the next page would see it, and a long wait would not.
  if (work.stopRequestedAt) await workflows.cancel(work);
  return rows.putOff(work, lookMs, "well");
}
