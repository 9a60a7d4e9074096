// What goes wrong with requests to the systems of the trial: each kind as often as the others, by the seed.
import type { Random } from "../random.ts";

/** `…-applied`: the system has done what it was asked, and the sender does not hear so. */
export const faultKinds = [
  "reset",
  "reset-applied",
  "timeout-applied",
  "500",
  "503-html",
  "429",
  "truncated-applied",
  "session-expired",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type FaultSource = {
  /** The fault that a request meets, out of these kinds. Each strikes with the same probability; one at most. */
  next(kinds: readonly FaultKind[]): FaultKind | undefined;
  /** Counts a fault that has struck. */
  struck(kind: FaultKind): void;
  counts: Record<FaultKind, number>;
};

/** With which probability each kind strikes a request. */
const probability = 0.1;

export function createFaultSource(random: Random): FaultSource {
  // The keys are the list of kinds.
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  return {
    counts,
    next: (kinds) => kinds[Math.floor(random.next() / probability)],
    struck: (kind) => void counts[kind]++,
  };
}
