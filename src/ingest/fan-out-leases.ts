// Which events does this process look after? Their leases are renewed while it does, and what is recorded is marked in groups.
import type { Log } from "../log.ts";
import type { EndpointId, Id } from "../model/ids.ts";
import type { StoredEvent } from "../store/events.ts";
import type { Settled } from "../store/fan-out.ts";
import { createGroupWriter } from "../store/group-writer.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

/** How long an event is held without a renewal, in milliseconds: what a crash costs until somebody else sends. */
const leaseMsDefault = 15_000;
/** A lease is renewed this often before it ends. */
const renewals = 3;
/** When an event is looked at again whose deliveries could not be carried on, in milliseconds: the later the more often it was. */
function againMs({ fanOut }: StoredEvent): number {
  return 2_000 * 2 ** Math.min(fanOut?.fence ?? 0, 5);
}

/** An event that is held, with what is still open of it. */
export type Held = {
  event: StoredEvent;
  /** One of its deliveries is recorded and carried on, or (`unsettled`) has to be looked at again. */
  end(endpoint: EndpointId, how: "settled" | "unsettled"): void;
};

export type Leases = ReturnType<typeof createLeases>;

export function createLeases(deps: { store: Pick<Store, "events">; log: Log; leaseMs?: number | undefined }) {
  const { store, log, leaseMs = leaseMsDefault } = deps;
  const renewEveryMs = leaseMs / renewals;
  const held = new Map<Id<"evt">, Holding>();
  const { mark, ...marks } = createMarks(deps);
  const loop = startLoop(
    renewEveryMs,
    async () => {
      const now = performance.now();
      const old = [...held].filter(([, one]) => now - one.renewedAtMs >= renewEveryMs / 2);
      const keys = old.map(([key]) => key);
      await store.events.leaseFanOut(keys, leaseMs);
      for (const [key, one] of old) {
        one.renewedAtMs = now;
        // Part of a long fan-out is marked now and then only: each mark rewrites the list of all.
        if (one.settled.length > 0) mark({ key, endpoints: one.settled.splice(0), all: false });
      }
    },
    (err) => log.debug({ err }, "leases cannot be renewed at the moment"),
  );

  return {
    /** Holds an event until each of these endpoints has ended; calls `released` then. */
    hold(event: StoredEvent, endpoints: readonly EndpointId[], released: () => void): Held {
      const key = event._id;
      const holding: Holding = { renewedAtMs: performance.now(), settled: [] };
      let open = endpoints.length;
      let unsettled = 0;
      held.set(key, holding);
      return {
        event,
        end(endpoint, how) {
          open--;
          if (how === "settled") holding.settled.push(endpoint);
          else unsettled++;
          if (open > 0) return;
          held.delete(key);
          released();
          if (holding.settled.length > 0 || unsettled === 0) {
            mark({ key, endpoints: holding.settled, all: unsettled === 0 });
          }
          // The lease ends by itself where this fails.
          if (unsettled > 0) store.events.leaseFanOut([key], againMs(event)).catch(() => {});
        },
      };
    },
    leaseMs,
    /** Whether this process looks after an event, whatever has become of its lease. */
    holds: (key: Id<"evt">): boolean => held.has(key),
    size: () => held.size,
    idle: marks.idle,
    close: loop.close,
  };
}

/** An event that is held, with the endpoints that have been settled since the last mark. By the monotonic clock. */
type Holding = { renewedAtMs: number; settled: EndpointId[] };

/** Notes what has been recorded, many events at once. */
function createMarks({ store, log }: Parameters<typeof createLeases>[0]) {
  const marks = createGroupWriter<Settled, void>({
    write: async (items) => {
      await store.events.settleFanOut(items);
      return items.map(() => undefined);
    },
    itemsMax: 1_000,
    inFlightMax: 1,
    // Far below the lease: a lost mark costs a look at rows that stand.
    lingerMs: 100,
  });
  return {
    mark: (settled: Settled): void =>
      void marks.add(settled).catch((err: unknown) => log.debug({ err }, "recorded deliveries could not be marked")),
    idle: marks.idle,
  };
}
