// Who can verify what arrives while secrets change, and are the bytes that arrive those that were published?
import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import mongoose from "mongoose";
import { Webhook } from "standardwebhooks";
import type { EndpointId } from "../../../src/model/ids.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Received, type Receiver } from "../../support/receiver.ts";
import { testServers, uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";
import { deliveryWith, headersOf, newType, readDelivery } from "./delivery-log.ts";
import { makeEndpoint } from "./endpoints.ts";

jest.setTimeout(60_000);

const database = uniqueName("signatures");
let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startApp({ database });
});
afterAll(() => app.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

type Rotation = { secret?: string; kind?: "hmac" | "ed25519"; gracePeriod?: string };
const rotate = async (endpoint: EndpointId, rotation: Rotation): Promise<string> => {
  const path = `/v1/endpoints/${endpoint}/secrets/rotate`;
  const { status, body } = await app.call<{ secrets: { secret?: string }[] }>("POST", path, rotation);
  expect(status).toBe(200);
  return body.secrets[0]?.secret ?? "";
};

/** Whether the reference library takes a request by a secret. */
function isVerifiedBy(secret: string, request: Received | undefined): boolean {
  const headers = headersOf(request);
  try {
    new Webhook(secret).verify(request?.body.toString() ?? "", headers);
    return true;
  } catch {
    return false;
  }
}

const signaturesOf = (request: Received | undefined) => headersOf(request)["webhook-signature"]?.split(" ") ?? [];

test("during the grace period both secrets verify, and after it only the new one", async () => {
  const type = newType();
  const { endpoint, secret: old } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  const fresh = await rotate(endpoint, { gracePeriod: "2s" });
  // The change is followed before the grace period is over.
  await until(async () => {
    await app.publish({ type, data: {} });
    await app.idle();
    return signaturesOf(receiver.requests.at(-1)).length === 2;
  });
  const during = receiver.requests.at(-1);
  expect([old, fresh].map((secret) => isVerifiedBy(secret, during))).toEqual([true, true]);
  await until(async () => {
    await app.publish({ type, data: {} });
    await app.idle();
    return signaturesOf(receiver.requests.at(-1)).length === 1;
  });
  const after = receiver.requests.at(-1);
  expect([old, fresh].map((secret) => isVerifiedBy(secret, after))).toEqual([false, true]);
});

test("one header carries a symmetric and an asymmetric signature, and each verifies by itself", async () => {
  const type = newType();
  const { endpoint, secret } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  await rotate(endpoint, { kind: "ed25519" });
  await app.publish({ type, data: { text: "ü" } });
  const [request] = await receiver.waitFor(1);
  const [asymmetric, symmetric, ...others] = signaturesOf(request).map((one) => one.split(","));
  expect([asymmetric?.[0], symmetric?.[0], others]).toEqual(["v1a", "v1", []]);
  expect(isVerifiedBy(secret, request)).toBe(true);
  // As a receiver would: by the key that anybody can fetch.
  const answer = await fetch(`${app.url}/.well-known/webhook-keys/${endpoint}`);
  const { keys } = (await answer.json()) as { keys: JsonWebKey[] };
  expect(keys).toHaveLength(1);
  const { "webhook-id": id, "webhook-timestamp": timestamp } = headersOf(request);
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), request?.body ?? Buffer.of()]);
  const key = createPublicKey({ key: keys[0] ?? {}, format: "jwk" });
  expect(verify(null, signed, key, Buffer.from(asymmetric?.[1] ?? "", "base64"))).toBe(true);
  expect(
    verify(null, Buffer.concat([signed, Buffer.from(" ")]), key, Buffer.from(asymmetric?.[1] ?? "", "base64")),
  ).toBe(false);
});

test("a secret that is rotated in the middle of a retry chain signs the next attempt, with the old one during its grace", async () => {
  receiver.respond(() => ({ status: 503 }));
  const type = newType();
  const { endpoint, secret: first } = await makeEndpoint(app, {
    url: receiver.url,
    events: [type],
    retry: { schedule: ["1h", "1h", "1h"], jitter: "none" },
  });
  await app.publish({ type, data: {} });
  const { id } = await deliveryWith(app, endpoint, "pending");
  const again = async (count: number) => {
    expect((await app.call("POST", `/v1/deliveries/${id}/retry`, {})).status).toBe(202);
    await receiver.waitFor(count);
    await until(async () => (await readDelivery(app, id)).attempts.length === count);
  };
  const second = await rotate(endpoint, { gracePeriod: "1h" });
  await again(2);
  const third = await rotate(endpoint, { gracePeriod: "0s" });
  await again(3);
  const secrets = [first, second, third];
  expect(receiver.requests.map((one) => secrets.map((secret) => isVerifiedBy(secret, one)))).toEqual([
    [true, false, false],
    [true, true, false],
    [false, false, true],
  ]);
  expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([id]));
});

test("secrets of a wrong form are refused, and those that are kept stand in the database as ciphertext", async () => {
  const settings = { url: receiver.url, events: ["never.happens"] };
  for (const secret of ["whsec_short", "whsec_a=b=", "plain text", `whsec_${"A".repeat(200)}`, "whsk_AAAA"]) {
    const refused = await app.call("POST", "/v1/endpoints", { ...settings, secret });
    expect([secret, refused.status, refused.body.errors[0]?.pointer]).toEqual([secret, 422, "/secret"]);
    expect(JSON.stringify(refused.body)).not.toContain(secret);
  }
  const given = `whsec_${Buffer.from("a secret that everybody would see").toString("base64")}`;
  const { endpoint, secret } = await makeEndpoint(app, { ...settings, secret: given });
  expect(secret).toBe(given);
  const connection = await mongoose.createConnection(testServers().mongodbUri, { dbName: database }).asPromise();
  const rows = await connection.collection<{ _id: EndpointId; sealed: unknown }>("endpoints").find().toArray();
  await connection.close();
  const row = rows.find(({ _id }) => _id === endpoint);
  expect(row?.sealed).toBeDefined();
  for (const form of [given, given.slice(6), "a secret that everybody", Buffer.from(given).toString("base64")]) {
    expect(JSON.stringify(rows)).not.toContain(form);
  }
});

/** Keys out of order, numbers that no float holds, escapes and spaces: as publishers write them. */
const oddData =
  '{ "z": 1.10, "a": 12345678901234567890, "\\u00e9": "\\u2028\\/", "b": [1e2, -0, 1.0], "": {"y":null,"x":[]} }';

test("key order and bytes of the data stand unchanged in every attempt, by schedule, by hand and by a recovery", async () => {
  receiver.respond([{ status: 503 }, { status: 503 }, { status: 500 }, { status: 200 }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: [type],
    retry: { schedule: ["1s"], jitter: "none" },
  });
  const published = await app.call("POST", "/v1/events", `{"type":"${type}","data":${oddData}}`);
  expect(published.status).toBe(202);
  const { id } = await deliveryWith(app, endpoint, "failed");
  await app.call("POST", `/v1/deliveries/${id}/retry`, {});
  await until(async () => (await readDelivery(app, id)).attempts.length === 3);
  const since = new Date(Date.now() - 60_000).toISOString();
  expect((await app.call("POST", `/v1/endpoints/${endpoint}/recover`, { since })).status).toBe(202);
  const { attempts } = await deliveryWith(app, endpoint, "delivered", 30_000);
  expect(attempts.map(({ trigger }) => trigger)).toEqual(["first", "automatic", "manual", "recovery"]);
  for (const { body } of receiver.requests) expect(body.toString().endsWith(`"data":${oddData}}`)).toBe(true);
  expect(new Set(receiver.requests.map(({ body }) => body.toString())).size).toBe(1);
  // The log, and the event that the API shows, have the same bytes.
  expect(attempts.map(({ request }) => request?.body)).toEqual(receiver.requests.map(({ body }) => body.toString()));
  const headers = { authorization: `Bearer ${app.apiKey}` };
  expect(await (await fetch(`${app.url}/v1/events/${published.body.id}`, { headers })).text()).toContain(oddData);
});

test("key order and bytes stand unchanged where a delivery waits in its endpoint's lane", async () => {
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  await app.call("POST", `/v1/endpoints/${endpoint}/pause`, {});
  await app.call("POST", "/v1/events", `{"type":"${type}","data":${oddData}}`);
  await deliveryWith(app, endpoint, "pending");
  await app.call("POST", `/v1/endpoints/${endpoint}/enable`, {});
  await deliveryWith(app, endpoint, "delivered");
  expect(receiver.requests.map(({ body }) => body.toString().endsWith(`"data":${oddData}}`))).toEqual([true]);
});
