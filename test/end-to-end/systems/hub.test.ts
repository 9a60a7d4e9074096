// A receiver of the Hub (X-Hub-Signature), written from its guide alone, against the whole of Millrace.
import { awkward, firstDelayMs, hexHmac, isSame, startSystem, type Body, type System } from "./systems.ts";

const secret = "your-secret-key";
let system: System;
beforeEach(async () => {
  system = await startSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const subscribe = async (rest: object = {}) => {
  const given = {
    name: "My Webhook",
    url: `${system.receiver.url}/webhook`,
    events: ["task.completed", "task.updated"],
    secret,
    ...rest,
  };
  const { status, body } = await system.call("POST", "/api/webhooks", given);
  expect(status).toBe(201);
  return body;
};

test("its receiver verifies each body written again, which is the data itself, and reads the headers", async () => {
  const { id } = await subscribe();
  for (const data of awkward) await system.publish("task.updated", data);
  const requests = await system.receiver.waitFor(awkward.length);
  for (const { body, headers } of requests) {
    const parsed: unknown = JSON.parse(body.toString());
    const signature = String(headers["x-hub-signature"]);
    expect(isSame(signature, `sha256=${hexHmac(secret, JSON.stringify(parsed))}`)).toBe(true);
    expect(isSame(signature, `sha256=${hexHmac(secret, body)}`)).toBe(true);
    expect(headers).toMatchObject({ "x-webhook-id": id, "x-event-type": "task.updated" });
    expect(headers["content-type"]).toBe("application/json");
    expect(Object.keys(parsed as object)).not.toContain("type");
  }
  expect(new Set(requests.map(({ headers }) => headers["x-delivery-id"])).size).toBe(awkward.length);
  const sent = requests.map(({ body }) => JSON.parse(body.toString()) as unknown);
  const published = awkward.map((data) => JSON.parse(data) as unknown);
  expect(sent).toEqual(expect.arrayContaining(published.map((data) => JSON.parse(JSON.stringify(data)) as unknown)));
});

test("an event without data is an object on the wire", async () => {
  await subscribe();
  await system.publish("task.updated", "null");
  await system.publish("task.updated", "[1]");
  const requests = await system.receiver.waitFor(2);
  const kinds = requests.map(({ body }) => body.toString()[0]);
  expect(kinds).toEqual(["{", "{"]);
});

test("its 401 of a bad signature, redirects and everything but 2xx are tried again after five seconds", async () => {
  for (const status of [302, 401, 404, 422, 429, 500]) {
    system.receiver.respond(() => ({ status, body: '{"error":"Invalid signature"}', headers: { location: "/other" } }));
    const { id } = await subscribe({ events: [`status.s${status}`] });
    await system.publish(`status.s${status}`, "{}");
    const delivery = await system.delivery(id, ["pending"]);
    expect([status, Math.round(firstDelayMs(delivery) / 1_000)]).toEqual([status, 5]);
  }
  expect(system.receiver.requests.every(({ path }) => path === "/webhook")).toBe(true);
});

test("a receiver that does not answer is given up after ten seconds, and tried again", async () => {
  system.receiver.respond(() => "hang");
  const { id } = await subscribe();
  await system.publish("task.updated", "{}");
  const { attempts } = await system.delivery(id, ["pending"]);
  expect(attempts[0].durationMs).toBeGreaterThan(9_900);
  expect(attempts[0].durationMs).toBeLessThan(12_000);
  expect(attempts[0].class).toBe("timeout");
});

test("a webhook in test mode gets tests and no other events, and a test's body is the event's data", async () => {
  const { id, testMode } = await subscribe({ testMode: true });
  expect(testMode).toBe(true);
  await system.publish("task.updated", `{"taskId":"1"}`);
  const { body } = await system.call("POST", `/api/webhooks/${id}/test`, { taskId: "123", status: "completed" });
  expect(body).toMatchObject({ success: true, statusCode: 200, event: { type: "task.completed" } });
  await system.app.idle();
  expect(system.receiver.requests.map((one) => one.body.toString())).toEqual(['{"taskId":"123","status":"completed"}']);
  expect(system.receiver.requests[0]?.headers["x-event-type"]).toBe("task.completed");
});

test("sixty requests go to one endpoint at once, and what is over waits without having used up an attempt", async () => {
  const { id } = await subscribe({ events: ["task.updated"] });
  const events = Array.from({ length: 100 }, (_, i) => ({ type: "task.updated", data: { i } }));
  expect((await system.call("POST", "/v1/events/batch", events)).status).toBe(202);
  await system.receiver.waitFor(60);
  await system.app.idle();
  const { body } = await system.call("GET", `/v1/endpoints/${id}/deliveries?status=pending&limit=100`);
  const arrived = system.receiver.requests.length;
  expect(arrived).toBeLessThan(75);
  expect(body.data.length).toBeGreaterThanOrEqual(100 - system.receiver.requests.length);
  expect(body.data.filter((one: Body) => one.attempts.length > 0)).toEqual([]);
  expect(new Set(body.data.map((one: Body) => one.waiting))).toEqual(new Set(["limit"]));
});

test("the dashboard's history has payload, error and retry attempts", async () => {
  system.receiver.respond(() => ({ status: 500 }));
  const { id } = await subscribe();
  await system.publish("task.updated", `{"taskId":"9","changes":["status"]}`);
  await system.delivery(id, ["pending"]);
  const { body, headers } = await system.call("GET", `/api/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([
    {
      webhookId: id,
      eventType: "task.updated",
      status: "pending",
      payload: '{"taskId":"9","changes":["status"]}',
      error: expect.stringContaining("500"),
      attempts: [{ attempt: 1, success: false, statusCode: 500 }],
      nextRetryAt: expect.any(String),
    },
  ]);
  expect(headers.get("x-ratelimit-limit")).toBe("60");
});
