// An endpoint in trouble, from its first failure to its recovery: who is told of it, how often, and what is counted.
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

type Receiver = Awaited<ReturnType<typeof startReceiver>>;
const alertsAt = (receiver: Receiver) =>
  receiver.requests.map((one) => JSON.parse(one.body.toString()) as { type: string; data: Record<string, unknown> });
const noRetries = { retry: { attempts: 1 }, breaker: false } as const;

async function alertEvents(app: TestApp): Promise<string[]> {
  const page = await app.store.events.list(await tenantOf(app), {}, { limit: 200 });
  return page.items.map((one) => one.type).filter((type) => type.startsWith("endpoint."));
}

test("a failing endpoint and its recovery are told once each, to a flow and to the endpoints that name alerts", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  await using owner = await startReceiver();
  await using customer = await startReceiver();
  let isBroken = true;
  receiver.respond(() => (isBroken ? { status: 503 } : {}));
  const events = ["order.created", "endpoint.*"];
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events, name: "Acme", ...noRetries });
  await makeEndpoint(app, { url: owner.url, events: ["endpoint.*"] });
  await makeEndpoint(app, { url: customer.url, events: ["*"] });
  await app.createFlow({
    on: { event: "endpoint.failing" },
    steps: [{ id: "tell", use: "webhook.post", with: { url: `${owner.url}/flow` } }],
  });
  for (let n = 0; n < 6; n++) await app.publish({ type: "order.created", data: { n } });
  await until(() => owner.requests.length === 2);
  isBroken = false;
  for (let n = 0; n < 4; n++) await app.publish({ type: "order.created", data: { n } });
  await until(() => owner.requests.length === 3);
  await app.idle();
  const told = alertsAt(owner).map((one) => one.type);
  expect(told).toEqual(["endpoint.failing", "endpoint.failing", "endpoint.recovered"]);
  expect(alertsAt(owner)[0]?.data).toMatchObject({
    endpoint: { id: endpoint, url: receiver.url, name: "Acme" },
    code: "consecutive_failures",
    failureRate: 1,
  });
  // Ten orders and no alert: neither the endpoint itself nor the customer who asked for everything.
  expect(receiver.requests).toHaveLength(10);
  expect(customer.requests).toHaveLength(10);
  expect((await alertEvents(app)).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "endpoint.failing",
    "endpoint.recovered",
  ]);
});

test("what is counted is what the delivery log has", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 500 }, {}, { status: 400 }, {}]);
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["500ms"], jitter: "none" },
  });
  for (let n = 0; n < 8; n++) {
    await app.publish({ type: n < 6 ? "order.created" : "order.paid", data: { n } });
    await receiver.waitFor(n + 1);
  }
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status !== "pending"));
  const stats = async () => (await app.call("GET", `/v1/endpoints/${endpoint}/stats`)).body as unknown as Stats;
  await until(async () => (await stats()).totals.deliveries === 8);
  const { totals, byType } = await stats();
  const rows = await deliveriesOf(app, endpoint);
  expect(totals).toMatchObject({
    attempts: rows.flatMap((row) => row.attempts).length,
    delivered: rows.filter((row) => row.status === "delivered").length,
    rejected: rows.filter((row) => row.status === "rejected").length,
    retries: 1,
    successRate: 0.875,
  });
  expect(byType.map((one) => [one.eventType, one.deliveries])).toEqual([
    ["order.created", 6],
    ["order.paid", 2],
  ]);
  const metrics = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${app.apiKey}` } });
  expect(await metrics.text()).toContain('millrace_deliveries_total{status="delivered"} 7');
});
type Stats = { totals: { deliveries: number }; byType: { eventType: string; deliveries: number }[] };

test("an endpoint that answers 410 is disabled, and its owner is told why", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  await using owner = await startReceiver();
  receiver.respond([{ status: 410 }]);
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["order.created", "endpoint.disabled"] });
  await makeEndpoint(app, { url: owner.url, events: ["endpoint.disabled"] });
  await app.publish({ type: "order.created", data: {} });
  await owner.waitFor(1);
  expect(alertsAt(owner)).toMatchObject([
    { type: "endpoint.disabled", data: { endpoint: { id: endpoint }, code: "gone" } },
  ]);
  expect(receiver.requests).toHaveLength(1);
});

test("two broken endpoints that get each other's alerts fall silent", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond(() => ({ status: 500 }));
  const settings = { events: ["order.created", "endpoint.*"], alerts: { consecutive: 2 }, ...noRetries };
  const tenant = await tenantOf(app);
  const one = await makeEndpoint(app, { url: `${receiver.url}/one`, ...settings });
  const other = await makeEndpoint(app, { url: `${receiver.url}/other`, ...settings });
  for (let n = 0; n < 2; n++) await app.publish({ type: "order.created", data: { n } });
  await until(async () => (await alertEvents(app)).length === 2);
  const alertsOf = async (id: (typeof one)["endpoint"]) =>
    (await deliveriesOf(app, id)).filter((row) => row.event.type.startsWith("endpoint."));
  await until(async () => (await alertsOf(one.endpoint)).length + (await alertsOf(other.endpoint)).length === 2);
  // Each has failed an alert about the other by now; nothing more comes of it.
  await until(async () => {
    const rows = await Promise.all([one, other].map(async ({ endpoint }) => app.endpoints?.find(tenant, endpoint)));
    return rows.every((row) => row?.health.consecutiveFailures === 3);
  });
  expect(await alertEvents(app)).toEqual(["endpoint.failing", "endpoint.failing"]);
});

test("what an endpoint has missed holds no alert about itself, nor, for one that asks for everything, about another", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  await using customer = await startReceiver();
  receiver.respond([{ status: 503 }]);
  const events = ["order.created", "endpoint.*"];
  const failing = await makeEndpoint(app, { url: receiver.url, events, ...noRetries });
  const everything = await makeEndpoint(app, { url: customer.url, events: ["*"] });
  const owner = await makeEndpoint(app, { url: `${customer.url}/owner`, events: ["endpoint.failing"] });
  for (let n = 0; n < 6; n++) await app.publish({ type: "order.created", data: { n } });
  await until(() => customer.requests.some((one) => one.path === "/owner"));
  const replayed = async ({ endpoint }: { endpoint: string }) => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const { body } = await app.call("POST", `/v1/endpoints/${endpoint}/replay-missed`, { since });
    const read = () => app.call<{ status: string; retried: number }>("GET", `/v1/delivery-recoveries/${body.id}`);
    await until(async () => (await read()).body.status === "succeeded");
    return (await read()).body.retried;
  };
  expect([await replayed(failing), await replayed(everything), await replayed(owner)]).toEqual([0, 0, 0]);
  expect(customer.requests.filter((one) => one.path !== "/owner")).toHaveLength(6);
});
