// What does a step leave behind that an earlier run carried out? The same as then, without doing it again.
import type { Json } from "../../model/json.ts";
import type { PlanChoose, PlanStep } from "../../model/plan.ts";
import type { KeptStep } from "../../model/step.ts";
import { failed, type ListEnd, type StepContext, type StepEnd, succeeded } from "./handler.ts";
import { assignVars } from "./set.ts";

/**
 * The end of a kept step, as its first run left it: outputs and variables are there to be read, a failure is handled as it
 * was. A filter or stop that is kept lets the run go on, and so does a step that is passed, without an output: whoever resumed
 * the run behind it wants that.
 */
export async function passKept(step: PlanStep, kept: KeptStep, context: StepContext): Promise<StepEnd> {
  if (kept.status === "skipped" || kept.status === "passed") return { outcome: "succeeded", result: undefined };
  if (step.kind === "choose") return passChoose(step, kept, context);
  // A stop that ended the run as failed has done its work; any other failure is the step's own.
  if (kept.status === "failed" && kept.error?.class !== "stopped") return failedAsThen(step, kept);
  const output = kept.output ?? null;
  if (step.kind === "action") return succeeded(output);
  if (step.kind === "set") return assignVars(step, output, context);
  const end: StepEnd = { outcome: "succeeded", result: undefined };
  return step.kind === "filter" ? { ...end, output } : end;
}

/** Goes into the branches that were taken then, without asking their conditions: what is in them is kept step by step. */
async function passChoose(step: PlanChoose, kept: KeptStep, context: StepContext): Promise<StepEnd> {
  const taken = takenOf(kept.output);
  let result: Json | undefined;
  for (const branch of taken) {
    const steps = step.branches.find(({ when }, index) => (branch === "else" ? when === undefined : index === branch));
    const end: ListEnd = await context.runSteps(steps?.steps ?? []);
    if (end.result !== undefined) result = end.result;
    if (end.outcome !== "succeeded") return { ...end, output: { taken }, result };
  }
  // No branch failed: then it was a condition that could not be decided.
  if (kept.status === "failed") return { ...failedAsThen(step, kept), result };
  return { outcome: "succeeded", output: { taken }, result: result === undefined ? { taken } : result };
}

function failedAsThen(step: PlanStep, { error }: KeptStep): StepEnd {
  return failed(step, error ?? { class: "internal", code: "unknown", message: "The step failed in the earlier run." });
}

/** The branches in the recorded output of a choose step, which nobody but the interpreter writes. */
function takenOf(output: Json | undefined): (number | "else")[] {
  if (typeof output !== "object" || output === null || Array.isArray(output)) return [];
  const { taken } = output;
  if (!Array.isArray(taken)) return [];
  return taken.filter((branch) => typeof branch === "number" || branch === "else");
}
