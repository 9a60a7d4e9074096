// How many requests may one caller still make of a webhook's API? Windows of a minute, counted in bounded memory.

export type RateState = { limit: number; remaining: number; resetAtMs: number; isOver: boolean };

export type RateWindows = {
  /** Counts a request and says how things stand after it. */
  take(key: string): RateState;
};

/** Requests of the system's own default: sixty a minute for each webhook. */
export const requestsMax = 60;
export const windowMs = 60_000;
const keysMax = 20_000;

/** Windows of this process. Where several processes serve the API, each counts for itself. */
export function createRateWindows(options: { max?: number; nowMs?: () => number; keysMax?: number } = {}): RateWindows {
  const { max = requestsMax, nowMs = Date.now } = options;
  const windows = new Map<string, { count: number; resetAtMs: number }>();
  return {
    take(key) {
      const now = nowMs();
      let window = windows.get(key);
      if (window === undefined || window.resetAtMs <= now) {
        // At the end of the map: the first one is the oldest.
        windows.delete(key);
        window = { count: 0, resetAtMs: now + windowMs };
        windows.set(key, window);
        const [oldest] = windows.keys();
        if (windows.size > (options.keysMax ?? keysMax) && oldest !== undefined) windows.delete(oldest);
      }
      window.count++;
      const remaining = Math.max(0, max - window.count);
      return { limit: max, remaining, resetAtMs: window.resetAtMs, isOver: window.count > max };
    },
  };
}

/** The headers of that state. The reset is in seconds since 1970, rounded up. */
export function rateHeaders({ limit, remaining, resetAtMs }: RateState): { [name: string]: string } {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil(resetAtMs / 1_000)),
  };
}
