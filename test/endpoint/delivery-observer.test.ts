// What the observer of deliveries counts and notes, and what it does when the store does not answer.
import { createDeliveryObserver } from "../../src/endpoint/delivery-observer.ts";
import type { OpenEndpoint } from "../../src/endpoint/open-endpoint.ts";
import { createMetrics } from "../../src/endpoint/metrics.ts";
import { createLog } from "../../src/log.ts";
import type { AttemptRow } from "../../src/model/delivery.ts";
import { figuresOf } from "../../src/model/delivery-stats.ts";
import { newId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("observer") });
});
afterAll(() => store.close());

const log = createLog("silent");
const settings = { url: "https://hooks.example.com/in", events: ["*"], profile: "standard" };

async function anEndpoint(): Promise<OpenEndpoint> {
  const [tenantId, id] = [newId("tnt"), newId("ep")];
  await store.endpoints.create(tenantId, id, { settings, status: "enabled", sealed: "sealed" });
  return { id, tenantId, revision: 1, status: "enabled", settings } as unknown as OpenEndpoint; // Only what observers look at.
}
const attempt = (rest: Partial<AttemptRow> = {}): AttemptRow => ({
  number: 1,
  trigger: "first",
  startedAt: new Date(),
  durationMs: 40,
  phases: { total: 40 },
  outcome: "succeeded",
  status: 200,
  ...rest,
});
const failure = (rest: Partial<AttemptRow> = {}) =>
  attempt({ outcome: "failed", class: "transient", status: 503, ...rest });
const delivered = { status: "delivered" } as const;
const pending = { status: "pending", class: "transient", delayMs: 1_000 } as const;
const failed = { status: "failed", class: "transient" } as const;

/** An observer that is only flushed by the test. */
const quiet = (given: Partial<Parameters<typeof createDeliveryObserver>[0]> = {}) =>
  createDeliveryObserver({ store, nowMs: Date.now, log, everyMs: 3_600_000, ...given });

const totalOf = async ({ tenantId, id: endpointId }: OpenEndpoint, unit: "minute" | "hour" = "minute") => {
  const [from, to] = [new Date(Date.now() - 7_200_000), new Date(Date.now() + 7_200_000)];
  return figuresOf(await store.deliveryStats.total({ tenantId, endpointId, from, to, unit }));
};
const healthOf = async ({ tenantId, id }: OpenEndpoint) => (await store.endpoints.find(tenantId, id))?.health;

test("attempts, deliveries, retries, times, classes and waits are counted, by the minute and by the hour", async () => {
  const endpoint = await anEndpoint();
  const observer = quiet();
  const seen = { endpoint, eventType: "order.created", test: false };
  observer.attempted({ ...seen, attempt: attempt(), next: delivered });
  observer.attempted({ ...seen, attempt: failure({ durationMs: 60 }), next: pending });
  observer.attempted({ ...seen, attempt: failure({ number: 2, durationMs: 80 }), next: failed });
  const { status: _, ...unanswered } = failure({ class: "timeout", durationMs: 30_000 });
  observer.attempted({ ...seen, attempt: unanswered, next: { status: "rejected", class: "timeout" } });
  observer.attempted({ ...seen, attempt: attempt({ durationMs: 20 }), next: delivered, deliveries: 7 });
  observer.limited(seen);
  await observer.close();
  const expected = {
    attempts: 5,
    deliveries: 10,
    delivered: 8,
    failed: 1,
    rejected: 1,
    successRate: 0.8,
    failedAttempts: 3,
    availability: 0.4,
    averageMs: 50,
    retries: 1,
    retryRate: 0.2,
    rateLimitHits: 1,
    byClass: { transient: 2, timeout: 1 },
  };
  expect(await totalOf(endpoint)).toMatchObject(expected);
  expect(await totalOf(endpoint, "hour")).toMatchObject(expected);
});

test("tests are counted nowhere: neither test sends nor test events", async () => {
  const endpoint = await anEndpoint();
  const observer = quiet();
  observer.attempted({ endpoint, eventType: "a", attempt: failure(), next: failed, test: true });
  observer.attempted({ endpoint, eventType: "a", attempt: failure({ trigger: "test" }), next: failed, test: false });
  await observer.close();
  expect((await totalOf(endpoint)).attempts).toBe(0);
  expect(await healthOf(endpoint)).toEqual({ consecutiveFailures: 0, state: "healthy" });
});

test("failures are noted across processes, and a success of one clears those of the other", async () => {
  const endpoint = await anEndpoint();
  const [one, other] = [quiet(), quiet()];
  for (let i = 0; i < 3; i++)
    one.attempted({ endpoint, eventType: "a", attempt: failure(), next: pending, test: false });
  other.attempted({ endpoint, eventType: "a", attempt: failure(), next: pending, test: false });
  await Promise.all([one.flush(), other.flush()]);
  expect(await healthOf(endpoint)).toMatchObject({ consecutiveFailures: 4 });
  other.attempted({ endpoint, eventType: "a", attempt: attempt(), next: delivered, test: false });
  await Promise.all([one.close(), other.close()]);
  const health = await healthOf(endpoint);
  expect(health).toMatchObject({ consecutiveFailures: 0 });
  expect(health?.failingSince).toBeUndefined();
  expect(health?.lastSuccessAt).toBeInstanceOf(Date);
});

test("the engine's own faults are counted, but not held against the endpoint", async () => {
  const endpoint = await anEndpoint();
  const observer = quiet();
  observer.attempted({ endpoint, eventType: "a", attempt: failure({ class: "internal" }), next: pending, test: false });
  await observer.close();
  expect(await totalOf(endpoint)).toMatchObject({ failedAttempts: 1, byClass: { internal: 1 } });
  expect(await healthOf(endpoint)).toMatchObject({ consecutiveFailures: 0 });
});

test("failed deliveries of alerts count as failures, but not towards an alert", async () => {
  const endpoint = await anEndpoint();
  const observer = quiet();
  const seen = { endpoint, attempt: failure(), next: pending, test: false };
  for (let i = 0; i < 9; i++) observer.attempted({ ...seen, eventType: "endpoint.failing" });
  observer.attempted({ ...seen, eventType: "order.created" });
  await observer.close();
  const row = await store.endpoints.read(endpoint.tenantId, endpoint.id);
  expect([row?.health.consecutiveFailures, row?.watch?.failures]).toEqual([10, 1]);
});

test("what is counted lies in the minute in which it ended", async () => {
  const endpoint = await anEndpoint();
  let nowMs = Date.parse("2026-03-10T10:00:59.900Z");
  const observer = quiet({ nowMs: () => nowMs });
  const seen = { endpoint, eventType: "a", attempt: attempt(), next: delivered, test: false };
  observer.attempted(seen);
  nowMs += 200;
  observer.attempted(seen);
  observer.attempted(seen);
  await observer.close();
  const query = { tenantId: endpoint.tenantId, from: new Date(nowMs - 600_000), to: new Date(nowMs + 600_000) };
  const minutes = await store.deliveryStats.byTime({ ...query, unit: "minute" }, "minute");
  expect(minutes.map((one) => one.counts.attempts)).toEqual([1, 2]);
});

test("without being asked it tells the store each second", async () => {
  const endpoint = await anEndpoint();
  const observer = createDeliveryObserver({ store, nowMs: Date.now, log, everyMs: 50 });
  observer.attempted({ endpoint, eventType: "a", attempt: attempt(), next: delivered, test: false });
  await until(async () => (await totalOf(endpoint)).attempts === 1);
  await observer.close();
  expect((await totalOf(endpoint)).attempts).toBe(1);
});

test("while the store does not answer nothing throws, and what was noted of endpoints is written later", async () => {
  const endpoint = await anEndpoint();
  let answers = false;
  const down = () => Promise.reject(new Error("down"));
  const observer = quiet({
    store: {
      deliveryStats: { ...store.deliveryStats, add: (cells) => (answers ? store.deliveryStats.add(cells) : down()) },
      endpointHealth: {
        ...store.endpointHealth,
        note: (notes) => (answers ? store.endpointHealth.note(notes) : down()),
      },
    },
  });
  const seen = { endpoint, eventType: "a", next: pending, test: false };
  observer.attempted({ ...seen, attempt: failure() });
  observer.attempted({ ...seen, attempt: attempt(), next: delivered });
  observer.attempted({ ...seen, attempt: failure() });
  await observer.flush();
  observer.attempted({ ...seen, attempt: failure() });
  answers = true;
  await observer.close();
  expect(await healthOf(endpoint)).toMatchObject({ consecutiveFailures: 2 });
  // Counts of the time without an answer are lost, rather than counted twice.
  expect((await totalOf(endpoint)).attempts).toBe(1);
});

test("three thousand attempts a second cost next to nothing where they are made", async () => {
  const endpoints = await Promise.all(Array.from({ length: 100 }, anEndpoint));
  const observer = quiet({ metrics: createMetrics({ store, log }) });
  const ended = attempt();
  const begin = process.cpuUsage();
  for (let i = 0; i < 30_000; i++) {
    const endpoint = endpoints[i % 100];
    if (endpoint)
      observer.attempted({ endpoint, eventType: "order.created", attempt: ended, next: delivered, test: false });
  }
  const { user } = process.cpuUsage(begin);
  await observer.close();
  // Far above what it takes: a guard against work that grows with what is known.
  expect(user / 30_000).toBeLessThan(50);
  const [endpoint] = endpoints;
  expect(endpoint && (await totalOf(endpoint)).attempts).toBe(300);
});
