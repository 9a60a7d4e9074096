// An event is sent to the endpoints that want it: at once, and by Temporal when the first attempt does not succeed.
import { Webhook } from "standardwebhooks";
import { startApp } from "../../support/app.ts";
import { startReceiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { makeEndpoint, deliveriesOf } from "./endpoints.ts";

test("an event reaches every endpoint that wants its type once, signed with the endpoint's own secret", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  const orders = await makeEndpoint(app, { url: `${receiver.url}/orders`, events: ["order.*"] });
  await makeEndpoint(app, { url: `${receiver.url}/reviews`, events: ["review.created"] });
  const published = await app.publish({ type: "order.created", data: { total: 12345678901234567890n.toString() } });
  expect(published.body.deliveries).toBe(1);
  const [request] = await receiver.waitFor(1);
  await app.idle();
  expect(receiver.requests).toHaveLength(1);
  expect(request?.path).toBe("/orders");
  const body = request?.body.toString() ?? "";
  const headers = request?.headers as Record<string, string>;
  expect(new Webhook(orders.secret).verify(body, headers)).toMatchObject({ type: "order.created" });
  const [delivery] = await deliveriesOf(app, orders.endpoint);
  expect(delivery).toMatchObject({ _id: headers["webhook-id"], status: "delivered", begun: 1 });
  expect(delivery?.attempts).toMatchObject([{ number: 1, trigger: "first", outcome: "succeeded", status: 200 }]);
});

test("a delivery that fails at first is carried on by Temporal under the same id, and ends delivered", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }, { status: 500 }, { status: 200 }]);
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: ["*"],
    retry: { schedule: ["1s", "1s"], jitter: "none" },
  });
  await app.publish({ type: "order.created", data: {} });
  const requests = await receiver.waitFor(3);
  expect(new Set(requests.map((one) => one.headers["webhook-id"])).size).toBe(1);
  await until(async () => (await deliveriesOf(app, endpoint))[0]?.status === "delivered");
  const [delivery] = await deliveriesOf(app, endpoint);
  expect(delivery?.attempts).toMatchObject([
    { number: 1, trigger: "first", status: 503 },
    { number: 2, trigger: "automatic", status: 500 },
    { number: 3, trigger: "automatic", status: 200 },
  ]);
});

test("an endpoint over its concurrency and its rate gets everything, no faster than its rate and without failed attempts", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: ["*"], rateLimit: { max: 5, per: "1s" } });
  for (let i = 0; i < 12; i++) await app.publish({ type: "order.created", data: { i } });
  const requests = await receiver.waitFor(12, 20_000);
  const spanMs = (requests.at(-1)?.at.getTime() ?? 0) - (requests[0]?.at.getTime() ?? 0);
  expect(spanMs).toBeGreaterThan(1_000);
  await until(async () => (await deliveriesOf(app, endpoint)).every((one) => one.status === "delivered"));
  expect((await deliveriesOf(app, endpoint)).every((one) => one.attempts.length === 1)).toBe(true);
});
