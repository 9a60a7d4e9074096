// Does a condition of a step hold, and what when that cannot be said?
import type { PlanCondition } from "../../model/plan.ts";
import type { EffectResult, Effects } from "../effects.ts";
import { evaluateLogic, truthy } from "../logic/evaluate.ts";
import { type RunScope, sliceScope } from "../scope.ts";

/** A decided condition, or why it could not be decided. */
export type Decision = { outcome: "decided"; holds: boolean } | Exclude<EffectResult, { outcome: "succeeded" }>;

/**
 * Decides a condition. One that goes over its budget (code `budget`) or is no rule (code `invalid`) has failed, with
 * class `limit` as when an event is accepted: to read it as false would skip steps without a word.
 */
export async function decideCondition(condition: PlanCondition, scope: RunScope, effects: Effects): Promise<Decision> {
  // A regular expression could hold the isolate, and with it every tenant's runs, beyond its time.
  if (condition.regex === true) {
    const result = await effects.decide(condition, sliceScope(scope, condition.uses));
    return result.outcome === "succeeded" ? { outcome: "decided", holds: truthy(result.output) } : result;
  }
  const evaluated = evaluateLogic(condition.rule, scope, { nowMs: effects.nowMs() });
  if (evaluated.ok) return { outcome: "decided", holds: truthy(evaluated.value) };
  return { outcome: "failed", failure: { class: "limit", code: evaluated.code, message: evaluated.message } };
}
