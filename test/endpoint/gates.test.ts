// The gates of endpoints: what is known of one survives its changes, and only what an endpoint said counts for its breaker.
import { createGates, type Gates } from "../../src/endpoint/gates.ts";
import type { OpenEndpoint } from "../../src/endpoint/open-endpoint.ts";
import type { EndpointHealth } from "../../src/model/endpoint.ts";
import { newId } from "../../src/model/ids.ts";

const [id, tenantId] = [newId("ep"), newId("tnt")];
const openMs = 30_000;
let nowMs: number;
let gates: Gates;
beforeEach(() => {
  nowMs = 1_000_000_000_000;
  gates = createGates({ limits: { take: async () => ({ waitMs: 0, slotAtMs: 0 }) }, nowMs: () => nowMs, max: 100 });
});

function endpointOf(more: { revision?: number; openUntil?: Date; concurrency?: number } = {}): OpenEndpoint {
  const { revision = 1, openUntil, concurrency = 50 } = more;
  const health: EndpointHealth = {
    consecutiveFailures: 0,
    state: "healthy",
    ...(openUntil === undefined ? {} : { openUntil }),
  };
  const breaker = { share: 0.8, min: 4, withinMs: 60_000, openMs };
  return { id, tenantId, revision, concurrency, breaker, health } as OpenEndpoint; // All that gates ask of it.
}

const failed = { class: "transient", answered: true } as const;
const succeeded = { answered: true } as const;

function end(endpoint: OpenEndpoint, how: Parameters<Gates["leave"]>[1]): { openedUntilMs?: number } {
  if (!gates.enter(endpoint).ok) throw new Error("The gate is shut.");
  return gates.leave(endpoint, how);
}

function open(endpoint: OpenEndpoint): void {
  for (let n = 0; n < 4; n++) end(endpoint, failed);
  expect(gates.openForMs(endpoint)).toBe(openMs);
}

test("a breaker that was open long ago does not make one failure open it again", () => {
  const endpoint = endpointOf({ openUntil: new Date(nowMs - 7 * 86_400_000) });
  for (let n = 0; n < 50; n++) expect(gates.enter(endpoint).ok).toBe(true);
  expect(gates.leave(endpoint, failed)).toEqual({});
  expect(gates.openForMs(endpoint)).toBe(0);
});

test("a breaker that another process has opened is open here too, and lets one through when its time is over", () => {
  const endpoint = endpointOf({ openUntil: new Date(nowMs + 5_000) });
  expect(gates.enter(endpoint)).toMatchObject({ ok: false, why: "breaker", retryInMs: 5_000 });
  nowMs += 5_001;
  expect(gates.enter(endpoint).ok).toBe(true);
  expect(gates.enter(endpoint)).toMatchObject({ ok: false, why: "concurrency" });
});

test("requests of before a change that end after it leave what is known since", () => {
  const [before, after] = [endpointOf({ revision: 1 }), endpointOf({ revision: 2 })];
  for (let n = 0; n < 6; n++) expect(gates.enter(before).ok).toBe(true);
  open(after);
  gates.leave(before, failed);
  expect(gates.openForMs(after)).toBe(openMs);
  for (let n = 0; n < 5; n++) gates.leave(before);
  expect(gates.inFlight()).toBe(0);
});

test.each([
  ["was cut off by us", { class: "cancelled", answered: false }],
  ["could not be made", { class: "template", answered: false }],
  ["is a fault of the engine itself", { class: "internal", answered: false }],
] as const)("an attempt that %s does not close a breaker, and does not hide failures", (_, neither) => {
  const endpoint = endpointOf();
  for (let n = 0; n < 20; n++) expect(end(endpoint, neither)).toEqual({});
  open(endpoint);
  nowMs += openMs;
  expect(end(endpoint, neither)).toEqual({});
  expect(gates.enter(endpoint).ok).toBe(true);
  expect(gates.enter(endpoint)).toMatchObject({ ok: false, why: "concurrency" });
});

test("after a breaker was open, each success doubles what may be under way, and a refusal of one delivery is one", () => {
  const endpoint = endpointOf({ concurrency: 4 });
  open(endpoint);
  nowMs += openMs;
  end(endpoint, succeeded);
  expect([gates.enter(endpoint).ok, gates.enter(endpoint).ok, gates.enter(endpoint).ok]).toEqual([true, true, false]);
  gates.leave(endpoint, { class: "not_found", answered: true });
  for (let n = 0; n < 3; n++) expect(gates.enter(endpoint).ok).toBe(true);
});

test("a full process says so, whichever endpoint asks, and who waits is told of each place that becomes free", () => {
  let told = 0;
  gates.onLeave(() => told++);
  const endpoint = endpointOf({ concurrency: 500 });
  for (let n = 0; n < 100; n++) expect(gates.enter(endpoint).ok).toBe(true);
  expect(gates.enter({ ...endpoint, id: newId("ep") })).toEqual({ ok: false, why: "full", retryInMs: 0 });
  gates.leave(endpoint);
  gates.leave(endpoint, succeeded);
  expect(told).toBe(2);
  expect(gates.enter({ ...endpoint, id: newId("ep") }).ok).toBe(true);
});

test("a wait for a rate is told in parts, since the rate may be changed meanwhile", async () => {
  const dayMs = 86_400_000;
  const limits = { take: async () => ({ waitMs: dayMs, slotAtMs: nowMs + dayMs }) };
  const slow = createGates({ limits, nowMs: () => nowMs });
  const taken = await slow.takeRate({ ...endpointOf(), rate: { perMs: dayMs, burst: 1 } });
  expect(taken).toEqual({ ok: false, retryInMs: 60_000 });
});

test("so is one for a breaker, which somebody may switch off", () => {
  const endpoint = endpointOf({ openUntil: new Date(nowMs + 16 * openMs) });
  expect(gates.openForMs(endpoint)).toBe(480_000);
  const slow = {
    ...endpointOf(),
    id: newId("ep"),
    breaker: { share: 0.8, min: 4, withinMs: 60_000, openMs: 3_600_000 },
  };
  for (let n = 0; n < 4; n++) end(slow, failed);
  expect(gates.enter(slow)).toEqual({ ok: false, why: "breaker", retryInMs: 600_000 });
  expect(gates.openForMs(slow)).toBe(600_000);
});
