// Looks after open runs: one whose workflow vanished, was ended from outside, or does not react to a cancel gets its end.
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { Run, RunEnd } from "../model/run.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

const pollMs = 5_000;
/** A run that is open and well is looked at again after this, in milliseconds. */
const nextCheckMs = 5 * 60_000;
/** A look that came to nothing is repeated after this, in milliseconds. */
const lookAgainMs = 10_000;
/** A workflow that has not ended this long after a cancel is terminated. */
const cancelGraceMs = 30_000;

export type Verdict =
  { action: "wait" } | { action: "cancel" } | { action: "terminate" } | { action: "end"; end: RunEnd };

/** What follows from what Temporal says about an open run. Pure: the clock comes with the question. */
export function judgeRun(run: Run, state: Awaited<ReturnType<Engine["describe"]>>, nowMs: number): Verdict {
  const cancelledForMs = run.cancelRequestedAt ? nowMs - run.cancelRequestedAt.getTime() : undefined;
  if (state.state === "ended") return { action: "end", end: state.end };
  if (state.state === "open") {
    if (cancelledForMs === undefined) return { action: "wait" };
    return { action: cancelledForMs > cancelGraceMs ? "terminate" : "cancel" };
  }
  if (cancelledForMs !== undefined) return { action: "end", end: { status: "cancelled" } };
  // Not started yet: the outbox will see to it.
  if (run.status === "pending") return { action: "wait" };
  const message = "Temporal no longer knows the run's workflow.";
  return { action: "end", end: { status: "failed", error: { class: "internal", code: "workflow_gone", message } } };
}

/** Starts the watch; `close` ends it. */
export function watchOpenRuns(deps: { store: Pick<Store, "runs" | "nowMs">; engine: Engine; log: Log }) {
  const { store, engine, log } = deps;
  const sweep = async () => {
    while (!loop.isClosing() && engine.isUp()) {
      const run = await store.runs.claimOpen(nextCheckMs);
      if (!run) return;
      await look(run).catch(async (err: unknown) => {
        // Temporal or MongoDB did not answer. Without this the next look would be minutes away.
        await store.runs.checkAgain(run.id, lookAgainMs);
        throw err;
      });
    }
  };
  const look = async (run: Run) => carryOut(run, judgeRun(run, await engine.describe(run), Date.now()));
  const carryOut = async (run: Run, verdict: Verdict) => {
    if (verdict.action === "end") await store.runs.end(run.tenantId, run.id, verdict.end);
    else if (verdict.action === "cancel") {
      await engine.cancel(run);
      await store.runs.checkAgain(run.id, cancelGraceMs);
    } else if (verdict.action === "terminate") {
      await engine.terminate(run, "The run did not react to its cancel.");
      await store.runs.end(run.tenantId, run.id, { status: "cancelled" });
    }
  };

  const loop = startLoop(pollMs, sweep, (err) => log.debug({ err }, "open runs cannot be looked after at the moment"));
  return { close: loop.close };
}
