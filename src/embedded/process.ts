// Which process is it, is it still the same one, and how is it ended?
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process as the lock file remembers it. A pid alone is not enough: the system gives it to others later. */
export type ProcessIdentity = { pid: number; startedAt: string };
export type ProcessInfo = ProcessIdentity & { command: string };

/** How long a server has to end by itself after SIGTERM, in milliseconds. MongoDB takes a checkpoint in it. */
const termGraceMs = 10_000;

/** A running process, with its command line; absent when there is none or only its unreaped remains are left. */
export function inspectProcess(pid: number): Promise<ProcessInfo | undefined> {
  return process.platform === "linux" ? inspectByProc(pid) : inspectByPs(pid);
}

/** Whether the very process that was remembered still runs. */
export async function isRunning({ pid, startedAt }: ProcessIdentity): Promise<boolean> {
  return (await inspectProcess(pid))?.startedAt === startedAt;
}

/** Ends the very process that was remembered: SIGTERM, up to ten seconds, then SIGKILL. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number = termGraceMs): Promise<void> {
  if (!(await isRunning(identity))) return;
  signal(identity.pid, "SIGTERM");
  if (await isGoneWithin(identity, graceMs)) return;
  signal(identity.pid, "SIGKILL");
  await isGoneWithin(identity, termGraceMs);
}

async function isGoneWithin(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (await isRunning(identity)) {
    if (performance.now() > until) return false;
    await delay(25);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

async function inspectByProc(pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/cmdline`, "utf8"),
    ]);
    // proc(5): the name in brackets may itself hold spaces and brackets, so count from the last one. Field 3 is the state,
    // field 22 the start in clock ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startedAt] = [fields[0], fields[19]];
    if (state === undefined || startedAt === undefined || state === "Z" || state === "X") return undefined;
    return { pid, startedAt, command: command.replaceAll("\0", " ").trimEnd() };
  } catch {
    return undefined;
  }
}

function inspectByPs(pid: number): Promise<ProcessInfo | undefined> {
  return new Promise((answer) => {
    execFile("ps", ["-o", "stat=,lstart=,command=", "-p", String(pid)], (error, stdout) => {
      // `lstart` is always five words: `Sun Nov 22 02:19:07 2026`.
      const [, state, startedAt, command] = /^(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/.exec(stdout.trim()) ?? [];
      if (error !== null || state === undefined || startedAt === undefined || state.startsWith("Z")) answer(undefined);
      else answer({ pid, startedAt, command: command ?? "" });
    });
  });
}
