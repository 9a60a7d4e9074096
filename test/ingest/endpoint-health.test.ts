// The loop that looks after endpoints: alerts are raised once, whoever finds them, and what fails for too long is disabled.
import { alertEvent, watchEndpointHealth } from "../../src/ingest/endpoint-health.ts";
import type { Accept } from "../../src/ingest/accept.ts";
import { createLog } from "../../src/log.ts";
import { newCounts, type DeliveryCounts } from "../../src/model/delivery-stats.ts";
import type { EndpointSettings } from "../../src/model/endpoint.ts";
import type { Event } from "../../src/model/event.ts";
import { bucketOf } from "../../src/model/histogram.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import type { HealthNote } from "../../src/store/endpoint-health.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("alerts") });
});
afterAll(() => store.close());

const log = createLog("silent");
const minute = 60_000;
const day = 24 * 60 * minute;

type Of = { tenantId: TenantId; id: EndpointId };
async function anEndpoint(settings: Partial<EndpointSettings> = {}): Promise<Of> {
  const [tenantId, id] = [newId("tnt"), newId("ep")];
  const given = {
    url: "https://hooks.example.com/in",
    name: "Orders",
    events: ["*"],
    profile: "standard",
    ...settings,
  };
  await store.endpoints.create(tenantId, id, { settings: given, status: "enabled", sealed: "sealed" });
  return { tenantId, id };
}
const none = { successes: 0, failures: 0, failuresOfOthers: 0, slow: false, forgottenAfterMs: 5 * day };
function failed(of: Of, failures: number, atMs = Date.now()): HealthNote {
  return { ...of, ...none, failures, failuresOfOthers: failures, firstFailureMs: atMs, lastFailureMs: atMs };
}
function succeeded(of: Of, successes: number, atMs = Date.now()): HealthNote {
  return { ...of, ...none, successes, lastSuccessMs: atMs };
}
async function counted({ tenantId, id: endpointId }: Of, more: Partial<DeliveryCounts>, eventType = "order.created") {
  const minuteMs = Math.floor(Date.now() / minute) * minute;
  await store.deliveryStats.add([{ tenantId, endpointId, eventType, minuteMs, counts: { ...newCounts(), ...more } }]);
}
const rowOf = async ({ tenantId, id }: Of) => store.endpoints.read(tenantId, id);

/** Stores events as accepting does, and tells how they were taken. */
function accepting() {
  const taken: { tenantId: TenantId; event: Event; outcome: string }[] = [];
  const accept: Accept = async (tenantId, event) => {
    const rest = { key: newEventKey(), tenantId, targets: [], misses: [], due: new Date() };
    const { outcome } = await store.events.insert(newStoredEvent(event, rest));
    taken.push({ tenantId, event, outcome });
    const result = outcome === "duplicate" ? "duplicate" : "accepted";
    return { outcome: result, id: event.id, matched: 0, runs: [], deliveries: 0 };
  };
  const of = ({ tenantId }: Of) => taken.filter((one) => one.tenantId === tenantId && one.outcome !== "duplicate");
  return { accept, taken, typesOf: (endpoint: Of) => of(endpoint).map((one) => one.event.type), of };
}
const looking = (accept: Accept, rest: Partial<Parameters<typeof watchEndpointHealth>[0]> = {}) =>
  watchEndpointHealth({ store, accept, nowMs: Date.now, log, ...rest });
/** Resolves when the endpoint has been looked at since the last note, and everything has been told. */
const settled = (of: Of) =>
  until(async () => {
    const row = await rowOf(of);
    const isDue = (row?.watch?.lookAt?.getTime() ?? Number.POSITIVE_INFINITY) < Date.now() + 31_000;
    return row !== undefined && !isDue && (row.notices ?? []).length === 0;
  });

test("failing, then recovered: each alert is raised once by however many processes look, with what the owner has to know", async () => {
  const of = await anEndpoint();
  const { accept, typesOf, of: raised } = accepting();
  const loops = [looking(accept), looking(accept), looking(accept)];
  await counted(of, { attempts: 5, failedAttempts: 5 });
  await store.endpointHealth.note([failed(of, 5)]);
  await until(() => typesOf(of).length === 1);
  await settled(of);
  await store.endpointHealth.note([failed(of, 4)]);
  await settled(of);
  await store.endpointHealth.note([succeeded(of, 3)]);
  await until(() => typesOf(of).length === 2);
  await settled(of);
  await Promise.all(loops.map((one) => one.close()));
  expect(typesOf(of)).toEqual(["endpoint.failing", "endpoint.recovered"]);
  const [failing, recovered] = raised(of).map((one) => one.event);
  expect(failing).toMatchObject({ source: "millrace", about: of.id });
  expect(JSON.parse(failing?.dataText ?? "")).toEqual({
    endpoint: { id: of.id, url: "https://hooks.example.com/in", name: "Orders" },
    code: "consecutive_failures",
    reason: "5 attempts in a row have failed.",
    since: expect.any(String),
    consecutiveFailures: 5,
    failureRate: 1,
  });
  expect(JSON.parse(recovered?.dataText ?? "")).toMatchObject({ code: "recovered", consecutiveFailures: 0 });
  expect((await rowOf(of))?.health.state).toBe("healthy");
});

test("a process that dies after an alert was accepted leaves a notice that makes no second one", async () => {
  const of = await anEndpoint();
  const { accept, taken, typesOf } = accepting();
  await store.endpointHealth.note([failed(of, 5)]);
  const dying = { ...store.endpointHealth, clearNotice: () => Promise.reject(new Error("died")) };
  const first = looking(accept, { store: { ...store, endpointHealth: dying } });
  await until(() => typesOf(of).length === 1);
  await first.close();
  expect((await rowOf(of))?.notices).toHaveLength(1);
  const second = looking(accept);
  await settled(of);
  await second.close();
  expect(typesOf(of)).toEqual(["endpoint.failing"]);
  expect(taken.filter((one) => one.tenantId === of.tenantId).length).toBeGreaterThan(1);
});

test("without room for events the alert waits, and is raised then", async () => {
  const of = await anEndpoint();
  const { accept, typesOf } = accepting();
  let refused = 0;
  const full: Accept = async (tenantId, event) =>
    tenantId === of.tenantId && refused++ < 1 ? { outcome: "overloaded", retryAfterMs: 1 } : accept(tenantId, event);
  const loop = looking(full);
  await store.endpointHealth.note([failed(of, 5)]);
  await until(() => typesOf(of).length === 1);
  await loop.close();
  expect(refused).toBeGreaterThan(1);
});

test("a rate above the endpoint's own threshold and a slow median raise their alerts", async () => {
  const [rate, slow] = [
    await anEndpoint({ alerts: { failureRate: 0.5 } }),
    await anEndpoint({ alerts: { slow: "1s" } }),
  ];
  const { accept, typesOf, of } = accepting();
  await counted(rate, { attempts: 30, failedAttempts: 16 });
  const answers = newCounts().answers;
  answers[bucketOf(1_200)] = 6;
  await counted(slow, { attempts: 6, answers, answerMsSum: 7_200 });
  const loop = looking(accept);
  await store.endpointHealth.note([failed(rate, 1), { ...succeeded(slow, 1), slow: true }]);
  await until(() => typesOf(rate).length === 1 && typesOf(slow).length === 1);
  await loop.close();
  expect([...typesOf(rate), ...typesOf(slow)]).toEqual(["endpoint.failing", "endpoint.slow"]);
  expect(JSON.parse(of(rate)[0]?.event.dataText ?? "")).toMatchObject({ code: "failure_rate", failureRate: 16 / 30 });
  expect(JSON.parse(of(slow)[0]?.event.dataText ?? "").p50Ms).toBeGreaterThan(1_000);
});

test("two broken endpoints that get each other's alerts do not alert for ever: failed alerts raise none", async () => {
  const of = await anEndpoint({ events: ["endpoint.*"] });
  const { accept, typesOf } = accepting();
  await counted(of, { attempts: 40, failedAttempts: 40 }, "endpoint.failing");
  const loop = looking(accept);
  await store.endpointHealth.note([{ ...failed(of, 40), failuresOfOthers: 0 }]);
  await settled(of);
  await loop.close();
  expect(typesOf(of)).toEqual([]);
  // They count all the same: an endpoint that is gone is disabled in the end.
  expect((await rowOf(of))?.health).toMatchObject({ consecutiveFailures: 40, state: "healthy" });
});

describe("disabling", () => {
  test("on repeated failure: nothing but failures for the whole time disables, and tells so once", async () => {
    const of = await anEndpoint();
    const { accept, typesOf, of: raised } = accepting();
    const now = Date.now();
    await store.endpointHealth.note([failed(of, 1, now - 5 * day - minute)]);
    await store.endpointHealth.note([failed(of, 1, now - 2 * day)]);
    const loops = [looking(accept), looking(accept)];
    await store.endpointHealth.note([failed(of, 1, now)]);
    await until(() => typesOf(of).includes("endpoint.disabled"));
    await until(async () => ((await rowOf(of))?.notices ?? []).length === 0);
    await Promise.all(loops.map((one) => one.close()));
    expect(await rowOf(of)).toMatchObject({ status: "disabled", statusReason: { code: "failing" } });
    expect(typesOf(of)).toEqual(["endpoint.disabled"]);
    const data = JSON.parse(raised(of)[0]?.event.dataText ?? "");
    expect(data).toMatchObject({ code: "failing", since: new Date(now - 5 * day - minute).toISOString() });
  });

  test("on sporadic failure: one success in between and the time begins anew", async () => {
    const of = await anEndpoint();
    const { accept, typesOf } = accepting();
    const now = Date.now();
    await store.endpointHealth.note([failed(of, 2, now - 6 * day)]);
    await store.endpointHealth.note([succeeded(of, 1, now - 3 * day)]);
    await store.endpointHealth.note([failed(of, 2, now - 2 * day)]);
    const loop = looking(accept);
    await store.endpointHealth.note([failed(of, 1, now)]);
    await settled(of);
    await loop.close();
    expect(await rowOf(of)).toMatchObject({ status: "enabled", health: { failingSince: new Date(now - 2 * day) } });
    expect(typesOf(of)).not.toContain("endpoint.disabled");
  });

  test("on expiration: an old failure is forgotten when nothing followed it for the whole time", async () => {
    const of = await anEndpoint();
    const { accept } = accepting();
    const now = Date.now();
    await store.endpointHealth.note([failed(of, 1, now - 30 * day)]);
    const loop = looking(accept);
    await store.endpointHealth.note([failed(of, 1, now)]);
    await settled(of);
    await loop.close();
    expect(await rowOf(of)).toMatchObject({ status: "enabled", health: { failingSince: new Date(now) } });
  });

  test("a success that only the statistics know of keeps the endpoint", async () => {
    const of = await anEndpoint();
    const { accept } = accepting();
    const now = Date.now();
    await counted(of, { attempts: 1, delivered: 1 });
    await store.endpointHealth.note([failed(of, 1, now - 5 * day)]);
    const loop = looking(accept);
    await store.endpointHealth.note([failed(of, 1, now)]);
    await settled(of);
    await loop.close();
    expect((await rowOf(of))?.status).toBe("enabled");
  });

  test("when the time comes without another attempt, the endpoint is disabled all the same", async () => {
    const of = await anEndpoint({ disableAfter: "2s" });
    const { accept, typesOf } = accepting();
    const now = Date.now();
    const note = { ...none, ...of, forgottenAfterMs: 2_000 };
    await store.endpointHealth.note([
      { ...note, failures: 2, failuresOfOthers: 2, firstFailureMs: now - 1_200, lastFailureMs: now },
    ]);
    const loop = looking(accept);
    await until(() => typesOf(of).includes("endpoint.disabled"));
    await loop.close();
    expect((await rowOf(of))?.status).toBe("disabled");
  });

  test("an endpoint that its receiver disabled by a 410 is told of", async () => {
    const of = await anEndpoint();
    const { accept, typesOf, of: raised } = accepting();
    const loop = looking(accept);
    await store.endpoints.setStatus(of.tenantId, of.id, "disabled", { code: "gone", message: "It is gone." });
    await until(() => typesOf(of).length === 1);
    await loop.close();
    expect(JSON.parse(raised(of)[0]?.event.dataText ?? "")).toMatchObject({ code: "gone", reason: "It is gone." });
  });
});

test("the same notice makes the same event, another moment another one", () => {
  const id = newId("ep");
  const notice = { type: "endpoint.failing" as const, at: new Date(1_000), data: "{}" };
  expect(alertEvent(id, notice)).toEqual(alertEvent(id, { ...notice }));
  expect(alertEvent(id, notice).id).not.toBe(alertEvent(id, { ...notice, at: new Date(2_000) }).id);
});
