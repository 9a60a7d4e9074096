// When has a request waited long enough? One timer for the total time and for the receiver's silence: timers cost.
import type { StopReason } from "./http-error.ts";

/** A request under way, as far as its time goes. Moments are of the monotonic clock. */
export type Watched = {
  readonly startedMs: number;
  readonly timeoutMs: number;
  /** Longest silence; Infinity when there is no limit but the total one. */
  readonly readTimeoutMs: number;
  /** Since when nothing has come; undefined while no request is on its way. */
  quietSinceMs: number | undefined;
  /** The timer that runs, to be cleared when the request has ended. */
  timer: NodeJS.Timeout | undefined;
  stop: (reason: StopReason) => void;
};

/** Stops a request when its total time is over, or when the receiver has been silent for too long. */
export function watchDeadline(watched: Watched): void {
  watched.timer = setTimeout(check, Math.min(watched.timeoutMs, watched.readTimeoutMs), watched);
}

function check(watched: Watched): void {
  const nowMs = performance.now();
  // Rounded up: timers may come a fraction of a millisecond early.
  const leftMs = Math.ceil(watched.startedMs + watched.timeoutMs - nowMs);
  if (leftMs <= 0) return watched.stop("timeout");
  const quietLeftMs = Math.ceil((watched.quietSinceMs ?? nowMs) + watched.readTimeoutMs - nowMs);
  if (quietLeftMs <= 0) return watched.stop("read_timeout");
  watched.timer = setTimeout(check, Math.min(leftMs, quietLeftMs), watched);
}
