// What the benchmark found, as tables: medians of the rounds, and ours as a ratio to the bare worker.
import type { InsertsResult } from "./inserts.ts";
import { median, type LoadResult } from "./load.ts";

export type Sample = LoadResult & {
  round: number;
  inFlight: number;
  system: "bare" | "millrace";
  /** A run, by process. */
  cpuMs: { engine: number; temporal: number; mongodb: number };
};
export type BenchResult = {
  at: string;
  node: string;
  samples: Sample[];
  inserts: InsertsResult;
  /** Resident memory of the engine in megabytes, at the start and after each tenth of the runs. */
  memory: number[];
};

/** Prints the tables. */
export function printReport(result: BenchResult): void {
  const rows: Record<string, string | number>[] = [];
  for (const inFlight of [1, 10, 50]) {
    const [bare, ours] = (["bare", "millrace"] as const).map((system) => figuresOf(result.samples, system, inFlight));
    if (!bare || !ours) continue;
    rows.push({ "in flight": inFlight, system: "bare", ...rounded(bare) });
    rows.push({ "in flight": inFlight, system: "millrace", ...rounded(ours) });
    const ratio = Object.fromEntries(
      Object.entries(ours).map(([key, value]) => [key, value / (bare[key] || Number.NaN)]),
    );
    rows.push({ "in flight": inFlight, system: "ratio", ...rounded(ratio, 2) });
  }
  console.log(`\nMedians of the rounds; times in ms, rates a second, CPU-ms a run. Node ${result.node}\n`);
  console.table(rows);
  console.log("Publishing alone beside bare grouped inserts:");
  console.table(
    result.inserts.map((one) => ({
      "in flight": one.inFlight,
      "publish/s": Math.round(one.publishPerSecond),
      "insert/s": Math.round(one.insertPerSecond),
      ratio: one.ratio.toFixed(2),
    })),
  );
  console.log(`Resident memory of the engine (MB): ${result.memory.map((mb) => Math.round(mb)).join(" ")}`);
}

type Figures = Record<string, number>;

function figuresOf(samples: Sample[], system: Sample["system"], inFlight: number): Figures {
  const own = samples.filter((one) => one.system === system && one.inFlight === inFlight);
  const middle = (pick: (one: Sample) => number) => median(own.map(pick));
  return {
    "runs/s": middle((one) => one.perSecond),
    "202 p50": middle((one) => one.acknowledged.p50),
    "202 p99": middle((one) => one.acknowledged.p99),
    "arrival p50": middle((one) => one.arrived.p50),
    "arrival p95": middle((one) => one.arrived.p95),
    "arrival p99": middle((one) => one.arrived.p99),
    "p99/p50": middle((one) => one.arrived.p99 / one.arrived.p50),
    "engine CPU": middle((one) => one.cpuMs.engine),
    "temporal CPU": middle((one) => one.cpuMs.temporal),
    "mongodb CPU": middle((one) => one.cpuMs.mongodb),
  };
}

function rounded(figures: Figures, digits = 1): Record<string, string> {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, value.toFixed(digits)]));
}
