// Where does each step of a plan stand: in which order, inside which others?
import type { Plan, PlanStep } from "../model/plan.ts";

export type Place = {
  step: PlanStep;
  /** Counted from 0. No step runs before one that has a smaller number. */
  order: number;
  /** The steps whose branches it stands in, by path, from the outside in. */
  branches: readonly string[];
  /** The steps whose failure it helps to handle, by path, from the outside in. */
  handles: readonly string[];
  inOnFailure: boolean;
};

type Around = Pick<Place, "branches" | "handles" | "inOnFailure">;

/** The places of a plan by path, in their order: each step before those in its branches, those before what handles its failure. */
export type Places = ReadonlyMap<string, Place>;

/** Where each step of a plan stands. */
export function placesOf(plan: Plan): Places {
  const found = new Map<string, Place>();
  const walk = (steps: readonly PlanStep[], around: Around): void => {
    for (const step of steps) {
      found.set(step.path, { step, order: found.size, ...around });
      if (step.kind === "choose") {
        const inside = { ...around, branches: [...around.branches, step.path] };
        for (const branch of step.branches) walk(branch.steps, inside);
      }
      if (typeof step.onError === "object") {
        walk(step.onError.steps, { ...around, handles: [...around.handles, step.path] });
      }
    }
  };
  walk(plan.steps, { branches: [], handles: [], inOnFailure: false });
  walk(plan.onFailure, { branches: [], handles: [], inOnFailure: true });
  return found;
}
