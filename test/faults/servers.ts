// MongoDB and Temporal for one trial: each can be killed, halted and started again alone, on its port and its data.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBinary, type FindOptions } from "../../src/embedded/find.ts";
import { mongodbSpec, mongodbUri } from "../../src/embedded/mongodb.ts";
import { freePort } from "../../src/embedded/ports.ts";
import type { ServerSpec } from "../../src/embedded/server.ts";
import { temporalSpec } from "../../src/embedded/temporal.ts";
import { createLog } from "../../src/log.ts";

export type Server = {
  /** Starts the process and resolves when it serves. A server that runs is left as it is. */
  start(): Promise<void>;
  /** Ends the process, by `SIGKILL` unless told otherwise. Resolves when it is gone. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Halts the process (`SIGSTOP`): its sockets stay open, and nobody answers on them. */
  halt(): void;
  /** Lets a halted process go on (`SIGCONT`). */
  resume(): void;
};

export type Servers = {
  mongodb: Server;
  temporal: Server;
  mongodbUri: string;
  temporalAddress: string;
  /** Ends both. Their data is thrown away with the folder, so there is no need to ask them to stop. */
  stop(): Promise<void>;
};

const startLimitMs = 60_000;
const askPauseMs = 50;

/** Starts both servers with their data and logs in the folder. */
export async function startServers(folder: string): Promise<Servers> {
  const ports = { mongodb: await freePort(), temporal: await freePort(), temporalUi: await freePort() };
  const [mongod, temporal] = await Promise.all([
    findBinary("mongod", whereToLook(process.env["MILLRACE_MONGOD"])),
    findBinary("temporal", whereToLook(process.env["MILLRACE_TEMPORAL"])),
  ]);
  const servers = {
    mongodb: createServer(await mongodbSpec(mongod, folder, ports.mongodb)),
    temporal: createServer(await temporalSpec(temporal, folder, { port: ports.temporal, uiPort: ports.temporalUi })),
  };
  const stop = async () => {
    await Promise.all([servers.mongodb.kill(), servers.temporal.kill()]);
  };
  try {
    await Promise.all([servers.mongodb.start(), servers.temporal.start()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...servers,
    mongodbUri: mongodbUri(ports.mongodb),
    temporalAddress: `127.0.0.1:${ports.temporal}`,
    stop,
  };
}

function whereToLook(explicit: string | undefined): FindOptions {
  return {
    ...(explicit ? { explicit } : {}),
    cacheDir: process.env["MILLRACE_CACHE"] || join(homedir(), ".cache", "millrace"),
    download: "registry",
    onProgress: ({ message }) => process.stderr.write(`${message}\n`),
    log: createLog("warn"),
  };
}

function createServer(spec: ServerSpec): Server {
  let child: ChildProcess | undefined;
  return {
    async start() {
      if (child && isAlive(child)) return;
      const output = openSync(spec.logFile, "a", 0o600);
      child = spawn(spec.command, spec.args, { stdio: ["ignore", output, output] });
      closeSync(output);
      await untilServing(spec, child);
    },
    async kill(signal = "SIGKILL") {
      if (child) await endChild(child, signal);
    },
    halt: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
  };
}

async function untilServing(spec: ServerSpec, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  for (;;) {
    if (!isAlive(child)) throw new Error(`${spec.title} ended while it started: see ${spec.logFile}`);
    try {
      return await spec.ask();
    } catch (cause) {
      if (performance.now() > deadline) throw new Error(`${spec.title} does not serve: see ${spec.logFile}`, { cause });
    }
    await delay(askPauseMs);
  }
}

export function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Sends the signal and resolves when the process is gone. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isAlive(child)) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}
