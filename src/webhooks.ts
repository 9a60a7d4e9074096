// The webhook side of the house put together: endpoints in memory, attempts, gates, and who sends what is owed.
import type { WebhookDeps } from "../activities/webhook-deps.ts";
import type { AddressPolicy } from "./delivery/address.ts";
import type { HttpClient } from "./delivery/http.ts";
import { createAttempts } from "./endpoint/attempt.ts";
import type { CarryDeps } from "./endpoint/carry.ts";
import { createEndpointDesk, type DeskDeps } from "./endpoint/desk.ts";
import { watchEndpoints, type EndpointIndex } from "./endpoint/endpoint-index.ts";
import { createGates, type Gates } from "./endpoint/gates.ts";
import type { WakeLane } from "./endpoint/hand-on.ts";
import type { DeliveryObserver } from "./endpoint/observer.ts";
import { openEndpoint } from "./endpoint/open.ts";
import type { OpenEndpoint } from "./endpoint/open-endpoint.ts";
import { watchProfiles, type Profiles } from "./endpoint/profiles.ts";
import { createTestSend } from "./endpoint/test-send.ts";
import { createEndpointTokens } from "./endpoint/token.ts";
import type { Engine } from "./engine/engine.ts";
import { createFanOutRelay } from "./ingest/fan-out-relay.ts";
import { createLeases } from "./ingest/fan-out-leases.ts";
import { watchDeliveries } from "./ingest/delivery-watch.ts";
import type { FaultPoint } from "./ingest/first-attempt.ts";
import { createLaneWakes } from "./ingest/lane-wakes.ts";
import { createSender } from "./ingest/sender.ts";
import type { Log } from "./log.ts";
import type { EndpointId, TenantId } from "./model/ids.ts";
import type { Store } from "./store/store.ts";
import type { Vault } from "./vault/vault.ts";

type Deps = {
  store: Store;
  vault: Vault;
  http: HttpClient;
  policy: AddressPolicy;
  observer: DeliveryObserver;
  /** Known later: the engine is made with the activities that use it. */
  engine: () => Pick<Engine, "deliveries">;
  log: Log;
  /** Who sends what is owed; the fault tests put broken ones here to see that they notice. */
  sending?: SendingParts | undefined;
  fault?: FaultPoint | undefined;
  /** The time by which deliveries go; tests skip hours of it. */
  nowMs?: () => number;
};

export type SendingParts = {
  createSender?: typeof createSender;
  createRelay?: typeof createFanOutRelay;
  leaseMs?: number;
};

export type Webhooks = Awaited<ReturnType<typeof createWebhooks>>;

/** How long deliveries under way are waited for when the process stops, in milliseconds; the rest is sent by another one. */
const stopGraceMs = 10_000;

/** What every process needs that sends to endpoints. */
export async function createWebhooks(deps: Deps) {
  const { store, vault, http, observer, log, nowMs = Date.now } = deps;
  const profiles = await watchProfiles({ profiles: store.profiles, log });
  const attempt = createAttempts({ http, tokens: createEndpointTokens({ http, nowMs }), nowMs });
  const gates = createGates({ limits: store.limits, nowMs });
  const carry: Omit<CarryDeps, "gates"> = {
    attempt,
    endpoints: {
      disable: (tenantId, id, reason) => store.endpoints.setStatus(tenantId, id, "disabled", reason),
      noteOpen: (tenantId, id, until) => store.endpoints.noteHealth(tenantId, id, { openUntil: until }),
    },
    observer,
    nowMs,
    random: Math.random,
  };
  /** As it stands now: what is carried on for days follows every change. */
  const open = async (tenantId: TenantId, id: EndpointId): Promise<OpenEndpoint | undefined> => {
    const row = await store.endpoints.read(tenantId, id);
    if (row === undefined) return undefined;
    return openEndpoint(row, { vault, profileOf: profiles.of });
  };
  const wakeLane = createLaneWakes((lane) => deps.engine().deliveries.wakeLane(lane));
  const activities: WebhookDeps = {
    ...carry,
    store,
    gates,
    open,
    start: (delivery) => deps.engine().deliveries.start(delivery),
    wakeLane,
    log,
  };
  return {
    profiles,
    gates,
    activities,
    sendTest: createTestSend({ store, open, attempt, nowMs }),
    /** For processes that accept events. */
    startSending: () => startSending(deps, { profiles, gates, carry, wakeLane }),
    close: () => profiles.close(),
  };
}

/** Whoever waits at an endpoint goes by what it is now. */
function tellingLanes(
  { engine, log }: Pick<Deps, "engine" | "log">,
  endpoints: Pick<EndpointIndex, "changed">,
  wakeLane: WakeLane,
): Pick<DeskDeps, "changed" | "resumed"> {
  return {
    async changed(tenantId, endpointId) {
      await endpoints.changed(endpointId);
      // Nobody waits for it: a lane that cannot be told looks again by itself, some minutes later.
      engine()
        .deliveries.tellLaneOfChange({ tenantId, endpointId })
        .catch((err: unknown) => log.debug({ err, endpointId }, "a lane could not be told of a change"));
    },
    // A lane that cannot be told at the moment is found by the watch.
    resumed: async (tenantId, endpointId) => void (await wakeLane({ tenantId, endpointId })),
  };
}

type Parts = { profiles: Profiles; gates: Gates; carry: Omit<CarryDeps, "gates">; wakeLane: WakeLane };

async function startSending(deps: Deps, { profiles, gates, carry, wakeLane }: Parts) {
  const { store, vault, log, fault, sending } = deps;
  const endpoints = await watchEndpoints({ endpoints: store.endpoints, profiles, vault, log });
  const leases = createLeases({ store, log, leaseMs: sending?.leaseMs });
  const sender = (sending?.createSender ?? createSender)({
    ...carry,
    gates,
    store,
    leases,
    endpointOf: endpoints.find,
    isThere: async (tenantId, id) => (await store.endpoints.find(tenantId, id)) !== undefined,
    start: (delivery) => deps.engine().deliveries.start(delivery),
    wakeLane,
    log,
    fault,
  });
  const relay = (sending?.createRelay ?? createFanOutRelay)({ store, sender, gates, leaseMs: leases.leaseMs, log });
  const watch = watchDeliveries({
    store,
    wakeLane,
    start: (delivery) => deps.engine().deliveries.start(delivery),
    log,
  });
  const desk = createEndpointDesk({
    endpoints: store.endpoints,
    vault,
    policy: deps.policy,
    profiles,
    nowMs: store.nowMs,
    ...tellingLanes(deps, endpoints, wakeLane),
  });
  return {
    desk,
    endpoints,
    sender,
    relay,
    leaseMs: leases.leaseMs,
    wakeLane,
    async close(): Promise<void> {
      await Promise.all([relay.close(), watch.close()]);
      await sender.idle(stopGraceMs);
      await leases.close();
      await endpoints.close();
    },
  };
}
