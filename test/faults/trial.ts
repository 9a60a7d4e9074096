// One trial: servers, engine and sink are started, events published while things are killed, and then everything is counted.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { check, isKept, type RunSeen, type Verdict } from "./checker.ts";
import { createClient, type Client } from "./client.ts";
import { startEngine, type EngineOptions, type EngineProcess } from "./engine-process.ts";
import { startGenerator } from "./generator.ts";
import type { History } from "./history.ts";
import { killsOf, planFaults, runNemesis, type FaultCounts } from "./nemesis.ts";
import { createRandom } from "./random.ts";
import { reportOf, type Report } from "./report.ts";
import { startServers, type Servers } from "./servers.ts";
import { startSink, type Sink } from "./sink.ts";

export type TrialOptions = {
  seed: number;
  events: number;
  perSecond: number;
  faults: FaultCounts;
  program?: NonNullable<EngineOptions["program"]>;
  /** What has not come after so long without any change does not come any more, in milliseconds. */
  quietMs?: number;
  /** Leaves the folder with the logs and says where it is. */
  onKept?: (folder: string) => void;
};

/** The reconciler looks at an open run after a minute at the earliest: a shorter quiet proves nothing. */
const quietMsDefault = 75_000;
const eventType = "trial.happened";

/** Runs a trial in a folder of its own. Rejects when the trial itself could not be carried out. */
export async function runTrial(options: TrialOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-faults-"));
  try {
    await using parts = await startParts(folder, options);
    return await runWith(parts, options);
  } finally {
    if (options.onKept) options.onKept(folder);
    else await rm(folder, { recursive: true, force: true });
  }
}

type Parts = { servers: Servers; engine: EngineProcess; sink: Sink; client: Client };

async function startParts(folder: string, options: TrialOptions): Promise<Parts & AsyncDisposable> {
  const stops: (() => Promise<void>)[] = [];
  const dispose = async () => {
    for (const stop of stops.toReversed()) await stop();
  };
  try {
    const servers = await startServers(folder);
    stops.push(servers.stop);
    const sink = await startSink(join(folder, "received.jsonl"));
    stops.push(sink.close);
    const logFile = join(folder, "engine.log");
    const engine = await startEngine({ servers, logFile, ...(options.program ? { program: options.program } : {}) });
    stops.push(engine.stop);
    const client = createClient(engine.url, engine.apiKey);
    stops.push(client.close);
    await publishFlow(client, sink.url);
    return { servers, engine, sink, client, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A trigger, a filter and one delivery whose policy outlasts the outages. */
async function publishFlow(client: Client, url: string): Promise<void> {
  const created = await client.call("POST", "/v1/flows", {
    name: "Trial",
    on: { event: eventType },
    filter: { "<=": [{ var: "event.data.rating" }, 2] },
    steps: [
      {
        id: "deliver",
        use: "webhook.post",
        with: { url },
        retry: { attempts: 10, first: "1s", factor: 2, max: "10s" },
        timeout: "10s",
      },
    ],
  });
  const id = (created.body as { id?: string }).id;
  const published = await client.call("POST", `/v1/flows/${id}/publish`, {});
  if (published.status !== 200) {
    throw new Error(`The trial's flow was refused: ${JSON.stringify([created.body, published.body])}`);
  }
}

async function runWith({ servers, engine, sink, client }: Parts, options: TrialOptions): Promise<Report> {
  const random = createRandom(options.seed);
  const faults = planFaults(random, options.events, options.faults);
  const startedAt = performance.now();
  const name = `s${options.seed}`;
  const generator = startGenerator({ ...options, client, random, name, eventType });
  const targets = {
    killEngine: engine.kill,
    engineReady: engine.ready,
    kill: (server: "mongodb" | "temporal") => servers[server].kill(),
    start: (server: "mongodb" | "temporal") => servers[server].start(),
  };
  await Promise.all([generator.done, runNemesis(faults, targets, generator.untilAccepted)]);
  const publishedAt = performance.now();
  const { verdict, runs } = await drain(client, generator.history, sink, options.quietMs ?? quietMsDefault);
  const seconds = {
    publishing: Math.round((publishedAt - startedAt) / 1_000),
    draining: Math.round((performance.now() - publishedAt) / 1_000),
  };
  const rest = { seed: options.seed, kills: killsOf(faults), crashes: engine.crashes(), seconds, verdict };
  return reportOf(generator.history, sink.received, runs, rest);
}

/** Waits until the promise is kept, or until nothing has changed for so long that it never will be. */
async function drain(
  client: Client,
  history: History,
  sink: Sink,
  quietMs: number,
): Promise<{ verdict: Verdict; runs: RunSeen[] }> {
  let seen = "";
  let changedAt = performance.now();
  for (;;) {
    const runs = await listRuns(client);
    const verdict = check(history, sink.received, runs);
    const state = JSON.stringify([verdict.lost.length, verdict.unended.length, runs.length]);
    if (state !== seen) changedAt = performance.now();
    seen = state;
    if (isKept(verdict) || performance.now() - changedAt > quietMs) return { verdict, runs };
    await delay(1_000);
  }
}

async function listRuns(client: Client): Promise<RunSeen[]> {
  const runs: RunSeen[] = [];
  for (let cursor = ""; ;) {
    const { status, body } = await client.call("GET", `/v1/runs?limit=200${cursor}`);
    if (status !== 200) throw new Error(`The runs cannot be listed: ${JSON.stringify(body)}`);
    // As the API's own schema has it.
    const page = body as { data: { id: string; event: { id: string }; status: string }[]; nextCursor: string | null };
    runs.push(...page.data.map((run) => ({ id: run.id, event: run.event.id, status: run.status })));
    if (page.nextCursor === null) return runs;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}
