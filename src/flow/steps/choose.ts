// Which branches of a choose step run?
import type { Json } from "../../model/json.ts";
import type { PlanChoose, PlanStep } from "../../model/plan.ts";
import { decideCondition } from "./condition.ts";
import { type ListEnd, type StepContext, type StepEnd, unsuccessful } from "./handler.ts";

/** A branch by its place in the list, counted from 0; the branch without a condition is `else`, wherever it stands. */
type Taken = (number | "else")[];

/**
 * Runs the first branch that holds, or with mode `all` each that holds, in order; the else branch when none held.
 * A condition is asked only when its turn comes, so with mode `all` it sees what the branches before it did.
 * Its output is `{ taken }`; its result is that of the branches' steps, or its output when none of them had one.
 */
export async function runChoose(step: PlanChoose, context: StepContext): Promise<StepEnd> {
  const taken: Taken = [];
  let result: Json | undefined;
  const take = async (branch: Taken[number], steps: PlanStep[]): Promise<ListEnd> => {
    taken.push(branch);
    const end = await context.runSteps(steps);
    if (end.result !== undefined) result = end.result;
    return end;
  };

  for (const [index, branch] of step.branches.entries()) {
    if (branch.when === undefined) continue;
    const decision = await decideCondition(branch.when, context.scope, context.effects);
    if (decision.outcome !== "decided") return { ...unsuccessful(step, decision), output: { taken }, result };
    if (!decision.holds) continue;
    const end = await take(index, branch.steps);
    if (end.outcome !== "succeeded") return { ...end, output: { taken }, result };
    if (step.mode === "first") break;
  }
  const otherwise = step.branches.find((branch) => branch.when === undefined);
  if (taken.length === 0 && otherwise !== undefined) {
    const end = await take("else", otherwise.steps);
    if (end.outcome !== "succeeded") return { ...end, output: { taken }, result };
  }
  return { outcome: "succeeded", output: { taken }, result: result === undefined ? { taken } : result };
}
