// In which order does a run show its steps, and which of them are still to come?
import type { Plan, PlanStep } from "../model/plan.ts";
import type { StepRecord } from "../model/step.ts";

type StepRow = Omit<StepRecord, "tenantId" | "runId">;
type Planned = { step: PlanStep; parent: string | undefined; expected: boolean };

/**
 * The recorded steps in the order of the plan. While the run is open, steps that may still begin stand among them as
 * `pending`: not those inside a step that has ended, and none that only a failure would bring about.
 */
export function stepsInOrder(plan: Plan | undefined, records: StepRecord[], isOpen: boolean): StepRow[] {
  const recordByPath = new Map(records.map((record) => [record.path, record]));
  const rows: StepRow[] = [];
  const planned = plan ? [...walk(plan.steps, undefined, true), ...walk(plan.onFailure, undefined, false)] : [];
  const isOver = (path: string | undefined) => path !== undefined && recordByPath.get(path)?.endedAt !== undefined;
  for (const { step, parent, expected } of planned) {
    const record = recordByPath.get(step.path);
    recordByPath.delete(step.path);
    if (record) rows.push(rowOf(record));
    else if (isOpen && expected && !isOver(parent)) rows.push(pendingRow(step));
  }
  // A record without a step of the plan is no reason to hide it.
  return [...rows, ...[...recordByPath.values()].map(rowOf)];
}

/** All steps as written, each before those inside it. */
function walk(steps: PlanStep[], parent: string | undefined, expected: boolean): Planned[] {
  return steps.flatMap((step) => {
    const nested = step.kind === "choose" ? step.branches.flatMap((branch) => branch.steps) : [];
    const handling = typeof step.onError === "object" ? step.onError.steps : [];
    return [{ step, parent, expected }, ...walk(nested, step.path, expected), ...walk(handling, step.path, false)];
  });
}

function rowOf({ tenantId: _, runId: __, ...row }: StepRecord): StepRow {
  return row;
}

function pendingRow(step: PlanStep): StepRow {
  return {
    path: step.path,
    id: step.id,
    ...(step.kind === "action" ? { use: step.use } : {}),
    ...(step.name === undefined ? {} : { name: step.name }),
    status: "pending",
    attempts: [],
  };
}
