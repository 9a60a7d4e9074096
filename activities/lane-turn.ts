// What the turns of all kinds of lanes share: passing the gate, an attempt with its record, and how long there is to wait.
import { carryAttempt, followAnswer, type Carried } from "../src/endpoint/carry.ts";
import { openAskOf } from "../src/endpoint/hand-on.ts";
import type { OpenEndpoint } from "../src/endpoint/open-endpoint.ts";
import type { AttemptRow, DeliveryReason } from "../src/model/delivery.ts";
import type { StoredDelivery } from "../src/store/deliveries.ts";
import { eventOf, type StoredEvent } from "../src/store/events.ts";
import { pause, persist } from "./deliver-tries.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

export type Turn = { deps: WebhookDeps; endpoint: OpenEndpoint; signal: AbortSignal; untilMs: number };

/** Waits that are shorter than this are not worth one of Temporal's timers, in milliseconds. */
const shortMs = 1_000;
const placeMs = 20;

export type Passed = { ok: true } | { ok: false; waitMs: number };

/** Passes the endpoint's gate, waiting for a place or a token as long as that is short. `waitMs`: what is left to wait. */
export async function pass({ deps, endpoint, signal, untilMs }: Turn): Promise<Passed> {
  const { gates } = deps;
  while (!signal.aborted) {
    const entry = gates.enter(endpoint);
    if (!entry.ok) {
      if (entry.why === "breaker") return { ok: false, waitMs: entry.retryInMs };
      if (Date.now() > untilMs) return { ok: false, waitMs: placeMs };
      await pause(placeMs, signal);
      continue;
    }
    const waitMs = await rateWaitMs(deps, endpoint);
    if (waitMs === 0) return { ok: true };
    if (waitMs > shortMs || Date.now() + waitMs > untilMs) return { ok: false, waitMs };
    await pause(waitMs, signal);
  }
  return { ok: false, waitMs: placeMs };
}

/** 0 when a token was taken; else the gate is left again. */
async function rateWaitMs({ gates }: WebhookDeps, endpoint: OpenEndpoint): Promise<number> {
  try {
    const taken = await gates.takeRate(endpoint);
    if (taken.ok) return 0;
    gates.leave(endpoint);
    return Math.max(1, taken.retryInMs);
  } catch (error) {
    gates.leave(endpoint);
    throw error;
  }
}

/** The events of rows, by their keys. */
export async function eventsOf(deps: WebhookDeps, rows: readonly StoredDelivery[]): Promise<Map<string, StoredEvent>> {
  const [first] = rows;
  if (first === undefined) return new Map();
  const keys = [...new Set(rows.map((row) => row.event.key))];
  const events = await deps.store.events.findByKeys(first.tenantId, keys);
  return new Map(events.map((event) => [event._id, event]));
}

/** Ends a delivery whose event is gone. */
export async function endGone(deps: WebhookDeps, row: StoredDelivery): Promise<void> {
  const reason: DeliveryReason = { code: "event_gone", message: "The event is no longer stored." };
  await deps.store.deliveries.change(row.tenantId, row._id, { status: "failed", class: row.class, reason });
}

/** Makes the attempt of a row whose gate was passed. Undefined: it is nobody's turn any more, or the turn was cut off. */
export async function attemptRow(turn: Turn, row: StoredDelivery, event: StoredEvent): Promise<Carried | undefined> {
  const { deps, endpoint, signal } = turn;
  const begun = await deps.store.deliveries.begin(row.tenantId, row._id).catch((error: unknown) => {
    deps.gates.leave(endpoint);
    throw error;
  });
  if (begun === undefined || signal.aborted) {
    deps.gates.leave(endpoint);
    return undefined;
  }
  const carried = await carryAttempt(deps, {
    endpoint,
    deliveryId: row._id,
    events: [{ deliveryId: row._id, event: eventOf(event) }],
    isBatch: false,
    number: begun.begun,
    position: row.attempts.length + 1,
    trigger: triggerOf(row),
    firstAt: row.attempts[0]?.startedAt,
    isTest: row.test === true,
    signal,
  });
  return carried.judgement.failure?.class === "cancelled" ? undefined : carried;
}

/** Somebody who asked for an attempt may have had to wait for it here. */
function triggerOf(row: StoredDelivery): AttemptRow["trigger"] {
  return openAskOf(row)?.trigger ?? (row.attempts.length === 0 ? "first" : "automatic");
}

/** Records an attempt. `staysInLane`: a delivery that is tried again keeps its place. */
export async function recordRow(
  turn: Turn,
  row: StoredDelivery,
  carried: Carried,
  staysInLane: boolean,
): Promise<void> {
  const { attempt, bodies, next, nextAttemptAt } = carried;
  const lane = staysInLane && next.status === "pending" ? row.lane : undefined;
  const change = { status: next.status, class: "class" in next ? next.class : undefined, nextAttemptAt, lane };
  const { tenantId, _id: id } = row;
  await persist(() => turn.deps.store.deliveries.record({ tenantId, id, attempt, bodies, change }));
  await followAnswer(turn.deps, turn.endpoint, carried);
}
