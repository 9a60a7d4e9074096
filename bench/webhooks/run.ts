// The benchmark of deliveries: Millrace and a bare sender, by turns in one run on the same MongoDB, to the same receiver.
//   npm run bench:webhooks                      some six minutes; ends with 1 when a target is missed or an event is lost
//   npm run bench:webhooks -- --seconds 10      longer measurements, for a machine that does other work beside
//   npm run bench:webhooks -- --in-flight 50 --payload 4096 --rounds 5
//   npm run bench:webhooks -- --profile FOLDER  leaves CPU profiles of both there, and prints where their time goes
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/package-root.ts";
import { clockMs } from "../clock.ts";
import { runLoad, type Amount, type LoadResult, type Timed } from "../load.ts";
import { startServers } from "../servers.ts";
import { cpuMsOf, watchOthers } from "../usage.ts";
import { makeEndpoint, untilListening } from "./endpoints.ts";
import { measureFanOut, printFanOut, type FanOutResult } from "./fan-out.ts";
import { printProfile, type Profiled } from "./profile.ts";
import { missedOf, printComparison, type Sample } from "./report.ts";
import { startWebhookSink } from "./sink.ts";
import { publish, startBareSender, startOurs, type System } from "./systems.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
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
const type = "bench.created";
const text = "x".repeat(Math.max(0, Number(values.payload) - 100));

const profiling = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
let isMade = false;

const servers = await startServers();
const sink = await startWebhookSink();
const start = {
  bare: () => startBareSender(servers, `${sink.url}/bare`, profiling),
  async ours() {
    const ours = await startOurs(servers, profiling);
    if (!isMade) await makeEndpoint(ours, { url: `${sink.url}/ours`, events: [type] });
    isMade = true;
    await untilListening(ours, type, 1);
    return ours;
  },
};
try {
  await measure();
} finally {
  await sink.stop();
  await servers.stop();
}

async function measure(): Promise<void> {
  const samples: Sample[] = [];
  const profiles: Profiled[] = [];
  for (let round = 0; round < rounds; round++) {
    // One at a time: what the other one has open would cost this one's MongoDB something.
    for (const name of ["ours", "bare"] as const) {
      const system = await start[name]();
      try {
        await warmUp(system);
        const fromMs = clockMs();
        for (const inFlight of inFlights) {
          const measured = await sample(system, inFlight);
          samples.push({ system: name, round, inFlight, ...measured });
          console.error(
            `round ${round + 1}, ${inFlight} in flight, ${name}: ${measured.perSecond.toFixed(0)} a second`,
          );
        }
        profiles.push({
          title: `${name}, round ${round + 1}`,
          pid: system.pid,
          window: { fromMs, untilMs: clockMs() },
        });
      } finally {
        await system.stop();
      }
    }
  }
  const fanOut = fanOuts.length > 0 ? await fanOutOf(fanOuts) : [];
  if (samples.length > 0) printComparison(samples);
  if (fanOut.length > 0) printFanOut(fanOut);
  for (const one of values.profile === undefined ? [] : profiles) printProfile(values.profile ?? "", one);
  await keep({ at: new Date().toISOString(), node: process.version, payload: values.payload, samples, fanOut });
  const missed = missedOf(samples, fanOut);
  for (const one of missed) console.log(`MISSED: ${one}`);
  if (missed.length > 0) process.exitCode = 1;
}

/** Until it runs at its speed: the first thousands of calls run in the interpreter. */
async function warmUp(system: System): Promise<void> {
  await runLoad({ seconds: 3 }, 50, () => deliver(system));
  await settle();
  sink.tally();
}

async function fanOutOf(counts: number[]): Promise<FanOutResult[]> {
  const ours = await start.ours();
  try {
    await warmUp(ours);
    return await measureFanOut({ ours, sink, fanOuts: counts, rounds });
  } finally {
    await ours.stop();
  }
}

/** One measurement: the load, what was lost and what came twice, and what each process spent, what comes after included. */
async function sample(
  system: System,
  inFlight: number,
): Promise<LoadResult & Pick<Sample, "cpuMs" | "others" | "tally">> {
  const used = () => ({ sender: cpuMsOf(system.pid), mongodb: cpuMsOf(servers.pids.mongodb) });
  const others = watchOthers([system.pid, sink.pid, servers.pids.mongodb, servers.pids.temporal]);
  const before = used();
  const load = await runLoad(amount, inFlight, () => deliver(system));
  await settle();
  const after = used();
  const cpuMs = {
    sender: (after.sender - before.sender) / load.count,
    mongodb: (after.mongodb - before.mongodb) / load.count,
  };
  return { ...load, cpuMs, others: others(), tally: sink.tally() };
}

/** From the publish to the arrival. */
async function deliver(system: System): Promise<Timed> {
  const benchId = randomUUID();
  const arrival = sink.expect(benchId);
  const sentMs = clockMs();
  await publish(system, type, { benchId, text });
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
