// A broken way in, to see that the trials notice: it answers and starts first, and stores the event when that is done.
import { matchFlows } from "../../src/flow/match.ts";
import type { AcceptDeps, Accept } from "../../src/ingest/accept.ts";
import { newId } from "../../src/model/ids.ts";
import { newEventKey, newStoredEvent, type EventTarget } from "../../src/store/events.ts";

export function createHastyAccept({ store, flows, starter, relay, log }: AcceptDeps): Accept {
  return async function accept(tenantId, event) {
    const { matched } = matchFlows(await flows.of(tenantId), event, { nowMs: Date.now() });
    const targets = matched.map(({ flow: { id, slug, name, version } }): EventTarget => {
      return { flow: { id, slug, name }, version, runId: newId("run"), state: "pending" };
    });
    const due = new Date(store.nowMs());
    const stored = newStoredEvent(event, { key: newEventKey(), tenantId, targets, misses: [], due });
    // The fault: what is stored only after its start is in nobody's memory when the process dies in between.
    void starter
      .dispatch(stored)
      .then(() => store.events.insert(stored))
      .then(() => relay.wake())
      .catch((err: unknown) => log.warn({ err }, "stored too late"));
    const runs = targets.map((target) => target.runId);
    return { outcome: "accepted", id: event.id, matched: targets.length, runs, deliveries: 0 };
  };
}
