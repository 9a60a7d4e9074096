// What the benchmark of deliveries found: medians of the rounds, ours beside the bare sender's, and which target was missed.
import { median, type LoadResult } from "../load.ts";
import type { FanOutResult } from "./fan-out.ts";

export type Sample = LoadResult & {
  system: "ours" | "bare";
  round: number;
  inFlight: number;
  /** Processor time for a delivery. */
  cpuMs: { sender: number; mongodb: number };
  /** What other work had of the machine's processors, from 0 to 1. */
  others: number;
  tally: { missing: number; repeated: number };
};

type Figures = Record<string, number>;

/** Prints a table: for each number in flight ours, the bare sender's, and the ratio. */
export function printComparison(samples: Sample[]): void {
  const rows: Record<string, string | number>[] = [];
  for (const inFlight of new Set(samples.map((one) => one.inFlight))) {
    const ours = figuresOf(samples, "ours", inFlight);
    const bare = figuresOf(samples, "bare", inFlight);
    rows.push({ "in flight": inFlight, system: "ours", ...rounded(ours) });
    rows.push({ "in flight": inFlight, system: "bare", ...rounded(bare) });
    const ratio = Object.fromEntries(Object.entries(ours).map(([key, value]) => [key, value / (bare[key] ?? 0)]));
    rows.push({ "in flight": inFlight, system: "ratio", ...rounded(ratio) });
  }
  console.log(`\nMedians of the rounds; times from the publish in ms, CPU-ms a delivery. Node ${process.version}\n`);
  console.table(rows);
  const sum = (key: keyof Sample["tally"]) => samples.reduce((all, one) => all + one.tally[key], 0);
  const count = samples.reduce((all, one) => all + one.count, 0);
  console.log(`${count} events: ${sum("missing")} lost, ${sum("repeated")} arrived again.`);
  console.log(othersSentence(samples.map((one) => one.others)));
}

/** How quiet the machine was, as a sentence. */
export function othersSentence(shares: number[]): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const most = Math.max(...shares);
  const advice = most > 0.1 ? " Times mean little then: run it again on a quiet machine." : "";
  return `Other work had ${percent(median(shares))} of the processors (median), ${percent(most)} at most.${advice}`;
}

/** The targets that were missed, in sentences. */
export function missedOf(samples: Sample[], fanOut: FanOutResult[]): string[] {
  const missed: string[] = [];
  const hold = (holds: boolean, sentence: string) => void (holds || missed.push(sentence));
  const ratio = (inFlight: number, key: string) =>
    (figuresOf(samples, "ours", inFlight)[key] ?? 0) / (figuresOf(samples, "bare", inFlight)[key] ?? 0);
  const has = (inFlight: number) => samples.some((one) => one.inFlight === inFlight);
  if (has(50)) {
    const rate = ratio(50, "per second");
    hold(rate >= 0.5, `throughput at 50 in flight is ${rate.toFixed(2)} of the bare sender's, the target 0.5.`);
    const spread = figuresOf(samples, "ours", 50)["p99/p50"] ?? 0;
    hold(spread <= 4, `p99 at 50 in flight is ${spread.toFixed(1)} × p50, the target 4.`);
  }
  if (has(1)) {
    const p50 = ratio(1, "arrival p50");
    hold(p50 <= 2, `p50 at 1 in flight is ${p50.toFixed(2)} × the bare sender's, the target 2.`);
  }
  for (const { tally, system, inFlight } of samples) {
    hold(tally.missing === 0, `${tally.missing} events of ${system} were lost at ${inFlight} in flight.`);
    hold(tally.repeated === 0, `${tally.repeated} deliveries of ${system} came again at ${inFlight} in flight.`);
  }
  return [...missed, ...missedOfFanOut(fanOut)];
}

function missedOfFanOut(fanOut: FanOutResult[]): string[] {
  const [first] = fanOut;
  if (first === undefined) return [];
  return fanOut.flatMap((one, i) => {
    const before = fanOut[i - 1];
    const missed: string[] = [];
    const grows = (key: "cpuMs" | "wallMs") => before !== undefined && one[key] > before[key] * 1.1;
    if (grows("cpuMs"))
      missed.push(`a delivery to ${one.endpoints} endpoints costs more processor time than to fewer.`);
    if (grows("wallMs")) missed.push(`a delivery to ${one.endpoints} endpoints takes longer than to fewer.`);
    const ratio = one.alone.p95 / first.alone.p95;
    if (ratio > 2) missed.push(`the publish for ${one.endpoints} endpoints answers in ${ratio.toFixed(1)} × (p95).`);
    if (one.missing > 0) missed.push(`${one.missing} deliveries were lost with ${one.endpoints} endpoints.`);
    if (one.repeated > 0) missed.push(`${one.repeated} deliveries came again with ${one.endpoints} endpoints.`);
    return missed;
  });
}

function figuresOf(samples: Sample[], system: Sample["system"], inFlight: number): Figures {
  const own = samples.filter((one) => one.system === system && one.inFlight === inFlight);
  const middle = (pick: (one: Sample) => number) => median(own.map(pick));
  return {
    "per second": middle((one) => one.perSecond),
    "202 p50": middle((one) => one.acknowledged.p50),
    "202 p95": middle((one) => one.acknowledged.p95),
    "arrival p50": middle((one) => one.arrived.p50),
    "arrival p95": middle((one) => one.arrived.p95),
    "arrival p99": middle((one) => one.arrived.p99),
    "p99/p50": middle((one) => one.arrived.p99 / one.arrived.p50),
    "sender CPU": middle((one) => one.cpuMs.sender),
    "mongod CPU": middle((one) => one.cpuMs.mongodb),
  };
}

function rounded(figures: Figures): Record<string, string> {
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, value >= 100 ? value.toFixed(0) : value.toFixed(2)]),
  );
}
