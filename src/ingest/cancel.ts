// Cancelling a run, wherever it stands: noted first, so that it happens even if Temporal does not answer now.
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import { isEnded } from "../model/run.ts";
import type { Store } from "../store/store.ts";

/** `cancelling`: asked for, and carried out as soon as the workflow or Temporal answers. */
export type CancelOutcome = "cancelled" | "cancelling" | "ended" | "unknown";

/** Cancels a run. A run that has not started is taken out of the outbox. */
export function createCancel(deps: { store: Pick<Store, "runs" | "events">; engine: Engine; log: Log }) {
  const { store, engine, log } = deps;
  return async function cancel(tenantId: TenantId, runId: RunId): Promise<CancelOutcome> {
    const run = await store.runs.find(tenantId, runId);
    if (!run) return "unknown";
    if (isEnded(run.status) || !(await store.runs.requestCancel(tenantId, runId))) return "ended";
    const unstarted = await store.events.cancelTarget(tenantId, run.event.id, runId);
    try {
      if ((await engine.cancel(run)) === "cancelling") return "cancelling";
    } catch (err) {
      log.warn({ err, runId }, "a cancel could not be passed on yet");
    }
    // Temporal does not answer, or the workflow is not there: the watch over open runs goes on asking.
    if (!unstarted) return "cancelling";
    // Taken out of the outbox in time. A start that was on its way finds the run cancelled and is cancelled too.
    await store.runs.end(tenantId, runId, { status: "cancelled" });
    return "cancelled";
  };
}
