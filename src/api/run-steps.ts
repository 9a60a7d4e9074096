// In which order does a run show its steps, and which of them are still to come?
import type { Plan, PlanStep } from "../model/plan.ts";
import type { StepRecord } from "../model/step.ts";

type StepRow = Omit<StepRecord, "tenantId" | "runId">;
type Planned = { step: PlanStep; parents: string[]; expected: boolean };

/**
 * The recorded steps in the order of the plan. While the run is open, steps that may still begin stand among them as
 * `pending`: not those inside a step that has ended, and none that only a failure would bring about.
 */
export function stepsInOrder(plan: Plan | undefined, records: StepRecord[], isOpen: boolean): StepRow[] {
  const recordByPath = new Map(records.map((record) => [record.path, record]));
  const endedPaths = new Set(records.filter((record) => record.endedAt !== undefined).map((record) => record.path));
  const rows: StepRow[] = [];
  const planned = plan ? [...walk(plan.steps, [], true), ...walk(plan.onFailure, [], false)] : [];
  for (const { step, parents, expected } of planned) {
    const record = recordByPath.get(step.path);
    recordByPath.delete(step.path);
    if (record) rows.push(rowOf(record, isOpen));
    else if (isOpen && expected && !parents.some((path) => endedPaths.has(path))) rows.push(pendingRow(step));
  }
  // A record without a step of the plan is no reason to hide it.
  return [...rows, ...[...recordByPath.values()].map((record) => rowOf(record, isOpen))];
}

/** All steps as written, each before those inside it. */
function walk(steps: PlanStep[], parents: string[], expected: boolean): Planned[] {
  return steps.flatMap((step) => {
    const nested = step.kind === "choose" ? step.branches.flatMap((branch) => branch.steps) : [];
    const handling = typeof step.onError === "object" ? step.onError.steps : [];
    const inside = [...parents, step.path];
    return [{ step, parents, expected }, ...walk(nested, inside, expected), ...walk(handling, inside, false)];
  });
}

/** A step as recorded. Under way in a run that has ended, it was cut off: nothing goes on with it. */
function rowOf({ tenantId: _, runId: __, attempts, ...rest }: StepRecord, isOpen: boolean): StepRow {
  const { path, id, use, status, ...facts } = rest;
  // People read this: what the step is stands first, the long list of what it did last.
  const row: StepRow = { path, id, ...(use === undefined ? {} : { use }), status, ...facts, attempts };
  if (isOpen || (status !== "running" && status !== "waiting")) return row;
  return { ...row, status: "cancelled", attempts: attempts.map(({ nextAttemptAt: _at, ...attempt }) => attempt) };
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
