// One attempt of a delivery that Temporal carries. Temporal calls it again when the endpoint's policy says so.
import { ApplicationFailure, Context } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import { carryAttempt, followAnswer, type Carried } from "../src/endpoint/carry.ts";
import { dueInMs, openAskOf } from "../src/endpoint/hand-on.ts";
import type { OpenEndpoint } from "../src/endpoint/open-endpoint.ts";
import type { DeliveryChange, StoredDelivery } from "../src/store/deliveries.ts";
import type { AttemptRow, DeliveryStatus } from "../src/model/delivery.ts";
import type { DeliveryId, EndpointId, EventId, TenantId } from "../src/model/ids.ts";
import { eventOf, type StoredEvent } from "../src/store/events.ts";
import { beating, persist, putOff } from "./deliver-tries.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

export type DeliverInput = {
  tenantId: TenantId;
  endpointId: EndpointId;
  eventId: EventId;
  deliveryId: DeliveryId;
  /** Somebody asked for the first attempt of this workflow. */
  trigger?: Extract<AttemptRow["trigger"], "manual" | "recovery">;
};

export type AttemptDeliveryInput = DeliverInput & {
  /** Temporal's id of the workflow's run: asking for one attempt twice is told from two askings by it. */
  by: string;
};

/** Ready to be sent, or how the delivery stands instead. */
type Prepared =
  { row: StoredDelivery; endpoint: OpenEndpoint; event: StoredEvent } | { ended: DeliveryStatus | "waiting" };

/** How long a try waits when a lane could not be told, in milliseconds. */
const wakeMs = 2_000;
/** How long a try waits for a row that is not there, in milliseconds. */
const rowMs = 10_000;
/** By how much a try may come before its time, in milliseconds. */
const earlyMs = 1_000;

/**
 * The activity `attemptDelivery`. Answers how the delivery ended, or that it waits in its endpoint's lane. Rejects with the
 * delay of the policy, or for good when the delivery was given up. A try that limits kept from sending is no attempt.
 */
export function createAttemptDelivery(deps: WebhookDeps) {
  return (input: AttemptDeliveryInput): Promise<DeliveryStatus | "waiting"> =>
    beating(async () => {
      const prepared = await prepare(deps, input);
      if ("ended" in prepared) return prepared.ended;
      const { endpoint, event, row } = prepared;
      const why = await refusalOf(deps, endpoint, row, event);
      if (why !== undefined) return waitInLane(deps, endpoint, row, why);
      const begun = await begin(deps, endpoint, row);
      if (begun === undefined) return (await deps.store.deliveries.find(row.tenantId, row._id))?.status ?? "cancelled";
      const isAsked = begun.asked?.by === input.by && row.asked?.used !== true;
      const carried = await carryAttempt(deps, {
        endpoint,
        deliveryId: row._id,
        events: [{ deliveryId: row._id, event: eventOf(event) }],
        // The form that the receiver knows, also for one event alone.
        isBatch: endpoint.batch !== undefined,
        number: begun.begun,
        position: row.attempts.length + 1,
        trigger: isAsked && begun.asked ? begun.asked.trigger : "automatic",
        firstAt: row.attempts[0]?.startedAt,
        isTest: row.test === true,
        signal: Context.current().cancellationSignal,
      });
      if (carried.judgement.failure?.class === "cancelled") throw putOff("The attempt was cut off.", 1);
      await record(deps, row, carried);
      return conclude(deps, endpoint, carried);
    });
}

async function prepare(deps: WebhookDeps, input: AttemptDeliveryInput): Promise<Prepared> {
  const { store, open } = deps;
  const { tenantId, deliveryId, endpointId, trigger, by } = input;
  if (trigger !== undefined) await store.deliveries.reopen(tenantId, deliveryId, by, trigger);
  const row = await store.deliveries.find(tenantId, deliveryId);
  // Forgotten by a crash of MongoDB together with its mark: the outbox brings it again.
  if (row === undefined) throw putOff("The delivery is not there yet.", rowMs);
  if (row.status !== "pending") return { ended: row.status };
  if (row.lane !== undefined) return { ended: await wakeUp(deps, row) };
  waitUntilDue(deps, row);
  const end = async (change: DeliveryChange, ended: DeliveryStatus | "waiting"): Promise<Prepared> => {
    await store.deliveries.change(tenantId, deliveryId, change);
    return { ended };
  };
  const endpoint = await open(tenantId, endpointId);
  if (endpoint === undefined || endpoint.status === "disabled") {
    return end({ status: "cancelled", class: row.class, reason: offReason(endpoint) }, "cancelled");
  }
  // Kept, with its schedule: it goes on where it was when the endpoint is resumed.
  if (endpoint.status === "paused") {
    return end({ status: "pending", class: row.class, lane: { why: "paused" } }, "waiting");
  }
  const [event] = await store.events.findByKeys(tenantId, [row.event.key]);
  if (event !== undefined) return { row, endpoint, event };
  const reason = { code: "event_gone", message: "The event is no longer stored." };
  return end({ status: "failed", class: row.class, reason }, "failed");
}

/**
 * Throws while the delivery is not due: an attempt was recorded by a process that died before it could say so, and its policy's
 * delay still counts. A clock that stands before the end of that attempt was set back, and says nothing.
 */
function waitUntilDue({ nowMs }: WebhookDeps, row: StoredDelivery): void {
  const last = row.attempts.at(-1);
  if (openAskOf(row) !== undefined || last === undefined || nowMs() < last.startedAt.getTime() + last.durationMs)
    return;
  const leftMs = dueInMs(row, nowMs());
  // Timers fire a moment too early by another clock.
  if (leftMs > earlyMs) throw putOff("The next attempt is not due yet.", leftMs);
}

/** Why a delivery to an endpoint that is off ends. */
export function offReason(endpoint: OpenEndpoint | undefined): { code: string; message: string } {
  if (endpoint === undefined) return { code: "endpoint_deleted", message: "The endpoint was deleted." };
  return { code: "endpoint_disabled", message: "The endpoint was disabled." };
}

/** Passes the endpoint's gate; else why not. A person who asks may pass an open breaker. */
async function refusalOf(
  { gates, observer }: WebhookDeps,
  endpoint: OpenEndpoint,
  row: StoredDelivery,
  event: StoredEvent,
): Promise<"limit" | "breaker" | undefined> {
  const entry = gates.enter(endpoint, openAskOf(row) !== undefined);
  if (!entry.ok) return entry.why === "breaker" ? "breaker" : "limit";
  try {
    const taken = await gates.takeRate(endpoint);
    if (taken.ok) return undefined;
  } catch (error) {
    gates.leave(endpoint);
    throw error;
  }
  gates.leave(endpoint);
  observer.limited({ endpoint, eventType: event.type });
  return "limit";
}

/** Has a delivery wait with the others of its endpoint: many that ask again and again would cost more than they wait for. */
async function waitInLane(
  deps: WebhookDeps,
  endpoint: OpenEndpoint,
  row: StoredDelivery,
  why: "limit" | "breaker",
): Promise<"waiting"> {
  deps.gates.setBehind(endpoint);
  const change = { status: "pending", class: row.class, lane: { why } } as const;
  await deps.store.deliveries.change(row.tenantId, row._id, change);
  return wakeUp(deps, row);
}

/** Tells the lane of a delivery; one that waits for its endpoint to be resumed is told by that. */
async function wakeUp({ wakeLane }: WebhookDeps, { tenantId, endpointId, lane }: StoredDelivery): Promise<"waiting"> {
  if (lane?.why === "paused") return "waiting";
  const woken = await wakeLane({ tenantId, endpointId });
  if (woken.outcome !== "started") throw putOff("The endpoint's lane could not be told yet.", wakeMs);
  return "waiting";
}

async function begin(
  deps: WebhookDeps,
  endpoint: OpenEndpoint,
  row: StoredDelivery,
): Promise<StoredDelivery | undefined> {
  try {
    const begun = await deps.store.deliveries.begin(row.tenantId, row._id);
    if (begun === undefined) deps.gates.leave(endpoint);
    return begun;
  } catch (error) {
    deps.gates.leave(endpoint);
    throw error;
  }
}

/** What has happened is written until it is written: another attempt in its place would send again. */
function record(
  deps: WebhookDeps,
  row: StoredDelivery,
  { attempt, bodies, next, nextAttemptAt }: Carried,
): Promise<void> {
  const { tenantId, _id: id } = row;
  const change = { status: next.status, class: "class" in next ? next.class : undefined, nextAttemptAt };
  return persist(() => deps.store.deliveries.record({ tenantId, id, attempt, bodies, change }));
}

async function conclude(deps: WebhookDeps, endpoint: OpenEndpoint, carried: Carried): Promise<DeliveryStatus> {
  await followAnswer(deps, endpoint, carried);
  const { next, judgement } = carried;
  if (next.status === "delivered") return "delivered";
  const message = judgement.failure?.message ?? "The attempt failed.";
  const category = ApplicationFailureCategory.BENIGN;
  if (next.status !== "pending") {
    throw ApplicationFailure.create({ message, type: next.class, nonRetryable: true, category });
  }
  throw ApplicationFailure.create({ message, type: next.class, nextRetryDelay: carried.leftMs(), category });
}
