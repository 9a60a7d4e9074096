// API keys that tenants make: shown once, never wider than their maker, ended at once.
import { grantedRights, type Rights } from "../../../src/api/compat/key-rights.ts";
import { scopeNames, scopesOf } from "../../../src/api/compat/scope-names.ts";
import { parseApiKey } from "../../../src/model/api-key.ts";
import { scopes, type Scope } from "../../../src/model/scope.ts";
import { until } from "../../support/wait.ts";
import { startApi, type TestApi } from "../start-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const aTenant = async (granted: readonly Scope[] = scopes) => {
  const tenantId = await api.store.tenants.create("Acme");
  const key = await api.newKey(tenantId, granted);
  return { tenantId, key };
};
const make = (key: string, body: object) => api.call("POST", "/api/api-keys", { key, body });

test("a key is shown once, and its row never has its hash", async () => {
  const { tenantId, key } = await aTenant();
  const given = { name: "Partner", description: "Reads", scopes: ["events:read", "registrations:write"] };
  const { status, body, headers } = await make(key, given);
  expect(status).toBe(201);
  expect(parseApiKey(body.key)).toBeDefined();
  expect(body).toMatchObject({
    ...given,
    organization_id: tenantId,
    user_id: null,
    allowed_ips: null,
    expires_at: null,
    last_used_at: null,
    usage_count: 0,
    is_active: true,
  });
  expect(body.key.startsWith(body.key_prefix.replace("...", ""))).toBe(true);
  expect(headers.get("location")).toBe(`/api/api-keys/${body.id}`);
  const { key: shown, ...row } = body;
  const read = await api.call("GET", `/api/api-keys/${body.id}`, { key });
  expect(read.body).toEqual(row);
  const list = await api.call("GET", "/api/api-keys", { key });
  expect(list.body.data[0]).toEqual(row);
  expect(list.text + read.text).not.toContain(shown);
  expect(list.text).not.toContain(parseApiKey(shown)?.hash);
  expect((await api.call("GET", "/v1/events", { key: shown })).status).toBe(200);
  expect((await api.call("GET", "/v1/flows", { key: shown })).status).toBe(403);
});

test("names of the system's scopes stand for ours, and an unknown one is refused with all that there are", async () => {
  expect(scopesOf("registrations:write")).toEqual(["events:write"]);
  expect(scopesOf("webhooks:write")).toEqual(["endpoints:write", "deliveries:execute"]);
  for (const scope of scopes) expect(scopesOf(scope)).toEqual([scope]);
  const { key } = await aTenant();
  const { status, body } = await make(key, { name: "x", scopes: ["events:red", "events:read"] });
  expect([status, body.errors[0].pointer, body.errors[0].suggestion]).toEqual([422, "/scopes/0", "events:read"]);
  for (const name of scopeNames) expect(body.errors[0].message).toContain(`\`${name}\``);
});

test.each<[string, object, string]>([
  ["no scopes", { name: "x", scopes: [] }, "/scopes"],
  ["no name", { scopes: ["events:read"] }, "/name"],
  ["a network that is none", { name: "x", scopes: ["events:read"], allowed_ips: ["10.0.0.0/99"] }, "/allowed_ips/0"],
  ["an end in the past", { name: "x", scopes: ["events:read"], expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"],
  ["an end that is no time", { name: "x", scopes: ["events:read"], expires_at: "soon" }, "/expires_at"],
  ["a member that there is not", { name: "x", scopes: ["events:read"], admin: true }, "/admin"],
])("%s is refused at its place", async (_, body, pointer) => {
  const { key } = await aTenant();
  const answer = await make(key, body);
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
  expect(answer.body.error).toContain(answer.body.errors[0].message);
});

test("a key cannot make one that may do more than itself", async () => {
  const { key } = await aTenant(["keys:write", "events:read"]);
  const wider = await make(key, { name: "x", scopes: ["events:read", "events:write"] });
  expect([wider.status, wider.body.code]).toEqual([403, "auth.scope"]);
  expect(wider.body.error).toContain("events:write");
  expect((await make(key, { name: "x", scopes: ["events:read"] })).status).toBe(201);
});

const tomorrow = new Date("2030-01-02T00:00:00Z");
const later = new Date("2030-01-03T00:00:00Z");
test.each<[string, Partial<Rights>, Partial<Rights>, Partial<Rights> | undefined]>([
  ["nothing limited", {}, {}, { allowedIps: undefined, expiresAt: undefined }],
  ["addresses are taken over", { allowedIps: ["10.0.0.0/8"] }, {}, { allowedIps: ["10.0.0.0/8"] }],
  ["a part of them", { allowedIps: ["10.0.0.0/8"] }, { allowedIps: ["10.1.0.0/16", "10.2.3.4"] }, {}],
  ["more of them", { allowedIps: ["10.1.0.0/16"] }, { allowedIps: ["10.0.0.0/8"] }, undefined],
  ["a larger network from within", { allowedIps: ["10.1.0.0/16"] }, { allowedIps: ["10.1.2.3/8"] }, undefined],
  ["others", { allowedIps: ["10.0.0.0/8"] }, { allowedIps: ["11.0.0.1"] }, undefined],
  ["of the other family", { allowedIps: ["10.0.0.0/8"] }, { allowedIps: ["::/0"] }, undefined],
  ["IPv6", { allowedIps: ["2001:db8::/32"] }, { allowedIps: ["2001:db8:1::/48"] }, {}],
  ["the end is taken over", { expiresAt: tomorrow }, {}, { expiresAt: tomorrow }],
  ["an earlier end", { expiresAt: later }, { expiresAt: tomorrow }, { expiresAt: tomorrow }],
  ["a later end", { expiresAt: tomorrow }, { expiresAt: later }, undefined],
])("what a limited key gives: %s", (_, maker, asked, expected) => {
  const granted = grantedRights({ scopes, ...maker }, { scopes: ["events:read"], ...asked });
  const rights = { scopes: ["events:read"], ...expected };
  expect(granted).toMatchObject(expected === undefined ? { ok: false } : { ok: true, rights });
});

test("allowed addresses hold: a key of another network is refused, one of this machine's is taken", async () => {
  const { key } = await aTenant();
  const foreign = await make(key, { name: "x", scopes: ["events:read"], allowed_ips: ["192.0.2.0/24"] });
  const refused = await api.call("GET", "/v1/events", { key: foreign.body.key });
  expect([refused.status, refused.body.code]).toEqual([403, "auth.scope"]);
  expect((await api.call("GET", "/v1/events", { key: foreign.body.key })).status).toBe(403);
  const local = await make(key, { name: "x", scopes: ["events:read"], allowed_ips: ["127.0.0.0/8"] });
  expect((await api.call("GET", "/v1/events", { key: local.body.key })).status).toBe(200);
});

test("a revoked key ends at once, and its row says so", async () => {
  const { key } = await aTenant();
  const { body } = await make(key, { name: "x", scopes: ["events:read"] });
  expect((await api.call("GET", "/v1/events", { key: body.key })).status).toBe(200);
  expect((await api.call("DELETE", `/api/api-keys/${body.id}`, { key })).status).toBe(204);
  expect((await api.call("GET", "/v1/events", { key: body.key })).status).toBe(401);
  expect((await api.call("GET", `/api/api-keys/${body.id}`, { key })).body.is_active).toBe(false);
  expect((await api.call("POST", `/api/api-keys/${body.id}/rotate`, { key })).status).toBe(409);
});

test("a rotated key works under the same id, and the old one ends at once", async () => {
  const { key } = await aTenant();
  const { body } = await make(key, { name: "x", scopes: ["events:read"] });
  expect((await api.call("GET", "/v1/events", { key: body.key })).status).toBe(200);
  const rotated = await api.call("POST", `/api/api-keys/${body.id}/rotate`, { key });
  expect([rotated.status, rotated.body.id, rotated.body.key_prefix]).toEqual([200, body.id, body.key_prefix]);
  expect(rotated.body.key).not.toBe(body.key);
  expect((await api.call("GET", "/v1/events", { key: body.key })).status).toBe(401);
  expect((await api.call("GET", "/v1/events", { key: rotated.body.key })).status).toBe(200);
});

test("a key cannot get hold of a wider one by rotating it", async () => {
  const { tenantId, key } = await aTenant();
  const { body } = await make(key, { name: "wide", scopes: ["events:write"] });
  const narrow = await api.newKey(tenantId, ["keys:write", "events:read"]);
  expect((await api.call("POST", `/api/api-keys/${body.id}/rotate`, { key: narrow })).status).toBe(403);
});

test("uses are counted, and the last one is noted", async () => {
  const { key } = await aTenant();
  const { body } = await make(key, { name: "x", scopes: ["events:read"] });
  await api.call("GET", "/v1/events", { key: body.key });
  const row = async () => (await api.call("GET", `/api/api-keys/${body.id}`, { key })).body;
  await until(async () => (await row()).usage_count === 1);
  expect(Date.parse((await row()).last_used_at)).toBeGreaterThan(Date.now() - 60_000);
});

test("another tenant's keys are not there", async () => {
  const { key } = await aTenant();
  const other = await aTenant();
  const { body } = await make(key, { name: "x", scopes: ["events:read"] });
  expect((await api.call("GET", `/api/api-keys/${body.id}`, { key: other.key })).status).toBe(404);
  expect((await api.call("DELETE", `/api/api-keys/${body.id}`, { key: other.key })).status).toBe(404);
  expect((await api.call("POST", `/api/api-keys/${body.id}/rotate`, { key: other.key })).status).toBe(404);
  const names = (await api.call("GET", "/api/api-keys", { key: other.key })).body.data.map(
    (one: { name: string }) => one.name,
  );
  expect(names).toEqual(["test"]);
});
