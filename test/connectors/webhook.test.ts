// webhook.post against a real receiver, verified by the reference library.
import { Webhook } from "standardwebhooks";
import { connectors } from "../../connectors/index.ts";
import type { Performed } from "../../src/connector/executor.ts";
import type { Connections } from "../../src/connector/open-connection.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { findProfile, profileIds } from "../../src/delivery/profiles.ts";
import { newWebhookSecret } from "../../src/delivery/sign.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { anExecutor, attempted, noConnections } from "../support/executor.ts";
import { startReceiver } from "../support/receiver.ts";
import type { Received } from "../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());
const executor = anExecutor({ http, connectors });

const secret = newWebhookSecret();
const dataText = '{ "rating": 2, "big": 12345678901234567890, "name": "\\u00e9" }';
const event = { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00.000Z", dataText };

function post(input: JsonObject, secrets: string[] = [secret]): Promise<Performed> {
  const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event };
  const to = { tenantId: "tnt_1" as const, tenantSecrets: secrets, timeoutMs: 2_000 };
  return attempted(executor, { use: "webhook.post", input, call, ...to });
}

function verified(request: Received | undefined): unknown {
  if (!request) throw new Error("nothing was received");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  return new Webhook(secret).verify(request.body, headers);
}

test("the event's data goes out byte by byte in the standard envelope, signed", async () => {
  await using receiver = await startReceiver();
  const { outcome } = await post({ url: receiver.url });
  expect(outcome).toMatchObject({ ok: true, output: { status: 200, body: "" } });
  const [request] = receiver.requests;
  expect(request?.body.toString()).toBe(
    `{"type":"review.created","timestamp":"2026-11-21T10:00:00.000Z","data":${dataText}}`,
  );
  expect(request?.headers).toMatchObject({
    "content-type": "application/json",
    "webhook-id": "msg_1",
    "webhook-attempt": "1",
  });
  expect(verified(request)).toMatchObject({ type: "review.created", data: { rating: 2 } });
});

test("data, type and headers of one's own are used", async () => {
  await using receiver = await startReceiver();
  await post({ url: receiver.url, data: { a: [1] }, type: "order.paid", headers: { "X-Team": "ops", "X-N": 5 } });
  const [request] = receiver.requests;
  expect(verified(request)).toEqual({ type: "order.paid", timestamp: event.occurredAt, data: { a: [1] } });
  expect(request?.headers).toMatchObject({ "x-team": "ops", "x-n": "5" });
});

test.each<[string, JsonObject["body"], string]>([
  ["a string", '{ "as" : "it stands" }', '{ "as" : "it stands" }'],
  ["an object", { b: 1, a: null }, '{"b":1,"a":null}'],
  ["null", null, "null"],
])("a body that is %s is the whole body", async (_, body, expected) => {
  await using receiver = await startReceiver();
  await post({ url: receiver.url, body: body ?? null });
  expect(receiver.requests[0]?.body.toString()).toBe(expected);
  expect(() => verified(receiver.requests[0])).not.toThrow();
});

test("a credential in a header is sent, and recorded nowhere, not even in the step's input", async () => {
  await using receiver = await startReceiver();
  receiver.respond(({ headers }) => ({ body: String(headers["x-api-key"]) }));
  const performed = await post({ url: receiver.url, headers: { "X-Api-Key": "canary-key" } });
  expect(receiver.requests[0]?.headers["x-api-key"]).toBe("canary-key");
  expect(JSON.stringify(performed)).not.toContain("canary-key");
});

test("the content type can be replaced, and stands there once", async () => {
  await using receiver = await startReceiver();
  await post({ url: receiver.url, body: "<a/>", headers: { "Content-Type": "application/xml" } });
  const types = receiver.requests[0]?.rawHeaders.filter((name) => name.toLowerCase() === "content-type");
  expect(types).toHaveLength(1);
  expect(receiver.requests[0]?.headers["content-type"]).toBe("application/xml");
});

test("the hub profile sends the data alone with its own signature", async () => {
  await using receiver = await startReceiver();
  await post({ url: receiver.url, profile: "hub", data: { taskId: "123" }, type: "task.created" });
  const [request] = receiver.requests;
  expect(request?.body.toString()).toBe('{"taskId":"123"}');
  expect(request?.headers["x-event-type"]).toBe("task.created");
  expect(request?.headers["x-hub-signature"]).toMatch(/^sha256=[0-9a-f]{64}$/);
  expect(request?.headers).not.toHaveProperty("webhook-signature");
});

test.each(profileIds)("the profile %s is sent, and its receiver's check holds for what arrives", async (id) => {
  await using receiver = await startReceiver();
  const url = `${receiver.url}/hooks?a=1`;
  expect((await post({ url, profile: id })).outcome).toMatchObject({ ok: true });
  const [request] = receiver.requests;
  const profile = findProfile(id);
  if (!request || !profile) throw new Error("nothing was received");
  const given = { headers: request.headers, body: request.body, url, nowMs: Date.now(), keys: [secret] };
  expect(verifySignature(profile, given)).toEqual({ verified: true });
});

test("a content type of one's own is covered by the signature of RFC 9421", async () => {
  await using receiver = await startReceiver();
  const headers = { "Content-Type": "application/vnd.shop+json" };
  await post({ url: receiver.url, profile: "rfc9421", headers });
  const [request] = receiver.requests;
  const profile = findProfile("rfc9421");
  if (!request || !profile) throw new Error("nothing was received");
  expect(request.headers["content-type"]).toBe("application/vnd.shop+json");
  const url = `${receiver.url}/`;
  const given = { headers: request.headers, body: request.body, url, nowMs: Date.now(), keys: [secret] };
  expect(verifySignature(profile, given)).toEqual({ verified: true });
});

test("aqio's form is written for those who ask for it by the content type", async () => {
  await using receiver = await startReceiver();
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  await post({ url: receiver.url, profile: "aqio", headers, data: { id: "reg_789" } });
  const form = new URLSearchParams(receiver.requests[0]?.body.toString());
  expect(form.get("data[object][id]")).toBe("reg_789");
  expect(form.get("organization_id")).toBe("tnt_1");
});

test("the tenant is told to receivers that want to know", async () => {
  await using receiver = await startReceiver();
  await post({ url: receiver.url, profile: "brainsait" });
  expect(JSON.parse(receiver.requests[0]?.body.toString() ?? "")).toMatchObject({ tenant_id: "tnt_1" });
});

test.each([
  ["standard", "Webhook-Signature", "header.denied"],
  ["standard", "webhook-id", "header.denied"],
  ["hub", "x-hub-signature", "header.denied"],
  ["hub", "X-Event-TYPE", "header.denied"],
  ["standard", "Host", "header.denied"],
  ["standard", "X-Forwarded-For", "header.denied"],
  ["standard", "x\r\ny", "header.name"],
])("with the profile %s a user cannot give the header %j", async (profile, name, code) => {
  await using receiver = await startReceiver();
  const performed = await post({ url: receiver.url, profile, headers: { [name]: "forged" } });
  expect(performed.outcome).toMatchObject({ ok: false, failure: { class: "validation", code } });
  expect(receiver.requests).toHaveLength(0);
});

test.each([[[]], [[""]], [["no secret of the right form"]]])(
  "with the secrets %j nothing goes out",
  async (secrets) => {
    await using receiver = await startReceiver();
    const performed = await post({ url: receiver.url }, secrets);
    expect(performed.outcome).toMatchObject({ ok: false, failure: { class: "validation", code: "secret" } });
    expect(receiver.requests).toHaveLength(0);
  },
);

test.each([
  ['{"id":7}', "application/json", { id: 7 }],
  ['{"id":7}', "text/plain", { id: 7 }],
  ["ok", "text/plain", "ok"],
  ["<html>", "application/json", "<html>"],
  ["", "text/plain", ""],
])("the answer %j of type %s is the output %j", async (body, type, expected) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 202, headers: { "content-type": type }, body }]);
  const { outcome } = await post({ url: receiver.url });
  expect(outcome).toMatchObject({
    ok: true,
    output: { status: 202, headers: { "content-type": type }, body: expected },
  });
});

test.each([
  [302, "permanent"],
  [400, "validation"],
  [410, "permanent"],
  [429, "rate_limited"],
  [500, "transient"],
])("an answer of %i is a failure of class %s", async (status, expected) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status }]);
  const { outcome } = await post({ url: receiver.url });
  expect(outcome).toMatchObject({ ok: false, failure: { class: expected, status } });
});

test("a step that names a connection signs with its secrets, and not with the tenant's", async () => {
  await using receiver = await startReceiver();
  const own = newWebhookSecret();
  const view = { id: "conn_1", kind: "signing", fields: {} } as const;
  const applied = { headers: {}, query: {} };
  const connection = { view, applied, secrets: [own], signingSecrets: [own] };
  const connections: Connections = { ...noConnections, open: async () => ({ outcome: "open", connection }) };
  const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event };
  const to = { tenantId: "tnt_1" as const, tenantSecrets: [secret], connection: "partner", timeoutMs: 2_000 };
  const given = { use: "webhook.post", input: { url: receiver.url }, call, ...to };
  const performed = await attempted(anExecutor({ http, connectors, connections }), given);
  const [request] = receiver.requests;
  const headers = Object.fromEntries(Object.entries(request?.headers ?? {}).map(([name, one]) => [name, String(one)]));
  expect(new Webhook(own).verify(request?.body ?? "", headers)).toMatchObject({ type: "review.created" });
  expect(() => verified(request)).toThrow("No matching signature");
  expect(JSON.stringify(performed)).not.toContain(own.slice(6));
});
