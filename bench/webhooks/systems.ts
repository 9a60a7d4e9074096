// What is measured: Millrace and the bare sender, both spoken to in the same way.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { packageRoot } from "../../src/package-root.ts";
import { createCaller, type Caller } from "../caller.ts";
import { startMillrace, stopChild } from "../millrace.ts";
import type { BenchServers } from "../servers.ts";

export type System = {
  pid: number;
  call: Caller["call"];
  stop(): Promise<void>;
};

/** Publishes an event; answers to how many endpoints it goes. */
export async function publish(system: Pick<System, "call">, type: string, data: object): Promise<number> {
  const { status, body } = await system.call("POST", "/v1/events", { type, data });
  if (status !== 202) throw new Error(`A publish was answered ${status}: ${JSON.stringify(body)}`);
  // The answer of a publish; the bare sender's has no count.
  return (body as { deliveries?: number }).deliveries ?? 1;
}

// All processes of a run open what the first one has sealed.
const keyring = newKeyringEntry();

/** Starts Millrace with every part of it. One that starts again goes on with what the one before has left. */
export function startOurs(
  { mongodbUri, temporalAddress }: BenchServers,
  nodeArguments: string[] = [],
): Promise<System> {
  return startMillrace({ mongodbUri, temporalAddress, namespace: "millrace", nodeArguments, keyring });
}

/** Starts the bare sender, which sends everything to one URL, with the same settings of Node. */
export async function startBareSender(
  { mongodbUri }: BenchServers,
  url: string,
  nodeArguments: string[] = [],
): Promise<System> {
  const child = fork(join(packageRoot, "bench", "webhooks", "bare-sender.ts"), [mongodbUri, url], {
    execArgv: ["--import", "tsx", "--disable-proto=delete", "--max-semi-space-size=32", ...nodeArguments],
  });
  const [port] = (await once(child, "message")) as [number]; // The first thing that it says.
  const { call, close } = createCaller(`http://127.0.0.1:${port}`);
  return {
    pid: child.pid ?? 0,
    call,
    async stop() {
      await close();
      await stopChild(child);
    },
  };
}
