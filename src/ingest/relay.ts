// The relay: starts what a crash, an outage or a full queue left pending. Polling each second is the truth; all else is only faster.
import type { Log } from "../log.ts";
import type { EventTarget, StoredEvent } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";
import { runOf, type Dispatched, type Starter } from "./starter.ts";

export type Relay = ReturnType<typeof createRelay>;

const pollMs = 1_000;
/** How long a claim holds an event, in milliseconds. Longer than a start may take. */
const claimLeaseMs = 10_000;
/** After Temporal did not answer, nothing is claimed for this long. */
const pauseMs = 1_000;
/** Starts that are refused are tried this often before the event is parked. */
const attemptsMax = 5;
/** An event that is pending for longer than this is worth an alarm. */
const alarmMs = 60_000;

type RelayDeps = {
  store: Pick<Store, "events" | "runs">;
  starter: Pick<Starter, "isFree" | "dispatch">;
  isEngineUp(): boolean;
  log: Log;
};

export function createRelay(deps: RelayDeps) {
  const { store, starter, log } = deps;
  const alarm = createAlarm(deps);
  let behind = true; // Until the first look says otherwise: what a crash left goes first.
  let pausedUntil = 0;

  /** What follows from an event's starts. Never rejects. */
  async function conclude(event: StoredEvent, result: Dispatched): Promise<void> {
    try {
      if (result === "unavailable") {
        pausedUntil = Date.now() + pauseMs;
        behind = true;
        await store.events.release([event._id], pauseMs);
      } else if (result === "refused") {
        await parkOrRetry(deps, event);
      }
    } catch (err) {
      // The lease ends by itself, and the event is claimed again.
      log.debug({ err, eventId: event.id }, "an event's start could not be put off");
    }
    if (behind) loop.wake();
  }

  /** Takes what is due while there is room. */
  async function sweep(): Promise<void> {
    while (!loop.isClosing() && starter.isFree() && Date.now() >= pausedUntil && deps.isEngineUp()) {
      const event = await store.events.claim(claimLeaseMs);
      if (!event) {
        behind = false;
        return;
      }
      behind = true;
      await Promise.all(event.targets.map((target) => ensureRun(store, event, target)));
      void starter.dispatch(event).then((result) => conclude(event, result));
    }
  }

  const loop = startLoop(
    pollMs,
    () => sweep().then(alarm),
    (err) => {
      behind = true;
      log.debug({ err }, "the outbox cannot be read at the moment");
    },
  );

  return {
    /** Whether older events wait in MongoDB: new ones go behind them. */
    isBehind: () => behind,
    conclude,
    /** An event was stored without a start: it is looked for at once. */
    wake(): void {
      behind = true;
      if (starter.isFree()) loop.wake();
    },
    close: loop.close,
  };
}

/** A start that fails for good is tried a few times, since what is wrong may be mended, then set aside where it can be seen. */
async function parkOrRetry({ store, log }: RelayDeps, event: StoredEvent): Promise<void> {
  const attempts = event.attempts + 1;
  if (attempts < attemptsMax) {
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

/** The row may be missing: the process may have died between the event's insert and the rows'. */
async function ensureRun(store: RelayDeps["store"], event: StoredEvent, target: EventTarget): Promise<void> {
  if (target.state === "pending" && target.failure === undefined) await store.runs.insert(runOf(event, target));
}

/** Says once a minute that events have waited too long, while they do. */
function createAlarm({ store, log }: RelayDeps): () => Promise<void> {
  let lastLookAt = Date.now();
  return async () => {
    if (Date.now() - lastLookAt < alarmMs) return;
    lastLookAt = Date.now();
    const { pending, oldest } = await store.events.backlog();
    if (oldest && Date.now() - oldest.getTime() > alarmMs) {
      log.warn({ pending, oldest }, "events wait for their start since more than a minute");
    }
  };
}
