// Cancelling a run, wherever it stands: noted first, so that it happens even if Temporal does not answer now.
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import { isEnded, type Run } from "../model/run.ts";
import type { Store } from "../store/store.ts";

/** `cancelling`: asked for, and carried out as soon as the workflow or Temporal answers. */
export type CancelOutcome = "cancelled" | "cancelling" | "ended" | "unknown";

/** Longest that whoever cancels waits for Temporal, in milliseconds: the SDK goes on asking for minutes. */
const answerLimitMs = 2_000;

/** Cancels a run. One that has not started will not start. */
export function createCancel(deps: { store: Pick<Store, "runs" | "events">; engine: Engine; log: Log }) {
  const { store, engine, log } = deps;
  return async function cancel(tenantId: TenantId, runId: RunId): Promise<CancelOutcome> {
    const run = await store.runs.find(tenantId, runId);
    if (!run) return "unknown";
    if (isEnded(run.status) || !(await store.runs.requestCancel(tenantId, runId))) return "ended";
    const standing = await standingOf(store, run);
    const answer = await inTime(engine.cancel(run)).catch((err: unknown) => {
      log.warn({ err, runId }, "a cancel could not be passed on yet");
      return "silent" as const;
    });
    // The watch over open runs goes on asking where it is not known whether there is a workflow.
    if (answer === "cancelling" || standing === "started" || standing === "starting") return "cancelling";
    if (answer === "silent" && standing === "tried") return "cancelling";
    // Not started, and it will not be. A start that was on its way finds the run cancelled and is cancelled too.
    await store.runs.end(tenantId, runId, { status: "cancelled" });
    return "cancelled";
  };
}

/** Whether the run may have a workflow. From here on nobody begins to start it. */
async function standingOf(store: Pick<Store, "runs" | "events">, run: Run) {
  if (run.origin !== undefined) return store.runs.startState(run.tenantId, run.id);
  return (await store.events.cancelTarget(run.tenantId, run.event.id, run.id)) ? "untried" : "started";
}

/** What Temporal answers, if it does in time. What comes later is only what was asked for. */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("Temporal did not answer in time.")), answerLimitMs);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
