// What does a run that is asked for again carry out, and what does it keep of the earlier one? Pure.
import { didYouMean } from "../flow/suggest.ts";
import type { RunId } from "../model/ids.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import type { Run } from "../model/run.ts";
import type { KeptFrom, StepRecord } from "../model/step.ts";
import { checkInputs } from "./check-inputs.ts";
import { placesOf, type Place, type Places } from "./places.ts";

export type RetryQuestion = {
  /** The run that will be made. */
  runId: RunId;
  earlier: Run;
  /** What is recorded of the earlier run's steps. */
  records: readonly StepRecord[];
  /** The plans of the earlier run (absent when it is no longer stored) and of the new one. */
  earlierPlan: Plan | undefined;
  plan: Plan;
  /** `failed`, `start`, or a step's path. */
  from: string;
  /** The new run sees other data than the earlier one did. */
  eventEdited: boolean;
  inputs: { readonly [path: string]: Json };
  /** Steps whose effect has happened, under the key that the earlier run knew it by, in another run of the family. */
  happenedElsewhere: ReadonlySet<string>;
  actions: ReadonlyMap<string, { input: JsonSchema }>;
};

export type PlannedRetry =
  | { ok: true; kept: ReadonlyMap<string, KeptFrom>; keyRun: RunId; keys: { [path: string]: RunId } }
  | { ok: false; findings: Finding[] };

/** A question, looked up. `begin`: the first place that is carried out; `end` is behind everything that ended well. */
type Retry = RetryQuestion & {
  places: Places;
  earlierPlaces: Places;
  recordByPath: ReadonlyMap<string, StepRecord>;
  begin: Place | "end";
};

/** Decides what the new run keeps and under which keys its effects happen; or says what is wrong with the question. */
export function planRetry(question: RetryQuestion): PlannedRetry {
  const { plan, earlierPlan, from, records, earlier } = question;
  const places = placesOf(plan);
  const begin = beginOf(from, earlier, places);
  if (begin === undefined) return { ok: false, findings: [unknownStep(from, earlier, places)] };
  const recordByPath = new Map(records.map((record) => [record.path, record]));
  const earlierPlaces = earlierPlan === undefined ? places : placesOf(earlierPlan);
  const retry: Retry = { ...question, places, earlierPlaces, recordByPath, begin };
  const unreached = begin === "end" || from === "start" ? undefined : whyUnreachable(begin, retry);
  if (unreached !== undefined) return { ok: false, findings: [unreached] };
  const kept = keptOf(retry);
  const findings = checkInputs(question.inputs, { places, kept, actions: question.actions });
  return findings.length > 0 ? { ok: false, findings } : { ok: true, kept, ...keysOf(retry, kept) };
}

/** Under whose id the effect of a step happened, or will happen, in a run. */
export function keyRunOf({ id, recovery }: Pick<Run, "id" | "recovery">, path: string): RunId {
  if (recovery === undefined) return id;
  return (Object.hasOwn(recovery.keys, path) ? recovery.keys[path] : undefined) ?? recovery.keyRun;
}

function beginOf(from: string, earlier: Run, places: Places): Place | "end" | undefined {
  if (from === "start") return [...places.values()][0] ?? "end";
  if (from !== "failed") return places.get(from);
  // Without a failed step the run was ended from outside, or its output failed: nothing that ended well is repeated.
  return earlier.failedStep === undefined ? "end" : places.get(earlier.failedStep);
}

function unknownStep(from: string, earlier: Run, places: Places): Finding {
  const path = from === "failed" ? (earlier.failedStep ?? from) : from;
  const suggestion = didYouMean(path, places.keys());
  const message = `There is no step \`${path}\` in the version that would run.`;
  return { pointer: "/from", code: "unknown", message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** What only a failure brings about can be begun with only where that failure has happened. */
function whyUnreachable(begin: Place, { earlier, places, recordByPath }: Retry): Finding | undefined {
  const { path } = begin.step;
  const unfailed = begin.handles.find((handled) => statusOf(recordByPath.get(handled)) !== "failed");
  const noFailure = begin.inOnFailure && places.get(earlier.failedStep ?? "")?.inOnFailure !== false;
  if (unfailed === undefined && !noFailure) return undefined;
  const why = unfailed === undefined ? "no step of the run failed for good" : `\`${unfailed}\` did not fail`;
  const message = `\`${path}\` runs only after a failure, and ${why}: begin with another step.`;
  return { pointer: "/from", code: "unreachable", message };
}

/** How a step ended where it really happened; undefined when it has not ended. */
function statusOf(record: StepRecord | undefined): KeptFrom["status"] | undefined {
  if (record?.status === "kept") return record.keptFrom?.status;
  const status = record?.status;
  return status === "succeeded" || status === "failed" || status === "skipped" ? status : undefined;
}

/** The steps that are kept, in the order of the plan: of those before the beginning, each that ended and stays as it was. */
function keptOf(retry: Retry): Map<string, KeptFrom> {
  const { begin, earlier, recordByPath } = retry;
  const kept = new Map<string, KeptFrom>();
  for (const place of retry.places.values()) {
    if (begin === "end" ? place.inOnFailure : place.order >= begin.order) break;
    const { path } = place.step;
    const record = recordByPath.get(path);
    const status = statusOf(record);
    if (record === undefined || status === undefined) continue;
    // What handled a failure is kept only with the failure: when the step runs again, so does its handler.
    if (place.handles.some((handled) => kept.get(handled)?.status !== "failed")) continue;
    const keptFrom = record.keptFrom ?? { run: earlier.id, status };
    if (stays(place, record, status, retry)) kept.set(path, keptFrom);
    else if (isPassed(place, record, retry)) kept.set(path, { ...keptFrom, status: "passed" });
  }
  return kept;
}

/** Whether a step that ended before the beginning stays as it ended. */
function stays(place: Place, record: StepRecord, status: KeptFrom["status"], retry: Retry): boolean {
  const { step } = place;
  const { begin } = retry;
  if (!isSameStep(step, retry.earlierPlaces.get(step.path)?.step)) return false;
  if (begin !== "end") {
    // Its failure is what leads to the beginning.
    if (begin.handles.includes(step.path)) return true;
    // Its conditions are asked again, so that the branch of the beginning is entered as the flow says.
    if (begin.branches.includes(step.path)) return false;
  }
  if (isDecision(step, status) && decidesAnew(retry)) return false;
  const passesEnds = begin !== "end" && !begin.inOnFailure;
  // One that ended the run is passed only by somebody who says to begin behind it.
  if (step.kind === "stop" && (status !== "failed" || record.error?.class === "stopped")) return passesEnds;
  if (step.kind === "filter" && status === "succeeded" && record.output !== true) return passesEnds;
  return status !== "failed" || isHandled(place, retry);
}

/**
 * Whether a write that may have happened is left as it is: its failure told a person to look, and to begin behind it where it
 * has happened. Run again, it would happen twice.
 */
function isPassed({ step }: Place, record: StepRecord, { begin, earlierPlaces }: Retry): boolean {
  if (begin === "end" || step.kind !== "action" || record.error?.class !== "ambiguous") return false;
  return statusOf(record) === "failed" && isSameStep(step, earlierPlaces.get(step.path)?.step);
}

/** The same path alone does not make the same step: another action has not happened. */
function isSameStep(step: PlanStep, was: PlanStep | undefined): boolean {
  if (was?.kind !== step.kind) return false;
  return step.kind !== "action" || was.kind !== "action" || step.use === was.use;
}

/** Whether nothing was done outside: by a step that is no action, or by one that was left out. */
function isDecision(step: PlanStep, status: KeptFrom["status"]): boolean {
  return step.kind !== "action" || status === "skipped";
}

/** Under another version, or over other data, what has no effect outside is decided anew: values, conditions, branches. */
function decidesAnew({ plan, earlierPlan, eventEdited }: Retry): boolean {
  return eventEdited || earlierPlan?.flow.version !== plan.flow.version;
}

/** Whether the run went on after a failure: by the step's own `onError`, by that of a step around it, or to its `onFailure`. */
function isHandled({ step, branches, inOnFailure }: Place, { begin, places }: Retry): boolean {
  if (step.onError !== "fail" || (begin !== "end" && begin.inOnFailure && !inOnFailure)) return true;
  // One around the beginning has not handled anything: it goes on.
  const isOver = (path: string) => begin === "end" || !begin.branches.includes(path);
  return branches.some((path) => isOver(path) && places.get(path)?.step.onError !== "fail");
}

/** What receivers find duplicates by. */
function keysOf(retry: Retry, kept: ReadonlyMap<string, KeptFrom>): { keyRun: RunId; keys: { [path: string]: RunId } } {
  const { runId, earlier, eventEdited } = retry;
  const keyRun = eventEdited ? runId : (earlier.recovery?.keyRun ?? earlier.id);
  const keys: { [path: string]: RunId } = {};
  for (const { step } of retry.places.values()) {
    if (step.kind !== "action") continue;
    const run = !kept.has(step.path) && isWanted(step.path, retry) ? runId : keyRunOf(earlier, step.path);
    if (run !== keyRun) keys[step.path] = run;
  }
  return { keyRun, keys };
}

/**
 * Whether the effect has to happen even though it may have happened before: somebody asks for a success once more, or for
 * something else than was tried. Under the earlier key, receivers that find duplicates would swallow it. What never
 * succeeded keeps its key, so that it does not happen twice.
 */
function isWanted(path: string, retry: Retry): boolean {
  // An input that only the earlier run was given has been tried under that run's key: without it, this is something else.
  const tried = retry.earlier.recovery?.inputs ?? {};
  if (retry.eventEdited || Object.hasOwn(retry.inputs, path) || Object.hasOwn(tried, path)) return true;
  if (retry.happenedElsewhere.has(path)) return true;
  return statusOf(retry.recordByPath.get(path)) === "succeeded" || isRewritten(path, retry);
}

/** Whether the version that would run gives the action something else than the earlier one did. */
function isRewritten(path: string, { places, earlierPlaces }: Retry): boolean {
  const [now, then] = [places.get(path)?.step, earlierPlaces.get(path)?.step];
  if (now === then || now?.kind !== "action" || then?.kind !== "action") return false;
  return now.use !== then.use || JSON.stringify(now.with) !== JSON.stringify(then.with);
}
