// What may the interpreter ask of the world? Everything else it does is decided from its arguments alone.
import type { Failure } from "../model/failure.ts";
import type { Values } from "../model/flow.ts";
import type { Json } from "../model/json.ts";
import type { PlanAction, PlanCondition, Uses } from "../model/plan.ts";
import type { SettledStep } from "../model/step.ts";
import type { ScopeSlice } from "./scope.ts";

/** How an effect ended. A failure is for good: retries lie behind the effect. Effects answer, they do not throw. */
export type EffectResult =
  { outcome: "succeeded"; output: Json } | { outcome: "failed"; failure: Failure } | { outcome: "cancelled" };

/** What the interpreter may ask of the world. The workflow gives these; trial.ts gives mocked ones. */
export type Effects = {
  /**
   * Runs an action under its declared policy; resolves when it has succeeded, failed for good, or was cancelled.
   * `settled` are the steps without attempts that ended since the last call: they are handed over, and will not be
   * handed out again, so the effect records them with its own record, however the action ends.
   */
  perform(step: PlanAction, scope: ScopeSlice, settled: SettledStep[]): Promise<EffectResult>;
  /** Renders values that hold templates (never inside the isolate). */
  render(values: Values, uses: Uses, scope: ScopeSlice): Promise<EffectResult>;
  /** Decides a condition that may not be evaluated here (regular expressions). The output is the rule's value. */
  decide(condition: PlanCondition, scope: ScopeSlice): Promise<EffectResult>;
  /** Milliseconds since 1970 by the run's own clock. */
  nowMs(): number;
};
