// The one way in: an event is matched, stored with its targets on a majority's journals, and only then acknowledged.
import { matchFlows } from "../flow/match.ts";
import type { Log } from "../log.ts";
import type { Event } from "../model/event.ts";
import { newId, type EventId, type RunId, type TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { answerInTime } from "../store/database.ts";
import {
  newEventKey,
  newStoredEvent,
  type EventMiss,
  type EventTarget,
  type FanOut,
  type StoredEvent,
} from "../store/events.ts";
import type { Store } from "../store/store.ts";
import type { PublishedFlows } from "./match-index.ts";
import type { EndpointIndex, EndpointMatches } from "../endpoint/endpoint-index.ts";
import type { FanOutRelay } from "./fan-out-relay.ts";
import type { Relay } from "./relay.ts";
import type { Sender } from "./sender.ts";
import { runOf, type Starter } from "./starter.ts";

export type Accepted =
  | { outcome: "accepted" | "duplicate"; id: EventId; matched: number; runs: RunId[]; deliveries: number }
  | { outcome: "overloaded"; retryAfterMs: number };

export type Accept = (tenantId: TenantId, event: Event) => Promise<Accepted>;

/** How long the accepting process has for the start before the relay takes over, in milliseconds. */
export const startLeaseMs = 10_000;
/** Events that may wait for MongoDB, and their data in characters; beyond it the sender is asked to come back. */
const waitingMax = 5_000;
const waitingCharsMax = 64 * 1024 * 1024;

export type AcceptDeps = {
  store: Pick<Store, "events" | "runs" | "nowMs">;
  flows: Pick<PublishedFlows, "of">;
  starter: Pick<Starter, "hasRoom" | "dispatch">;
  /** Events that are older and wait in MongoDB go first. */
  relay: Pick<Relay, "isBehind" | "conclude" | "wake">;
  endpoints: Pick<EndpointIndex, "match">;
  sender: Pick<Sender, "hasRoom" | "dispatch">;
  fanOutRelay: Pick<FanOutRelay, "isBehind" | "wake">;
  /** How long this process holds what is owed to endpoints, in milliseconds. */
  fanOutLeaseMs: number;
  /** Told of each event that is accepted for the first time. */
  accepted?: () => void;
  log: Log;
  /** Called between two steps, so that tests can end the process there. */
  fault?: ((point: "stored") => void | Promise<void>) | undefined;
};

/** Rejects with AppError `service.storage_unavailable` when it is not known whether the event is stored. */
export function createAccept(deps: AcceptDeps): Accept {
  const { store, starter, relay } = deps;
  const admit = createAdmission();

  const start = (event: StoredEvent) => void starter.dispatch(event).then((result) => relay.conclude(event, result));

  return async function accept(tenantId, event) {
    const leave = admit(event.dataText.length);
    if (leave === undefined) return { outcome: "overloaded", retryAfterMs: 1_000 };
    return answerInTime(acceptEvent(tenantId, event).finally(leave));
  };

  async function acceptEvent(tenantId: TenantId, event: Event): Promise<Accepted> {
    const matched = await matchAll(deps, tenantId, event);
    const { targets } = matched;
    const startsHere = targets.length > 0 && starter.hasRoom() && !relay.isBehind();
    const sendsHere = deps.sender.hasRoom() && !deps.fanOutRelay.isBehind();
    const due = (holds: boolean, leaseMs: number) => new Date(store.nowMs() + (holds ? leaseMs : 0));
    const fanOut = fanOutOf(matched.endpoints, due(sendsHere, deps.fanOutLeaseMs));
    const stored = newStoredEvent(event, {
      key: newEventKey(),
      tenantId,
      targets,
      misses: matched.misses,
      due: due(startsHere, startLeaseMs),
      ...(fanOut === undefined ? {} : { fanOut }),
    });
    // Insert before starting: a crash after this line leaves an event that the relays find, never a lost one.
    const { outcome } = await store.events.insert(stored);
    if (outcome === "duplicate") return await answerDuplicate(tenantId, event);
    deps.accepted?.();
    await deps.fault?.("stored");
    if (fanOut !== undefined && sendsHere) deps.sender.dispatch(stored);
    else if (fanOut !== undefined) deps.fanOutRelay.wake();
    if (targets.length === 0) return answerOf("accepted", stored);
    const rowsStand = await insertRuns(deps, stored);
    // Without its row a run would start unseen: the relay makes the row first, when our lease has ended.
    if (startsHere && rowsStand) start(stored);
    else relay.wake();
    return answerOf("accepted", stored);
  }

  /** Answers like the first time, and makes sure that what was promised then is under way. */
  async function answerDuplicate(tenantId: TenantId, event: Event): Promise<Accepted> {
    const first = await store.events.find(tenantId, event.id);
    const { idWithSource, ...envelope } = event;
    // Another sender's CloudEvent has this id: the two are different events.
    if (first && idWithSource !== undefined && first.source !== event.source) {
      return acceptEvent(tenantId, { ...envelope, id: idWithSource });
    }
    if (!first) throw new Error(`The event ${event.id} is a duplicate of one that is not there.`);
    // The process that accepted it may have died before it wrote the rows.
    if (first.state === "pending" && starter.hasRoom() && (await insertRuns(deps, first))) start(first);
    return answerOf("duplicate", first);
  }
}

/** Whether every row stands. They are for looking at: the relay makes what is missing, so the event is accepted without. */
async function insertRuns({ store, log }: AcceptDeps, event: StoredEvent): Promise<boolean> {
  const open = event.targets.filter((target) => target.state === "pending");
  try {
    await Promise.all(open.map((target) => store.runs.insert(runOf(event, target))));
    return true;
  } catch (err) {
    log.warn({ err, eventId: event.id }, "run rows could not be written yet");
    return false;
  }
}

/** Bounds what waits for MongoDB in memory: answers how to leave again, or undefined when there is no room. */
function createAdmission(): (chars: number) => (() => void) | undefined {
  let waiting = 0;
  let waitingChars = 0;
  return (chars) => {
    if (waiting >= waitingMax || waitingChars >= waitingCharsMax) return undefined;
    waiting++;
    waitingChars += chars;
    return () => {
      waiting--;
      waitingChars -= chars;
    };
  };
}

type Matched = { targets: EventTarget[]; misses: EventMiss[]; endpoints: EndpointMatches };

/** The flows and endpoints that an event goes to. A test event starts no flow. */
async function matchAll(deps: AcceptDeps, tenantId: TenantId, event: Event): Promise<Matched> {
  const endpoints = await deps.endpoints.match(tenantId, event);
  if (event.test) return { targets: [], misses: [], endpoints };
  return { ...matchEvent(await deps.flows.of(tenantId), event, tenantId), endpoints };
}

function matchEvent(
  index: Parameters<typeof matchFlows>[0],
  event: Event,
  tenantId: TenantId,
): { targets: EventTarget[]; misses: EventMiss[] } {
  const { matched, missed, failed } = matchFlows(index, event, { nowMs: Date.now(), tenant: { id: tenantId } });
  return {
    targets: [
      ...matched.map((plan) => targetOf(plan)),
      // A filter that fails is never silent: its run is made, and has failed.
      ...failed.map(({ plan, failure }) => ({ ...targetOf(plan), failure })),
    ],
    misses: missed.map(({ plan, condition }) => ({
      flow: { id: plan.flow.id, slug: plan.flow.slug },
      version: plan.flow.version,
      condition,
    })),
  };
}

/** What endpoints are owed; undefined when none matched. */
function fanOutOf({ matched, failed }: EndpointMatches, dueAt: Date): FanOut | undefined {
  const endpoints = failed.length === 0 ? matched : [...matched, ...failed.map((one) => one.endpoint)];
  if (endpoints.length === 0) return undefined;
  const failures = failed.length === 0 ? {} : { failures: failed };
  return { state: "pending", dueAt, fence: 0, endpoints, ...failures, total: endpoints.length };
}

function targetOf({ flow }: Plan): EventTarget {
  const { id, slug, name, version } = flow;
  return { flow: { id, slug, name }, version, runId: newId("run"), state: "pending" };
}

function answerOf(outcome: "accepted" | "duplicate", event: StoredEvent): Accepted {
  return {
    outcome,
    id: event.id,
    matched: event.targets.length,
    runs: event.targets.map((target) => target.runId),
    deliveries: event.fanOut?.total ?? 0,
  };
}
