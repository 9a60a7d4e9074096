// May this endpoint get a request now? Concurrency and breaker of this process, the rate of all processes, and who stands in line.
import type { FailureClass } from "../model/failure.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { LimitStore } from "../store/limits.ts";
import { createBreaker, type Breaker } from "./breaker.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";

/** `full`: the process has as many requests under way as it may, whatever the endpoint. */
export type Entry = { ok: true } | { ok: false; why: "concurrency" | "breaker" | "full"; retryInMs: number };
export type RateTaken = { ok: true } | { ok: false; retryInMs: number };

/** `class`: why it failed; absent for a success. `answered`: the receiver said something, whatever it was. */
export type AttemptEnd = { class?: FailureClass | undefined; answered: boolean };

export type Gates = {
  /** Takes a place for a request; who got one leaves again. `evenOpen`: a person asks, and may find out that it is mended. */
  enter(endpoint: OpenEndpoint, evenOpen?: boolean): Entry;
  /** Gives the place back. `ended`: how the attempt went; absent when none was made. Answers when that opened the breaker. */
  leave(endpoint: OpenEndpoint, ended?: AttemptEnd): { openedUntilMs?: number };
  /** Calls `listener` each time that somebody has left: who waits for a place may have one now. */
  onLeave(listener: () => void): void;
  /** For how long the endpoint's breaker is open still, in milliseconds, ten minutes at most; 0 when it is not. */
  openForMs(endpoint: OpenEndpoint): number;
  /** Takes a token of the endpoint's rate. Rejects when the store does not answer. */
  takeRate(endpoint: OpenEndpoint): Promise<RateTaken>;
  /** Older deliveries wait in the endpoint's lane: new ones go behind them. */
  isBehind(id: EndpointId): boolean;
  setBehind(endpoint: Pick<OpenEndpoint, "id" | "tenantId">): void;
  /** The lane has been seen empty. */
  setAhead(id: EndpointId): void;
  /** Endpoints that have been behind, as this process knows. */
  behind(): { id: EndpointId; tenantId: TenantId }[];
  inFlight(): number;
};

/** Requests under way at once from one process, to all endpoints together. */
export const inFlightMax = 500;
/**
 * Who has to wait is told to ask again after this at the latest, in milliseconds: somebody may have changed the endpoint. An
 * open breaker is asked for more seldom, since many endpoints may be broken at once.
 */
const rateWaitMsMax = 60_000;
const breakerWaitMsMax = 10 * 60_000;
/** Gates that nobody has passed are forgotten above this many. */
const gatesMax = 20_000;

type Gate = {
  inFlight: number;
  revision: number;
  breaker: Breaker | undefined;
  rateUntilMs: number;
  rateWaitMs: number;
};

/** Failures that say that the endpoint is in trouble; others say something about one delivery. */
const troubles: ReadonlySet<FailureClass> = new Set(["network", "timeout", "transient"]);

export function createGates(deps: { limits: Pick<LimitStore, "take">; nowMs: () => number; max?: number }): Gates {
  const { limits, nowMs, max = inFlightMax } = deps;
  const gateOf = createGateBook(nowMs);
  const behind = new Map<EndpointId, TenantId>();
  const listeners: (() => void)[] = [];
  let inFlight = 0;

  return {
    enter(endpoint, evenOpen = false) {
      const gate = gateOf(endpoint);
      const allowed = evenOpen ? undefined : gate.breaker?.allows(nowMs());
      if (allowed?.concurrency === 0) {
        return { ok: false, why: "breaker", retryInMs: Math.min(allowed.retryInMs, breakerWaitMsMax) };
      }
      if (inFlight >= max) return { ok: false, why: "full", retryInMs: 0 };
      if (gate.inFlight >= Math.min(endpoint.concurrency, allowed?.concurrency ?? max)) {
        return { ok: false, why: "concurrency", retryInMs: 0 };
      }
      gate.inFlight++;
      inFlight++;
      return { ok: true };
    },
    leave(endpoint, ended) {
      const gate = gateOf(endpoint);
      gate.inFlight--;
      inFlight--;
      const noted = ended === undefined ? undefined : noteEnd(gate, ended, nowMs());
      for (const listener of listeners) listener();
      return noted?.opened ? { openedUntilMs: noted.untilMs } : {};
    },
    onLeave: (listener) => void listeners.push(listener),
    openForMs: (endpoint) => Math.min(gateOf(endpoint).breaker?.allows(nowMs()).retryInMs ?? 0, breakerWaitMsMax),
    takeRate: (endpoint) => takeRate(limits, endpoint, gateOf(endpoint), nowMs),
    isBehind: (id) => behind.has(id),
    setBehind: ({ id, tenantId }) => void behind.set(id, tenantId),
    setAhead: (id) => void behind.delete(id),
    behind: () => [...behind].map(([id, tenantId]) => ({ id, tenantId })),
    inFlight: () => inFlight,
  };
}

/** What every endpoint's gate is known to be. */
function createGateBook(nowMs: () => number): (endpoint: OpenEndpoint) => Gate {
  const gates = new Map<EndpointId, Gate>();
  return (endpoint) => {
    const known = gates.get(endpoint.id);
    // A request that was under way when the endpoint was changed: what is known since goes on.
    if (known !== undefined && known.revision > endpoint.revision) return known;
    if (known?.revision === endpoint.revision) return followed(known, endpoint, nowMs());
    const gate: Gate = {
      inFlight: known?.inFlight ?? 0,
      revision: endpoint.revision,
      breaker: endpoint.breaker && createBreaker(endpoint.breaker, endpoint.concurrency),
      rateUntilMs: 0,
      rateWaitMs: 0,
    };
    if (gates.size >= gatesMax) forgetIdle(gates);
    gates.set(endpoint.id, gate);
    return followed(gate, endpoint, nowMs());
  };
}

/** What the endpoint said, or that it could not be asked. An attempt that did not come as far says nothing about it. */
function noteEnd({ breaker }: Gate, { class: failure, answered }: AttemptEnd, nowMs: number) {
  const isTrouble = failure !== undefined && troubles.has(failure);
  return isTrouble || answered ? breaker?.note(!isTrouble, nowMs) : undefined;
}

async function takeRate(
  limits: Pick<LimitStore, "take">,
  endpoint: OpenEndpoint,
  gate: Gate,
  nowMs: () => number,
): Promise<RateTaken> {
  if (endpoint.rate === undefined) return { ok: true };
  const leftMs = gate.rateUntilMs - nowMs();
  // Asked a moment ago: the answer would be the same. More than was said then: the clock was set back.
  if (leftMs > 0 && leftMs <= gate.rateWaitMs) return { ok: false, retryInMs: leftMs };
  const { perMs, burst } = endpoint.rate;
  const { waitMs } = await limits.take(`${endpoint.tenantId}/${endpoint.id}/rate`, perMs, burst);
  if (waitMs === 0) return { ok: true };
  // A part at a time: whoever waits for a day does not hear that somebody has raised the rate.
  gate.rateWaitMs = Math.min(waitMs, rateWaitMsMax);
  gate.rateUntilMs = nowMs() + gate.rateWaitMs;
  return { ok: false, retryInMs: gate.rateWaitMs };
}

/** Another process may have opened the breaker: the endpoint's own notes tell. What was long ago says nothing of now. */
function followed(gate: Gate, { health, breaker }: OpenEndpoint, nowMs: number): Gate {
  const untilMs = health.openUntil?.getTime();
  if (untilMs === undefined || breaker === undefined || nowMs - untilMs > breaker.openMs) return gate;
  gate.breaker?.openUntil(untilMs);
  return gate;
}

function forgetIdle(gates: Map<EndpointId, Gate>): void {
  for (const [id, gate] of gates) if (gate.inFlight === 0) gates.delete(id);
}
