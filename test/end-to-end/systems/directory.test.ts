// A receiver of the business directory, written from its guide alone, against the whole of Millrace.
import { awkward, firstDelayMs, hexHmac, isSame, startSystem, type Body, type System } from "./systems.ts";

const secret = "directory-secret";
let system: System;
beforeEach(async () => {
  system = await startSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const subscribe = async (rest: object = {}) => {
  const given = {
    endpointUrl: `${system.receiver.url}/hook`,
    events: ["business.created", "review.created"],
    secret,
    active: true,
    ...rest,
  };
  const { status, body } = await system.call("POST", "/api/webhooks?profile=directory", given);
  expect(status).toBe(201);
  return body;
};

test("its receiver verifies every body, and finds the guide's members, headers and times", async () => {
  const { id } = await subscribe({ headers: { "X-Partner": "acme" } });
  for (const data of awkward) await system.publish("business.created", data);
  const requests = await system.receiver.waitFor(awkward.length);
  for (const { body, headers } of requests) {
    const payload = JSON.parse(body.toString()) as Body;
    const expected = `sha256=${hexHmac(secret, JSON.stringify(payload))}`;
    expect(isSame(String(headers["x-webhook-signature"]), expected)).toBe(true);
    expect(Object.keys(payload)).toEqual(["id", "type", "created", "data", "webhook"]);
    expect(payload.webhook).toEqual({ subscription_id: id, delivery_attempt: 1 });
    expect(payload.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(headers["user-agent"]).toBe("Lawless-Directory-Webhooks/1.0");
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["x-webhook-timestamp"]).toMatch(/^\d{13}$/);
    expect(Math.abs(Number(headers["x-webhook-timestamp"]) - Date.now())).toBeLessThan(60_000);
    expect(headers["x-partner"]).toBe("acme");
  }
});

test("filters by equals, contains, in and exists choose the events", async () => {
  await subscribe({
    events: ["*"],
    filters: [
      { field: "category", operator: "in", value: ["restaurant", "bar"] },
      { field: "data.name", operator: "contains", value: "Test" },
      { field: "type", operator: "equals", value: "business.created" },
      { field: "website", operator: "exists" },
    ],
  });
  const data = { category: "bar", name: "A Test", website: "x" };
  await system.publish("business.created", JSON.stringify({ ...data, category: "shop" }));
  await system.publish("business.created", JSON.stringify({ ...data, name: "Other" }));
  await system.publish("business.updated", JSON.stringify(data));
  await system.publish("business.created", JSON.stringify({ category: "bar", name: "A Test" }));
  await system.publish("business.created", JSON.stringify(data));
  const [only] = await system.receiver.waitFor(1);
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
  expect((JSON.parse(only?.body.toString() ?? "") as Body).data).toEqual(data);
});

test("retryConfig sets attempts and growth, from two seconds on", async () => {
  system.receiver.respond(() => ({ status: 500 }));
  const { id } = await subscribe({ retryConfig: { maxRetries: 2, backoffMultiplier: 2, maxBackoffSeconds: 60 } });
  await system.publish("business.created", "{}");
  const delivery = await system.delivery(id, ["failed"]);
  expect(delivery.attempts).toHaveLength(2);
  expect(Math.round(firstDelayMs(delivery) / 1_000)).toBe(2);
  const bodies = system.receiver.requests.map(({ body }) => JSON.parse(body.toString()) as Body);
  expect(bodies.map(({ webhook }) => webhook.delivery_attempt)).toEqual([1, 2]);
  expect(bodies[0].created).toBe(bodies[1].created);
  const dead = await system.call("GET", "/v1/dead-letters");
  expect(dead.body.data.map((one: Body) => one.id)).toContain(delivery.id);
});

test.each([301, 400, 404, 410, 429, 500])(
  "an answer of %i is tried again after two seconds, and never followed",
  async (status) => {
    system.receiver.respond(() => ({ status, headers: { location: `${system.receiver.url}/elsewhere` } }));
    const { id } = await subscribe();
    await system.publish("business.created", "{}");
    const delivery = await system.delivery(id, ["pending"]);
    expect(Math.round(firstDelayMs(delivery) / 1_000)).toBe(2);
    expect(system.receiver.requests.every(({ path }) => path === "/hook")).toBe(true);
  },
);

test("a delivery to an inactive subscription is recorded as skipped, with the reason", async () => {
  const { id } = await subscribe({ active: false });
  await system.publish("business.created", "{}");
  await system.app.idle();
  const { body } = await system.call("GET", `/api/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([
    { outcome: "skipped", success: false, reason: expect.any(String), eventType: "business.created" },
  ]);
  expect(system.receiver.requests).toEqual([]);
});

test("one event is delivered to a subscription once, however often it is published", async () => {
  const { id } = await subscribe();
  const event = { id: "e-1", type: "business.created", data: {} };
  await Promise.all([system.app.publish(event), system.app.publish(event), system.app.publish(event)]);
  await system.delivery(id, ["delivered"]);
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
});

test("headers of the signature cannot be replaced by one's own", async () => {
  const given = {
    endpointUrl: `${system.receiver.url}/hook`,
    events: ["*"],
    headers: { "X-Webhook-Signature": "mine" },
  };
  const { status, body } = await system.call("POST", "/api/webhooks", given);
  expect([status, body.errors[0].pointer]).toEqual([422, "/headers/X-Webhook-Signature"]);
});

test("chosen fields, or a payload of one's own, go out as the data", async () => {
  const { id } = await subscribe();
  const transform = async (given: object) => {
    const { status } = await system.call("PATCH", `/v1/endpoints/${id}`, { transform: given });
    expect(status).toBe(200);
  };
  const data = `{"id":"b1","name":"Test","contact":{"phone":"1","email":"a@b.example"}}`;
  await transform({ fields: ["id", "contact.phone"] });
  await system.publish("business.created", data);
  await system.receiver.waitFor(1);
  await transform({ payload: { title: "New: {{event.data.name}}", kind: "{{event.type}}" } });
  await system.publish("business.created", data);
  const requests = await system.receiver.waitFor(2);
  const sent = requests.map(({ body }) => (JSON.parse(body.toString()) as Body).data);
  expect(sent).toEqual([
    { id: "b1", contact: { phone: "1" } },
    { title: "New: Test", kind: "business.created" },
  ]);
});
