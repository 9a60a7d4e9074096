// What is to go wrong next in the engine's process? A file that the test writes and the process looks at, at each point.
import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** The points between two steps of "first attempt direct", in their order. */
export const faultPoints = ["stored", "sent", "recorded", "started", "parked", "woken"] as const;
export type FaultPointName = (typeof faultPoints)[number];

/**
 * `point`: where a process ends itself, once. `after`: when it has come there so often; at once when absent. `mutant`: whose
 * guard is off.
 */
export type FaultPlan = { point?: string; after?: number; mutant?: string };

/** In one step: whoever reads meanwhile finds the plan of before or this one. */
export function writePlan(file: string, plan: FaultPlan): void {
  writeFileSync(`${file}.new`, JSON.stringify(plan));
  renameSync(`${file}.new`, file);
}

export function readPlan(file: string): FaultPlan {
  return JSON.parse(readFileSync(file, "utf8")) as FaultPlan; // Written by `writePlan`.
}

/** To be called at each point: ends the process by `kill -9` where the plan says, and resolves elsewhere. */
export function createReach(file: string): (point: string) => Promise<void> {
  let at = "";
  let times = 0;
  return async (point) => {
    const plan = readPlan(file);
    if (plan.point !== point) return;
    times = at === point ? times + 1 : 1;
    at = point;
    if (times <= (plan.after ?? 0)) return;
    const { point: _, after: __, ...rest } = plan;
    writePlan(file, rest);
    process.kill(process.pid, "SIGKILL");
    // Nothing more of this process is to happen before the signal is there.
    await new Promise(() => {});
  };
}
