// The observer of deliveries: counts in memory, and tells the store each second what was counted and noted.
import type { Log } from "../log.ts";
import type { EndpointId } from "../model/ids.ts";
import type { HealthNote } from "../store/endpoint-health.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";
import type { DeliveryObserver } from "./observer.ts";
import { createGathering } from "./stats-gather.ts";

export type DeliveryObserverDeps = {
  store: Pick<Store, "deliveryStats" | "endpointHealth">;
  metrics?: Pick<Metrics, "attempted" | "limited"> | undefined;
  /** By the database's clock: what processes note is compared. */
  nowMs: () => number;
  log: Log;
  /** Between two flushes, in milliseconds; for tests. */
  everyMs?: number;
};

const flushEveryMs = 1_000;
/** Rows that one flush may bring for each second since the one before: with more of them, flushes come more seldom. */
const rowsPerSecond = 400;
const flushEveryMsMax = 10_000;
/** How often an endpoint's last success is put down while nothing is wrong, in milliseconds. */
const successEveryMs = 60_000;
/** Endpoints whose last success is remembered as put down. */
const successesMax = 50_000;
/** Notes that are kept for later while the store does not answer. */
const notesMax = 50_000;

/**
 * Never throws and never waits: for an attempt it does a few additions. What was counted since the last flush is lost with
 * the process; the log of deliveries is exact.
 */
export function createDeliveryObserver(
  deps: DeliveryObserverDeps,
): DeliveryObserver & { flush(): Promise<void>; close(): Promise<void> } {
  const { metrics, log, everyMs = flushEveryMs } = deps;
  const gathering = createGathering(deps.nowMs);
  const write = createWriter(deps);
  /** By the monotonic clock: with one that is set back no flush would come until it has caught up. */
  let lastFlushMs = performance.now();
  let flushing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    lastFlushMs = performance.now();
    flushing = flushing.then(async () => gathering.putBack(await write(gathering.take())));
    return flushing;
  };
  let busy = false;
  const timer = setInterval(() => {
    const size = gathering.size();
    const isEarly = performance.now() - lastFlushMs < Math.min((size / rowsPerSecond) * 1_000, flushEveryMsMax);
    // One at a time: while the store is slow, what is seen meanwhile goes with the next one.
    if (size === 0 || isEarly || busy) return;
    busy = true;
    void flush().finally(() => (busy = false));
  }, everyMs);
  timer.unref();

  const safely = (note: () => void) => {
    try {
      note();
    } catch (err) {
      log.error({ err }, "an attempt could not be counted");
    }
  };
  return {
    attempted: (seen) =>
      safely(() => {
        if (seen.test || seen.attempt.trigger === "test") return;
        gathering.attempted({ ...seen, deliveries: seen.deliveries ?? 1 });
        metrics?.attempted(seen);
      }),
    limited: (seen) =>
      safely(() => {
        gathering.limited(seen);
        metrics?.limited();
      }),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Writes what was gathered; answers the notes that are to be written later. */
function createWriter({ store, nowMs, log }: DeliveryObserverDeps) {
  const successAtMs = new Map<EndpointId, number>();

  /** Endpoints that succeeded, and of which that was not put down lately. */
  const dueSuccesses = (notes: HealthNote[]): EndpointId[] => {
    const now = nowMs();
    const due = notes.filter(
      ({ id, lastSuccessMs }) => lastSuccessMs !== undefined && now - (successAtMs.get(id) ?? 0) >= successEveryMs,
    );
    if (successAtMs.size > successesMax) successAtMs.clear();
    for (const { id } of due) successAtMs.set(id, now);
    return due.map((one) => one.id);
  };

  return async ({ cells, notes }: ReturnType<ReturnType<typeof createGathering>["take"]>): Promise<HealthNote[]> => {
    // Counts first: whoever looks because of a note finds them.
    await store.deliveryStats.add(cells).catch((err: unknown) => {
      log.warn({ err, rows: cells.length }, "statistics of a moment are lost");
    });
    try {
      await store.endpointHealth.note(notes);
      await store.endpointHealth.noteSuccess(dueSuccesses(notes), new Date(nowMs()));
      return [];
    } catch (err) {
      log.debug({ err }, "what was noted of endpoints is written later");
      return notes.slice(0, notesMax);
    }
  };
}
