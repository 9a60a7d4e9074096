// What goes wrong in a trial, and when: planned from the seed, carried out as events are accepted.
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "./random.ts";

export type Victim = "engine" | "mongodb" | "temporal";

/**
 * What is killed together. `stranded`: the engine, a second after Temporal, with starts in its memory that cannot be made.
 * `everything`: all three at one moment, as a power cut does it.
 */
export type FaultKind = Victim | "stranded" | "everything";

export type Fault = {
  kind: FaultKind;
  /** Strikes once this many events are accepted. */
  afterEvents: number;
  /** A moment later than that, in milliseconds, so that it meets the events at any point of their way. */
  delayMs: number;
  /** The servers that were killed come back in this order, each after its time in milliseconds. The engine is back at once. */
  back: { server: "mongodb" | "temporal"; afterMs: number }[];
};

/** How often each kind strikes. */
export type FaultCounts = Partial<Record<FaultKind, number>>;

export type Targets = {
  killEngine(): Promise<void>;
  engineReady(): Promise<void>;
  kill(server: "mongodb" | "temporal"): Promise<void>;
  start(server: "mongodb" | "temporal"): Promise<void>;
};

const killsByKind: Record<FaultKind, Victim[]> = {
  engine: ["engine"],
  mongodb: ["mongodb"],
  temporal: ["temporal"],
  stranded: ["temporal", "engine"],
  everything: ["engine", "mongodb", "temporal"],
};

/** How long `stranded` leaves the engine without Temporal before it is killed too, in milliseconds. */
const strandedMs = 1_000;

/** The faults of a trial, in the order of their striking. Pure: the seed decides. */
export function planFaults(random: Random, events: number, counts: FaultCounts): Fault[] {
  // The keys of FaultCounts are kinds.
  const kinds = (Object.keys(counts) as FaultKind[]).flatMap((kind) => Array<FaultKind>(counts[kind] ?? 0).fill(kind));
  // The last events find a whole system and the first ones too: each fault has a stretch of its own in between.
  const stretch = (events * 0.85) / Math.max(1, kinds.length);
  return random.shuffled(kinds).map((kind, place) => ({
    kind,
    afterEvents: Math.floor(events * 0.05 + (place + random.next() * 0.5) * stretch),
    delayMs: random.between(0, 200),
    back: random
      .shuffled(killsByKind[kind].filter((victim) => victim !== "engine"))
      .map((server) => ({ server, afterMs: random.between(200, 2_500) })),
  }));
}

/** How often each process is killed by these faults. */
export function killsOf(faults: Fault[]): Record<Victim, number> {
  const kills = { engine: 0, mongodb: 0, temporal: 0 };
  for (const fault of faults) for (const victim of killsByKind[fault.kind]) kills[victim]++;
  return kills;
}

/** Carries the faults out, one after the other. When it resolves, everything runs again. */
export async function runNemesis(
  faults: Fault[],
  targets: Targets,
  untilAccepted: (count: number) => Promise<void>,
): Promise<void> {
  for (const fault of faults) {
    await untilAccepted(fault.afterEvents);
    await delay(fault.delayMs);
    await strike(fault.kind, targets);
    for (const { server, afterMs } of fault.back) {
      await delay(afterMs);
      await targets.start(server);
    }
    await targets.engineReady();
  }
}

async function strike(kind: FaultKind, targets: Targets): Promise<void> {
  const kill = (victim: Victim) => (victim === "engine" ? targets.killEngine() : targets.kill(victim));
  if (kind === "stranded") {
    await targets.kill("temporal");
    await delay(strandedMs);
    await targets.killEngine();
  } else {
    await Promise.all(killsByKind[kind].map(kill));
  }
}
