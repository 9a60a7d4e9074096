// The relay: starts what a crash, an outage or a full queue left pending. Polling each second is the truth; all else is only faster.
import type { Log } from "../log.ts";
import type { StoredEvent } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { runOf, type Dispatched, type Starter } from "./starter.ts";

export type Relay = ReturnType<typeof createRelay>;

const pollMs = 1_000;
/** How long a claim holds an event, in milliseconds. Longer than a start may take. */
const claimLeaseMs = 10_000;
/** After Temporal did not answer, nothing is claimed for this long. */
const pauseMs = 1_000;
/** An event that is pending for longer than this is worth an alarm. */
const alarmMs = 60_000;

export function createRelay(deps: {
  store: Pick<Store, "events" | "runs">;
  starter: Starter;
  isEngineUp(): boolean;
  log: Log;
}) {
  const { store, starter, log } = deps;
  let closed = false;
  let behind = true; // Until the first look says otherwise: what a crash left goes first.
  let pausedUntil = 0;
  let lastAlarmAt = 0;
  let wakeUp: () => void = () => {};

  /** What follows from an event's starts. Never rejects. */
  async function conclude(event: StoredEvent, result: Dispatched): Promise<void> {
    try {
      if (result === "unavailable") {
        pausedUntil = Date.now() + pauseMs;
        behind = true;
        await store.events.release([event._id], pauseMs);
      } else if (result === "refused") {
        await parkOrRetry(event);
      }
    } catch (err) {
      // The lease ends by itself, and the event is claimed again.
      log.debug({ err, eventId: event.id }, "an event's start could not be put off");
    }
    wakeUp();
  }

  /** A start that fails for good is tried a few times, since what is wrong may be mended, then set aside where it can be seen. */
  async function parkOrRetry(event: StoredEvent): Promise<void> {
    const attempts = event.attempts + 1;
    if (attempts < starter.attemptsMax) {
      await store.events.release([event._id], 1_000 * 2 ** attempts);
      return;
    }
    const open = event.targets.filter((target) => target.state === "pending");
    const error = { class: "start", code: "refused", message: "Temporal refused to start the run." } as const;
    await Promise.all(open.map((target) => store.runs.end(event.tenantId, target.runId, { status: "failed", error })));
    const targets = event.targets.map((one) => (one.state === "pending" ? { ...one, state: "parked" as const } : one));
    await store.events.settle(event, { state: "parked", targets, attempts: 1 });
    log.error({ eventId: event.id, tenantId: event.tenantId }, "an event was parked: its runs cannot be started");
  }

  /** Takes what is due while there is room. */
  async function sweep(): Promise<void> {
    while (!closed && starter.isFree() && Date.now() >= pausedUntil && deps.isEngineUp()) {
      const event = await store.events.claim(claimLeaseMs);
      if (!event) {
        behind = false;
        return;
      }
      behind = true;
      await Promise.all(event.targets.map((target) => ensureRun(event, target)));
      void starter.dispatch(event).then((result) => conclude(event, result));
    }
  }

  /** The row may be missing: the process may have died between the event's insert and the rows'. */
  const ensureRun = async (event: StoredEvent, target: StoredEvent["targets"][number]) =>
    target.state === "pending" && target.failure === undefined ? store.runs.insert(runOf(event, target)) : undefined;

  async function alarm(): Promise<void> {
    if (Date.now() - lastAlarmAt < alarmMs) return;
    lastAlarmAt = Date.now();
    const { pending, oldest } = await store.events.backlog();
    if (oldest && Date.now() - oldest.getTime() > alarmMs) {
      log.warn({ pending, oldest }, "events wait for their start since more than a minute");
    }
  }

  const loop = (async () => {
    while (!closed) {
      try {
        await sweep();
        await alarm();
      } catch (err) {
        behind = true;
        log.debug({ err }, "the outbox cannot be read at the moment");
      }
      if (!closed) await nap();
    }
  })();

  function nap(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    /** Whether older events wait in MongoDB: new ones go behind them. */
    isBehind: () => behind,
    conclude,
    /** An event was stored without a start: it is looked for at once. */
    wake(): void {
      behind = true;
      if (starter.isFree()) wakeUp();
    },
    async close(): Promise<void> {
      closed = true;
      wakeUp();
      await loop;
    },
  };
}
