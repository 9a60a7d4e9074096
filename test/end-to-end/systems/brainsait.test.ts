// A receiver of the BrainSAIT store, written from its guide alone, against the whole of Millrace.
import { timingSafeEqual } from "node:crypto";
import { awkward, firstDelayMs, hexHmac, isSame, startSystem, type Body, type System } from "./systems.ts";

let system: System;
beforeEach(async () => {
  system = await startSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const subscribe = async (rest: object = {}) => {
  const given = {
    url: `${system.receiver.url}/hook`,
    events: ["payment.completed", "order.created"],
    description: "Main",
    ...rest,
  };
  const { status, body } = await system.call("POST", "/api/v1/webhooks", given, { "x-tenant-id": "my-store" });
  expect(status).toBe(201);
  return body;
};

/** The guide's three receivers: Express decodes the hex of the raw body, Flask compares it as text, Next.js writes it again. */
function verify(secret: string, body: Buffer, signature: string): boolean[] {
  return [
    timingSafeEqual(Buffer.from(signature, "hex"), Buffer.from(hexHmac(secret, body), "hex")),
    isSame(signature, hexHmac(secret, body)),
    isSame(signature, hexHmac(secret, JSON.stringify(JSON.parse(body.toString())))),
  ];
}

test("all three of the guide's receivers verify every body with the secret that was shown once", async () => {
  const { id, secret, tenant_id: tenantId } = await subscribe();
  for (const data of awkward) await system.publish("payment.completed", data);
  const requests = await system.receiver.waitFor(awkward.length);
  for (const { body, headers } of requests) {
    expect(verify(secret, body, String(headers["x-brainsait-signature"]))).toEqual([true, true, true]);
    expect(headers["content-type"]).toBe("application/json");
    const envelope = JSON.parse(body.toString()) as Body;
    expect(Object.keys(envelope)).toEqual(["id", "event", "created", "data", "tenant_id", "api_version"]);
    expect(envelope).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      event: "payment.completed",
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      data: { object: expect.any(Object) },
      tenant_id: tenantId,
      api_version: "2024-01-01",
    });
  }
  expect(JSON.stringify((await system.call("GET", `/api/v1/webhooks/${id}`)).body)).not.toContain(secret);
});

test("the samples' data pass unchanged: amounts in minor and in major units", async () => {
  await subscribe();
  await system.publish("payment.completed", `{"amount":29999,"currency":"USD","metadata":{"order_number":"ORD-1"}}`);
  await system.publish("order.created", `{"total":299.99,"items":[{"product_id":"p","quantity":1,"price":299.99}]}`);
  const requests = await system.receiver.waitFor(2);
  const objects = requests.map(({ body }) => (JSON.parse(body.toString()) as Body).data.object);
  expect(objects).toContainEqual({ amount: 29999, currency: "USD", metadata: { order_number: "ORD-1" } });
  expect(objects).toContainEqual({ total: 299.99, items: [{ product_id: "p", quantity: 1, price: 299.99 }] });
});

test.each([400, 401, 404, 408, 410, 422, 425])("an answer of %i ends the delivery", async (status) => {
  system.receiver.respond(() => ({ status }));
  const { id } = await subscribe();
  await system.publish("order.created", "{}");
  const delivery = await system.delivery(id, ["rejected", "failed"]);
  expect([delivery.status, delivery.attempts.length]).toEqual(["rejected", 1]);
  expect((await system.call("GET", `/api/v1/webhooks/${id}`)).body.active).toBe(true);
});

test.each([300, 301, 307, 429, 500, 502, 599])(
  "an answer of %i is tried again after five minutes, and not followed",
  async (status) => {
    system.receiver.respond(() => ({ status, headers: { location: `${system.receiver.url}/elsewhere` } }));
    const { id } = await subscribe();
    await system.publish("order.created", "{}");
    const delivery = await system.delivery(id, ["pending"]);
    expect(Math.round(firstDelayMs(delivery) / 1_000)).toBe(300);
    expect(system.receiver.requests.map(({ path }) => path)).toEqual(["/hook"]);
  },
);

test("a duplicate of an event is delivered once, and a retry carries the same id", async () => {
  const { secret } = await subscribe();
  const event = { id: "order-1", type: "order.created", data: {} };
  await Promise.all([system.app.publish(event), system.app.publish(event)]);
  const [sent] = await system.receiver.waitFor(1);
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
  expect(verify(secret, sent?.body ?? Buffer.of(), String(sent?.headers["x-brainsait-signature"]))).not.toContain(
    false,
  );
});

test("logs have status, answer time and errors", async () => {
  system.receiver.respond(() => ({ status: 503 }));
  const { id } = await subscribe();
  await system.publish("order.created", "{}");
  await system.delivery(id, ["pending"]);
  const { body } = await system.call("GET", `/api/v1/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([
    { event_type: "order.created", response_status: 503, response_time_ms: expect.any(Number), attempts: 1 },
  ]);
});
