// What limits, order, batches, a pause and an open breaker keep waits durably, and goes out as they let it through.
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Received } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

const dataOf = (request: Received) => JSON.parse(request.body.toString()).data as { key: string; n: number };

test("an ordered endpoint gets the deliveries of one key in order, also while one of them is tried again", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  let failures = 2;
  receiver.respond((request) => {
    const { key, n } = dataOf(request);
    return key === "a" && n === 1 && failures-- > 0 ? { status: 500 } : {};
  });
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    order: "{{event.data.key}}",
    retry: { schedule: ["500ms", "500ms"], jitter: "none" },
  });
  for (let n = 0; n < 4; n++) {
    for (const key of ["a", "b"]) await app.publish({ type: "order.changed", data: { key, n } });
  }
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"), 20_000);
  const arrived = receiver.requests.map(dataOf);
  expect(arrived.filter((one) => one.key === "a").map((one) => one.n)).toEqual([0, 1, 1, 1, 2, 3]);
  expect(arrived.filter((one) => one.key === "b").map((one) => one.n)).toEqual([0, 1, 2, 3]);
  // The other key did not wait for the one that failed.
  const lastOfB = arrived.findIndex((one) => one.key === "b" && one.n === 3);
  expect(lastOfB).toBeLessThan(arrived.findIndex((one) => one.key === "a" && one.n === 2));
});

test("events of one batch publish reach an ordered endpoint in their order", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  await makeEndpoint(app, { url: receiver.url, events: ["*"], order: "{{event.data.key}}" });
  const events = Array.from({ length: 40 }, (_, n) => ({ type: "order.changed", data: { key: "a", n } }));
  expect((await app.call("POST", "/v1/events/batch", events)).status).toBe(202);
  const requests = await receiver.waitFor(40, 20_000);
  expect(requests.map((one) => dataOf(one).n)).toEqual(events.map((one) => one.data.n));
});

test("keys that wait for their retries keep no other key waiting, however many there are", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond((request) => ({ status: dataOf(request).key === "late" ? 200 : 503 }));
  await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    order: "{{event.data.key}}",
    retry: { schedule: ["10m"], jitter: "none" },
    breaker: false,
  });
  const events = Array.from({ length: 230 }, (_, n) => ({ type: "order.changed", data: { key: `k${n}`, n } }));
  for (let at = 0; at < events.length; at += 100) {
    expect((await app.call("POST", "/v1/events/batch", events.slice(at, at + 100))).status).toBe(202);
  }
  await receiver.waitFor(230, 20_000);
  await app.publish({ type: "order.changed", data: { key: "late", n: 1 } });
  await until(() => receiver.requests.some((request) => dataOf(request).key === "late"), 10_000);
});

test("a batch endpoint gets up to so many events in one request, the rest after its time, and each is accounted for", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }, {}]);
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    batch: { max: 4, for: "1s" },
    retry: { schedule: ["500ms"], jitter: "none" },
  });
  for (let n = 0; n < 6; n++) await app.publish({ type: "order.changed", data: { key: "a", n } });
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"), 20_000);
  const bodies = receiver.requests.map((one) => JSON.parse(one.body.toString()) as { data: { n: number } }[]);
  const accepted = bodies.slice(1).flatMap((batch) => batch.map((one) => one.data.n));
  expect(accepted.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  // The batch that failed is sent again as it was, under its id.
  expect(bodies.some((batch, i) => i > 0 && JSON.stringify(batch) === JSON.stringify(bodies[0]))).toBe(true);
  const ids = receiver.requests.map((one) => one.headers["webhook-id"]);
  expect(ids.slice(1)).toContain(ids[0]);
  const rows = await deliveriesOf(app, endpoint);
  expect(rows).toHaveLength(6);
  expect(rows.every((row) => row.attempts.every((attempt) => attempt.batch !== undefined))).toBe(true);
});

test("a paused endpoint keeps its deliveries, also those under retry, and gets them when it is resumed", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 500 }, {}]);
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["1s", "1s"], jitter: "none" },
  });
  const tenant = await tenantOf(app);
  await app.publish({ type: "order.changed", data: { n: 1 } });
  await receiver.waitFor(1);
  await app.endpoints?.setStatus(tenant, endpoint, "paused");
  await app.publish({ type: "order.changed", data: { n: 2 } });
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.lane?.why === "paused"), 10_000);
  expect(receiver.requests).toHaveLength(1);
  await app.endpoints?.setStatus(tenant, endpoint, "enabled");
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"), 15_000);
  expect(receiver.requests).toHaveLength(3);
});

test("a delivery that was paused under retry goes on with its retries after the endpoint is resumed", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 500 }, { status: 500 }, {}]);
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["500ms", "500ms"], jitter: "none" },
  });
  const tenant = await tenantOf(app);
  await app.publish({ type: "order.changed", data: {} });
  await receiver.waitFor(1);
  await app.endpoints?.setStatus(tenant, endpoint, "paused");
  await until(async () => (await deliveriesOf(app, endpoint))[0]?.lane?.why === "paused", 10_000);
  await app.endpoints?.setStatus(tenant, endpoint, "enabled");
  await until(async () => (await deliveriesOf(app, endpoint))[0]?.status === "delivered", 15_000);
  expect(receiver.requests).toHaveLength(3);
});

const endings = {
  deleted: (app: TestApp, endpoint: string, tenant: Awaited<ReturnType<typeof tenantOf>>) =>
    app.endpoints?.remove(tenant, endpoint),
  disabled: (app: TestApp, endpoint: string, tenant: Awaited<ReturnType<typeof tenantOf>>) =>
    app.endpoints?.setStatus(tenant, endpoint, "disabled"),
};

test.each(["deleted", "disabled"] as const)(
  "an endpoint that is %s in the middle of a retry chain gets no further attempt",
  async (how) => {
    await using app = await startApp();
    await using receiver = await startReceiver();
    receiver.respond([{ status: 500 }]);
    const { endpoint } = await makeEndpoint(app, {
      url: receiver.url,
      events: ["*"],
      retry: { schedule: ["1s", "1s"], jitter: "none" },
    });
    await app.publish({ type: "order.changed", data: {} });
    await receiver.waitFor(1);
    await endings[how](app, endpoint, await tenantOf(app));
    await until(async () => (await deliveriesOf(app, endpoint))[0]?.status === "cancelled", 10_000);
    const [row] = await deliveriesOf(app, endpoint);
    expect(row?.reason?.code).toBe(`endpoint_${how}`);
    expect(receiver.requests).toHaveLength(1);
  },
);

test("a disabled endpoint's deliveries are recorded as skipped, with the reason", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["*"] });
  await app.endpoints?.setStatus(await tenantOf(app), endpoint, "disabled");
  await app.publish({ type: "order.changed", data: {} });
  await app.idle();
  const [row] = await deliveriesOf(app, endpoint);
  expect(row).toMatchObject({ status: "skipped", reason: { code: "inactive" }, attempts: [] });
  expect(receiver.requests).toHaveLength(0);
});

test("a 410 disables the endpoint, and its delivery is not tried again", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 410 }]);
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["*"] });
  await app.publish({ type: "order.changed", data: {} });
  await app.idle();
  const tenant = await tenantOf(app);
  expect(await app.endpoints?.find(tenant, endpoint)).toMatchObject({
    status: "disabled",
    statusReason: { code: "gone" },
  });
  expect((await deliveriesOf(app, endpoint))[0]).toMatchObject({ status: "rejected" });
});

test("an open breaker parks deliveries, and lets them out again when the endpoint answers", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  let isBroken = true;
  receiver.respond(() => (isBroken ? { status: 503 } : {}));
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["2s", "5s", "5s"], jitter: "none" },
    breaker: { min: 3, share: 0.5, within: "1m", open: "2s" },
  });
  for (let n = 0; n < 20; n++) await app.publish({ type: "order.changed", data: { n } });
  await until(async () => (await deliveriesOf(app, endpoint)).some((one) => one.lane?.why === "breaker"), 10_000);
  expect(receiver.requests.length).toBeLessThan(20);
  isBroken = false;
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"), 25_000);
});

test.each<[string, (app: TestApp, endpoint: string) => Promise<unknown>]>([
  [
    "its breaker is switched off",
    (app, endpoint) => app.call("PATCH", `/v1/endpoints/${endpoint}`, { breaker: false }),
  ],
  [
    "its breaker is made to close earlier, and it is paused and enabled again",
    async (app, endpoint) => {
      await app.call("PATCH", `/v1/endpoints/${endpoint}`, { breaker: { ...longBreaker, open: "1s" } });
      await app.call("POST", `/v1/endpoints/${endpoint}/pause`, {});
      await app.call("POST", `/v1/endpoints/${endpoint}/enable`, {});
    },
  ],
])("a lane that waits for an hour goes on when the endpoint is changed: %s", async (_how, change) => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  let isBroken = true;
  receiver.respond(() => (isBroken ? { status: 503 } : {}));
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["1s"], jitter: "none" },
    breaker: longBreaker,
  });
  for (let n = 0; n < 6; n++) await app.publish({ type: "order.changed", data: { n } });
  await until(async () => (await deliveriesOf(app, endpoint)).some((one) => one.lane?.why === "breaker"), 10_000);
  isBroken = false;
  await change(app, endpoint);
  const done = async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered");
  await until(done, 20_000);
  expect(await deliveriesOf(app, endpoint)).toHaveLength(6);
});

const longBreaker = { min: 2, share: 0.5, within: "1m", open: "1h" };
