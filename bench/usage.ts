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

/**
 * Follows what the machine does beside these processes and this one: answers the share of all processors that other work had
 * since then, from 0 to 1.
 */
export function watchOthers(pids: readonly number[]): () => number {
  const used = () => [...pids, process.pid].reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const before = { machine: machineMs(), used: used() };
  return () => {
    const after = { machine: machineMs(), used: used() };
    const others = after.machine.busy - before.machine.busy - (after.used - before.used);
    return Math.max(0, others / (after.machine.all - before.machine.all));
  };
}

/** Processor time of the whole machine so far, in milliseconds; what its host gave to others counts as busy. */
function machineMs(): { busy: number; all: number } {
  const fields = /^cpu +(.+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]?.split(" ").map(Number) ?? [];
  // user, nice, system, idle, iowait, irq, softirq, steal
  const all = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { busy: (all - (fields[3] ?? 0) - (fields[4] ?? 0)) * tickMs, all: all * tickMs };
}
