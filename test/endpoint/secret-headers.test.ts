// Headers of an endpoint that are secret by their name: sealed, shown as a mark, sent as they are, and kept where they belong.
import { createEndpointDesk, type EndpointDesk } from "../../src/endpoint/desk.ts";
import { openEndpoint } from "../../src/endpoint/open.ts";
import { watchProfiles, type Profiles } from "../../src/endpoint/profiles.ts";
import { createLog } from "../../src/log.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { redactedMark } from "../../src/vault/redact.ts";
import { createVault } from "../../src/vault/vault.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let profiles: Profiles;
let desk: EndpointDesk;
let tenantId: TenantId;
const vault = createVault(parseKeyring(newKeyringEntry()));
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("headers") });
  profiles = await watchProfiles({ profiles: store.profiles, log: createLog("silent") });
  tenantId = await store.tenants.create("Acme");
  const policy = { allowHttp: false, allowNetworks: [] };
  const resolve = () => Promise.resolve(["93.184.215.14"]);
  desk = createEndpointDesk({ endpoints: store.endpoints, vault, policy, profiles, nowMs: store.nowMs, resolve });
});
afterAll(async () => {
  await profiles.close();
  await store.close();
});

const url = "https://hooks.example.com/in";
const secret = { Authorization: "Bearer 1c9e-canary", "X-Api-Key": "canary-44d1" };
const headers = { ...secret, "X-Shop": "7" };
const marked = { Authorization: redactedMark, "X-Api-Key": redactedMark, "X-Shop": "7" };

const create = async (): Promise<EndpointId> => {
  const made = await desk.create(tenantId, newId("ep"), { url, events: ["*"], headers });
  if (made.outcome !== "made") throw new Error(JSON.stringify(made));
  expect(made.endpoint.headers).toEqual(marked);
  return made.endpoint.id;
};
/** As they are sent. */
const sentBy = async (id: EndpointId) => {
  const stored = await store.endpoints.read(tenantId, id);
  if (stored === undefined) throw new Error("There is no such endpoint.");
  expect(JSON.stringify(stored)).not.toMatch(/canary/);
  return openEndpoint(stored, { vault, profileOf: profiles.of }).settings.headers;
};

test("they stand sealed, are shown as a mark, and are sent as they were given", async () => {
  const id = await create();
  expect((await desk.find(tenantId, id))?.headers).toEqual(marked);
  expect(await sentBy(id)).toEqual(headers);
});

test("what is shown can be sent back whole and changes nothing; a new value, another name and null do what they say", async () => {
  const id = await create();
  const shown = { url, events: ["*"], headers: marked };
  expect(await desk.update(tenantId, id, undefined, { replace: shown })).toMatchObject({ outcome: "changed" });
  expect(await sentBy(id)).toEqual(headers);
  await desk.update(tenantId, id, undefined, { patch: { headers: { "X-Api-Key": "canary-new", "X-Shop": "8" } } });
  expect(await sentBy(id)).toEqual({ ...headers, "X-Api-Key": "canary-new", "X-Shop": "8" });
  await desk.update(tenantId, id, undefined, { patch: { headers: { Authorization: null } } });
  expect(await sentBy(id)).toEqual({ "X-Api-Key": "canary-new", "X-Shop": "8" });
  await desk.update(tenantId, id, undefined, { replace: { url, events: ["*"] } });
  expect(await sentBy(id)).toBeUndefined();
});

test("a mark that stands for nothing is refused at its place: an export without its secrets is no import", async () => {
  const refused = await desk.create(tenantId, newId("ep"), { url, events: ["*"], headers: marked });
  expect(refused).toMatchObject({
    outcome: "invalid",
    findings: [
      { pointer: "/headers/Authorization", code: "required" },
      { pointer: "/headers/X-Api-Key", code: "required" },
    ],
  });
});

test("a value that is kept is not sent to another origin than the one it was given for", async () => {
  const id = await create();
  const path = { patch: { url: "https://hooks.example.com/other" } };
  expect(await desk.update(tenantId, id, undefined, path)).toMatchObject({ outcome: "changed" });
  const origin = { url: "https://elsewhere.example.com/in" };
  expect(await desk.update(tenantId, id, undefined, { patch: origin })).toMatchObject({
    outcome: "invalid",
    findings: [{ pointer: "/headers/Authorization" }, { pointer: "/headers/X-Api-Key" }],
  });
  const again = { patch: { ...origin, headers: secret } };
  expect(await desk.update(tenantId, id, undefined, again)).toMatchObject({ outcome: "changed" });
  expect(await sentBy(id)).toEqual(headers);
});
