// The routes of statistics: figures over a time, told apart as asked, within bounds, and each tenant's own.
import { newCounts, type DeliveryCounts } from "../../src/model/delivery-stats.ts";
import { bucketOf } from "../../src/model/histogram.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { startApi, type TestApi } from "./start-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const hour = 3_600_000;
const settings = { url: "https://hooks.example.com/in", name: "Orders", events: ["*"], profile: "standard" };

async function aTenant() {
  const tenantId = await api.store.tenants.create("Other");
  const key = await api.newKey(tenantId);
  const get = (path: string) => api.call("GET", path, { key });
  return { tenantId, get };
}
async function anEndpoint(tenantId: TenantId): Promise<EndpointId> {
  const id = newId("ep");
  await api.store.endpoints.create(tenantId, id, { settings, status: "enabled", sealed: "sealed" });
  return id;
}
async function counted(
  of: { tenantId: TenantId; endpointId: EndpointId },
  atMs: number,
  more: Partial<DeliveryCounts>,
  eventType = "order.created",
) {
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  await api.store.deliveryStats.add([{ ...of, eventType, minuteMs, counts: { ...newCounts(), ...more } }]);
}

test("the last day comes by hours, with totals, classes, times and types", async () => {
  const { tenantId, get } = await aTenant();
  const endpointId = await anEndpoint(tenantId);
  const answers = newCounts().answers;
  answers[bucketOf(40)] = 3;
  const now = Date.now();
  await counted({ tenantId, endpointId }, now, { attempts: 3, delivered: 3, answers, answerMsSum: 120 });
  await counted(
    { tenantId, endpointId },
    now - 5 * hour,
    { attempts: 2, failedAttempts: 2, retries: 1, failed: 1, limited: 4, byClass: { timeout: 2 } },
    "order.paid",
  );
  await counted({ tenantId, endpointId }, now - 48 * hour, { attempts: 100 });
  const { status, body } = await get("/v1/stats");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    bucket: "hour",
    totals: {
      attempts: 5,
      deliveries: 4,
      delivered: 3,
      failed: 1,
      rejected: 0,
      successRate: 0.75,
      availability: 0.6,
      averageMs: 40,
      retries: 1,
      retryRate: 0.2,
      rateLimitHits: 4,
      byClass: { timeout: 2 },
    },
    byType: [
      { eventType: "order.created", attempts: 3, successRate: 1 },
      { eventType: "order.paid", attempts: 2, successRate: 0 },
    ],
  });
  expect(body.totals.p50Ms).toBeGreaterThan(30);
  expect(body.totals.p95Ms).toBeLessThanOrEqual(50);
  expect([24, 25]).toContain(body.buckets.length);
  expect(body.buckets.at(-1)).toMatchObject({ attempts: 3 });
  expect(body.buckets.filter((one: { attempts: number }) => one.attempts > 0)).toHaveLength(2);
  // No figure is made up where there is nothing.
  expect(body.buckets[0]).not.toHaveProperty("successRate");
});

test("one endpoint, one type, minutes and days are told apart", async () => {
  const { tenantId, get } = await aTenant();
  const [one, other] = [await anEndpoint(tenantId), await anEndpoint(tenantId)];
  const now = Date.now();
  await counted({ tenantId, endpointId: one }, now, { attempts: 1 });
  await counted({ tenantId, endpointId: one }, now - 60_000, { attempts: 10 }, "order.paid");
  await counted({ tenantId, endpointId: other }, now, { attempts: 100 });
  const since = new Date(now - 5 * 60_000).toISOString();
  const attemptsOf = async (query: string) => (await get(`/v1/stats?${query}`)).body.totals.attempts;
  expect(await attemptsOf("bucket=day")).toBe(111);
  expect(await attemptsOf(`endpoint=${one}`)).toBe(11);
  expect(await attemptsOf(`endpoint=${one}&eventType=order.paid&bucket=minute&since=${since}`)).toBe(10);
  expect(await attemptsOf(`eventType=order.created`)).toBe(101);
  const minutes = (await get(`/v1/stats?bucket=minute&since=${since}&endpoint=${one}`)).body;
  expect([6, 7]).toContain(minutes.buckets.length);
  const ofEndpoint = (await get(`/v1/endpoints/${one}/stats`)).body;
  expect(ofEndpoint).toMatchObject({
    endpoint: { id: one, url: settings.url, name: "Orders", status: "enabled", health: { state: "healthy" } },
    totals: { attempts: 11 },
  });
});

test("the list of endpoints has each one's figures and health, in pages", async () => {
  const { tenantId, get } = await aTenant();
  const ids = [await anEndpoint(tenantId), await anEndpoint(tenantId), await anEndpoint(tenantId)];
  for (const [i, endpointId] of ids.entries()) {
    await counted({ tenantId, endpointId }, Date.now(), { attempts: i, delivered: i });
  }
  const first = (await get("/v1/stats/endpoints?limit=2")).body;
  const second = (await get(`/v1/stats/endpoints?limit=2&cursor=${first.nextCursor}`)).body;
  const rows = [...first.data, ...second.data];
  expect(rows.map((row) => [row.endpoint.id, row.attempts])).toEqual(ids.map((id, i) => [id, i]).toReversed());
  expect(rows[0]).toMatchObject({
    successRate: 1,
    endpoint: { status: "enabled", health: { consecutiveFailures: 0 } },
  });
  expect(second.nextCursor).toBeNull();
});

test("another tenant's endpoint is unknown, and its counts are in nobody else's totals", async () => {
  const [one, other] = [await aTenant(), await aTenant()];
  const endpointId = await anEndpoint(one.tenantId);
  await counted({ tenantId: one.tenantId, endpointId }, Date.now(), { attempts: 7 });
  expect((await other.get(`/v1/endpoints/${endpointId}/stats`)).status).toBe(404);
  expect((await other.get(`/v1/stats?endpoint=${endpointId}`)).body.totals.attempts).toBe(0);
  expect((await other.get("/v1/stats")).body.totals.attempts).toBe(0);
  expect((await one.get("/v1/stats")).body.totals.attempts).toBe(7);
});

test.each([
  ["more buckets than an answer holds", "bucket=hour&since=2020-01-01T00:00:00Z", "/query/since"],
  ["a time that ends before it begins", "since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", "/query/since"],
  [
    "minutes that are no longer kept",
    "bucket=minute&since=2026-03-01T00:00:00Z&until=2026-03-01T01:00:00Z",
    "/query/since",
  ],
  ["an unknown bucket", "bucket=week", "/query/bucket"],
  ["no id of an endpoint", "endpoint=orders", "/query/endpoint"],
  ["no time", "since=yesterday", "/query/since"],
])("%s is refused with what to change", async (_, query, pointer) => {
  const { status, body } = await api.call("GET", `/v1/stats?${query}`);
  expect(status).toBe(422);
  expect(body.errors).toMatchObject([{ pointer, message: expect.stringMatching(/\w/) }]);
});

test("statistics need their scope", async () => {
  const key = await api.newKey(api.tenantId, ["endpoints:read"]);
  expect((await api.call("GET", "/v1/stats", { key })).body.code).toBe("auth.scope");
});
