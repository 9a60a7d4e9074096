// Profiles over HTTP: those that Millrace ships, a tenant's own, and what a delivery in one of them looks like.
import { createHmac } from "node:crypto";
import { profileIds } from "../../src/delivery/profiles.ts";
import { startReceiver } from "../support/receiver.ts";
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const ours = (rest: object = {}) => ({
  id: "our-erp",
  title: "Our ERP",
  envelope: { kind: "{{type}}", content: "{{data}}" },
  headers: { "X-ERP-Event": "{{eventId}}" },
  signatures: [
    {
      kind: "hmac",
      header: "X-ERP-Signature",
      algorithm: "sha256",
      content: "{{body}}",
      encoding: "hex",
      secretForm: "text",
    },
  ],
  ...rest,
});
const newTenant = async (name: string) => app.newKey(await app.store.tenants.create(name));
const make = async (body: object, key: string) => {
  const made = await app.call("POST", "/v1/profiles", { body, key });
  if (made.status !== 201) throw new Error(made.text);
  return made;
};
const makeEndpoint = (body: object, key: string) =>
  app.call("POST", "/v1/endpoints", { key, body: { url: "http://127.0.0.1:4000/", events: ["*"], ...body } });

test("a profile is saved, shown and named by endpoints; shipped ones are shown beside it", async () => {
  const key = await newTenant("Own");
  const made = await make(ours(), key);
  expect(made.body).toEqual({
    id: "our-erp",
    title: "Our ERP",
    shipped: false,
    profile: ours(),
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  expect(made.headers.get("location")).toBe("/v1/profiles/our-erp");
  const read = await app.call("GET", "/v1/profiles/our-erp", { key });
  expect([read.body, read.headers.get("etag")]).toEqual([made.body, made.headers.get("etag")]);
  expect((await makeEndpoint({ profile: "our-erp", secret: "any text" }, key)).status).toBe(201);
  const standard = await app.call("GET", "/v1/profiles/standard", { key });
  expect(standard.body).toMatchObject({ id: "standard", shipped: true, profile: { id: "standard" } });
});

test("the list has one's own first and then the shipped ones, in pages that cover each once", async () => {
  const key = await newTenant("Lists");
  for (const id of ["a-one", "a-two", "a-three"]) await make(ours({ id }), key);
  const ids: string[] = [];
  let cursor: string | null = "";
  for (; cursor !== null;) {
    const query: string = cursor === "" ? "?limit=2" : `?limit=2&cursor=${cursor}`;
    const { body } = await app.call("GET", `/v1/profiles${query}`, { key });
    ids.push(...body.data.map((one: { id: string }) => one.id));
    cursor = body.nextCursor;
  }
  expect(ids).toEqual(["a-three", "a-two", "a-one", ...profileIds]);
});

test.each<[string, object, number, string[]]>([
  ["an unknown member", { envelop: {} }, 422, ["unknown /envelop"]],
  ["a variable that does not exist", { envelope: { a: "{{typ}}" } }, 422, ["template /envelope/a"]],
  [
    "a signature that binds nothing",
    { signatures: [{ ...ours().signatures[0], content: "{{type}}" }] },
    422,
    ["template /signatures/0/content"],
  ],
  ["a header of the connection", { headers: { Host: "x" } }, 422, ["header.denied /headers/Host"]],
  ["the id of a shipped one", { id: "standard" }, 409, []],
])("%s is refused", async (_, rest, status, errors) => {
  const refused = await app.call("POST", "/v1/profiles", { body: ours(rest) });
  const found = (refused.body.errors ?? []).map(
    (one: { code: string; pointer: string }) => `${one.code} ${one.pointer}`,
  );
  expect([refused.status, found]).toEqual([status, errors]);
});

test("an id is taken once by a tenant, and another tenant may take it too", async () => {
  const [one, two] = [await newTenant("One"), await newTenant("Two")];
  await make(ours(), one);
  expect((await app.call("POST", "/v1/profiles", { body: ours(), key: one })).status).toBe(409);
  await make(ours({ title: "Theirs" }), two);
  expect((await app.call("GET", "/v1/profiles/our-erp", { key: one })).body.title).toBe("Our ERP");
});

test("another tenant's profile is answered like none, and endpoints cannot name it", async () => {
  const [one, two] = [await newTenant("One"), await newTenant("Two")];
  await make(ours({ id: "only-ours" }), one);
  const headers = { "if-match": "*" };
  for (const [method, body] of [["GET"], ["PUT", ours({ id: "only-ours" })], ["DELETE"]] as [string, object?][]) {
    const answer = await app.call(method, "/v1/profiles/only-ours", { key: two, body, headers });
    expect([method, answer.status]).toEqual([method, 404]);
  }
  const refused = await makeEndpoint({ profile: "only-ours" }, two);
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, "/profile"]);
  expect(refused.text).not.toContain("`only-ours`, ");
  const preview = await app.call("POST", "/v1/profiles/preview", { key: two, body: { profile: "only-ours" } });
  expect(preview.status).toBe(422);
});

test("a changed profile is what the next delivery is sent by", async () => {
  await using receiver = await startReceiver();
  const key = await newTenant("Changes");
  const made = await make(ours(), key);
  const { id } = (await makeEndpoint({ url: receiver.url, profile: "our-erp", secret: "text" }, key)).body;
  await app.call("POST", `/v1/endpoints/${id}/test`, { key, body: { type: "a.b", data: 1 } });
  const body = ours({ envelope: { v: 2, content: "{{data}}" } });
  expect((await app.call("PUT", "/v1/profiles/our-erp", { key, body })).status).toBe(428);
  const headers = { "if-match": made.headers.get("etag") ?? "" };
  expect((await app.call("PUT", "/v1/profiles/our-erp", { key, body, headers })).status).toBe(200);
  expect((await app.call("PUT", "/v1/profiles/our-erp", { key, body, headers })).status).toBe(412);
  await app.call("POST", `/v1/endpoints/${id}/test`, { key, body: { type: "a.b", data: 1 } });
  expect(receiver.requests.map((one) => one.body.toString())).toEqual([
    '{"kind":"a.b","content":1}',
    '{"v":2,"content":1}',
  ]);
});

test("a profile stays as it is when an endpoint could not go on with another one, and while one uses it", async () => {
  const key = await newTenant("Used");
  await make(ours(), key);
  const { id } = (await makeEndpoint({ profile: "our-erp", secret: "text", headers: { "X-Own": "1" } }, key)).body;
  const headers = { "if-match": "*" };
  const replace = (rest: object) => app.call("PUT", "/v1/profiles/our-erp", { key, headers, body: ours(rest) });
  const unfit = await replace({
    headers: { "webhook-id": "{{deliveryId}}", "webhook-timestamp": "{{unixSeconds}}" },
    signatures: [{ kind: "standard-webhooks", header: "webhook-signature" }],
  });
  expect([unfit.status, unfit.body.detail]).toEqual([409, expect.stringContaining(id)]);
  expect((await replace({ headers: { "x-own": "{{type}}" } })).status).toBe(409);
  const moved = await replace({ id: "another" });
  expect([moved.status, moved.body.errors[0].pointer]).toEqual([422, "/id"]);
  expect((await app.call("DELETE", "/v1/profiles/our-erp", { key })).status).toBe(409);
  await app.call("PATCH", `/v1/endpoints/${id}`, { key, body: { profile: "hub" } });
  expect((await app.call("DELETE", "/v1/profiles/our-erp", { key })).status).toBe(204);
  expect((await app.call("GET", "/v1/profiles/our-erp", { key })).status).toBe(404);
  expect((await makeEndpoint({ profile: "our-erp" }, key)).status).toBe(422);
});

test("a shipped profile is neither replaced nor taken away", async () => {
  const headers = { "if-match": "*" };
  const replaced = await app.call("PUT", "/v1/profiles/hub", { body: ours({ id: "hub" }), headers });
  const removed = await app.call("DELETE", "/v1/profiles/hub");
  expect([replaced.status, removed.status]).toEqual([409, 409]);
});

describe("a preview", () => {
  const event = { id: "e1", type: "order.created", occurredAt: "2026-11-22T04:00:00Z", data: { total: 250 } };

  test("is the exact body and headers of a delivery, signed with the secret that it shows", async () => {
    const { status, body } = await app.call("POST", "/v1/profiles/preview", {
      body: { profileDocument: ours(), event },
    });
    expect(status).toBe(200);
    expect(body.body).toBe('{"kind":"order.created","content":{"total":250}}');
    expect(body.headers).toEqual({
      "content-type": "application/json",
      "X-ERP-Event": "e1",
      "X-ERP-Signature": createHmac("sha256", body.secret).update(body.body).digest("hex"),
    });
  });

  test.each(profileIds)("can be had of the shipped profile %s", async (profile) => {
    const { status, body } = await app.call("POST", "/v1/profiles/preview", { body: { profile, event } });
    expect([status, typeof body.body]).toEqual([200, "string"]);
  });

  test("has the signatures of further profiles beside it", async () => {
    const { body } = await app.call("POST", "/v1/profiles/preview", {
      body: { profile: "hub", also: ["standard"], event },
    });
    expect(Object.keys(body.headers)).toEqual(expect.arrayContaining(["X-Hub-Signature", "webhook-signature"]));
  });

  test.each<[string, object, string]>([
    ["neither a profile nor a document", {}, ""],
    [
      "a document with a mistake",
      { profileDocument: ours({ envelope: { a: "{{typ}}" } }) },
      "/profileDocument/envelope/a",
    ],
    ["a profile that does not exist", { profile: "standrad" }, "/profile"],
    ["a secret that it cannot be signed with", { profile: "standard", secret: "short" }, "/secret"],
  ])("of %s is refused", async (_, body, pointer) => {
    const refused = await app.call("POST", "/v1/profiles/preview", { body });
    expect([refused.status, refused.body.code]).toEqual([422, "profile.invalid"]);
    expect(refused.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
  });
});
