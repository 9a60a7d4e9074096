// The sending path with one guard off at a time, to see that the trials of its fault points notice.
import type { DeliveryStart } from "../../../src/endpoint/hand-on.ts";
import { createAccept, type AcceptDeps } from "../../../src/ingest/accept.ts";
import { createFanOutRelay, type FanOutRelayDeps } from "../../../src/ingest/fan-out-relay.ts";
import { createSender, type SenderDeps } from "../../../src/ingest/sender.ts";
import type { FaultPointName } from "./plan.ts";

const started = { outcome: "started" } as const;
const laterMs = 60_000;

/** Each mutant is off as long as the plan does not name it. */
export function createMutants(isOn: (mutant: FaultPointName) => boolean) {
  return {
    /** Accepts an event without noting what endpoints are owed: who holds it in memory is the only one who knows. */
    createAccept: (deps: AcceptDeps) =>
      createAccept({
        ...deps,
        store: {
          ...deps.store,
          events: {
            ...deps.store.events,
            insert(event) {
              if (!isOn("stored") || event.fanOut === undefined) return deps.store.events.insert(event);
              return deps.store.events.insert({ ...event, fanOut: { ...event.fanOut, state: "done" } });
            },
          },
        },
      }),

    createSender: (deps: SenderDeps) =>
      createSender({
        ...deps,
        store: {
          ...deps.store,
          deliveries: {
            ...deps.store.deliveries,
            /** Says that an attempt is recorded when it is not yet. */
            async insert(row, bodies) {
              if (!isOn("sent") || row.attempts.length === 0) return deps.store.deliveries.insert(row, bodies);
              setTimeout(() => void deps.store.deliveries.insert(row, bodies), laterMs).unref();
              return "inserted";
            },
          },
        },
        /** Says that Temporal carries a delivery on when it does not yet. */
        start: async (start: DeliveryStart) => (isOn("recorded") ? started : deps.start(start)),
        /** Says that the lane knows when it does not yet. */
        wakeLane: async (lane) => (isOn("parked") ? started : deps.wakeLane(lane)),
      }),

    createRelay: (deps: FanOutRelayDeps) =>
      createFanOutRelay({
        ...deps,
        store: {
          ...deps.store,
          deliveries: {
            ...deps.store.deliveries,
            /** Does not look at what an earlier try has recorded. */
            findMany: async (tenantId, ids) => (isOn("started") ? [] : deps.store.deliveries.findMany(tenantId, ids)),
          },
          events: {
            ...deps.store.events,
            /** Takes over nothing from a process that died. */
            claimFanOut: async (leaseMs) => (isOn("woken") ? null : deps.store.events.claimFanOut(leaseMs)),
          },
        },
      }),
  };
}
