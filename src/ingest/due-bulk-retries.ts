// Starts bulk retries, whose documents say that they are due, and looks after those that run: each minute, until they have ended.
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { BulkRetry } from "../model/bulk-retry.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

const pollMs = 1_000;
/** How long a claim holds a bulk retry, in milliseconds. Longer than a start may take. */
const claimLeaseMs = 10_000;
/** A bulk retry that runs is looked at again after this, in milliseconds. */
const nextLookMs = 60_000;
/** After Temporal did not answer, in milliseconds. */
const awayMs = 1_000;
/** Starts that are refused are tried this often before the bulk retry is given up. */
const attemptsMax = 5;

type Deps = {
  store: Pick<Store, "bulkRetries">;
  engine: Pick<Engine, "bulkRetries" | "isUp">;
  log: Log;
  /** For tests. */
  times?: { nextLookMs?: number };
};

/** Starts the loop. `wake` makes it look at once. */
export function startDueBulkRetries(deps: Deps) {
  const { store, engine, log } = deps;
  const times = { nextLookMs, ...deps.times };
  let asked = false;
  const work = async (): Promise<void> => {
    do {
      asked = false;
      while (!loop.isClosing() && engine.isUp()) {
        const due = await store.bulkRetries.claimDue(claimLeaseMs);
        if (!due) break;
        if (due.bulk.startedAt) await lookAfter(deps, due.bulk, times.nextLookMs);
        else if ((await start(deps, due.bulk, due.startAttempts, times.nextLookMs)) === "unavailable") return;
      }
      // Asked for while the last look was on its way.
    } while (asked && !loop.isClosing());
  };
  const loop = startLoop(pollMs, work, (err) =>
    log.debug({ err }, "bulk retries cannot be looked after at the moment"),
  );
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
async function start({ store, engine, log }: Deps, bulk: BulkRetry, attempts: number, lookMs: number) {
  const startedAt = new Date();
  const started = await engine.bulkRetries.start(bulk);
  if (started.outcome === "started") {
    await store.bulkRetries.markStarted(bulk, startedAt, lookMs);
    return started.outcome;
  }
  const { outcome, cause } = started;
  log[outcome === "refused" ? "error" : "debug"]({ err: cause, bulkId: bulk.id }, "a bulk retry could not be started");
  if (outcome === "unavailable") await store.bulkRetries.putOff(bulk, awayMs, outcome);
  else if (attempts + 1 < attemptsMax) await store.bulkRetries.putOff(bulk, 1_000 * 2 ** (attempts + 1), outcome);
  else {
    const error = { code: "refused", message: "Temporal refused to start it." };
    await store.bulkRetries.end(bulk, { status: "failed", error });
  }
  return outcome;
}

/** One whose workflow was ended from outside has ended too; one that Temporal knows nothing of goes on in a new workflow. */
async function lookAfter({ store, engine }: Deps, bulk: BulkRetry, lookMs: number): Promise<void> {
  const state = await engine.bulkRetries.describe(bulk);
  if (state.state === "unknown") return store.bulkRetries.startAnew(bulk);
  if (state.state === "ended") {
    // A workflow that ends by itself has written that before: its document is no longer running then.
    const { error } = state;
    return store.bulkRetries.end(bulk, bulk.stopRequestedAt ? { status: "cancelled" } : { status: "failed", error });
  }
  // A cancel that did not get through: the next page would see it, and a long wait would not.
  if (bulk.stopRequestedAt) await engine.bulkRetries.cancel(bulk);
  return store.bulkRetries.putOff(bulk, lookMs, "well");
}
