// Any plan that could be published, as far as running it is concerned: for laws that hold for all of them.
import fc from "fast-check";
import type { Plan, PlanCondition, PlanStep } from "../../src/model/plan.ts";
import { aChoose, aCondition, anAction, aPlan, aSet, aStop } from "./plans.ts";

const condition: fc.Arbitrary<PlanCondition> = fc.oneof(
  fc.boolean().map((holds) => aCondition(holds)),
  fc.constantFrom("s0", "s1", "s2", "s3").map((id) => aCondition({ var: `steps.${id}` })),
  fc.constant(aCondition({ matches: ["a", "a"] }, { regex: true, uses: ["steps", "vars"] })),
);

const { steps: stepsArbitrary } = fc.letrec<{ step: PlanStep; steps: PlanStep[] }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 4, depthIdentifier: "steps" }),
  step: fc
    .tuple(
      fc.oneof(
        { depthIdentifier: "steps", depthSize: "small", withCrossShrink: true },
        fc.constant(anAction("x", { uses: ["steps", "vars", "error"] })),
        fc.constantFrom("plain", "{{event.id}}").map((value) => aSet("x", { v: value }, { uses: ["steps"] })),
        condition.map((filter): PlanStep => ({ kind: "filter", id: "x", path: "x", onError: "fail", filter })),
        fc
          .constantFrom<"succeeded" | "failed">("succeeded", "failed")
          .map((end) => aStop("x", end, { reason: "{{x}}" })),
        fc
          .tuple(fc.array(fc.tuple(fc.option(condition), tie("steps")), { maxLength: 3 }), fc.boolean())
          .map(([branches, all]) =>
            aChoose(
              "x",
              branches.map(([when, steps]) => (when === null ? { steps } : { when, steps })),
              { mode: all ? "all" : "first" },
            ),
          ),
      ),
      fc.option(condition, { freq: 4 }),
      fc.oneof(
        { depthIdentifier: "steps", depthSize: "small" },
        fc.constantFrom<PlanStep["onError"][]>("fail", "continue"),
        tie("steps").map((steps) => ({ steps })),
      ),
    )
    .map(([step, gate, onError]): PlanStep => ({ ...step, onError, ...(gate === null ? {} : { if: gate }) })),
}));

/** Any plan: every kind of step, nested, with conditions, handlers and an output. */
export const planArbitrary: fc.Arbitrary<Plan> = fc
  .tuple(stepsArbitrary, stepsArbitrary, fc.boolean())
  .map(([steps, onFailure, output]) => {
    const names = { next: 0 };
    const declared = output ? { output: { values: "{{steps.s0}}", uses: ["steps.s0"] } } : {};
    return aPlan(renamed(steps, names), { onFailure: renamed(onFailure, names), ...declared });
  });

/** Gives each step an id of its own. */
function renamed(steps: PlanStep[], names: { next: number }): PlanStep[] {
  return steps.map((step) => {
    const id = `s${names.next++}`;
    const onError = typeof step.onError === "object" ? { steps: renamed(step.onError.steps, names) } : step.onError;
    const nested =
      step.kind === "choose"
        ? { branches: step.branches.map((branch) => ({ ...branch, steps: renamed(branch.steps, names) })) }
        : {};
    return { ...step, ...nested, id, path: id, onError };
  });
}
