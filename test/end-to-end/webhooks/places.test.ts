// Deliveries that wait in memory for a place at their endpoint: who sends them when it is free, and by which settings?
import { startApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

jest.setTimeout(60_000);

test("a delivery that waits for a place that a retry has taken is sent when the retry ends, without other traffic", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  let release: () => void = () => {};
  const retried = new Promise<void>((resolve) => (release = resolve));
  receiver.respond(async (_, index) => {
    if (index === 0) return { status: 503 };
    if (index === 1) await retried;
    return {};
  });
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    concurrency: 1,
    retry: { schedule: ["500ms"], jitter: "none" },
  });
  await app.publish({ type: "order.created", data: { n: 1 } });
  await receiver.waitFor(2);
  await app.publish({ type: "order.created", data: { n: 2 } });
  release();
  await receiver.waitFor(3);
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"));
  expect(receiver.requests).toHaveLength(3);
});

test.each([
  ["paused", ["delivered", "pending", "pending", "pending"], [undefined, "paused", "paused", "paused"]],
  ["disabled", ["delivered", "skipped", "skipped", "skipped"], [undefined, undefined, undefined, undefined]],
  ["deleted", ["delivered"], [undefined]],
] as const)(
  "an endpoint that is %s gets nothing more of what waited in memory for its place",
  async (how, statuses, waiting) => {
    await using app = await startApp();
    await using receiver = await startReceiver();
    const release = holdFirst(receiver);
    const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["*"], concurrency: 1 });
    const tenant = await tenantOf(app);
    for (let n = 0; n < 4; n++) await app.publish({ type: "order.created", data: { n } });
    await receiver.waitFor(1);
    if (how === "deleted") await app.endpoints?.remove(tenant, endpoint);
    else await app.endpoints?.setStatus(tenant, endpoint, how);
    release();
    await app.idle();
    expect(receiver.requests).toHaveLength(1);
    const rows = await deliveriesOf(app, endpoint);
    expect(rows.map((row) => row.status)).toEqual(statuses);
    expect(rows.map((row) => row.lane?.why)).toEqual(waiting);
  },
);

test("what waited in memory for a place goes to the URL that the endpoint has when its turn comes", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  const release = holdFirst(receiver);
  const { endpoint } = await makeEndpoint(app, { url: `${receiver.url}/old`, events: ["*"], concurrency: 1 });
  const tenant = await tenantOf(app);
  for (let n = 0; n < 3; n++) await app.publish({ type: "order.created", data: { n } });
  await receiver.waitFor(1);
  await app.endpoints?.update(tenant, endpoint, undefined, { patch: { url: `${receiver.url}/new` } });
  release();
  await receiver.waitFor(3);
  expect(receiver.requests.map((one) => one.path)).toEqual(["/old", "/new", "/new"]);
});

test("an event that this process still sends is not sent a second time by it when its lease has run out", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  receiver.respond(async () => {
    await held;
    return {};
  });
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["*"], concurrency: 1 });
  const tenant = await tenantOf(app);
  const ids = ["first", "second"];
  for (const id of ids) await app.publish({ id, type: "order.created", data: {} });
  await receiver.waitFor(1);
  const events = () => Promise.all(ids.map((id) => app.store.events.find(tenant, id)));
  // As after an outage of MongoDB in which nothing could be renewed.
  const keys = (await events()).flatMap((event) => event?._id ?? []);
  await app.store.events.leaseFanOut(keys, -60_000);
  await until(async () => (await events()).every((event) => (event?.fanOut?.fence ?? 0) > 0));
  release();
  await app.idle();
  await until(async () => (await deliveriesOf(app, endpoint)).every((row) => row.status === "delivered"));
  expect(receiver.requests).toHaveLength(2);
  expect((await events()).map((event) => event?.fanOut?.state)).toEqual(["done", "done"]);
});

/** Has the first request wait for its answer until it is released; the others are answered at once. */
function holdFirst(receiver: Receiver): () => void {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  receiver.respond(async (_, index) => {
    if (index === 0) await held;
    return {};
  });
  return release;
}
