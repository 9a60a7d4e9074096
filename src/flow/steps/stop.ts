// How does a step end the run before its last step?
import type { PlanStop } from "../../model/plan.ts";
import type { Json } from "../../model/json.ts";
import { type StepContext, type StepEnd, unsuccessful } from "./handler.ts";
import { resolveValues } from "./render.ts";

/** Longest reason that a run keeps, in UTF-16 code units: a reason is a sentence, not a copy of the event. */
const reasonLengthMax = 1_000;

/**
 * Ends the run: `succeeded`, or `failed` with class and code `stopped` and the rendered reason as message. That is the
 * step's work and no failure of the step, so its `onError` does not apply; a reason that cannot be rendered is one.
 */
export async function runStop(step: PlanStop, { scope, effects }: StepContext): Promise<StepEnd> {
  const rendered = await resolveValues(step.reason ?? null, step.uses, scope, effects);
  if (rendered.outcome !== "succeeded") return unsuccessful(step, rendered);
  const reason = asSentence(rendered.output);
  if (step.stop === "succeeded") {
    const end: StepEnd = { outcome: "ended", ending: { status: "succeeded" }, result: undefined };
    return reason === "" ? end : { ...end, output: { reason } };
  }
  const message = reason === "" ? `The step "${step.path}" stopped the run.` : reason;
  const error = { step: step.path, class: "stopped", code: "stopped", message } as const;
  return { outcome: "ended", ending: { status: "failed", error }, result: undefined };
}

/** A reason that is a single template may render to any value. */
function asSentence(value: Json): string {
  if (value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > reasonLengthMax ? `${text.slice(0, reasonLengthMax - 1)}…` : text;
}
