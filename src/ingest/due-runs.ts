// Starts the runs that somebody asked for again: their rows say that they are due, until they have started.
import type { Engine } from "../engine/engine.ts";
import type { StartOutcome } from "../engine/start-outcome.ts";
import type { RunTarget } from "../engine/start.ts";
import type { Log } from "../log.ts";
import type { Event } from "../model/event.ts";
import type { Run } from "../model/run.ts";
import { eventOf } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

export type DueRuns = ReturnType<typeof startDueRuns>;

const pollMs = 1_000;
/** How long a claim holds a run, in milliseconds. Longer than a start may take: a second one would only find it started. */
const claimLeaseMs = 10_000;
/** Starts at once: beside those of new events, which come first. */
const startsMax = 4;
/** After Temporal did not answer, nothing is claimed for this long. */
const pauseMs = 1_000;
/** Starts that are refused are tried this often before the run is given up. */
const attemptsMax = 5;

type Deps = {
  store: Pick<Store, "events" | "flows" | "runs">;
  engine: Pick<Engine, "start" | "cancel" | "isUp">;
  log: Log;
};

/** Starts the loop. `wake` makes it look at once. */
export function startDueRuns(deps: Deps) {
  const { store, engine, log } = deps;
  let pausedUntil = 0;
  let asked = false;

  const work = async (): Promise<void> => {
    while (!loop.isClosing() && engine.isUp() && Date.now() >= pausedUntil) {
      const due = await store.runs.claimDue(claimLeaseMs);
      if (!due) return;
      const outcome = await startDue(deps, due.run, due.startAttempts);
      if (outcome === "unavailable") pausedUntil = Date.now() + pauseMs;
    }
  };
  const sweep = async (): Promise<void> => {
    do {
      asked = false;
      await Promise.all(Array.from({ length: startsMax }, work));
      // Asked for while the last look was on its way.
    } while (asked && !loop.isClosing());
  };
  const loop = startLoop(pollMs, sweep, (err) =>
    log.debug({ err }, "runs that are due cannot be started at the moment"),
  );

  return {
    /** There is a run that is due: it is looked for at once. */
    wake(): void {
      asked = true;
      loop.wake();
    },
    close: loop.close,
  };
}

/** Starts a run and notes what came of it. A crash in between leaves it due: the next start finds it started. */
async function startDue({ store, engine, log }: Deps, run: Run, attempts: number): Promise<StartOutcome["outcome"]> {
  const startedAt = new Date();
  const started = await start({ store, engine }, run);
  if (started.outcome === "started") {
    // Cancelled between the claim and the start, which was on its way already.
    if ((await store.runs.markStarted(run, startedAt)) === "cancelled") await engine.cancel(run);
    return "started";
  }
  const { outcome, cause } = started;
  log[outcome === "refused" ? "error" : "debug"]({ err: cause, runId: run.id }, "a run could not be started");
  if (outcome === "unavailable") await store.runs.putOffStart(run, pauseMs, outcome);
  else if (attempts + 1 < attemptsMax) await store.runs.putOffStart(run, 1_000 * 2 ** (attempts + 1), outcome);
  else {
    const message = cause instanceof Unstartable ? cause.message : "Temporal refused to start the run.";
    await store.runs.end(run.tenantId, run.id, {
      status: "failed",
      error: { class: "start", code: "refused", message },
    });
  }
  return outcome;
}

/** Why a run cannot be started, as its owner reads it. */
class Unstartable extends Error {}

async function start({ store, engine }: Pick<Deps, "store" | "engine">, run: Run): Promise<StartOutcome> {
  const { tenantId, id: runId, recovery } = run;
  const [plan, event] = await Promise.all([
    store.flows.plan(tenantId, run.flow.id, run.version),
    eventOfRun(store, run),
  ]);
  if (!plan) return { outcome: "refused", cause: new Unstartable("The flow's version is no longer stored.") };
  if (!event) return { outcome: "refused", cause: new Unstartable("The run's event is no longer stored.") };
  if (!recovery)
    return { outcome: "refused", cause: new Unstartable("The run's row does not say how it is repeated.") };
  const { keyRun, keys, inputs, keeps, editedIn } = recovery;
  const retry = { keyRun, keys, inputs, keeps };
  const target: RunTarget = { tenantId, runId, event, plan, again: { retry, ...(editedIn ? { editedIn } : {}) } };
  return engine.start(target);
}

/** The event with the data that the run sees: its own, or what somebody put in its place. */
async function eventOfRun(store: Deps["store"], run: Run): Promise<Event | undefined> {
  const stored = await store.events.find(run.tenantId, run.event.id);
  if (!stored) return undefined;
  const event = eventOf(stored);
  const editedIn = run.recovery?.editedIn;
  if (editedIn === undefined) return event;
  const dataText = await store.runs.editedData(run.tenantId, editedIn);
  return dataText === undefined ? undefined : { ...event, dataText };
}
