// Somebody sets the clock of the machine, ten minutes ahead or back: what of deliveries goes by which clock, and is any hurt?
import { createBreaker } from "../../../src/endpoint/breaker.ts";
import { createLeases } from "../../../src/ingest/fan-out-leases.ts";
import { createLaneWakes } from "../../../src/ingest/lane-wakes.ts";
import { createLog } from "../../../src/log.ts";
import { newId } from "../../../src/model/ids.ts";
import type { StoredEvent } from "../../../src/store/events.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveryWith, headersOf, newType } from "./delivery-log.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";
import { installJumpingClock, type JumpingClock } from "./jumping-clock.ts";

jest.setTimeout(60_000);

let clock: JumpingClock;
let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  clock = installJumpingClock();
  app = await startApp();
});
afterAll(async () => {
  await app.close();
  clock[Symbol.dispose]();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  clock.setAhead(0);
  await receiver[Symbol.asyncDispose]();
});

const minutesMs = 10 * 60_000;
const jumps: [how: string, aheadMs: number][] = [
  ["ahead", minutesMs],
  ["back", -minutesMs],
];
const monotonic: number[] = [];

test.each(jumps)(
  "set %s in the middle of an attempt: the next one comes after the policy's delay, and is signed with the time of then",
  async (_, aheadMs) => {
    monotonic.length = 0;
    receiver.respond((__, index) => {
      monotonic.push(performance.now());
      if (index === 0) clock.setAhead(aheadMs);
      return { status: index < 2 ? 503 : 200 };
    });
    const type = newType();
    const { endpoint } = await makeEndpoint(app, {
      url: receiver.url,
      events: [type],
      retry: { schedule: ["2s", "2s"], jitter: "none" },
    });
    await app.publish({ type, data: {} });
    const { attempts } = await deliveryWith(app, endpoint, "delivered");
    expect(attempts).toHaveLength(3);
    const waits = monotonic.slice(1).map((at, index) => at - (monotonic[index] ?? 0));
    for (const waitMs of waits) {
      expect(waitMs).toBeGreaterThan(1_500);
      expect(waitMs).toBeLessThan(10_000);
    }
    const [first = 0, second = 0] = receiver.requests.map((one) => Number(headersOf(one)["webhook-timestamp"]));
    expect(Math.abs(second - first - aheadMs / 1_000)).toBeLessThan(15);
    // Durations are of the monotonic clock.
    for (const { durationMs } of attempts) expect(durationMs).toBeLessThan(10_000);
  },
);

test.each(jumps)(
  "set %s while an attempt of Temporal's is under way: the next one comes after its delay",
  async (_, aheadMs) => {
    monotonic.length = 0;
    receiver.respond((__, index) => {
      monotonic.push(performance.now());
      if (index === 1) clock.setAhead(aheadMs);
      return { status: index < 2 ? 503 : 200 };
    });
    const type = newType();
    const retry = { schedule: ["1s", "2s"], jitter: "none" as const };
    const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry });
    await app.publish({ type, data: {} });
    await deliveryWith(app, endpoint, "delivered");
    const waitMs = (monotonic[2] ?? 0) - (monotonic[1] ?? 0);
    expect(waitMs).toBeGreaterThan(1_500);
    expect(waitMs).toBeLessThan(10_000);
  },
);

test.each(jumps)(
  "set %s: what is accepted right after it is sent once, however long that takes",
  async (_, aheadMs) => {
    // Longer than the relay takes to look for what nobody sends.
    receiver.respond(() => new Promise((resolve) => setTimeout(() => resolve({}), 3_000)));
    const type = newType();
    const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type] });
    clock.setAhead(aheadMs);
    await Promise.all(Array.from({ length: 5 }, (__, n) => app.publish({ type, data: { n } })));
    await until(async () => {
      const rows = await deliveriesOf(app, endpoint);
      return rows.length === 5 && rows.every(({ status }) => status === "delivered");
    });
    expect(receiver.requests).toHaveLength(5);
  },
);

test.each(jumps)("set %s: an endpoint that is at its rate gets the rest within seconds", async (_, aheadMs) => {
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], rateLimit: { max: 2, per: "2s" } });
  for (let n = 0; n < 4; n++) await app.publish({ type, data: { n } });
  await receiver.waitFor(2);
  clock.setAhead(aheadMs);
  for (let n = 4; n < 6; n++) await app.publish({ type, data: { n } });
  await receiver.waitFor(6, 20_000);
  await until(async () => (await deliveriesOf(app, endpoint)).every(({ status }) => status === "delivered"));
  expect(receiver.requests).toHaveLength(6);
});

test.each(jumps)("set %s: an open breaker lets deliveries out again when its time is over", async (_, aheadMs) => {
  let isBroken = true;
  receiver.respond(() => (isBroken ? { status: 503 } : {}));
  const type = newType();
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: [type],
    breaker: { min: 2, share: 0.5, within: "1m", open: "1s" },
    retry: { schedule: ["1s", "1s", "2s", "2s"], jitter: "none" },
  });
  for (let n = 0; n < 6; n++) await app.publish({ type, data: { n } });
  await until(async () => (await deliveriesOf(app, endpoint)).some(({ lane }) => lane?.why === "breaker"));
  clock.setAhead(aheadMs);
  isBroken = false;
  await until(async () => (await deliveriesOf(app, endpoint)).every(({ status }) => status === "delivered"), 25_000);
  expect(await deliveriesOf(app, endpoint)).toHaveLength(6);
});

test("set back, the clock of a breaker that was opened leaves it open no longer than it can be opened for", () => {
  const breaker = createBreaker({ share: 0.5, min: 2, withinMs: 60_000, openMs: 1_000 }, 10);
  const nowMs = 1_000_000_000;
  breaker.note(false, nowMs);
  expect(breaker.note(false, nowMs)).toEqual({ opened: true, untilMs: nowMs + 1_000 });
  expect(breaker.allows(nowMs + 500)).toEqual({ concurrency: 0, retryInMs: 500 });
  expect(breaker.allows(nowMs - minutesMs).concurrency).toBe(1);
  breaker.note(true, nowMs - minutesMs);
  expect(breaker.allows(nowMs - minutesMs).concurrency).toBe(2);
});

test.each(jumps)("set %s: the database's time, by which leases are counted, is told as before", async (_, aheadMs) => {
  const before = app.store.nowMs() - performance.now();
  clock.setAhead(aheadMs);
  expect(Math.abs(app.store.nowMs() - performance.now() - before)).toBeLessThan(1_000);
});

test.each(jumps)("set %s: the leases of what is under way go on being renewed", async (_, aheadMs) => {
  const renewed: string[][] = [];
  const events = {
    leaseFanOut: async (keys: string[]) => void renewed.push(keys),
    settleFanOut: async () => undefined,
  };
  const store = { events } as unknown as Parameters<typeof createLeases>[0]["store"]; // All that leases ask of it.
  const leases = createLeases({ store, log: createLog("silent"), leaseMs: 300 });
  const event = { _id: newId("evt") } as StoredEvent; // All that leases ask of it.
  leases.hold(event, [newId("ep")], () => undefined);
  const count = () => renewed.flat().length;
  try {
    await until(() => count() >= 1);
    clock.setAhead(aheadMs);
    await until(() => count() >= 4, 3_000);
  } finally {
    await leases.close();
  }
  expect(new Set(renewed.flat())).toEqual(new Set([event._id]));
});

test.each(jumps)("set %s: a lane that was woken a moment ago is woken again within a second", async (_, aheadMs) => {
  let woken = 0;
  const wakeLane = createLaneWakes(async () => {
    woken++;
    return { outcome: "started" };
  });
  const lane = { tenantId: newId("tnt"), endpointId: newId("ep") };
  await wakeLane(lane);
  clock.setAhead(aheadMs);
  const startedMs = performance.now();
  await wakeLane(lane);
  expect([woken, performance.now() - startedMs < 1_000]).toEqual([2, true]);
});

test("set back by a week for a moment, a failure of then does not make an endpoint one that has failed for a week", async () => {
  receiver.respond([{ status: 503 }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry: { attempts: 1 } });
  const tenantId = await tenantOf(app);
  const healthOf = async () => (await app.store.endpoints.find(tenantId, endpoint))?.health;
  const startedMs = Date.now();
  for (const [index, aheadMs] of [0, -7 * 86_400_000, 0].entries()) {
    clock.setAhead(aheadMs);
    await app.publish({ type, data: {} });
    await until(async () => (await healthOf())?.consecutiveFailures === index + 1);
  }
  expect((await healthOf())?.failingSince?.getTime()).toBeGreaterThan(startedMs - 60_000);
  // Looked at after its last failure: what had failed for a week would be disabled then.
  const lastFailureMs = (await healthOf())?.lastFailureAt?.getTime() ?? 0;
  await until(async () => {
    const row = await app.store.endpoints.read(tenantId, endpoint);
    return (row?.watch?.lookedAt?.getTime() ?? 0) > lastFailureMs;
  });
  expect((await app.store.endpoints.find(tenantId, endpoint))?.status).toBe("enabled");
});
