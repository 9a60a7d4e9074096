// Starts the runs of accepted events: first in, first out, a bounded number at once, and marks what has started.
import type { StartOutcome } from "../engine/start-outcome.ts";
import type { RunTarget } from "../engine/start.ts";
import type { Log } from "../log.ts";
import type { Id } from "../model/ids.ts";
import type { Run } from "../model/run.ts";
import { eventOf, type EventTarget, type StoredEvent } from "../store/events.ts";
import { createGroupWriter, type GroupWriter } from "../store/group-writer.ts";
import type { Store } from "../store/store.ts";

export type Starter = ReturnType<typeof createStarter>;

/**
 * Starts in flight at once. More would not start more: an overloaded Temporal answers some at once and others after
 * seconds, so the bound is also what keeps the order.
 */
const startsMax = 8;
/** Events waiting for their start in memory, and their data in bytes; the rest waits in MongoDB. */
const queueMax = 256;
const queueBytesMax = 16 * 1024 * 1024;

/** What became of an event's starts: all of them done, or to be looked at again by the relay. */
export type Dispatched = "done" | "unavailable" | "refused";

type StarterDeps = {
  store: Pick<Store, "events" | "runs" | "flows">;
  start(target: RunTarget): Promise<StartOutcome>;
  cancel(run: Run): Promise<unknown>;
  log: Log;
};

export function createStarter(deps: StarterDeps) {
  const { log } = deps;
  const queue: { event: StoredEvent; resolve(result: Dispatched): void }[] = [];
  const marks = createMarks(deps);
  let active = 0;
  let queuedBytes = 0;

  const next = () => {
    while (active < startsMax) {
      const job = queue.shift();
      if (!job) return;
      active++;
      queuedBytes -= job.event.data.length();
      void startTargets(deps, marks, job.event)
        .catch((err: unknown): Dispatched => {
          log.warn({ err, eventId: job.event.id }, "an event's runs could not be started yet");
          return "unavailable";
        })
        .then((result) => {
          active--;
          job.resolve(result);
          next();
        });
    }
  };

  return {
    /** Whether one more event may wait here. */
    hasRoom: () => queue.length < queueMax && queuedBytes < queueBytesMax,
    /** Whether a start could begin at once. */
    isFree: () => active + queue.length < startsMax,

    /** Queues an event's starts; resolves with what became of them. */
    dispatch: (event: StoredEvent): Promise<Dispatched> =>
      new Promise((resolve) => {
        queue.push({ event, resolve });
        queuedBytes += event.data.length();
        next();
      }),

    /** Resolves when nothing is queued or unmarked. */
    async idle(): Promise<void> {
      while (active + queue.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await marks.idle();
    },
  };
}

type Marks = GroupWriter<{ key: Id<"evt">; started: Run[]; startedAtMs: number }, void>;

/** Notes what has started, many events at once. */
function createMarks({ store, cancel }: StarterDeps): Marks {
  return createGroupWriter({
    write: async (items) => {
      const started = items.flatMap((item) => item.started);
      // One time for the group, a quarter of a second early at the most: never later than an attempt.
      const firstMs = Math.min(...items.map((item) => item.startedAtMs));
      // Cancelled between its event's insert and its start: the start was on its way already.
      const cancelled = started.length > 0 ? await store.runs.markRunning(started, new Date(firstMs)) : [];
      await Promise.all(cancelled.map((run) => cancel(run)));
      await store.events.markDone(items.map((item) => item.key));
      return items.map(() => undefined);
    },
    itemsMax: 500,
    inFlightMax: 1,
    // Far below the lease. A short run has ended before its start is marked, and is not written twice.
    lingerMs: 250,
  });
}

/** Starts every target that is still pending. Repeatable: what has started already counts as started. */
async function startTargets(deps: StarterDeps, marks: Marks, event: StoredEvent): Promise<Dispatched> {
  const started: Run[] = [];
  const startedAtMs = Date.now();
  for (const target of event.targets) {
    if (target.state !== "pending") continue;
    if (target.failure !== undefined) {
      await deps.store.runs.insert(runOf(event, target));
      continue;
    }
    const { outcome, ...rest } = await startTarget(deps, event, target);
    if (outcome !== "started") {
      const about = { err: "cause" in rest ? rest.cause : undefined, eventId: event.id, runId: target.runId };
      deps.log[outcome === "refused" ? "error" : "debug"](about, "a run could not be started");
      return outcome;
    }
    started.push(runOf(event, target));
  }
  // Not awaited: the start is the promise, the mark only spares the relay a look. A lost mark costs a second start.
  marks.add({ key: event._id, started, startedAtMs }).catch((err: unknown) => {
    deps.log.warn({ err }, "started events could not be marked");
  });
  return "done";
}

async function startTarget(deps: StarterDeps, event: StoredEvent, target: EventTarget): Promise<StartOutcome> {
  const plan = await deps.store.flows.plan(event.tenantId, target.flow.id, target.version);
  if (!plan) return { outcome: "refused", cause: new Error("The flow's version is not stored.") };
  return deps.start({ tenantId: event.tenantId, runId: target.runId, event: eventOf(event), plan });
}

/** The row of a target's run; one whose filter failed has ended before it began. */
export function runOf(event: StoredEvent, target: EventTarget): Run {
  const run: Run = {
    id: target.runId,
    tenantId: event.tenantId,
    flow: target.flow,
    version: target.version,
    status: "pending",
    event: { id: event.id, type: event.type },
    createdAt: event.receivedAt,
  };
  if (target.failure === undefined) return run;
  return { ...run, status: "failed", startedAt: event.receivedAt, endedAt: event.receivedAt, error: target.failure };
}
