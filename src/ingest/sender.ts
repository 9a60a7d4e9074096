// Sends events to the endpoints that are owed them: bounded in all and per endpoint, in small portions, so that the process
// goes on accepting. What the limits do not let through goes to the endpoint's lane.
import type { Gates } from "../endpoint/gates.ts";
import type { WakeLane } from "../endpoint/hand-on.ts";
import { newDelivery } from "../endpoint/new-delivery.ts";
import type { OpenEndpoint } from "../endpoint/open-endpoint.ts";
import { orderKeyOf } from "../endpoint/payload.ts";
import type { LaneWait } from "../model/delivery.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import { eventOf, type StoredEvent } from "../store/events.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Held, Leases } from "./fan-out-leases.ts";
import { carryOn, sendFirst, type FirstAttemptDeps, type Sent } from "./first-attempt.ts";
import { createTurns, type Refusal, type TurnOptions } from "./turns.ts";

export type Sender = ReturnType<typeof createSender>;

export type SenderDeps = FirstAttemptDeps & {
  gates: Gates;
  leases: Leases;
  /** From memory. */
  endpointOf(tenantId: TenantId, id: EndpointId): OpenEndpoint | undefined;
  /** In the store. */
  isThere(tenantId: TenantId, id: EndpointId): Promise<boolean>;
  wakeLane: WakeLane;
};

/** Deliveries that may wait in memory, and the data of their events in bytes; the rest waits in MongoDB. */
const waitingMax = 20_000;
const waitingBytesMax = 64 * 1024 * 1024;

/** `endpoint`: as it stood when it was last looked at. */
type Job = { held: Held; endpoint: OpenEndpoint };

export function createSender(deps: SenderDeps) {
  const { gates, leases } = deps;
  let waitingBytes = 0;
  const turns = createTurns<Job>({
    keyOf: (job) => job.endpoint.id,
    enter: (job) => enter(deps, job),
    run: (job) => run(deps, job),
    refuse: (job, why) => refuse(deps, job, why),
    done: (job, sent) => job.held.end(job.endpoint.id, sent),
  });
  gates.onLeave(turns.look);

  const take = (held: Held, id: EndpointId, standing: StoredDelivery | undefined): void => {
    const settle = (work: Promise<Sent>) => void settled(deps, work).then((sent) => held.end(id, sent));
    if (standing !== undefined) return settle(goOn(deps, standing));
    const endpoint = deps.endpointOf(held.event.tenantId, id);
    if (endpoint === undefined) return settle(ofUnknown(deps, held.event, id));
    const failure = held.event.fanOut?.failures?.find((one) => one.endpoint === id)?.failure;
    if (failure !== undefined) return settle(putDown(deps, held.event, id, { failure }));
    if (endpoint.status === "disabled") return settle(putDown(deps, held.event, id, { skipped: endpoint }));
    const lane = laneOf(deps, held.event, endpoint) ?? lineOf(deps, endpoint);
    if (lane !== undefined) return settle(park(deps, { held, endpoint }, lane));
    turns.add({ held, endpoint });
  };

  return {
    hasRoom: () => turns.waiting() < waitingMax && waitingBytes < waitingBytesMax,

    /** Sends an event to those that are owed it. `standing`: the rows that an earlier try has left. */
    dispatch(event: StoredEvent, standing: readonly StoredDelivery[] = []): void {
      const endpoints = event.fanOut?.endpoints ?? [];
      // Its lease ran out while MongoDB was away, or this process slept: what waits for its turn here is still to have it.
      if (endpoints.length === 0 || leases.holds(event._id)) return;
      const bytes = event.data.length();
      waitingBytes += bytes;
      const held = leases.hold(event, endpoints, () => (waitingBytes -= bytes));
      const rowByEndpoint = new Map(standing.map((row) => [row.endpointId, row] as const));
      for (const id of endpoints) take(held, id, rowByEndpoint.get(id));
    },

    /** Resolves when nothing is under way or unmarked, or when `limitMs` are over. */
    async idle(limitMs = Number.POSITIVE_INFINITY): Promise<void> {
      const untilMs = Date.now() + limitMs;
      while (leases.size() > 0 && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 5));
      await leases.idle();
    },
  };
}

/** Why a delivery has to go to its lane at once; undefined when it may be sent from here. */
function laneOf(deps: SenderDeps, event: StoredEvent, endpoint: OpenEndpoint): LaneWait | undefined {
  if (endpoint.settings.order !== undefined) {
    return { why: "order", key: orderKeyOf(endpoint.settings.order, eventOf(event), deps.nowMs()) };
  }
  if (endpoint.batch !== undefined) return { why: "batch" };
  return endpoint.status === "paused" ? { why: "paused" } : undefined;
}

/** New ones go behind those that wait already. */
function lineOf({ gates }: SenderDeps, { id }: OpenEndpoint): LaneWait | undefined {
  return gates.isBehind(id) ? { why: "limit" } : undefined;
}

/** Takes a place for a job, at the endpoint as it stands now: hours may have passed, and people change endpoints. */
function enter(deps: SenderDeps, job: Job): ReturnType<TurnOptions<Job>["enter"]> {
  const { endpoint, held } = job;
  const now = deps.endpointOf(endpoint.tenantId, endpoint.id);
  if (now === undefined) return "changed";
  if (now !== endpoint) {
    if (now.status === "disabled" || laneOf(deps, held.event, now) !== undefined) return "changed";
    job.endpoint = now;
  }
  const entry = deps.gates.enter(now);
  if (entry.ok) return "entered";
  return entry.why === "concurrency" ? "later" : entry.why;
}

/** What becomes of a job that may not begin. */
function refuse(deps: SenderDeps, job: Job, why: Refusal): Promise<Sent> {
  if (why !== "changed") return park(deps, job, { why: why === "room" ? "limit" : "breaker" });
  const { held } = job;
  const { id, tenantId } = job.endpoint;
  const endpoint = deps.endpointOf(tenantId, id);
  if (endpoint === undefined) return ofUnknown(deps, held.event, id);
  if (endpoint.status === "disabled") return putDown(deps, held.event, id, { skipped: endpoint });
  return park(deps, { held, endpoint }, laneOf(deps, held.event, endpoint) ?? { why: "limit" });
}

/** Sends, for a job whose gate was entered, unless the endpoint's rate says later. */
async function run(deps: SenderDeps, job: Job): Promise<Sent> {
  const { held, endpoint } = job;
  if (endpoint.rate !== undefined) {
    const taken = await deps.gates.takeRate(endpoint).catch((error: unknown) => {
      deps.gates.leave(endpoint);
      throw error;
    });
    if (!taken.ok) {
      deps.gates.leave(endpoint);
      deps.observer.limited({ endpoint, eventType: held.event.type });
      return park(deps, job, { why: "limit" });
    }
  }
  const sent = await sendFirst(deps, held.event, endpoint);
  if (sent !== "in_lane") return sent;
  deps.gates.setBehind(endpoint);
  return wake(deps, { tenantId: endpoint.tenantId, endpointId: endpoint.id });
}

/** Puts a delivery into its endpoint's lane: its row stands before the lane is told. */
async function park(deps: SenderDeps, { held, endpoint }: Job, lane: LaneWait): Promise<Sent> {
  // Who comes after it goes behind it.
  if (lane.why === "limit" || lane.why === "breaker") deps.gates.setBehind(endpoint);
  await deps.store.deliveries.insert({ ...newDelivery(held.event, endpoint.id), lane });
  await deps.fault?.("parked");
  if (lane.why === "paused") return "settled";
  return wake(deps, { tenantId: endpoint.tenantId, endpointId: endpoint.id });
}

async function wake(deps: SenderDeps, lane: Parameters<WakeLane>[0]): Promise<Sent> {
  const woken = await deps.wakeLane(lane);
  await deps.fault?.("woken");
  return woken.outcome === "started" ? "settled" : "unsettled";
}

/** Deleted since, so that nobody is owed anything; or not known here yet, or not to be opened at the moment. */
async function ofUnknown({ isThere }: SenderDeps, event: StoredEvent, id: EndpointId): Promise<Sent> {
  return (await isThere(event.tenantId, id)) ? "unsettled" : "settled";
}

/** What an earlier try has left: its row stands, and somebody has to go on with it. */
async function goOn(deps: SenderDeps, row: StoredDelivery): Promise<Sent> {
  if (row.status === "pending" && row.lane !== undefined && row.lane.why !== "paused")
    return wake(deps, { tenantId: row.tenantId, endpointId: row.endpointId });
  return carryOn(deps, row);
}

/** A delivery that ends before it begins: its endpoint is off, or its filter could not be decided. */
async function putDown(
  deps: SenderDeps,
  event: StoredEvent,
  id: EndpointId,
  why: { skipped: OpenEndpoint } | { failure: { message: string; code: string } },
): Promise<Sent> {
  const row = newDelivery(event, id);
  const ended =
    "skipped" in why
      ? { status: "skipped" as const, reason: { code: "inactive", message: "The endpoint is disabled." } }
      : {
          status: "failed" as const,
          class: "filter" as const,
          reason: { code: why.failure.code, message: why.failure.message },
        };
  await deps.store.deliveries.insert({ ...row, ...ended, endedAt: new Date(deps.nowMs()) });
  return "settled";
}

/** What work came to; what fails is looked at again by the relay. */
function settled(deps: Pick<SenderDeps, "log">, work: Promise<Sent>): Promise<Sent> {
  return work.catch((err: unknown): Sent => {
    deps.log.debug({ err }, "a delivery could not be carried on yet");
    return "unsettled";
  });
}
