// Is an endpoint worth sending to at the moment? A circuit breaker: it opens on failures, and closes again with a ramp.
import type { BreakerLimits } from "./open-endpoint.ts";

export type Breaker = {
  /** How many requests may be under way at once now; 0 while it is open. `retryInMs`: when to ask again. */
  allows(nowMs: number): { concurrency: number; retryInMs: number };
  /** Notes how an attempt ended. Answers `opened` when this one opened it, with until when. */
  note(ok: boolean, nowMs: number): { opened: true; untilMs: number } | { opened: false };
  /** Opens it as another process did. */
  openUntil(untilMs: number): void;
};

/** An open breaker that opens again stays so twice as long each time, up to this many times its first time. */
const openFactorMax = 16;
const slicesOfWindow = 6;

/**
 * Closed: everything passes, while failures are counted over a sliding window. At `share` of at least `min` attempts it
 * opens for `openMs`. Then one request may pass; each success doubles how many may be under way, until `full` are, and it is
 * closed; a failure opens it again for longer.
 */
export function createBreaker(limits: BreakerLimits, full: number): Breaker {
  const window = createWindow(limits.withinMs);
  let opensUntilMs = 0;
  let opensInRow = 0;
  /** Absent: closed. Else how many may be under way since it was open. */
  let ramp: number | undefined;

  const open = (nowMs: number): number => {
    opensUntilMs = nowMs + limits.openMs * Math.min(2 ** opensInRow, openFactorMax);
    opensInRow++;
    ramp = 1;
    window.clear();
    return opensUntilMs;
  };
  /** Never for longer than it can have been opened for: more is left when the clock was set back. */
  const isOpen = (nowMs: number): boolean =>
    nowMs < opensUntilMs && opensUntilMs - nowMs <= limits.openMs * openFactorMax;
  return {
    allows(nowMs) {
      if (isOpen(nowMs)) return { concurrency: 0, retryInMs: opensUntilMs - nowMs };
      return { concurrency: ramp ?? full, retryInMs: 0 };
    },
    note(ok, nowMs) {
      if (ramp !== undefined) {
        // Ends of requests that were under way when it opened say nothing new.
        if (isOpen(nowMs)) return { opened: false };
        if (!ok) return { opened: true, untilMs: open(nowMs) };
        ramp = ramp * 2 >= full ? undefined : ramp * 2;
        if (ramp === undefined) opensInRow = 0;
        return { opened: false };
      }
      const { total, failed } = window.add(ok, nowMs);
      if (ok || total < limits.min || failed / total < limits.share) return { opened: false };
      return { opened: true, untilMs: open(nowMs) };
    },
    openUntil(untilMs) {
      if (untilMs <= opensUntilMs) return;
      opensUntilMs = untilMs;
      ramp = 1;
    },
  };
}

/** Counts of a sliding window, in slices: what is older than the window goes slice by slice. */
function createWindow(withinMs: number) {
  const sliceMs = Math.max(1, withinMs / slicesOfWindow);
  let slices: { number: number; total: number; failed: number }[] = [];
  return {
    add(ok: boolean, nowMs: number): { total: number; failed: number } {
      const number = Math.floor(nowMs / sliceMs);
      slices = slices.filter((slice) => slice.number > number - slicesOfWindow);
      let last = slices.at(-1);
      if (last?.number !== number) slices.push((last = { number, total: 0, failed: 0 }));
      last.total++;
      if (!ok) last.failed++;
      let [total, failed] = [0, 0];
      for (const slice of slices) {
        total += slice.total;
        failed += slice.failed;
      }
      return { total, failed };
    },
    clear: () => void (slices = []),
  };
}
