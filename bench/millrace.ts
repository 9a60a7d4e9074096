// Millrace under measurement: the built command as its users run it, driven through its public API.
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { newApiKey } from "../src/model/api-key.ts";
import { packageRoot } from "../src/package-root.ts";
import { createCaller, type Caller } from "./caller.ts";

export type Millrace = {
  pid: number;
  publish(event: object): Promise<number>;
  call: Caller["call"];
  /** Resolves when no run is open any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts the engine on servers that run already and waits until it is ready. */
export async function startMillrace(servers: {
  mongodbUri: string;
  temporalAddress: string;
  namespace: string;
  nodeArguments?: string[];
  /** For what is sealed; absent: one of its own. */
  keyring?: string;
}): Promise<Millrace> {
  const apiKey = newApiKey();
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      "--disable-proto=delete",
      "--max-semi-space-size=32",
      ...(servers.nodeArguments ?? []),
      join(packageRoot, "dist", "src", "main.js"),
    ],
    {
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        MONGODB_URI: servers.mongodbUri,
        TEMPORAL_ADDRESS: servers.temporalAddress,
        TEMPORAL_NAMESPACE: servers.namespace,
        MILLRACE_BOOTSTRAP_KEY: apiKey,
        MILLRACE_HOST: "127.0.0.1",
        MILLRACE_PORT: String(port),
        MILLRACE_ALLOW_NETWORKS: "127.0.0.0/8",
        MILLRACE_ALLOW_HTTP: "true",
        MILLRACE_LOG_LEVEL: "warn",
        ...(servers.keyring === undefined ? {} : { MILLRACE_KEYS: servers.keyring }),
      },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const { call, close } = createCaller(`http://127.0.0.1:${port}`, { authorization: `Bearer ${apiKey}` });
  // A benchmark that fails must not leave an engine behind.
  process.once("exit", () => child.kill("SIGKILL"));
  await untilTrue(async () => {
    const ready = await call("GET", "/readyz").catch(() => undefined);
    return ready?.status === 200 && JSON.stringify(ready.body).includes('"temporal":"ok"');
  });
  return {
    pid: child.pid ?? 0,
    publish: async (event) => (await call("POST", "/v1/events", event)).status,
    call,
    idle: () =>
      untilTrue(async () => {
        const open = await Promise.all(
          ["pending", "running"].map((status) => call("GET", `/v1/runs?status=${status}&limit=1`)),
        );
        return open.every((one) => JSON.stringify(one.body).startsWith('{"data":[]'));
      }),
    stop: async () => {
      await close();
      await stopChild(child);
    },
  };
}

/** Ends a child process in order and waits for it. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

/** Asks until the answer is yes; fails after two minutes. */
export async function untilTrue(question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error("Waited two minutes in vain.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
