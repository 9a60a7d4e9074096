// Does the run go on after a filter step?
import type { PlanFilter } from "../../model/plan.ts";
import { decideCondition } from "./condition.ts";
import { type StepContext, type StepEnd, unsuccessful } from "./handler.ts";

/** Ends the run as `filtered`, which is no failure, unless the condition holds; its output is whether it holds. */
export async function runFilter(step: PlanFilter, { scope, effects }: StepContext): Promise<StepEnd> {
  const decision = await decideCondition(step.filter, scope, effects);
  if (decision.outcome !== "decided") return unsuccessful(step, decision);
  // No result: a run's output is what its steps made, not that they were let through.
  if (decision.holds) return { outcome: "succeeded", output: true, result: undefined };
  return { outcome: "ended", ending: { status: "filtered" }, output: false, result: undefined };
}
