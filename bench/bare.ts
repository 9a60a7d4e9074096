// The bare worker's process, seen from the benchmark.
import { fork } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../src/package-root.ts";
import type { BareRequest } from "./bare-worker.ts";
import { stopChild } from "./millrace.ts";

export type Bare = {
  pid: number;
  /** Starts one workflow; resolves with the time (`performance.now()`) at which its start was answered. */
  start(request: BareRequest): Promise<number>;
  stop(): Promise<void>;
};

/** Starts the bare worker and waits until it takes work. */
export async function startBare(address: string, namespace: string): Promise<Bare> {
  const startedById = new Map<string, (at: number) => void>();
  const child = fork(join(packageRoot, "bench", "bare-worker.ts"), [address, namespace], {
    execArgv: ["--import", "tsx"],
  });
  await new Promise((resolve) => child.once("message", resolve));
  child.on("message", (id: string) => {
    startedById.get(id)?.(performance.now());
    startedById.delete(id);
  });
  return {
    pid: child.pid ?? 0,
    start: (request) =>
      new Promise((resolve) => {
        startedById.set(request.id, resolve);
        child.send(request);
      }),
    stop: () => stopChild(child),
  };
}
