// Does an endpoint that hangs cost the others anything? A hundred healthy endpoints at a steady rate, without and with one
// that never answers and has ten thousand deliveries waiting, by turns; and how long these take once it answers.
//   npm run bench:isolation                  some five minutes, on a quiet machine; ends with 1 when the target is missed
//   npm run bench:isolation -- --waiting 1000 --seconds 5 --rounds 1      a short look
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/package-root.ts";
import { clockMs } from "../clock.ts";
import { median, percentiles, runLoad, type Percentiles } from "../load.ts";
import { startServers } from "../servers.ts";
import { cpuMsOf, watchOthers } from "../usage.ts";
import { makeEndpoint, openDeliveryLog, untilListening, type DeliveryLog } from "./endpoints.ts";
import { othersSentence } from "./report.ts";
import { startWebhookSink } from "./sink.ts";
import { publish, startOurs, type System } from "./systems.ts";

const { values } = parseArgs({
  options: {
    waiting: { type: "string", default: "10000" },
    healthy: { type: "string", default: "100" },
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    rest: { type: "string", default: "20" },
  },
});
const [waiting, healthy, rate, seconds, rounds, rest] = [
  Number(values.waiting),
  Number(values.healthy),
  Number(values.rate),
  Number(values.seconds),
  Number(values.rounds),
  Number(values.rest),
];
/** What the healthy ones' p99 may be with the one that hangs, as a share of what it is without. */
const target = 1.1;
/** Longest that the waiting deliveries may take once their endpoint answers: its breaker's time, and their own. */
const drainMsMax = 180_000;
const hung = "hung.changed";
const busy = "busy.changed";

type Measured = {
  arrived: Percentiles;
  acknowledged: Percentiles;
  /** Processors' worth that each process used. */
  cpu: { ours: number; mongodb: number; temporal: number };
  /** What other work had of the machine's processors, from 0 to 1. */
  others: number;
  missing: number;
  repeated: number;
};
type Round = { without: Measured; with: Measured & { waitingBefore: number; waitingAfter: number; drainMs: number } };

const servers = await startServers();
const sink = await startWebhookSink();
try {
  await measure();
} finally {
  await sink.stop();
  await servers.stop();
}

async function measure(): Promise<void> {
  const ours = await startOurs(servers);
  const log = await openDeliveryLog(servers.mongodbUri);
  const found: Round[] = [];
  try {
    for (let i = 0; i < healthy; i++) {
      await makeEndpoint(ours, { url: `${sink.url}/healthy/${i}`, events: [typeOf(i)] });
    }
    await untilListening(ours, typeOf(healthy - 1), 1);
    // Its breaker and its retries come round within the benchmark's time; all else is as every endpoint has it.
    const endpoint = await makeEndpoint(ours, {
      url: `${sink.url}/hang`,
      events: [hung],
      breaker: { open: "5s" },
      retry: { schedule: ["5s", "5s", "5s", "5s", "5s", "5s", "5s", "5s", "5s", "5s"], jitter: 0.2 },
    });
    const answering = await makeEndpoint(ours, { url: `${sink.url}/busy`, events: [busy] });
    await steadyTraffic(ours, 5);
    for (let round = 0; round < rounds; round++) {
      const without = await after(ours, log, answering);
      const withHung = await beside(ours, log, endpoint);
      found.push({ without, with: withHung });
      console.error(
        `round ${round + 1}: p99 ${without.arrived.p99.toFixed(1)} ms without, ${withHung.arrived.p99.toFixed(1)} ms with`,
      );
    }
  } finally {
    await log.close();
    await ours.stop();
  }
  await report(found);
}

/** The healthy ones' traffic after as many events for an endpoint that answers: the databases have as much behind them. */
async function after(ours: System, log: DeliveryLog, endpoint: string): Promise<Measured> {
  const arrivals = await publishWaiting(ours, busy);
  await Promise.all(arrivals);
  await drained(log, endpoint);
  await resting();
  return steadyTraffic(ours, seconds);
}

/** The healthy ones' traffic while the other one hangs with everything waiting; and then what waited is let through. */
async function beside(ours: System, log: DeliveryLog, endpoint: string): Promise<Round["with"]> {
  sink.order("hang");
  const before = sink.countOf("/hang");
  const arrivals = await publishWaiting(ours, hung);
  await resting();
  const waitingBefore = await pendingAtLeast(log, endpoint, waiting);
  const measured = await steadyTraffic(ours, seconds, false);
  const waitingAfter = (await log.of(endpoint)).get("pending") ?? 0;
  sink.order("answer");
  const drainMs = await drained(log, endpoint);
  console.error(
    `${waitingBefore} were waiting before and ${waitingAfter} after; delivered ${(drainMs / 1_000).toFixed(1)} s after the hang's end, with ${sink.countOf("/hang") - before} requests for ${arrivals.length} events`,
  );
  await Promise.all(arrivals);
  return { ...measured, ...sink.tally(), waitingBefore, waitingAfter, drainMs };
}

/** So long after the burst: its records are on the disk, and the first requests that hang have timed out. */
function resting(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, rest * 1_000));
}

/** Publishes the events that are to wait; answers their arrivals. */
async function publishWaiting(ours: System, type: string): Promise<Promise<unknown>[]> {
  const arrivals: Promise<unknown>[] = [];
  // Some are under way or wait in memory without a row yet: with these, so many wait in the log.
  await runLoad(waiting + 600, 20, async () => {
    const benchId = randomUUID();
    arrivals.push(sink.expect(benchId));
    await publish(ours, type, { benchId });
    return { acknowledgedMs: 0, arrivedMs: 0 };
  });
  return arrivals;
}

/** Publishes to the healthy endpoints in turn, at the rate, whether or not the ones before have arrived. */
async function steadyTraffic(ours: System, forSeconds: number, tallies = true): Promise<Measured> {
  const times: { acknowledgedMs: number; arrivedMs: number }[] = [];
  const underWay: Promise<unknown>[] = [];
  const pids = { ours: ours.pid, ...servers.pids };
  const used = () => Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)] as const);
  const before = new Map(used());
  const others = watchOthers([...Object.values(pids), sink.pid]);
  const startedMs = clockMs();
  const count = rate * forSeconds;
  for (let i = 0; i < count; i++) {
    const dueMs = startedMs + (i * 1_000) / rate;
    const leftMs = dueMs - clockMs();
    if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
    underWay.push(deliverTo(ours, i % healthy).then((one) => times.push(one)));
  }
  await Promise.all(underWay);
  const tookMs = clockMs() - startedMs;
  const shares = used().map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / tookMs]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    arrived: percentiles(times.map((one) => one.arrivedMs)),
    acknowledged: percentiles(times.map((one) => one.acknowledgedMs)),
    // The same names as in `pids`.
    cpu: Object.fromEntries(shares) as Measured["cpu"],
    others: others(),
    ...(tallies ? sink.tally() : { missing: 0, repeated: 0 }),
  };
}

async function deliverTo(ours: System, i: number): Promise<{ acknowledgedMs: number; arrivedMs: number }> {
  const benchId = randomUUID();
  const arrival = sink.expect(benchId);
  const sentMs = clockMs();
  await publish(ours, typeOf(i), { benchId });
  const acknowledgedMs = clockMs() - sentMs;
  const [atMs = Number.NaN] = await arrival;
  return { acknowledgedMs, arrivedMs: atMs - sentMs };
}

/** Waits until so many of an endpoint's deliveries wait in the log. */
async function pendingAtLeast(log: DeliveryLog, endpoint: string, count: number): Promise<number> {
  const untilMs = clockMs() + 60_000;
  for (;;) {
    const pending = (await log.of(endpoint)).get("pending") ?? 0;
    if (pending >= count) return pending;
    if (clockMs() > untilMs) throw new Error(`Only ${pending} deliveries of ${count} wait in the log.`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** How long it takes until no delivery of the endpoint waits, in milliseconds. Each must have been delivered. */
async function drained(log: DeliveryLog, endpoint: string): Promise<number> {
  const startedMs = clockMs();
  for (;;) {
    const counts = await log.of(endpoint);
    const tookMs = clockMs() - startedMs;
    if ((counts.get("pending") ?? 0) === 0) {
      if (counts.size > 1) throw new Error(`Not all were delivered: ${JSON.stringify([...counts])}`);
      return tookMs;
    }
    if (tookMs > drainMsMax) throw new Error(`Still waiting after the hang's end: ${JSON.stringify([...counts])}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function typeOf(i: number): string {
  return `healthy.changed${i}`;
}

async function report(found: Round[]): Promise<void> {
  const columns = (one: Measured) => ({
    "202 p99": one.acknowledged.p99.toFixed(1),
    "arrival p50": one.arrived.p50.toFixed(1),
    "arrival p95": one.arrived.p95.toFixed(1),
    "arrival p99": one.arrived.p99.toFixed(1),
    "CPU ours": one.cpu.ours.toFixed(2),
    mongod: one.cpu.mongodb.toFixed(2),
    temporal: one.cpu.temporal.toFixed(2),
    others: one.others.toFixed(2),
    "lost/again": `${one.missing}/${one.repeated}`,
  });
  console.log(
    `\n${healthy} healthy endpoints, ${rate} events a second; times from the publish in ms, processors used. Node ${process.version}`,
  );
  console.table(
    found.flatMap((round, i) => [
      { round: i + 1, "one hangs": "no", ...columns(round.without) },
      {
        round: i + 1,
        "one hangs": "yes",
        ...columns(round.with),
        "waiting before": round.with.waitingBefore,
        "and after": round.with.waitingAfter,
        "delivered after s": (round.with.drainMs / 1_000).toFixed(1),
      },
    ]),
  );
  console.log(othersSentence(found.flatMap((round) => [round.without.others, round.with.others])));
  const p99 = (which: keyof Round) => median(found.map((round) => round[which].arrived.p99));
  const ratio = p99("with") / p99("without");
  console.log(`p99 with the one that hangs is ${ratio.toFixed(2)} of that without (medians); the target is ${target}.`);
  const folder = join(packageRoot, "bench", "results");
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "isolation.json"),
    `${JSON.stringify({ at: new Date().toISOString(), found }, null, 2)}\n`,
  );
  const lost = found.flatMap((round) => [round.without, round.with]).some((one) => one.missing + one.repeated > 0);
  if (ratio <= target && !lost) return;
  console.log("MISSED");
  process.exitCode = 1;
}
