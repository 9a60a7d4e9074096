// What does a run of a plan do, in which order, and how does it end? Deterministic: the effects are its only source of news.
import type { Failure, StepFailure } from "../model/failure.ts";
import type { Json } from "../model/json.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import type { RunEnd } from "../model/run.ts";
import type { KeptStep, SettledStep } from "../model/step.ts";
import type { Effects } from "./effects.ts";
import { openScope, type RunScope, type RunStart } from "./scope.ts";
import { decideCondition } from "./steps/condition.ts";
import { type ListEnd, type StepContext, type StepEnd, unsuccessful } from "./steps/handler.ts";
import { handleStep } from "./steps/index.ts";
import { passKept } from "./steps/kept.ts";
import { resolveValues } from "./steps/render.ts";

/** How a run ended, with the steps that ended after the last action and that nobody has recorded yet. */
export type RunResult = RunEnd & { settled: SettledStep[] };

/** Steps that an earlier run of the same event carried out, by path: they are not carried out again. */
export type KeptSteps = ReadonlyMap<string, KeptStep>;

/** What one run carries along beside its scope. */
type Walk = { effects: Effects; settled: SettledStep[]; kept: KeptSteps };

const noneKept: KeptSteps = new Map();

/**
 * Runs a plan for an event and answers how the run ended. Every decision follows from the arguments and from what the
 * effects answer, so the same answers lead to the same calls in the same order. Kept steps are followed without being
 * carried out. Rejects only when an effect rejects.
 */
export async function interpret(
  plan: Plan,
  start: RunStart,
  effects: Effects,
  kept: KeptSteps = noneKept,
): Promise<RunResult> {
  const walk: Walk = { effects, settled: [], kept };
  const scope = openScope(plan, start);
  const end = await runSteps(plan.steps, scope, walk);
  const runEnd = await endRun(plan, end, scope, walk);
  return { ...runEnd, settled: walk.settled };
}

/** Whether a success of this step is the success of the whole run, the step's output being the run's. */
export function endsRun(plan: Plan, step: PlanStep): boolean {
  return step.kind === "action" && plan.output === undefined && plan.steps.at(-1)?.path === step.path;
}

async function endRun(plan: Plan, end: ListEnd, scope: RunScope, walk: Walk): Promise<RunEnd> {
  const error = errorOf(end);
  if (error !== undefined) return failRun(plan, error, scope, walk);
  if (end.outcome === "ended" && end.ending.status !== "succeeded") return { status: end.ending.status };
  if (plan.output === undefined) {
    return end.result === undefined ? { status: "succeeded" } : { status: "succeeded", output: end.result };
  }
  const rendered = await resolveValues(plan.output.values, plan.output.uses, scope, walk.effects);
  if (rendered.outcome === "succeeded") return { status: "succeeded", output: rendered.output };
  if (rendered.outcome === "cancelled") return { status: "cancelled" };
  // The flow's own output failed, no step did: the scope says `output`, the run names no failed step.
  const { failedStep: _, ...runEnd } = await failRun(plan, { ...rendered.failure, step: "output" }, scope, walk);
  return runEnd;
}

/** Runs the `onFailure` steps. However they end, the run has failed with its first error; only a cancel overrules that. */
async function failRun(plan: Plan, error: StepFailure, scope: RunScope, walk: Walk): Promise<RunEnd> {
  const end = await runSteps(plan.onFailure, { ...scope, error }, walk);
  if (isCancel(end)) return { status: "cancelled" };
  return { status: "failed", failedStep: error.step, error: withoutStep(error) };
}

async function runSteps(steps: PlanStep[], scope: RunScope, walk: Walk): Promise<ListEnd> {
  let result: Json | undefined;
  for (const step of steps) {
    const end = await runStep(step, scope, walk);
    // `??` would be wrong here: null is a result.
    if (end.result !== undefined) result = end.result;
    if (end.outcome !== "succeeded") return { ...end, result };
  }
  return { outcome: "succeeded", result };
}

/** Runs one step with its `if` and `onError`; to the list that it stands in, it ends as a list of one. */
async function runStep(step: PlanStep, scope: RunScope, walk: Walk): Promise<ListEnd> {
  const kept = walk.kept.get(step.path);
  // Recorded already, by whoever made the run: nothing of a kept step is settled again.
  if (kept !== undefined) return follow(step, await passKept(step, kept, contextOf(scope, walk)), scope, walk);
  const gate = await passGate(step, scope, walk);
  if (gate === "skip") {
    walk.settled.push({ ...named(step), status: "skipped", atMs: walk.effects.nowMs() });
    return { outcome: "succeeded", result: undefined };
  }
  const end = gate === "run" ? await handle(step, scope, walk) : gate;
  // An action that has run is recorded with its attempts, by its effect.
  if (step.kind !== "action" || gate !== "run") walk.settled.push(asSettled(step, end, walk.effects.nowMs()));
  return follow(step, end, scope, walk);
}

/** What the end of a step means for the list that it stands in: its output is there to be read, its failure is handled. */
async function follow(step: PlanStep, end: StepEnd, scope: RunScope, walk: Walk): Promise<ListEnd> {
  if (end.outcome === "failed") return recover(step, end.error, scope, walk);
  if (end.outcome === "succeeded" && end.output !== undefined) scope.steps[step.id] = end.output;
  const { output: _, ...listEnd } = end;
  return listEnd;
}

/** Whether the step's `if` lets it run; or how the step ended because that could not be decided. */
async function passGate(step: PlanStep, scope: RunScope, walk: Walk): Promise<"run" | "skip" | StepEnd> {
  if (step.if === undefined) return "run";
  const decision = await decideCondition(step.if, scope, walk.effects);
  if (decision.outcome !== "decided") return unsuccessful(step, decision);
  return decision.holds ? "run" : "skip";
}

function handle(step: PlanStep, scope: RunScope, walk: Walk): Promise<StepEnd> {
  return handleStep(step, contextOf(scope, walk));
}

function contextOf(scope: RunScope, walk: Walk): StepContext {
  return {
    scope,
    effects: walk.effects,
    runSteps: (steps) => runSteps(steps, scope, walk),
    takeSettled: () => walk.settled.splice(0),
  };
}

/** What follows a step's failure: the failure goes up, or the run goes on, after the steps that handle it if there are any. */
async function recover(step: PlanStep, error: StepFailure, scope: RunScope, walk: Walk): Promise<ListEnd> {
  if (step.onError === "fail") return { outcome: "failed", error, result: undefined };
  if (step.onError === "continue") return { outcome: "succeeded", result: undefined };
  return runSteps(step.onError.steps, { ...scope, error }, walk);
}

function asSettled(step: PlanStep, end: StepEnd, atMs: number): SettledStep {
  const error = errorOf(end);
  return {
    ...named(step),
    status: error !== undefined ? "failed" : isCancel(end) ? "cancelled" : "succeeded",
    ...(end.output === undefined ? {} : { output: end.output }),
    ...(error === undefined ? {} : { error: withoutStep(error) }),
    atMs,
  };
}

function named(step: PlanStep): Pick<SettledStep, "path" | "id" | "use" | "name"> {
  return {
    path: step.path,
    id: step.id,
    ...(step.kind === "action" ? { use: step.use } : {}),
    ...(step.name === undefined ? {} : { name: step.name }),
  };
}

/** Why the step or list failed, or why a stop step inside it ended the run as failed. */
function errorOf(end: ListEnd): StepFailure | undefined {
  if (end.outcome === "failed") return end.error;
  return end.outcome === "ended" && end.ending.status === "failed" ? end.ending.error : undefined;
}

function isCancel(end: ListEnd): boolean {
  return end.outcome === "ended" && end.ending.status === "cancelled";
}

function withoutStep({ step: _, ...failure }: StepFailure): Failure {
  return failure;
}
