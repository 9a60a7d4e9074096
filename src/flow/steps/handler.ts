// What is a step kind given to work with, and in which ways can it end?
import type { Failure, StepFailure } from "../../model/failure.ts";
import type { Json } from "../../model/json.ts";
import type { PlanStep } from "../../model/plan.ts";
import type { SettledStep } from "../../model/step.ts";
import type { EffectResult, Effects } from "../effects.ts";
import type { RunScope } from "../scope.ts";

/** The end of the whole run, asked for by one of its steps. Steps that have not run yet will not. */
export type Ending = { status: "succeeded" | "filtered" | "cancelled" } | { status: "failed"; error: StepFailure };

/**
 * How a list of steps ended. `result` is the output of the last step in it that ran and has a result: what the run
 * answers when its flow declares no output. Undefined when no step had one.
 */
export type ListEnd = { result: Json | undefined } & (
  { outcome: "succeeded" } | { outcome: "failed"; error: StepFailure } | { outcome: "ended"; ending: Ending }
);

/** How one step ended: as a list does, with the `output` that is recorded and read as `steps.<id>`. */
export type StepEnd = ListEnd & { output?: Json };

/** What a step kind may use. It never changes the scope's other parts than `vars`. */
export type StepContext = {
  scope: RunScope;
  effects: Effects;
  /** Runs nested steps in order, in the scope of this step. */
  runSteps(steps: PlanStep[]): Promise<ListEnd>;
  /** Takes the ended steps that nobody has recorded yet; whoever takes them records them. */
  takeSettled(): SettledStep[];
};

export type StepHandler<S extends PlanStep> = (step: S, context: StepContext) => Promise<StepEnd>;

/** The end of a step that succeeded, its output being its result too. */
export function succeeded(output: Json): StepEnd {
  return { outcome: "succeeded", output, result: output };
}

/** The end of a step by a failure of its own. */
export function failed(step: PlanStep, failure: Failure): StepEnd {
  return { outcome: "failed", error: { ...failure, step: step.path }, result: undefined };
}

/** The end of a step whose effect did not succeed: the step failed, or the run was cancelled. */
export function unsuccessful(step: PlanStep, result: Exclude<EffectResult, { outcome: "succeeded" }>): StepEnd {
  if (result.outcome === "failed") return failed(step, result.failure);
  return { outcome: "ended", ending: { status: "cancelled" }, result: undefined };
}
