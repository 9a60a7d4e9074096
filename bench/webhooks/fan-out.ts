// One event to many endpoints: what a delivery costs, and whether the publish is answered as fast as for one.
import { randomUUID } from "node:crypto";
import { clockMs } from "../clock.ts";
import { median, percentiles, type Percentiles } from "../load.ts";
import { cpuMsOf } from "../usage.ts";
import { makeEndpoint, untilListening } from "./endpoints.ts";
import type { WebhookSink } from "./sink.ts";
import { publish, type System } from "./systems.ts";

export type FanOutResult = {
  endpoints: number;
  events: number;
  /** A delivery: processor time of our process, and time from the publish to the last arrival over all of the event's. */
  cpuMs: number;
  wallMs: number;
  /** From the publish to the event's last arrival. */
  last: Percentiles;
  /** Answers of publishes, each as soon as the deliveries of the one before have arrived: their records are being written. */
  backToBack: Percentiles;
  /** Answers of publishes, each some time after the one before. */
  alone: Percentiles;
  /** Answers of publishes of another type while a fan-out was under way; of one in ten of its deliveries' number. */
  beside: Percentiles;
  missing: number;
  repeated: number;
};

/** Deliveries for a measurement of a number of endpoints, in about so many. */
const deliveriesAtLeast = 10_000;
const eventsAtLeast = 30;
const eventsAtMost = 500;
/** Between two publishes that find nothing else to do, in milliseconds. */
const restMs = 300;

/** Medians of rounds for each number of endpoints, by turns; the endpoints are made in pools of their own event types. */
export async function measureFanOut(options: {
  ours: System;
  sink: WebhookSink;
  fanOuts: number[];
  rounds: number;
}): Promise<FanOutResult[]> {
  const { ours, sink, fanOuts, rounds } = options;
  for (const count of fanOuts) {
    const type = `fan.out${count}`;
    await inLanes(count, 20, (i) => makeEndpoint(ours, { url: `${sink.url}/${count}/${i}`, events: [type] }));
    await untilListening(ours, type, count);
  }
  const measured: FanOutResult[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const count of fanOuts) {
      const result = await measureOne(ours, sink, count);
      measured.push(result);
      console.error(`round ${round + 1}, fan-out to ${count}: ${result.cpuMs.toFixed(3)} CPU-ms a delivery`);
    }
  }
  return fanOuts.map((count) => medianOf(measured.filter(({ endpoints }) => endpoints === count)));
}

async function measureOne(ours: System, sink: WebhookSink, count: number): Promise<FanOutResult> {
  const events = Math.min(eventsAtMost, Math.max(eventsAtLeast, Math.ceil(deliveriesAtLeast / count)));
  await one(ours, sink, count, Math.max(4, Math.ceil(events / 4)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  sink.tally();
  const before = cpuMsOf(ours.pid);
  const { answers: backToBack, ...measured } = await one(ours, sink, count, events);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const cpuMs = (cpuMsOf(ours.pid) - before) / (events * count);
  const { answers: alone } = await one(ours, sink, count, eventsAtLeast, restMs);
  const beside = await besides(ours, sink, count);
  await new Promise((resolve) => setTimeout(resolve, 700));
  return { endpoints: count, events, cpuMs, ...measured, backToBack, alone, beside, ...sink.tally() };
}

/** Of each figure the median; of what was lost or came twice the sum. */
function medianOf(rounds: FanOutResult[]): FanOutResult {
  const [first] = rounds;
  if (first === undefined) throw new Error("There were no rounds.");
  const middle = (pick: (one: FanOutResult) => number) => median(rounds.map(pick));
  const sum = (pick: (one: FanOutResult) => number) => rounds.reduce((all, one) => all + pick(one), 0);
  const times = (pick: (one: FanOutResult) => Percentiles): Percentiles => ({
    p50: middle((one) => pick(one).p50),
    p95: middle((one) => pick(one).p95),
    p99: middle((one) => pick(one).p99),
  });
  return {
    endpoints: first.endpoints,
    events: sum((one) => one.events),
    cpuMs: middle((one) => one.cpuMs),
    wallMs: middle((one) => one.wallMs),
    last: times((one) => one.last),
    backToBack: times((one) => one.backToBack),
    alone: times((one) => one.alone),
    beside: times((one) => one.beside),
    missing: sum((one) => one.missing),
    repeated: sum((one) => one.repeated),
  };
}

/** Prints the table. */
export function printFanOut(results: FanOutResult[]): void {
  console.log("\nOne event to many endpoints; times in ms, a delivery's CPU-ms of our process:");
  const [first] = results;
  console.table(
    results.map((one) => ({
      endpoints: one.endpoints,
      events: one.events,
      "CPU a delivery": one.cpuMs.toFixed(3),
      "wall a delivery": one.wallMs.toFixed(3),
      "last arrival p50": one.last.p50.toFixed(1),
      "202 p50": one.alone.p50.toFixed(2),
      "202 p95": one.alone.p95.toFixed(2),
      "202 p95 at once": one.backToBack.p95.toFixed(2),
      "p95 ratio": (one.alone.p95 / (first?.alone.p95 ?? 0)).toFixed(2),
      "202 p50 beside": one.beside.p50.toFixed(2),
      "202 p95 beside": one.beside.p95.toFixed(2),
      "lost/again": `${one.missing}/${one.repeated}`,
    })),
  );
}

/** One event after the other, each when all deliveries of the one before have arrived. */
async function one(
  ours: System,
  sink: WebhookSink,
  count: number,
  events: number,
  restMs = 0,
): Promise<Pick<FanOutResult, "wallMs" | "last"> & { answers: Percentiles }> {
  const answers: number[] = [];
  const lasts: number[] = [];
  for (let i = 0; i < events; i++) {
    const benchId = randomUUID();
    const arrivals = sink.expect(benchId, count);
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    const sentMs = clockMs();
    await publish(ours, `fan.out${count}`, { benchId });
    answers.push(clockMs() - sentMs);
    lasts.push(Math.max(...(await arrivals)) - sentMs);
  }
  const wallMs = lasts.reduce((sum, ms) => sum + ms, 0) / (events * count);
  return { wallMs, last: percentiles(lasts), answers: percentiles(answers) };
}

/** Publishes that come while a fan-out is under way: events that nobody gets, one after the other, until it is through. */
async function besides(ours: System, sink: WebhookSink, count: number): Promise<Percentiles> {
  const answers: number[] = [];
  while (answers.length < 100) {
    const benchId = randomUUID();
    let underWay = true;
    const arrivals = sink.expect(benchId, count).then(() => (underWay = false));
    await publish(ours, `fan.out${count}`, { benchId });
    do {
      const sentMs = clockMs();
      await publish(ours, "fan.nobody", {});
      answers.push(clockMs() - sentMs);
    } while (underWay);
    await arrivals;
  }
  return percentiles(answers);
}

async function inLanes(count: number, lanes: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
