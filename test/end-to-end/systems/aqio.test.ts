// A receiver of Aqio, written from its guide alone, against the whole of Millrace.
import { awkward, firstDelayMs, hexHmac, isSame, startSystem, type Body, type System } from "./systems.ts";

const secret = "text";
let system: System;
beforeEach(async () => {
  system = await startSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const subscribe = async (rest: object = {}) => {
  const given = {
    name: "My webhook",
    url: `${system.receiver.url}/hook`,
    secret,
    events: ["event.created"],
    content_type: "application/json",
    timeout_seconds: 30,
    retry_count: 3,
    retry_delay_seconds: 60,
    ...rest,
  };
  const { status, body } = await system.call("POST", "/api/webhooks", given);
  expect(status).toBe(201);
  return body;
};

test("its receiver verifies the raw body, in which the published bytes of the data stand", async () => {
  const { organization_id: organization } = await subscribe();
  for (const data of awkward) await system.publish("event.created", data);
  const requests = await system.receiver.waitFor(awkward.length);
  for (const { body, headers } of requests) {
    expect(isSame(String(headers["x-webhook-signature"]), `sha256=${hexHmac(secret, body)}`)).toBe(true);
    const envelope = JSON.parse(body.toString()) as Body;
    expect(Object.keys(envelope)).toEqual(["id", "type", "created", "data", "organization_id"]);
    expect(envelope).toMatchObject({
      id: expect.stringMatching(/^wh_evt_/),
      type: "event.created",
      created: expect.any(Number),
      data: { object: expect.any(Object) },
      organization_id: organization,
    });
    expect(Number.isInteger(envelope.created)).toBe(true);
    expect(Math.abs(envelope.created - Date.now() / 1_000)).toBeLessThan(60);
  }
  const texts = requests.map(({ body }) => body.toString());
  for (const data of awkward) expect(texts.some((text) => text.includes(`"object":${data}`))).toBe(true);
});

test("event_filters choose the events: one of a list, and at least so many", async () => {
  const webhook = await subscribe({ event_filters: { event_type: ["conference"], min_attendees: 10 } });
  expect(webhook.event_filters).toEqual({ event_type: ["conference"], min_attendees: 10 });
  await system.publish("event.created", `{"event_type":"meetup","attendees":50}`);
  await system.publish("event.created", `{"event_type":"conference","attendees":9}`);
  await system.publish("event.created", `{"event_type":"conference"}`);
  await system.publish("event.created", `{"event_type":"conference","attendees":10}`);
  await system.receiver.waitFor(1);
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
});

test("a form is sent where content_type asks for one, and its raw body is what is signed", async () => {
  await subscribe({ content_type: "application/x-www-form-urlencoded" });
  await system.publish("event.created", `{"id":"evt_456","title":"Ünïcode & more"}`);
  const [sent] = await system.receiver.waitFor(1);
  expect(sent?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  const form = new URLSearchParams(sent?.body.toString());
  expect(form.get("type")).toBe("event.created");
  expect(form.get("id")).toMatch(/^wh_evt_/);
  expect(isSame(String(sent?.headers["x-webhook-signature"]), `sha256=${hexHmac(secret, sent?.body ?? "")}`)).toBe(
    true,
  );
});

test("one row an attempt: retry numbers from 0, the next time, and counters that follow", async () => {
  system.receiver.respond([
    { status: 500, body: "no" },
    { status: 200, body: "yes" },
  ]);
  const { id } = await subscribe({ retry_count: 1, retry_delay_seconds: 1 });
  const eventId = await system.publish("event.created", `{"a":1}`);
  const delivery = await system.delivery(id, ["delivered"]);
  expect(Math.round(firstDelayMs(delivery) / 1_000)).toBe(1);
  const { body } = await system.call("GET", `/api/webhooks/${id}/deliveries`);
  expect(body.data).toMatchObject([
    {
      webhook_id: id,
      event_id: eventId,
      is_retry: true,
      retry_number: 1,
      status: "success",
      response_status_code: 200,
      response_body: "yes",
      next_retry_at: null,
    },
    {
      webhook_id: id,
      event_id: eventId,
      is_retry: false,
      retry_number: 0,
      status: "failed",
      response_status_code: 500,
      response_body: "no",
      next_retry_at: expect.any(String),
    },
  ]);
  expect(body.data[0].payload).toBe(system.receiver.requests[1]?.body.toString());
  expect(body.data[0].request_headers).toMatchObject({ "content-type": "application/json" });
  const webhook = await system.call("GET", `/api/webhooks/${id}`);
  expect(webhook.body).toMatchObject({
    total_deliveries: 1,
    failed_deliveries: 0,
    last_triggered_at: body.data[0].attempted_at,
  });
});

test("timeout_seconds ends an attempt", async () => {
  system.receiver.respond(() => "hang");
  const { id } = await subscribe({ timeout_seconds: 1, retry_count: 0 });
  await system.publish("event.created", "{}");
  const delivery = await system.delivery(id, ["failed"]);
  expect(delivery.attempts[0].class).toBe("timeout");
  expect(delivery.attempts[0].durationMs).toBeLessThan(2_000);
});

test("a test by GET, and rows of what waits", async () => {
  const { id } = await subscribe();
  const { body } = await system.call("GET", `/api/webhooks/${id}/test`);
  expect(body).toMatchObject({ success: true, delivery: { webhook_id: id, status: "success" } });
  const [sent] = await system.receiver.waitFor(1);
  expect(isSame(String(sent?.headers["x-webhook-signature"]), `sha256=${hexHmac(secret, sent?.body ?? "")}`)).toBe(
    true,
  );
});
