// The benchmark of deliveries: Millrace and a bare sender, alternating in one run on the same MongoDB, to the same receiver.
//   npm run bench:webhooks                      some two minutes; ends with 1 when a target is missed or an event is lost
//   npm run bench:webhooks -- --seconds 10      longer measurements, for a machine that does other work beside
//   npm run bench:webhooks -- --in-flight 50 --payload 4096 --rounds 5
//   npm run bench:webhooks -- --profile FOLDER  leaves a CPU profile of our process there, with a table of where its time goes
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/package-root.ts";
import { clockMs } from "../clock.ts";
import { runLoad, type Amount, type LoadResult, type Timed } from "../load.ts";
import { untilTrue } from "../millrace.ts";
import { startServers } from "../servers.ts";
import { cpuMsOf } from "../usage.ts";
import { openEndpoints } from "./endpoints.ts";
import { measureFanOut, printFanOut, type FanOutResult } from "./fan-out.ts";
import { printProfile } from "./profile.ts";
import { missedOf, printComparison, type Sample } from "./report.ts";
import { startWebhookSink } from "./sink.ts";
import { publish, startBareSender, startOurs, type System } from "./systems.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    events: { type: "string" },
    "in-flight": { type: "string", default: "1,10,50" },
    rounds: { type: "string", default: "3" },
    payload: { type: "string", default: "200" },
    "fan-out": { type: "string", default: "1,10,100,1000" },
    profile: { type: "string" },
  },
});
const amount: Amount = values.events === undefined ? { seconds: Number(values.seconds) } : Number(values.events);
const inFlights = values["in-flight"].split(",").map(Number);
const rounds = Number(values.rounds);
const fanOuts = values["fan-out"].split(",").filter(Boolean).map(Number);
const text = "x".repeat(Math.max(0, Number(values.payload) - 100));

const servers = await startServers();
const sink = await startWebhookSink();
try {
  await measure();
} finally {
  await sink.stop();
  await servers.stop();
}

async function measure(): Promise<void> {
  const { profile } = values;
  const nodeArguments = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const ours = await startOurs(servers, nodeArguments);
  const bare = await startBareSender(servers, `${sink.url}/bare`);
  const endpoints = await openEndpoints(servers.mongodbUri, ours.keyring);
  let window: { fromMs: number; untilMs: number };
  let samples: Sample[];
  let fanOut: FanOutResult[] = [];
  try {
    await endpoints.make({ url: `${sink.url}/ours`, events: ["bench.created"] });
    await untilTrue(async () => (await publish(ours, "bench.created", {})) === 1);
    await warmUp(ours, bare);
    const fromMs = clockMs();
    samples = await compare(ours, bare);
    window = { fromMs, untilMs: clockMs() };
    if (fanOuts.length > 0) fanOut = await measureFanOut({ ours, endpoints, sink, fanOuts });
  } finally {
    await endpoints.close();
    await bare.stop();
    await ours.stop();
  }
  printComparison(samples);
  if (fanOut.length > 0) printFanOut(fanOut);
  if (profile !== undefined) await printProfile(profile, window);
  await keep({ at: new Date().toISOString(), node: process.version, payload: values.payload, samples, fanOut });
  const missed = missedOf(samples, fanOut);
  for (const one of missed) console.log(`MISSED: ${one}`);
  if (missed.length > 0) process.exitCode = 1;
}

/** Until both run at their speed: the first thousands of calls run in the interpreter. */
async function warmUp(ours: System, bare: System): Promise<void> {
  for (const system of [bare, ours]) await runLoad({ seconds: 3 }, 50, () => deliver(system));
  await settle();
  sink.tally();
}

async function compare(ours: System, bare: System): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const inFlight of inFlights) {
      for (const [name, system] of [
        ["ours", ours],
        ["bare", bare],
      ] as const) {
        const measured = await sample(system, inFlight);
        samples.push({ system: name, round, inFlight, ...measured });
        console.error(`round ${round + 1}, ${inFlight} in flight, ${name}: ${Math.round(measured.perSecond)} a second`);
      }
    }
  }
  return samples;
}

/** One measurement: the load, what was lost and what came twice, and what each process spent, what comes after included. */
async function sample(system: System, inFlight: number): Promise<LoadResult & Pick<Sample, "cpuMs" | "tally">> {
  const used = () => ({ sender: cpuMsOf(system.pid), mongodb: cpuMsOf(servers.pids.mongodb) });
  const before = used();
  const load = await runLoad(amount, inFlight, () => deliver(system));
  await settle();
  const after = used();
  const cpuMs = {
    sender: (after.sender - before.sender) / load.count,
    mongodb: (after.mongodb - before.mongodb) / load.count,
  };
  return { ...load, cpuMs, tally: sink.tally() };
}

/** From the publish to the arrival. */
async function deliver(system: System): Promise<Timed> {
  const benchId = randomUUID();
  const arrival = sink.expect(benchId);
  const sentMs = clockMs();
  await publish(system, "bench.created", { benchId, text });
  const acknowledgedMs = clockMs() - sentMs;
  const [atMs = Number.NaN] = await arrival;
  return { acknowledgedMs, arrivedMs: atMs - sentMs };
}

/** For what is written after the last arrival: it belongs to the measurement. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 700));
}

async function keep(result: object): Promise<void> {
  const folder = join(packageRoot, "bench", "results");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "webhooks.json"), `${JSON.stringify(result, null, 2)}\n`);
}
