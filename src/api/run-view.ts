// How does the API show a run, and the runs that it repeats and is repeated by?
import { AppError } from "../model/errors.ts";
import { isId, type RunId, type TenantId } from "../model/ids.ts";
import type { Run } from "../model/run.ts";
import type { ApiDeps } from "./deps.ts";

type Deps = Pick<ApiDeps, "store" | "runs">;

/** The run by id. Throws AppError `resource.not_found`, also for another tenant's. */
export async function findRun(store: Deps["store"], tenantId: TenantId, id: string): Promise<Run> {
  const run = isId("run", id) ? await store.runs.find(tenantId, id) : undefined;
  if (!run) throw new AppError("resource.not_found", { detail: "There is no run with this id." });
  return run;
}

/** Runs as shapes say. One query finds the runs that repeat any of them. */
export async function runViews(runs: Run[], tenantId: TenantId, deps: Deps) {
  const ids = runs.map(({ id }) => id);
  const retriedBy = ids.length === 0 ? undefined : await deps.store.runs.retriedBy(tenantId, ids);
  return runs.map((run) => viewOf(run, retriedBy?.get(run.id) ?? [], deps));
}

/** One run as shapes say. */
export async function runView(run: Run, deps: Deps) {
  const retriedBy = await deps.store.runs.retriedBy(run.tenantId, [run.id]);
  return viewOf(run, retriedBy.get(run.id) ?? [], deps);
}

/** Times as texts, the duration, what it was asked for again with, and its address in Temporal's UI. */
function viewOf(run: Run, retriedBy: RunId[], { runs: { temporalUrl } }: Deps) {
  const url = temporalUrl(run);
  const { tenantId: _, rootRun: _root, recovery, endedAt, ...fields } = run;
  // A short run may have ended before its start is noted.
  const startedAt = run.startedAt ?? (endedAt && run.status !== "cancelled" ? run.createdAt : undefined);
  return {
    ...fields,
    ...(startedAt ? { startedAt } : {}),
    ...(endedAt ? { endedAt } : {}),
    // A run that was cancelled before it started took no time.
    ...(endedAt ? { durationMs: endedAt.getTime() - (startedAt ?? endedAt).getTime() } : {}),
    retriedBy,
    ...(recovery ? { retry: retryViewOf(recovery) } : {}),
    ...(url === undefined ? {} : { temporalUrl: url }),
  };
}

/** Of the inputs only which steps have one: what they were given stands with the steps, without its secrets. */
function retryViewOf({ from, editedIn, inputs }: NonNullable<Run["recovery"]>) {
  return { from, eventEdited: editedIn !== undefined, inputs: Object.keys(inputs) };
}
