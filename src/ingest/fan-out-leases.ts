// Which events does this process look after? Their leases are renewed while it does, and what is recorded is marked in groups.
import type { Log } from "../log.ts";
import type { EndpointId, Id } from "../model/ids.ts";
import type { StoredEvent } from "../store/events.ts";
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
  const held = new Map<Id<"evt">, { renewedAtMs: number }>();
  const marks = createMarks(store);
  const loop = startLoop(
    renewEveryMs,
    async () => {
      const now = Date.now();
      const old = [...held].filter(([, one]) => now - one.renewedAtMs >= renewEveryMs / 2);
      await store.events.leaseFanOut(
        old.map(([key]) => key),
        leaseMs,
      );
      for (const [, one] of old) one.renewedAtMs = now;
    },
    (err) => log.debug({ err }, "leases cannot be renewed at the moment"),
  );

  return {
    /** Holds an event until each of these endpoints has ended. */
    hold(event: StoredEvent, endpoints: readonly EndpointId[], released: () => void): Held {
      let open = endpoints.length;
      let unsettled = 0;
      held.set(event._id, { renewedAtMs: Date.now() });
      return {
        event,
        end(endpoint, how) {
          open--;
          if (how === "unsettled") unsettled++;
          if (open === 0) {
            held.delete(event._id);
            released();
          }
          if (how === "settled") {
            const all = open === 0 && unsettled === 0;
            marks.add({ key: event._id, endpoint, all }).catch((err: unknown) => {
              log.debug({ err }, "recorded deliveries could not be marked");
            });
          }
          if (open === 0 && unsettled > 0) {
            // The lease ends by itself where this fails.
            store.events.leaseFanOut([event._id], againMs(event)).catch(() => {});
          }
        },
      };
    },
    leaseMs,
    size: () => held.size,
    idle: () => marks.idle(),
    close: loop.close,
  };
}

type Mark = { key: Id<"evt">; endpoint: EndpointId; all: boolean };

/** Notes what has been recorded, many events at once. */
function createMarks(store: Pick<Store, "events">) {
  return createGroupWriter<Mark, void>({
    write: async (items) => {
      await store.events.settleFanOut(byEvent(items));
      return items.map(() => undefined);
    },
    itemsMax: 1_000,
    inFlightMax: 1,
    // Far below the lease: a lost mark costs a look at rows that stand.
    lingerMs: 100,
  });
}

function byEvent(items: Mark[]) {
  const found = new Map<Id<"evt">, { key: Id<"evt">; endpoints: EndpointId[]; all: boolean }>();
  for (const { key, endpoint, all } of items) {
    const one = found.get(key);
    if (one === undefined) found.set(key, { key, endpoints: [endpoint], all });
    else {
      one.endpoints.push(endpoint);
      one.all ||= all;
    }
  }
  return [...found.values()];
}
