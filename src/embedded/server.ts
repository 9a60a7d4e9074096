// How is one server process started, taken over from an earlier start, kept running, and stopped?
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { DataLock, ServerName, ServerRecord } from "./lock.ts";
import { endProcess, inspectProcess, isRunning, type ProcessIdentity } from "./process.ts";

export type ServerSpec = {
  name: ServerName;
  title: string;
  command: string;
  args: string[];
  /** A text that only this server's command line holds (the path of its data): how it is recognised. It is in `args`. */
  marker: string;
  port: number;
  uiPort?: number;
  /** Takes what the server prints. */
  logFile: string;
  /** Resolves when the server answers on its port, and throws when it does not (yet). */
  ask: () => Promise<void>;
};

/** A server ended before it answered: mostly since another program took its port in the meantime. */
export class ServerEndedError extends Error {
  constructor(spec: ServerSpec, how: string, said: string) {
    super(`${spec.title} ended at once (${how}): see ${spec.logFile}${said && `, which ends with: ${said}`}`);
    this.name = "ServerEndedError";
  }
}

export type RunningServer = { stop(): Promise<void> };
type RunningProcess = { identity: ProcessIdentity; ended: Promise<string> };

/** How long a server has to answer after its start; mongod may have to recover its journal first. */
const answerLimitMs = 60_000;
/** How long a server of an earlier start has to answer before it is ended and replaced. */
const adoptLimitMs = 2_000;
/** How long such a server has to end by itself before it is killed. Both servers are safe against that. */
const replacedGraceMs = 1_000;
const askPauseMs = 50;
const restartPauseMs = 500;
const watchPauseMs = 1_000;

/**
 * Runs a server and waits until it answers; a process that an earlier owner of the folder left is reused. From then on, a
 * server that dies is started again on its port, where its clients look for it. Throws when it does not come to answer.
 */
export async function runServer(
  spec: ServerSpec,
  left: ServerRecord | undefined,
  lock: DataLock,
  log: Log,
): Promise<RunningServer> {
  const stopped = new AbortController();
  const untilStopped = new Promise<string>((resolve) => {
    stopped.signal.addEventListener("abort", () => resolve("stopped"));
  });
  let current = (await adopt(spec, left)) ?? (await launch(spec, lock));
  const kept = keep();
  return {
    async stop() {
      stopped.abort();
      await kept;
      await endProcess(current.identity);
      lock.record(spec.name, undefined);
    },
  };

  async function keep(): Promise<void> {
    while (!stopped.signal.aborted) {
      const how = await Promise.race([current.ended, untilStopped]);
      if (stopped.signal.aborted) return;
      log.warn({ server: spec.name, how }, `${spec.title} ended by itself and is started again: see ${spec.logFile}`);
      current = (await relaunch()) ?? current;
    }
  }

  async function relaunch(): Promise<RunningProcess | undefined> {
    while (!stopped.signal.aborted) {
      try {
        await delay(restartPauseMs, undefined, { signal: stopped.signal });
        return await launch(spec, lock);
      } catch (error) {
        if (!stopped.signal.aborted)
          log.warn({ server: spec.name, err: error }, `${spec.title} did not start again yet`);
      }
    }
    return undefined;
  }
}

/** Whether the process that was recorded still runs and is this server. A foreign process is never touched. */
export async function isOurServer(left: ServerRecord, marker: string): Promise<boolean> {
  const info = await inspectProcess(left.pid);
  return info !== undefined && info.startedAt === left.startedAt && info.command.includes(marker);
}

async function adopt(spec: ServerSpec, left: ServerRecord | undefined): Promise<RunningProcess | undefined> {
  if (left === undefined || !(await isOurServer(left, spec.marker))) return undefined;
  const isPlaced = left.port === spec.port && left.uiPort === spec.uiPort;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), adoptLimitMs);
  try {
    if (isPlaced && (await answers(spec, silence.signal))) return { identity: left, ended: untilGone(left) };
  } finally {
    clearTimeout(timer);
  }
  await endProcess(left, replacedGraceMs);
  return undefined;
}

/** A process that is not our child tells nobody of its end. */
async function untilGone(identity: ProcessIdentity): Promise<string> {
  while (await isRunning(identity)) await delay(watchPauseMs, undefined, { ref: false });
  return "gone";
}

async function launch(spec: ServerSpec, lock: DataLock): Promise<RunningProcess> {
  const output = openSync(spec.logFile, "a", 0o600);
  // Detached: Ctrl+C in the terminal must reach us alone, since we stop what uses the server before the server.
  const child = spawn(spec.command, spec.args, { detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  child.unref();
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code ?? "unknown"}`));
  });
  const info = child.pid === undefined ? undefined : await inspectProcess(child.pid);
  if (info === undefined) throw new ServerEndedError(spec, await ended, await lastLine(spec.logFile));
  const identity = { pid: info.pid, startedAt: info.startedAt };
  lock.record(spec.name, {
    ...identity,
    port: spec.port,
    ...(spec.uiPort === undefined ? {} : { uiPort: spec.uiPort }),
  });
  try {
    await untilAnswering(spec, ended);
  } catch (error) {
    await endProcess(identity);
    lock.record(spec.name, undefined);
    throw error;
  }
  return { identity, ended };
}

async function untilAnswering(spec: ServerSpec, ended: Promise<string>): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), answerLimitMs);
  const early = ended.then(async (how) => {
    throw new ServerEndedError(spec, how, await lastLine(spec.logFile));
  });
  try {
    const answered = await Promise.race([answers(spec, over.signal), early]);
    if (!answered) throw new Error(`${spec.title} did not answer for ${answerLimitMs / 1000} s: see ${spec.logFile}`);
  } finally {
    clearTimeout(timer);
    over.abort();
    // Its later end is handled where the server is kept.
    early.catch(() => undefined);
  }
}

async function answers(spec: ServerSpec, until: AbortSignal): Promise<boolean> {
  while (!until.aborted) {
    try {
      await spec.ask();
      return true;
    } catch {
      await delay(askPauseMs);
    }
  }
  return false;
}

/** The end of what a server printed, short enough for a message. */
async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").at(-1)?.slice(0, 500) ?? "";
}
