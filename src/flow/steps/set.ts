// How does a step name values for later steps?
import type { Json } from "../../model/json.ts";
import type { PlanSet } from "../../model/plan.ts";
import { failed, type StepContext, type StepEnd, succeeded, unsuccessful } from "./handler.ts";
import { resolveValues } from "./render.ts";

/** Assigns the rendered values to `vars`, all or none; its output is the values. */
export async function runSet(step: PlanSet, { scope, effects }: StepContext): Promise<StepEnd> {
  const rendered = await resolveValues(step.set, step.uses, scope, effects);
  if (rendered.outcome !== "succeeded") return unsuccessful(step, rendered);
  return assignVars(step, rendered.output, { scope });
}

/** Assigns values to `vars`; what is no object fails the step. */
export function assignVars(step: PlanSet, values: Json, { scope }: Pick<StepContext, "scope">): StepEnd {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    const message = "The values of a set step did not render to an object.";
    return failed(step, { class: "internal", code: "render_shape", message });
  }
  for (const [name, value] of Object.entries(values)) scope.vars[name] = value;
  return succeeded(values);
}
