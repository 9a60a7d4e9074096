// A receiver of Bakhmach Business Hub, written from its guide alone, against the whole of Millrace.
import { awkward, firstDelayMs, hexHmac, isSame, startSystem, type Body, type System } from "./systems.ts";

const secret = "your-webhook-secret";
let system: System;
beforeEach(async () => {
  system = await startSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** The guide's JavaScript: everything but the signature, written again. */
function verifyAsJavaScript(body: string): boolean {
  const { signature, ...payload } = JSON.parse(body) as Body;
  return isSame(signature, `sha256=${hexHmac(secret, JSON.stringify(payload))}`);
}

/** The guide's Python: the text, without its last member. */
function verifyAsPython(body: string): boolean {
  const { signature } = JSON.parse(body) as Body;
  const text = `${body.slice(0, body.lastIndexOf(',"signature":'))}}`;
  return isSame(signature, `sha256=${hexHmac(secret, text)}`);
}

const subscribe = async (rest: object = {}) => {
  const given = {
    url: `${system.receiver.url}/hook`,
    events: ["task.created", "team.member.added"],
    active: true,
    secret,
    ...rest,
  };
  const { status, body } = await system.call("POST", "/v1/webhooks", given);
  expect(status).toBe(201);
  return body;
};

test("both of the guide's receivers verify every body, whose members are the guide's in their order", async () => {
  await subscribe();
  for (const data of awkward) await system.publish("task.created", data);
  const requests = await system.receiver.waitFor(awkward.length);
  for (const { body, headers, method } of requests) {
    const text = body.toString();
    expect([verifyAsJavaScript(text), verifyAsPython(text)]).toEqual([true, true]);
    const envelope = JSON.parse(text) as Body;
    expect(Object.keys(envelope)).toEqual(["id", "type", "timestamp", "data", "signature"]);
    expect(envelope).toMatchObject({ id: expect.stringMatching(/^evt_/), type: "task.created" });
    expect(new Date(envelope.timestamp).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(envelope.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect([method, headers["content-type"]]).toEqual(["POST", "application/json"]);
    expect(JSON.stringify(JSON.parse(text))).toBe(text);
  }
});

test("a type of three parts arrives, one that was not asked for does not, and a deleted webhook gets nothing more", async () => {
  const webhook = await subscribe();
  await system.publish("task.deleted", "{}");
  await system.publish("team.member.added", `{"member":"m"}`);
  const [first] = await system.receiver.waitFor(1);
  expect(JSON.parse(first?.body.toString() ?? "")).toMatchObject({ type: "team.member.added", data: { member: "m" } });
  expect((await system.call("DELETE", `/v1/webhooks/${webhook.id}`)).status).toBe(204);
  await system.publish("task.created", "{}");
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
});

test("PUT as the guide prints it, without a JSON Content-Type, and an inactive webhook gets nothing", async () => {
  const webhook = await subscribe();
  const changed = await system.call("PUT", `/v1/webhooks/${webhook.id}`, '{"events": ["task.updated"]}', {
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(changed.body).toEqual({ ...webhook, events: ["task.updated"] });
  await system.publish("task.created", "{}");
  await system.publish("task.updated", "{}");
  await system.receiver.waitFor(1);
  await system.call("PUT", `/v1/webhooks/${webhook.id}`, { active: false });
  await system.publish("task.updated", "{}");
  await system.app.idle();
  expect(system.receiver.requests).toHaveLength(1);
});

test("test_url sends a signed test by POST without a body or a Content-Type", async () => {
  const webhook = await subscribe();
  const answer = await fetch(webhook.test_url, {
    method: "POST",
    headers: { authorization: `Bearer ${system.app.apiKey}` },
  });
  expect(answer.status).toBe(200);
  const [sent] = await system.receiver.waitFor(1);
  expect(verifyAsJavaScript(sent?.body.toString() ?? "")).toBe(true);
});

test.each([301, 400, 401, 404, 408, 429, 500, 503])(
  "an answer of %i is tried again after five minutes",
  async (status) => {
    system.receiver.respond(() => ({ status, headers: { location: `${system.receiver.url}/elsewhere` } }));
    const webhook = await subscribe();
    await system.publish("task.created", "{}");
    const delivery = await system.delivery(webhook.id.replace("webhook_", "ep_"), ["pending"]);
    expect(firstDelayMs(delivery)).toBeGreaterThan(299_000);
    expect(firstDelayMs(delivery)).toBeLessThan(302_000);
    expect(system.receiver.requests.map(({ path }) => path)).toEqual(["/hook"]);
  },
);

test.each([200, 201, 202, 204])("an answer of %i is a success", async (status) => {
  system.receiver.respond(() => ({ status }));
  const webhook = await subscribe();
  await system.publish("task.created", "{}");
  expect(await system.delivery(webhook.id.replace("webhook_", "ep_"), ["delivered"])).toBeDefined();
});

test("one can see whether it is enabled, its answers' status and its errors", async () => {
  system.receiver.respond(() => ({ status: 500, body: "broken" }));
  const webhook = await subscribe();
  await system.publish("task.created", "{}");
  await system.delivery(webhook.id.replace("webhook_", "ep_"), ["pending"]);
  const { body } = await system.call("GET", `/v1/webhooks/${webhook.id}/deliveries`);
  expect(body.data).toMatchObject([
    { webhook_id: webhook.id, event_type: "task.created", status: "pending", response_status: 500, attempts: 1 },
  ]);
  expect(body.data[0].error).toContain("500");
  expect((await system.call("GET", `/v1/webhooks/${webhook.id}`)).body.active).toBe(true);
});
