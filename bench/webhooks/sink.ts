// Where deliveries arrive, seen from the benchmark: when each came, how often, and what is missing.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";
import { stopChild } from "../millrace.ts";

/** Id of the event, path of the endpoint, time by `clockMs`. */
export type Arrival = [id: string, path: string, atMs: number];
/** Whether `/hang` keeps its requests without an answer; it does until it is told to answer. */
export type SinkOrder = "hang" | "answer";

export type WebhookSink = {
  pid: number;
  url: string;
  /** Expects an event at so many endpoints; resolves with the times of its arrivals when it has come to all of them. */
  expect(id: string, endpoints?: number): Promise<number[]>;
  /**
   * What has been expected and not come, and what came again, since the last look; what is missing is let go. At `/hang`
   * requests come again rightfully, since they were not answered.
   */
  tally(): { missing: number; repeated: number };
  /** Arrivals at a path, repeated ones included. */
  countOf(path: string): number;
  order(order: SinkOrder): void;
  stop(): Promise<void>;
};

type Expected = { left: number; times: number[]; paths: Set<string>; resolve(times: number[]): void };

/** Starts the sink and waits until it listens. */
export async function startWebhookSink(): Promise<WebhookSink> {
  const child = fork(join(packageRoot, "bench", "webhooks", "sink-process.ts"), { execArgv: ["--import", "tsx"] });
  const [port] = (await once(child, "message")) as [number]; // The first thing that the sink says.
  const expected = new Map<string, Expected>();
  /** Those that are through, so that what comes again is known. */
  const through = new Set<string>();
  const countByPath = new Map<string, number>();
  let repeated = 0;
  child.on("message", (arrivals: Arrival[]) => {
    for (const [id, path, atMs] of arrivals) {
      countByPath.set(path, (countByPath.get(path) ?? 0) + 1);
      const one = expected.get(id);
      if (one === undefined || one.paths.has(path)) {
        if (path !== "/hang" && (one !== undefined || through.has(id))) repeated++;
        continue;
      }
      one.paths.add(path);
      one.times.push(atMs);
      if (--one.left > 0) continue;
      expected.delete(id);
      through.add(id);
      one.resolve(one.times);
    }
  });
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    expect: (id, endpoints = 1) =>
      new Promise((resolve) => expected.set(id, { left: endpoints, times: [], paths: new Set(), resolve })),
    tally() {
      const found = { missing: [...expected.values()].reduce((sum, one) => sum + one.left, 0), repeated };
      repeated = 0;
      expected.clear();
      return found;
    },
    countOf: (path) => countByPath.get(path) ?? 0,
    order: (order) => void child.send(order),
    stop: () => stopChild(child),
  };
}
