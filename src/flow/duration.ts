// How long is `5m`? Durations between the text that people write and milliseconds.
import type { Duration } from "../model/retry.ts";

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest duration that is understood, in milliseconds: 365 days. */
export const durationMsMax = 365 * unitsMs.d;

/**
 * Milliseconds of a duration such as `500ms`, `30s`, `5m`, `2h`, `7d`: a whole number and one unit. Nothing for any
 * other text, and for more than 365 days. `0s` is 0: whether nothing is long enough is the caller's to say.
 */
export function parseDuration(text: Duration): number | undefined {
  const match = /^([0-9]{1,12})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  // The expression matched, so its second group is one of the units.
  const ms = Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs];
  return ms <= durationMsMax ? ms : undefined;
}

/** The shortest exact text of a duration: `formatDuration(300_000)` is `5m`. Parts of a millisecond are rounded off. */
export function formatDuration(ms: number): Duration {
  const whole = Math.max(0, Math.round(ms));
  if (whole === 0) return "0s";
  const [unit, unitMs] = Object.entries(unitsMs).findLast(([, size]) => whole % size === 0) ?? ["ms", 1];
  return `${whole / unitMs}${unit}`;
}
