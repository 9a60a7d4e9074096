// How is a run asked for again? From a step on, with the same or other data, under the same or the newest version.
import { askFilter } from "../flow/match.ts";
import { AppError } from "../model/errors.ts";
import { dataBytesMax } from "../model/event.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { Plan } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import type { Run } from "../model/run.ts";
import { eventOf } from "../store/events.ts";
import { askAgain, planOf, type RecoveryDeps } from "./ask-again.ts";

export type { RecoveryDeps } from "./ask-again.ts";

/** What a retry is asked for with; nothing has to be said. */
export type RetryRequest = {
  /** `failed` (unless said otherwise), `start`, or a step's path. Has to be said for a run that did not fail. */
  from?: string;
  /** `same` unless said otherwise. */
  version?: "same" | "newest";
  /** Data in place of the event's own; `dataText` is the same as it was written. */
  event?: { data: Json } | { dataText: string };
  /** What steps are given in place of what their templates would render, by path. */
  inputs?: { readonly [path: string]: Json };
  /** The same request makes one run, however often it comes. */
  requestId?: string;
};

export type Retried = { outcome: "made" | "found"; run: Run };

export type Recovery = ReturnType<typeof createRecovery>;

/** Retries over their dependencies. */
export function createRecovery(deps: RecoveryDeps) {
  const { store } = deps;
  return {
    /**
     * Makes a run that repeats one that has ended. It is promised when this resolves, and starts soon. Throws AppError:
     * `resource.not_found`, `state.conflict` when the run or a retry of it is open, `run.not_retriable` with findings, and
     * `service.storage_unavailable` when it is not known whether the run is made: then ask again with the same `requestId`.
     */
    async retryRun(tenantId: TenantId, runId: RunId, request: RetryRequest = {}): Promise<Retried> {
      const run = await store.runs.find(tenantId, runId);
      if (!run) throw new AppError("resource.not_found", { detail: "There is no run with this id." });
      const from = fromOf(run, request.from);
      const data = dataOf(request.event);
      const plan = await planOf(store, tenantId, run, request.version ?? "same");
      if (!plan) throw notRetriable("The flow's version is no longer stored.");
      await checkEvent(deps, run, plan, data);
      const { inputs = {}, requestId } = request;
      const asked = await askAgain(deps, run, { origin: "retry", plan, from, data, inputs, requestId });
      if (asked.outcome === "refused") throw notRetriable(undefined, asked.findings);
      if (asked.outcome === "open") throw isOpen(run, asked.run);
      return { outcome: asked.outcome, run: asked.run };
    },
  };
}

function fromOf(run: Run, from: string | undefined): string {
  const wentWell = run.status === "succeeded" || run.status === "filtered";
  if (!wentWell || (from !== undefined && from !== "failed")) return from ?? "failed";
  const message = `The run has no failed step: its status is \`${run.status}\`. Say with \`from\` where to begin: "start", or the path of a step.`;
  throw notRetriable(message, [{ pointer: "/from", code: from === undefined ? "required" : "value", message }]);
}

function dataOf(event: RetryRequest["event"]): "kept" | { text: string } {
  if (event === undefined) return "kept";
  const text = "dataText" in event ? event.dataText : JSON.stringify(event.data);
  if (Buffer.byteLength(text) <= dataBytesMax) return { text };
  const message = `An event's data is at most ${dataBytesMax / 1024} KB.`;
  throw notRetriable(message, [{ pointer: "/event/data", code: "range", message }]);
}

/**
 * Throws when the run's event is gone; and for a run that ended before it began, since the flow's filter could not be
 * decided, when it still cannot be, or says no: such a run has never been let through.
 */
async function checkEvent(deps: RecoveryDeps, run: Run, plan: Plan, data: "kept" | { text: string }): Promise<void> {
  const stored = await deps.store.events.find(run.tenantId, run.event.id);
  if (!stored) throw notRetriable("The run's event is no longer stored.");
  if (stored.targets.find(({ runId }) => runId === run.id)?.failure === undefined) return;
  const event = eventOf(stored);
  const seen = data === "kept" ? event : { ...event, dataText: data.text };
  const { missed, failed } = askFilter(plan, seen, { nowMs: deps.nowMs(), tenant: { id: run.tenantId } });
  if (failed[0]) throw notRetriable(`The flow's filter cannot be decided for this event. ${failed[0].failure.message}`);
  if (missed[0]) throw notRetriable("The flow's filter does not let this event through.");
}

/** The refusal of a retry: one sentence, or what stands in the findings. */
export function notRetriable(detail: string | undefined, errors: Finding[] = []): AppError {
  const [first] = errors;
  const said =
    detail ??
    (errors.length === 1 && first
      ? first.message
      : `There are ${errors.length} errors: \`errors\` says where and why.`);
  return new AppError("run.not_retriable", { detail: said, errors });
}

function isOpen(run: Run, open: Run): AppError {
  const detail =
    open.id === run.id
      ? `The run has not ended: it is ${run.status}. Wait for its end, or cancel it.`
      : `The run is being repeated already: ${open.id} is ${open.status}. Wait for its end, or cancel it.`;
  return new AppError("state.conflict", { detail });
}
