// What came of a trial, for people: enough to run it again, and to see where the promise broke.
import { isKept, type RunSeen, type Verdict } from "./checker.ts";
import { isAccepted, type History, type Outcome } from "./history.ts";
import type { Victim } from "./nemesis.ts";

export type Report = {
  seed: number;
  events: number;
  accepted: number;
  /** Answers, and the want of them, over all tries. */
  tries: Record<Outcome, number>;
  received: number;
  /** Requests that brought an event again. */
  repeated: number;
  runs: Record<string, number>;
  kills: Record<Victim, number>;
  /** Processes of the engine that ended by themselves. */
  crashes: number;
  seconds: { publishing: number; draining: number };
  verdict: Verdict;
};

/** The figures of a trial. */
export function reportOf(
  history: History,
  received: ReadonlyMap<string, string[]>,
  runs: RunSeen[],
  rest: Pick<Report, "seed" | "kills" | "crashes" | "seconds" | "verdict">,
): Report {
  const tries = { ok: 0, failed: 0, unknown: 0 };
  for (const { outcome } of history.flatMap((one) => one.tries)) tries[outcome]++;
  const byStatus: Record<string, number> = {};
  for (const { status } of runs) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const requests = [...received.values()].reduce((sum, webhookIds) => sum + webhookIds.length, 0);
  return {
    ...rest,
    events: history.length,
    accepted: history.filter(isAccepted).length,
    tries,
    received: received.size,
    repeated: requests - received.size,
    runs: byStatus,
  };
}

/** Whether the engine kept its promise and none of its processes ended by itself. */
export function isGood(report: Report): boolean {
  return isKept(report.verdict) && report.crashes === 0;
}

/** The report in lines. */
export function textOf(report: Report): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const broken = Object.entries(report.verdict).flatMap(([name, ids]) =>
    ids.length > 0 ? [`  ${name}: ${ids.length} (${ids.slice(0, 5).join(", ")})`] : [],
  );
  return [
    `seed       ${report.seed}`,
    `events     ${report.events}, accepted ${report.accepted}`,
    `tries      ${list(report.tries)}`,
    `received   ${report.received}, and ${report.repeated} again`,
    `runs       ${list(report.runs)}`,
    `kills      ${list(report.kills)}`,
    `crashes    ${report.crashes}`,
    `seconds    ${list(report.seconds)}`,
    isGood(report) ? "kept: nothing lost, nothing foreign, every run ended" : "BROKEN:",
    ...broken,
  ].join("\n");
}
