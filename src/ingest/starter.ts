// Starts the runs of accepted events: first in, first out, a bounded number at once, and marks what has started.
import type { StartOutcome, RunTarget } from "../engine/start.ts";
import type { Log } from "../log.ts";
import type { Id } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Run } from "../model/run.ts";
import { eventOf, type EventTarget, type StoredEvent } from "../store/events.ts";
import { createGroupWriter } from "../store/group-writer.ts";
import type { Store } from "../store/store.ts";

export type Starter = ReturnType<typeof createStarter>;

/**
 * Starts in flight at once. More would not start more: an overloaded Temporal answers some at once and others after
 * seconds, so the bound is also what keeps the order.
 */
const startsMax = 8;
/** Events waiting for their start in memory; the rest waits in MongoDB. */
const queueMax = 256;
/** Starts that fail for good are tried this often before the event is parked. */
const attemptsMax = 5;

/** What became of an event's starts: all of them done, or to be looked at again by the relay. */
export type Dispatched = "done" | "unavailable" | "refused";

export function createStarter(deps: {
  store: Pick<Store, "events" | "runs" | "flows">;
  start(target: RunTarget): Promise<StartOutcome>;
  cancel(run: Run): Promise<unknown>;
  log: Log;
}) {
  const { store, log } = deps;
  const queue: { event: StoredEvent; resolve(result: Dispatched): void }[] = [];
  let active = 0;

  const marks = createGroupWriter<{ key: Id<"evt">; started: EventTarget[] }, void>({
    write: async (items) => {
      const runIds = items.flatMap((item) => item.started.map((target) => target.runId));
      // Cancelled between its event's insert and its start: the start was on its way already.
      const cancelled = runIds.length > 0 ? await store.runs.markRunning(runIds, new Date()) : [];
      await Promise.all(cancelled.map((run) => deps.cancel(run)));
      await store.events.markDone(items.map((item) => item.key));
      return items.map(() => undefined);
    },
    itemsMax: 500,
    inFlightMax: 1,
    // Far below the lease. A short run has ended before its start is marked, and is not written twice.
    lingerMs: 250,
  });

  const next = () => {
    while (active < startsMax && queue.length > 0) {
      const job = queue.shift();
      if (!job) return;
      active++;
      void dispatch(job.event)
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

  /** Starts every target that is still pending. Repeatable: what has started already counts as started. */
  const dispatch = async (event: StoredEvent): Promise<Dispatched> => {
    const started: EventTarget[] = [];
    for (const target of event.targets) {
      if (target.state !== "pending") continue;
      if (target.failure === undefined) {
        const outcome = await startTarget(event, target);
        if (outcome.outcome !== "started") {
          log[outcome.outcome === "refused" ? "error" : "debug"](
            { err: outcome.cause, eventId: event.id, runId: target.runId },
            "a run could not be started",
          );
          return outcome.outcome;
        }
        started.push(target);
      } else {
        await store.runs.insert(runOf(event, target));
      }
    }
    // Not awaited: the start is the promise, the mark only spares the relay a look. A lost mark costs a second start.
    marks
      .add({ key: event._id, started })
      .catch((err: unknown) => log.warn({ err }, "started events could not be marked"));
    return "done";
  };

  const startTarget = async (event: StoredEvent, target: EventTarget): Promise<StartOutcome> => {
    const plan: Plan | undefined = await store.flows.plan(event.tenantId, target.flow.id, target.version);
    if (!plan) return { outcome: "refused", cause: new Error("The flow's version is not stored.") };
    return deps.start({ tenantId: event.tenantId, runId: target.runId, event: eventOf(event), plan });
  };

  return {
    /** Whether one more event may wait here. */
    hasRoom: () => queue.length < queueMax,
    /** Whether a start could begin at once. */
    isFree: () => active + queue.length < startsMax,
    size: () => active + queue.length,

    /** Queues an event's starts; resolves with what became of them. */
    dispatch: (event: StoredEvent): Promise<Dispatched> =>
      new Promise((resolve) => {
        queue.push({ event, resolve });
        next();
      }),

    /** Resolves when nothing is queued or unmarked. */
    async idle(): Promise<void> {
      while (active + queue.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await marks.idle();
    },
    attemptsMax,
  };
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
