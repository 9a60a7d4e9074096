// The benchmark: Millrace, a bare Temporal worker and bare journaled inserts, alternating in one run on the same servers.
//   npm run bench                    everything, with 10,000 runs at 50 in flight for memory; some six minutes
//   npm run bench -- --runs 0        without these
//   npm run bench -- --profile       and leaves the engine's CPU profiles in the current folder
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { packageRoot } from "../src/package-root.ts";
import { startBare, type Bare } from "./bare.ts";
import { measureInserts } from "./inserts.ts";
import { runLoad, type LoadResult } from "./load.ts";
import { startMillrace, type Millrace } from "./millrace.ts";
import { printReport, type BenchResult, type Sample } from "./report.ts";
import { startServers } from "./servers.ts";
import { startSink, type Sink } from "./sink.ts";
import { cpuMsOf, residentMbOf } from "./usage.ts";

const rounds = 3;
const counts: Record<number, number> = { 1: 60, 10: 300, 50: 500 };
const namespace = "millrace";

const servers = await startServers();
const { mongodbUri, temporalAddress, pids } = servers;
const sink = await startSink();
try {
  await measure();
} finally {
  await sink.close();
  await servers.stop();
}

async function measure(): Promise<void> {
  const profile = process.argv.includes("--profile") ? ["--cpu-prof", `--cpu-prof-dir=${process.cwd()}`] : [];
  const millrace = await startMillrace({ mongodbUri, temporalAddress, namespace, nodeArguments: profile });
  const bare = await startBare(temporalAddress, namespace);
  try {
    await compare(millrace, bare);
  } finally {
    await bare.stop();
    await millrace.stop();
  }
}

async function compare(millrace: Millrace, bare: Bare): Promise<void> {
  await publishFlow(millrace, sink);
  const millraceUnit = () => throughMillrace(millrace, sink);
  const bareUnit = () => throughBare(bare, sink);
  await Promise.all([runLoad(60, 10, millraceUnit), runLoad(60, 10, bareUnit)]);
  await millrace.idle();

  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [inFlight, count] of Object.entries(counts)) {
      const about = { round, inFlight: Number(inFlight) };
      samples.push({
        ...about,
        system: "bare",
        ...(await sample(bareUnit, count, about.inFlight, bare.pid, pids)),
      });
      const ours = await sample(millraceUnit, count, about.inFlight, millrace.pid, pids, () => millrace.idle());
      samples.push({ ...about, system: "millrace", ...ours });
    }
  }
  const inserts = await measureInserts({ mongodbUri, publish: (event) => millrace.publish(event), rounds });
  const memory = await measureMemory(millrace, millraceUnit);
  const result: BenchResult = { at: new Date().toISOString(), node: process.version, samples, inserts, memory };
  printReport(result);
  await mkdir(join(packageRoot, "bench", "results"), { recursive: true });
  await writeFile(join(packageRoot, "bench", "results", "latest.json"), `${JSON.stringify(result, null, 2)}\n`);
}

/** One measurement: the load, and what each process spent on it, the work after the last arrival included. */
async function sample(
  unit: () => ReturnType<typeof throughBare>,
  count: number,
  inFlight: number,
  enginePid: number,
  servers: { temporal: number; mongodb: number },
  settle: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, 500)),
): Promise<LoadResult & { cpuMs: { engine: number; temporal: number; mongodb: number } }> {
  const used = () => ({
    engine: cpuMsOf(enginePid),
    temporal: cpuMsOf(servers.temporal),
    mongodb: cpuMsOf(servers.mongodb),
  });
  const before = used();
  const load = await runLoad(count, inFlight, unit);
  await settle();
  const after = used();
  const each = (key: keyof typeof before) => (after[key] - before[key]) / count;
  return { ...load, cpuMs: { engine: each("engine"), temporal: each("temporal"), mongodb: each("mongodb") } };
}

async function throughMillrace(millrace: Millrace, sink: Sink) {
  const id = randomUUID();
  const arrival = sink.arrival(id);
  const sentAt = performance.now();
  const status = await millrace.publish({
    type: "review.created",
    data: { rating: 1, benchId: id, content: "Cold food" },
  });
  if (status !== 202) throw new Error(`The publish was answered ${status}.`);
  const acknowledgedMs = performance.now() - sentAt;
  return { acknowledgedMs, arrivedMs: (await arrival) - sentAt };
}

async function throughBare(bare: Bare, sink: Sink) {
  const id = randomUUID();
  const arrival = sink.arrival(id);
  const sentAt = performance.now();
  const body = JSON.stringify({ benchId: id, rating: 1, content: "Cold food" });
  const acknowledged = bare.start({ id, url: sink.url, body });
  const arrivedMs = (await arrival) - sentAt;
  return { acknowledgedMs: (await acknowledged) - sentAt, arrivedMs };
}

async function publishFlow(millrace: Millrace, sink: Sink): Promise<void> {
  const flow = {
    name: "Bench",
    on: { event: "review.created" },
    filter: { "<=": [{ var: "event.data.rating" }, 2] },
    steps: [{ id: "send", use: "webhook.post", with: { url: sink.url } }],
  };
  const created = await millrace.call("POST", "/v1/flows", flow);
  const published = await millrace.call("POST", "/v1/flows/bench/publish", {});
  if (created.status !== 201 || published.status !== 200) {
    throw new Error(`The flow could not be published: ${JSON.stringify([created, published])}`);
  }
}

/** Resident memory of the engine over many runs: after each tenth of them. */
async function measureMemory(millrace: Millrace, unit: () => ReturnType<typeof throughMillrace>): Promise<number[]> {
  const at = process.argv.indexOf("--runs");
  const runs = at < 0 ? 10_000 : Number(process.argv[at + 1]);
  const memory = [residentMbOf(millrace.pid)];
  for (let i = 0; i < 10 && runs > 0; i++) {
    await runLoad(runs / 10, 50, unit);
    await millrace.idle();
    memory.push(residentMbOf(millrace.pid));
  }
  return memory;
}
