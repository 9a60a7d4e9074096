// What is noted of endpoints: right over processes, and nothing is written for endpoints that are well.
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import type { HealthNote } from "../../src/store/endpoint-health.ts";
import type { StoredEndpoint } from "../../src/store/endpoints.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("health") });
});
afterAll(() => store.close());

const day = 24 * 3_600_000;
const settings = { url: "https://hooks.example.com/in", events: ["*"], profile: "standard" };

async function anEndpoint(tenantId: TenantId = newId("tnt")) {
  const id = newId("ep");
  await store.endpoints.create(tenantId, id, { settings, status: "enabled", sealed: "sealed" });
  return { tenantId, id };
}
type Of = { tenantId: TenantId; id: EndpointId };
const read = async ({ tenantId, id }: Of) => {
  const row = await store.endpoints.read(tenantId, id);
  if (!row) throw new Error("The endpoint is gone.");
  return row;
};
const none = { successes: 0, failures: 0, failuresOfOthers: 0, slow: false, forgottenAfterMs: 5 * day };
const failed = (of: Of, atMs: number, failures = 1): HealthNote => ({
  ...of,
  ...none,
  failures,
  failuresOfOthers: failures,
  firstFailureMs: atMs,
  lastFailureMs: atMs,
});
const succeeded = (of: Of, atMs: number, successes = 1): HealthNote => ({
  ...of,
  ...none,
  successes,
  lastSuccessMs: atMs,
});

test("failures that processes note at once are all counted, and the first of them is since when it fails", async () => {
  const of = await anEndpoint();
  const now = Date.now();
  await Promise.all(Array.from({ length: 10 }, (_, i) => store.endpointHealth.note([failed(of, now + i, 3)])));
  const { health, watch } = await read(of);
  expect(health).toMatchObject({
    consecutiveFailures: 30,
    failingSince: new Date(now),
    lastFailureAt: new Date(now + 9),
  });
  expect(watch).toMatchObject({ failures: 30, troubled: true });
});

test("a success that another process saw clears what failed, and counts towards recovery", async () => {
  const of = await anEndpoint();
  const now = Date.now();
  await store.endpointHealth.note([failed(of, now - 1_000, 4)]);
  await store.endpointHealth.note([succeeded(of, now, 2)]);
  const { health, watch } = await read(of);
  expect(health).toMatchObject({ consecutiveFailures: 0, lastSuccessAt: new Date(now) });
  expect(health.failingSince).toBeUndefined();
  expect(watch).toMatchObject({ failures: 0, successes: 6 - 4 });
  expect(watch?.troubled).toBeUndefined();
});

test("a success and failures after it, seen in one second, count from the success on", async () => {
  const of = await anEndpoint();
  const now = Date.now();
  await store.endpointHealth.note([failed(of, now - 60_000, 7)]);
  await store.endpointHealth.note([{ ...failed(of, now, 2), lastSuccessMs: now - 10 }]);
  expect((await read(of)).health).toMatchObject({ consecutiveFailures: 2, failingSince: new Date(now) });
});

test("for an endpoint that is well nothing is written, however much it succeeds", async () => {
  const of = await anEndpoint();
  const before = await read(of);
  await store.endpointHealth.note([succeeded(of, Date.now(), 1_000)]);
  expect(await read(of)).toEqual(before);
  await store.endpointHealth.noteSuccess([of.id], new Date(5_000));
  await store.endpointHealth.noteSuccess([of.id], new Date(4_000));
  expect((await read(of)).health.lastSuccessAt).toEqual(new Date(5_000));
});

test("failures further apart than the time of disabling do not add up to it", async () => {
  const of = await anEndpoint();
  const now = Date.now();
  await store.endpointHealth.note([failed(of, now - 6 * day)]);
  await store.endpointHealth.note([failed(of, now - 3 * day)]);
  expect((await read(of)).health.failingSince).toEqual(new Date(now - 6 * day));
  const seldom = await anEndpoint();
  await store.endpointHealth.note([failed(seldom, now - 6 * day)]);
  await store.endpointHealth.note([failed(seldom, now)]);
  expect((await read(seldom)).health).toMatchObject({ failingSince: new Date(now), consecutiveFailures: 2 });
});

test("what failed is to be looked at, once, and again when more is noted during the look", async () => {
  const of = await anEndpoint();
  await store.endpointHealth.note([failed(of, Date.now())]);
  // Those of the other tests are due too.
  const claimed: StoredEndpoint[] = [];
  const claimAll = async () => {
    for (
      let row = await store.endpointHealth.claimLook(30_000);
      row;
      row = await store.endpointHealth.claimLook(30_000)
    ) {
      if (row._id === of.id) claimed.push(row);
    }
  };
  await until(async () => {
    await Promise.all([claimAll(), claimAll()]);
    return claimed.length > 0;
  });
  expect(claimed).toHaveLength(1);
  expect(claimed[0]).not.toHaveProperty("sealed");
  await store.endpointHealth.note([failed(of, Date.now())]);
  if (claimed[0]) await store.endpointHealth.endLook(claimed[0], undefined);
  const lookAt = (await read(of)).watch?.lookAt?.getTime() ?? 0;
  expect(lookAt).toBeGreaterThan(0);
  expect(lookAt).toBeLessThan(Date.now() + 5_000);
});

test("of two processes that judge at once one enters the state, with one alert", async () => {
  const of = await anEndpoint();
  await store.endpointHealth.note([failed(of, Date.now(), 5)]);
  const seen = await read(of);
  const data = {
    endpoint: { id: of.id, url: settings.url },
    code: "consecutive_failures" as const,
    reason: "5 attempts in a row have failed.",
    since: new Date().toISOString(),
    consecutiveFailures: 5,
  };
  const transition = {
    state: "failing" as const,
    cause: "consecutive" as const,
    notice: { type: "endpoint.failing" as const, data },
  };
  const entered = await Promise.all([
    store.endpointHealth.enter(seen, transition),
    store.endpointHealth.enter(seen, transition),
  ]);
  expect(entered.filter(Boolean)).toHaveLength(1);
  const { health, notices } = await read(of);
  expect(health.state).toBe("failing");
  expect(notices).toHaveLength(1);
  expect(JSON.parse(notices?.[0]?.data ?? "")).toEqual(data);
});

test("an endpoint that was changed during the look is not judged by what it was", async () => {
  const of = await anEndpoint();
  await store.endpointHealth.note([failed(of, Date.now(), 5)]);
  const seen = await read(of);
  await store.endpoints.setStatus(of.tenantId, of.id, "paused");
  const data = {
    endpoint: { id: of.id, url: "" },
    code: "slow" as const,
    reason: "",
    since: "",
    consecutiveFailures: 5,
  };
  const notice = { type: "endpoint.slow" as const, data };
  expect(await store.endpointHealth.enter(seen, { state: "slow", notice })).toBe(false);
});

test("a status that a receiver set is told once, one that a person set is not, and enabling begins anew", async () => {
  const of = await anEndpoint();
  await store.endpointHealth.note([failed(of, Date.now(), 5)]);
  const gone = { code: "gone" as const, message: "The receiver answered 410: it is gone." };
  await Promise.all(Array.from({ length: 5 }, () => store.endpoints.setStatus(of.tenantId, of.id, "disabled", gone)));
  const { notices } = await read(of);
  expect(notices?.map((one) => one.type)).toEqual(["endpoint.disabled"]);
  expect(JSON.parse(notices?.[0]?.data ?? "")).toMatchObject({
    code: "gone",
    endpoint: { id: of.id, url: settings.url },
  });
  await store.endpoints.setStatus(of.tenantId, of.id, "enabled");
  const enabled = await read(of);
  expect(enabled.health).toEqual({ consecutiveFailures: 0, state: "healthy" });
  expect(enabled.watch).toBeUndefined();
  // What was promised is kept.
  expect(enabled.notices).toHaveLength(1);
  await store.endpoints.setStatus(of.tenantId, of.id, "disabled", { code: "manual", message: "Not wanted." });
  expect((await read(of)).notices).toHaveLength(1);
});

test("open breakers are counted until their time has come", async () => {
  const before = await store.endpointHealth.open();
  const [one, other] = [await anEndpoint(), await anEndpoint()];
  await store.endpoints.noteHealth(one.tenantId, one.id, { openUntil: new Date(Date.now() + 60_000) });
  await store.endpoints.noteHealth(other.tenantId, other.id, { openUntil: new Date(Date.now() - 60_000) });
  expect(await store.endpointHealth.open()).toBe(before + 1);
});
