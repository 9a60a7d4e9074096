// What came of a trial of the card, for people.
import type { CardReport } from "./trial.ts";
import { isKept } from "./verdict.ts";

/** Whether the promise was kept and no process of the engine ended by itself. */
export function isGood({ verdict, crashes, accepted, events }: CardReport): boolean {
  return isKept(verdict) && crashes === 0 && accepted === events;
}

/** The report in lines. */
export function textOf(report: CardReport): string {
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
    `cases      ${report.cases}`,
    `messages   ${report.messages}, of them ${report.repeated} again`,
    `requests   ${list(report.requests)}`,
    `faults     ${list(report.faults)}`,
    `channels   ${report.perChannelSecondMax} messages to one within a second at most`,
    `kills      ${report.kills}, crashes ${report.crashes}`,
    `seconds    ${list(report.seconds)}`,
    isGood(report) ? "kept: every case once, every message at least once, every run succeeded" : "BROKEN:",
    ...broken,
  ].join("\n");
}
