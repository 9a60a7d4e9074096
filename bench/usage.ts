// What a process has used, from /proc (Linux): processor time and resident memory.
import { readFileSync } from "node:fs";

const tickMs = 10; // USER_HZ is 100 on every Linux that Node runs on.

/** Processor time of a process so far, user and system, in milliseconds. */
export function cpuMsOf(pid: number): number {
  // The second field is the command in parentheses, which may hold spaces: count from behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Resident memory of a process, in megabytes. */
export function residentMbOf(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1]) / 1_024;
}
