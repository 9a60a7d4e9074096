// Which function carries out which kind of step? A kind of the model without an entry here does not compile.
import type { PlanStep } from "../../model/plan.ts";
import { runAction } from "./action.ts";
import { runChoose } from "./choose.ts";
import { runFilter } from "./filter.ts";
import type { StepContext, StepEnd, StepHandler } from "./handler.ts";
import { runSet } from "./set.ts";
import { runStop } from "./stop.ts";

type StepByKind = { [S in PlanStep as S["kind"]]: S };

const handlerByKind: { readonly [K in keyof StepByKind]: StepHandler<StepByKind[K]> } = {
  action: runAction,
  set: runSet,
  filter: runFilter,
  choose: runChoose,
  stop: runStop,
};

/** Carries out one step, whatever its kind; its `if` and `onError` are the interpreter's. */
export function handleStep(step: PlanStep, context: StepContext): Promise<StepEnd> {
  return handleKind(step.kind, step, context);
}

function handleKind<K extends keyof StepByKind>(kind: K, step: StepByKind[K], context: StepContext): Promise<StepEnd> {
  return handlerByKind[kind](step, context);
}
