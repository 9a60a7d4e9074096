// Who looks after the endpoints? Those that failed or were slow lately are looked at, and what is to be told becomes an event.
import {
  countedOf,
  decideHealth,
  healthRuleOf,
  windowFrom,
  type HealthDecision,
  type HealthRule,
} from "../endpoint/health.ts";
import type { Log } from "../log.ts";
import { alertSource, alertTypes, type AlertData } from "../model/endpoint-alert.ts";
import type { DeliveryCounts } from "../model/delivery-stats.ts";
import type { Event } from "../model/event.ts";
import { unitMs } from "../store/delivery-stats.ts";
import { settingsOf, type StoredEndpoint } from "../store/endpoints.ts";
import type { EndpointNotice } from "../store/endpoint-watch.ts";
import type { Store } from "../store/store.ts";
import type { Accept } from "./accept.ts";
import { startLoop } from "./loop.ts";

export type EndpointHealthDeps = {
  store: Pick<Store, "endpoints" | "endpointHealth" | "deliveryStats">;
  accept: Accept;
  /** By the database's clock. */
  nowMs: () => number;
  log: Log;
};

const pollMs = 1_000;
/** How long one look may take before another process may look too, in milliseconds. */
const leaseMs = 30_000;
/** Looks of one round, and how many of them at once: an installation with many broken endpoints is looked at in turns. */
const looksMax = 200;
const looksAtOnce = 4;
const noticesMax = 100;

/** Starts to look, for this process and all others; `close` ends it. */
export function watchEndpointHealth(deps: EndpointHealthDeps): { close(): Promise<void> } {
  const loop = startLoop(
    pollMs,
    async () => {
      await lookAtAll(deps, () => loop.isClosing());
      for (const row of await deps.store.endpointHealth.withNotice(noticesMax)) await raiseAll(deps, row);
    },
    (err) => deps.log.debug({ err }, "endpoints cannot be looked at at the moment"),
  );
  return { close: loop.close };
}

/**
 * The event of a notice. Its id comes from the endpoint and the moment that the notice was written with: however many
 * processes find it, and however often one dies before it has removed it, the event is accepted once.
 */
export function alertEvent(id: StoredEndpoint["_id"], { type, at, data }: EndpointNotice): Event {
  return {
    id: `${type}_${id}_${at.getTime()}`,
    type,
    occurredAt: at.toISOString(),
    source: alertSource,
    dataText: data,
    about: id,
  };
}

async function raiseAll({ store, accept, log }: EndpointHealthDeps, row: StoredEndpoint): Promise<void> {
  for (const notice of row.notices ?? []) {
    const accepted = await accept(row.tenantId, alertEvent(row._id, notice));
    // Without room the notice stays, and is tried again.
    if (accepted.outcome === "overloaded") return;
    // Accepted before it is removed: a crash in between makes a duplicate, which is accepted once.
    await store.endpointHealth.clearNotice(row._id, notice);
    log.info({ tenantId: row.tenantId, endpointId: row._id, alert: notice.type }, "an alert was raised");
  }
}

async function lookAtAll(deps: EndpointHealthDeps, isClosing: () => boolean): Promise<void> {
  let left = looksMax;
  const work = async (): Promise<void> => {
    while (left-- > 0 && !isClosing()) {
      const row = await deps.store.endpointHealth.claimLook(leaseMs);
      if (row === null) return;
      await lookAt(deps, row);
    }
  };
  await Promise.all(Array.from({ length: looksAtOnce }, work));
}

/** One look: what stands is judged, and what follows is written unless somebody changed the endpoint meanwhile. */
async function lookAt(deps: EndpointHealthDeps, row: StoredEndpoint): Promise<void> {
  const { store, log } = deps;
  // What gets nothing has nothing to say; when it is enabled again its health begins anew.
  if (row.status !== "enabled") return store.endpointHealth.endLook(row, undefined);
  const nowMs = deps.nowMs();
  const window = await windowOf(deps, row, nowMs);
  const rule = healthRuleOf(settingsOf(row));
  const decision = decideHealth(rule, {
    nowMs,
    state: row.health.state,
    stateSinceMs: row.watch?.since?.getTime(),
    cause: row.watch?.cause,
    failures: row.watch?.failures ?? 0,
    successes: row.watch?.successes ?? 0,
    failingSinceMs: row.health.failingSince?.getTime(),
    lastFailureMs: row.health.lastFailureAt?.getTime(),
    successesSinceFailing: await successesSince(deps, row, rule, nowMs),
    window,
  });
  if (decision.outcome === "disable") {
    const reason = { code: "failing" as const, message: decision.reason };
    const change = await store.endpoints.setStatus(row.tenantId, row._id, "disabled", reason, row.revision);
    log.info({ tenantId: row.tenantId, endpointId: row._id, outcome: change.outcome }, "an endpoint was disabled");
  } else if (decision.outcome === "enters") {
    const { state, cause, alert } = decision;
    const data = alertData(row, decision, window);
    await store.endpointHealth.enter(row, { state, cause, notice: { type: alert, data } });
  }
  await store.endpointHealth.endLook(row, nextLook(decision, nowMs));
}

/** After a change there may be more to say: an endpoint that failed may now be slow. */
function nextLook(decision: HealthDecision, nowMs: number): Date | undefined {
  if (decision.outcome !== "stays") return new Date(nowMs + unitMs.minute);
  return decision.lookAgainMs === undefined ? undefined : new Date(decision.lookAgainMs);
}

/** Attempts of late, without those of alerts: what two broken endpoints tell each other of must not go on for ever. */
function windowOf({ store }: EndpointHealthDeps, row: StoredEndpoint, nowMs: number): Promise<DeliveryCounts> {
  const from = new Date(windowFrom({ nowMs, stateSinceMs: row.watch?.since?.getTime() }));
  const to = new Date(nowMs + unitMs.minute);
  const query = { tenantId: row.tenantId, endpointId: row._id, from, to, unit: "minute" as const };
  return store.deliveryStats.total(query, alertTypes);
}

/** Successes in the hours after the one in which the failures began; not asked for before the answer matters. */
async function successesSince(
  { store }: EndpointHealthDeps,
  row: StoredEndpoint,
  { disableAfterMs = Number.POSITIVE_INFINITY }: HealthRule,
  nowMs: number,
): Promise<number> {
  const sinceMs = row.health.failingSince?.getTime();
  if (sinceMs === undefined || nowMs - sinceMs < disableAfterMs) return 0;
  const from = new Date((Math.floor(sinceMs / unitMs.hour) + 1) * unitMs.hour);
  const to = new Date(Math.max(nowMs, from.getTime()) + unitMs.hour);
  const query = { tenantId: row.tenantId, endpointId: row._id, from, to, unit: "hour" as const };
  const { attempts, failedAttempts } = await store.deliveryStats.total(query);
  return attempts - failedAttempts;
}

function alertData(
  row: StoredEndpoint,
  decision: Extract<HealthDecision, { outcome: "enters" }>,
  window: DeliveryCounts,
): AlertData {
  const { attempts, failed, p50Ms, p95Ms } = countedOf(window);
  const wasSince = row.watch?.since ?? row.health.failingSince;
  const since =
    decision.state === "failing" ? row.health.failingSince : decision.state === "healthy" ? wasSince : undefined;
  return {
    endpoint: { id: row._id, url: row.url, ...(row.name === undefined ? {} : { name: row.name }) },
    code: decision.code,
    reason: decision.reason,
    since: (since ?? new Date()).toISOString(),
    consecutiveFailures: row.health.consecutiveFailures,
    ...(attempts === 0 ? {} : { failureRate: failed / attempts }),
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
  };
}
