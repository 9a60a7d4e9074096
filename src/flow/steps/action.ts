// How does an action run? Its effect renders, sends, retries and records; here is only what the run makes of the end.
import type { PlanAction } from "../../model/plan.ts";
import { sliceScope } from "../scope.ts";
import { type StepContext, type StepEnd, succeeded, unsuccessful } from "./handler.ts";

/** Performs the action with the parts of the scope it uses; its output is what the action answered. */
export async function runAction(step: PlanAction, context: StepContext): Promise<StepEnd> {
  const uses = step.expect === undefined ? step.uses : [...step.uses, ...step.expect.uses];
  const result = await context.effects.perform(step, sliceScope(context.scope, uses), context.takeSettled());
  return result.outcome === "succeeded" ? succeeded(result.output) : unsuccessful(step, result);
}
