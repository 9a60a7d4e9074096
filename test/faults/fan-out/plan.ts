// What is to go wrong next in the engine's process? A file that the test writes and the process looks at, at each point.
import { readFileSync, writeFileSync } from "node:fs";

/** The points between two steps of "first attempt direct", in their order. */
export const faultPoints = ["stored", "sent", "recorded", "started", "parked", "woken"] as const;
export type FaultPointName = (typeof faultPoints)[number];

/** `point`: where the process ends itself, once. `mutant`: whose guard is off. */
export type FaultPlan = { point?: string; mutant?: string };

export function writePlan(file: string, plan: FaultPlan): void {
  writeFileSync(file, JSON.stringify(plan));
}

export function readPlan(file: string): FaultPlan {
  return JSON.parse(readFileSync(file, "utf8")) as FaultPlan; // Written by `writePlan`.
}
