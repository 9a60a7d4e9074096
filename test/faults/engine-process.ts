// The engine as its operators run it: a process of its own that whatever supervises it starts again when it ends.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../src/embedded/ports.ts";
import { newApiKey } from "../../src/model/api-key.ts";
import { packageRoot } from "../../src/package-root.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { createClient, type Client } from "./client.ts";
import { endChild, isAlive, type Servers } from "./servers.ts";

export type EngineProcess = {
  url: string;
  apiKey: string;
  /** Resolves when the present process answers that it is ready and that it has reached Temporal. */
  ready(): Promise<void>;
  /** `kill -9`; the next process is started at once. Resolves when the old one is gone. */
  kill(): Promise<void>;
  /** How often a process that had answered ended by itself: never, in an engine that takes failures as they come. */
  crashes(): number;
  stop(): Promise<void>;
};

/** The built command, or for the mutant its own main file, which is run from the sources. */
const programs = {
  engine: [join(packageRoot, "dist", "src", "main.js")],
  mutant: ["--import", "tsx", join(packageRoot, "test", "faults", "mutant-main.ts")],
};

/** A main file of the tests, from the project's root, with its arguments. */
export type ProgramFile = readonly [file: string, ...args: string[]];

export type EngineOptions = {
  servers: Pick<Servers, "mongodbUri" | "temporalAddress">;
  /** Takes what the engine logs. */
  logFile: string;
  program?: keyof typeof programs | ProgramFile;
  /** `warn` unless given. */
  logLevel?: string;
  /** Processes of one installation have the same. Its own unless given. */
  installation?: Installation;
};

/** What all processes of an installation share beside their servers. */
export type Installation = { apiKey: string; keys: string };

export function newInstallation(): Installation {
  return { apiKey: newApiKey(), keys: newKeyringEntry() };
}

const readyLimitMs = 60_000;
const askPauseMs = 100;
/** A process that cannot start, since MongoDB is away, is tried again after this. */
const respawnPauseMs = 250;

/** Builds the command when its sources are newer. Throws with what the build said. */
export function ensureBuilt(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(packageRoot, "scripts", "ensure.mjs")]);
  if (status !== 0) throw new Error(`The engine could not be built: ${stderr.toString()}`);
}

/** Starts the engine on a fixed port and keeps it running until `stop`. */
export async function startEngine(options: EngineOptions): Promise<EngineProcess> {
  const port = await freePort();
  const installation = options.installation ?? newInstallation();
  const { apiKey } = installation;
  const url = `http://127.0.0.1:${port}`;
  const client = createClient(url, apiKey, 1);
  const environment = environmentOf(options, { port, ...installation });
  let child: ChildProcess = launch();
  let stopping = false;
  let killed = false;
  let crashes = 0;

  const kept = (async () => {
    while (!stopping) {
      const answered = hasAnswered(client, child);
      if (isAlive(child)) await once(child, "exit");
      if ((await answered) && !killed && !stopping) crashes++;
      if (stopping) return;
      if (!killed) await delay(respawnPauseMs);
      killed = false;
      child = launch();
    }
  })();

  function launch(): ChildProcess {
    const output = openSync(options.logFile, "a", 0o600);
    const args = ["--disable-proto=delete", ...argumentsOf(options.program ?? "engine")];
    const started = spawn(process.execPath, args, {
      cwd: packageRoot,
      env: environment,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    return started;
  }

  const engine: EngineProcess = {
    url,
    apiKey,
    ready: () => untilReady(client, options.logFile),
    async kill() {
      killed = true;
      await endChild(child, "SIGKILL");
    },
    crashes: () => crashes,
    async stop() {
      stopping = true;
      await endChild(child, "SIGKILL");
      await kept;
      await client.close();
    },
  };
  try {
    await engine.ready();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

function argumentsOf(program: keyof typeof programs | ProgramFile): readonly string[] {
  return typeof program === "string" ? programs[program] : ["--import", "tsx", ...program];
}

/** Nothing of this process's own settings reaches the engine. */
function environmentOf(options: EngineOptions, own: Installation & { port: number }): NodeJS.ProcessEnv {
  const { servers, logLevel = "warn" } = options;
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    MONGODB_URI: servers.mongodbUri,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    MILLRACE_BOOTSTRAP_KEY: own.apiKey,
    MILLRACE_KEYS: own.keys,
    MILLRACE_HOST: "127.0.0.1",
    MILLRACE_PORT: String(own.port),
    MILLRACE_ALLOW_NETWORKS: "127.0.0.0/8",
    MILLRACE_ALLOW_HTTP: "true",
    MILLRACE_LOG_LEVEL: logLevel,
  };
}

/** Whether the process came to answer before it ended. */
async function hasAnswered(client: Client, child: ChildProcess): Promise<boolean> {
  while (isAlive(child)) {
    const answer = await client.call("GET", "/readyz").catch(() => undefined);
    if (answer) return true;
    await delay(askPauseMs);
  }
  return false;
}

async function untilReady(client: Client, logFile: string): Promise<void> {
  const deadline = performance.now() + readyLimitMs;
  for (;;) {
    const answer = await client.call("GET", "/readyz").catch(() => undefined);
    if (answer?.status === 200 && JSON.stringify(answer.body).includes('"temporal":"ok"')) return;
    if (performance.now() > deadline) throw new Error(`The engine does not become ready: see ${logFile}`);
    await delay(askPauseMs);
  }
}
