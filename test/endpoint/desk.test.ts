// Endpoints as the desk makes, changes and opens them, on a real MongoDB.
import { generateKeyPairSync } from "node:crypto";
import { createEndpointDesk, type EndpointDesk } from "../../src/endpoint/desk.ts";
import { openEndpoint, ProfileMissing } from "../../src/endpoint/open.ts";
import { secretsAt } from "../../src/endpoint/open-endpoint.ts";
import { watchProfiles, type Profiles } from "../../src/endpoint/profiles.ts";
import { createLog } from "../../src/log.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { cert, key } from "../delivery/certificate.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
let profiles: Profiles;
let desk: EndpointDesk;
let tenantId: TenantId;
const vault = createVault(parseKeyring(newKeyringEntry()));
const said: string[] = [];
let nowMs = 0;

/** Names that the tests' resolver knows; any other one has no address. */
const addresses: { readonly [name: string]: string[] } = {
  "hooks.example.com": ["93.184.215.14"],
  "inside.example.com": ["10.0.0.5"],
};

beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("desk") });
  profiles = await watchProfiles({ profiles: store.profiles, log: createLog("silent") });
  tenantId = await store.tenants.create("Acme");
  desk = createEndpointDesk({
    endpoints: store.endpoints,
    vault,
    policy: { allowHttp: false, allowNetworks: [] },
    profiles,
    nowMs: () => nowMs || store.nowMs(),
    resolve: async (name) => addresses[name] ?? Promise.reject(new Error("no address")),
    changed: async (_, id) => void said.push(`changed ${id}`),
    resumed: (_, id) => void said.push(`resumed ${id}`),
  });
});
afterAll(async () => {
  await profiles.close();
  await store.close();
});
beforeEach(() => {
  said.length = 0;
  nowMs = 0;
});

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const canary = "canary-9f2b7c61d0e84a35";
const plain = (rest: object = {}) => ({ url: "https://hooks.example.com/in", events: ["order.*"], ...rest });
const create = async (given: object = plain()) => {
  const made = await desk.create(tenantId, newId("ep"), given);
  if (made.outcome !== "made") throw new Error(JSON.stringify(made));
  return made;
};
const open = async (id: EndpointId) => {
  const stored = await store.endpoints.read(tenantId, id);
  if (stored === undefined) throw new Error("there is no such endpoint");
  return openEndpoint(stored, { vault, profileOf: profiles.of });
};

test("an endpoint is made with a secret of its own, which stands sealed in the store", async () => {
  const { endpoint, secrets, warnings } = await create();
  expect(endpoint).toMatchObject({
    tenantId,
    url: "https://hooks.example.com/in",
    events: ["order.*"],
    profile: "standard",
    status: "enabled",
    health: { consecutiveFailures: 0, state: "healthy" },
    revision: 1,
  });
  expect(secrets).toEqual([
    { id: expect.stringMatching(/^sec_/), secret: expect.stringMatching(/^whsec_/), createdAt: expect.any(String) },
  ]);
  expect(warnings).toEqual([]);
  expect(said).toEqual([`changed ${endpoint.id}`]);
  const stored = await store.endpoints.read(tenantId, endpoint.id);
  expect(JSON.stringify(stored)).not.toContain(secrets[0]?.secret);
});

test("a secret of a pair is made when it is asked for", async () => {
  const { secrets } = await create(plain({ secretKind: "ed25519" }));
  expect(secrets[0]?.secret).toMatch(/^whsk_/);
});

test("made twice under one id it is one endpoint, with the first one's secret", async () => {
  const id = newId("ep");
  const [first, again] = [await desk.create(tenantId, id, plain()), await desk.create(tenantId, id, plain())];
  expect(again).toEqual(first);
});

test("an endpoint opens with its durations in numbers, its profile, its limits and its sealed parts", async () => {
  const encryption = { key: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }) };
  const { endpoint } = await create(
    plain({
      secret: whsec,
      timeout: "7s",
      retry: { schedule: ["1s", "1m"] },
      rateLimit: { max: 60, per: "1m" },
      concurrency: 3,
      batch: { max: 10, for: "5s" },
      breaker: { open: "2m" },
      filter: { field: "data.total", operator: "exists" },
      tls: { certificate: cert, key, ca: cert },
      oauth2: { tokenUrl: "https://hooks.example.com/token", clientId: "me", clientSecret: canary },
      encryption,
    }),
  );
  const opened = await open(endpoint.id);
  expect(opened).toMatchObject({
    id: endpoint.id,
    tenantId,
    retry: { delaysMs: [1_000, 60_000] },
    timeouts: { totalMs: 7_000 },
    rate: { perMs: 1_000, burst: 60 },
    concurrency: 3,
    batch: { max: 10, forMs: 5_000 },
    breaker: { share: 0.8, min: 20, withinMs: 60_000, openMs: 120_000 },
    filter: { rule: { exists: "event.data.total" }, uses: ["event.data.total"], simple: "one" },
    identity: { cert, key, ca: cert },
    oauth2: { clientId: "me", clientSecret: canary },
    encryptionKey: encryption.key,
  });
  expect(secretsAt(opened, Date.now())).toEqual([whsec]);
  expect(JSON.stringify(endpoint)).not.toMatch(new RegExp(`${canary}|PRIVATE KEY|${whsec}`));
});

test("without settings of its own an endpoint has the defaults and those of its profile", async () => {
  const { endpoint } = await create(plain({ profile: "hub", secret: "plain text", breaker: false }));
  const opened = await open(endpoint.id);
  expect(opened).toMatchObject({
    concurrency: 50,
    timeouts: { totalMs: 10_000 },
    retry: { delaysMs: [5_000, 25_000, 125_000] },
  });
  expect(opened.rate).toEqual({ perMs: 1_000, burst: 60 });
  expect(opened.breaker).toBeUndefined();
});

test("an endpoint whose profile is not there is not opened: nothing goes out in another form", async () => {
  const { endpoint } = await create();
  const stored = await store.endpoints.read(tenantId, endpoint.id);
  if (stored === undefined) throw new Error("there is no such endpoint");
  expect(() => openEndpoint(stored, { vault, profileOf: () => undefined })).toThrow(ProfileMissing);
  const elsewhere = { ...stored, _id: newId("ep") };
  expect(() => openEndpoint(elsewhere, { vault, profileOf: profiles.of })).toThrow(/does not open/);
});

describe("what is refused, everything at once and at its place", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  test.each<[string, unknown, string[]]>([
    ["no object", [], ["type "]],
    ["no URL and no events", {}, ["required /url", "required /events"]],
    [
      "an unknown member, beside others",
      plain({ evnts: [], url: "http://10.0.0.1", timeout: "5m" }),
      ["unknown /evnts", "url.scheme /url", "range /timeout"],
    ],
    ["an address inside, by name", plain({ url: "https://inside.example.com/" }), ["url.address /url"]],
    [
      "a token URL inside, by name",
      plain({ oauth2: { tokenUrl: "https://inside.example.com/", clientId: "a", clientSecret: "b" } }),
      ["url.address /oauth2/tokenUrl"],
    ],
    ["a profile that does not exist", plain({ profile: "standrad" }), ["value /profile"]],
    [
      "a profile beside that signs already",
      plain({ also: ["standard", "hub", "hub"] }),
      ["repeated /also/0", "repeated /also/2"],
    ],
    ["a profile beside that cannot stand there", plain({ also: ["bakhmach"] }), ["value /also"]],
    [
      "a kind of secret that the profile cannot sign with",
      plain({ profile: "hub", secretKind: "ed25519" }),
      ["value /secretKind"],
    ],
    ["a kind of secret beside one that is given", plain({ secret: whsec, secretKind: "hmac" }), ["form /secretKind"]],
    [
      "a header of the signature",
      plain({ headers: { "Webhook-Signature": "x", Host: "y", "X-Ok": "z" } }),
      ["header.denied /headers/Webhook-Signature", "header.denied /headers/Host"],
    ],
    [
      "a header of another profile's signature",
      plain({ profile: "hub", secret: "s", headers: { "X-Hub-Signature": "x" } }),
      ["header.denied /headers/X-Hub-Signature"],
    ],
    [
      "an authorization beside a token",
      plain({
        headers: { Authorization: "x" },
        oauth2: { tokenUrl: "https://hooks.example.com/", clientId: "a", clientSecret: "b" },
      }),
      ["header.denied /headers/Authorization"],
    ],
    ["a filter that is none", plain({ filter: { "=<": [1, 2] } }), ["rule.operator /filter/=<"]],
    [
      "a filter that reads what is not there",
      plain({ filter: { "==": [{ var: "data.total" }, 2] } }),
      ["reference.unknown /filter/==/0/var"],
    ],
    [
      "a filter that reads what no event has",
      plain({ filter: { "==": [{ var: "event.dta.total" }, 2] } }),
      ["reference.unknown /filter/==/0/var"],
    ],
    [
      "simple filters that read what no event has",
      plain({
        filter: [
          { field: "data.total", operator: "exists" },
          { field: "total", operator: "exists" },
          { field: "event.data.total", operator: "exists" },
        ],
      }),
      ["reference.unknown /filter/1/field", "reference.unknown /filter/2/field"],
    ],
    [
      "a simple filter without its operator, which would hold for every event",
      plain({ filter: JSON.parse('{"field":"data.total","operater":"equals","value":2}') }),
      ["required /filter/operator"],
    ],
    [
      "a payload that reads what no event has",
      plain({ transform: { payload: { total: "{{event.total}}" } } }),
      ["reference.unknown /transform/payload/total"],
    ],
    [
      "a template that is none",
      plain({ transform: { payload: { a: "{{event.data" } } }),
      ["template /transform/payload/a"],
    ],
    ["a template that reads what is not there", plain({ order: "{{order.id}}" }), ["reference.unknown /order"]],
    [
      "a path that is none",
      plain({ transform: { fields: ["order..id", "a.__proto__"] } }),
      ["format /transform/fields/0", "format /transform/fields/1"],
    ],
    ["order and batch together", plain({ order: "x", batch: { max: 2, for: "1s" } }), ["form /batch"]],
    [
      "durations without bounds",
      plain({
        rateLimit: { max: 1, per: "0s" },
        batch: { max: 2, for: "2h" },
        disableAfter: "999d",
        retry: { attempts: 2, first: "31d" },
      }),
      ["range /retry/first", "range /rateLimit/per", "range /batch/for", "range /disableAfter"],
    ],
    ["a secret that its profile cannot sign with", plain({ secret: canary }), ["secret /secret"]],
    ["a certificate without its key", plain({ tls: { certificate: cert } }), ["required /tls/key"]],
    ["a certificate that is none", plain({ tls: { certificate: "x", key } }), ["tls.certificate /tls/certificate"]],
    [
      "a client without its secret",
      plain({ oauth2: { tokenUrl: "https://hooks.example.com/", clientId: "a" } }),
      ["required /oauth2/clientSecret"],
    ],
    [
      "a private key to encrypt to",
      plain({ encryption: { key: pair.privateKey.export({ format: "jwk" }) } }),
      ["key /encryption/key/d"],
    ],
    [
      "a content type that the profile does not send",
      plain({ contentType: "application/x-www-form-urlencoded" }),
      ["value /contentType"],
    ],
  ])("%s", async (_, given, expected) => {
    const made = await desk.create(tenantId, newId("ep"), given);
    const findings = made.outcome === "invalid" ? made.findings : [];
    expect(findings.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(expected);
    expect(JSON.stringify(findings)).not.toContain(canary);
  });
});

test("a name without an address is saved with a warning", async () => {
  const { warnings } = await create(plain({ url: "https://not-yet.example.com/" }));
  expect(warnings).toEqual([expect.objectContaining({ pointer: "/url", code: "url.unresolvable" })]);
});

describe("changes", () => {
  test("a patch is merged, null takes a member away, and trees that mean one thing are replaced whole", async () => {
    const { endpoint } = await create(
      plain({ name: "A", headers: { "X-A": "1", "X-B": "2" }, filter: { "==": [1, 1] }, description: "d" }),
    );
    const patch = { headers: { "X-A": null, "X-C": "3" }, filter: { "!": false }, description: null };
    const updated = await desk.update(tenantId, endpoint.id, 1, { patch });
    expect(updated).toMatchObject({
      outcome: "changed",
      endpoint: { name: "A", headers: { "X-B": "2", "X-C": "3" }, filter: { "!": false }, revision: 2 },
    });
    expect(updated.outcome === "changed" && updated.endpoint.description).toBeUndefined();
  });

  test("a replacement has nothing of before but what is sealed and still spoken of", async () => {
    const made = await create(plain({ name: "A", tls: { certificate: cert, key } }));
    const replace = plain({ events: ["*"], tls: { certificate: cert } });
    const updated = await desk.update(tenantId, made.endpoint.id, undefined, { replace });
    expect(updated).toMatchObject({ outcome: "changed", endpoint: { events: ["*"], revision: 2 } });
    expect(updated.outcome === "changed" && updated.endpoint.name).toBeUndefined();
    const opened = await open(made.endpoint.id);
    expect([opened.identity?.key, secretsAt(opened, Date.now())]).toEqual([key, [made.secrets[0]?.secret]]);
    await desk.update(tenantId, made.endpoint.id, undefined, { patch: { tls: null } });
    expect((await open(made.endpoint.id)).identity).toBeUndefined();
  });

  test("a client's secret is not sent to another token URL than the one it was given for", async () => {
    const oauth2 = { tokenUrl: "https://hooks.example.com/token", clientId: "me", clientSecret: canary };
    const { endpoint } = await create(plain({ oauth2 }));
    const elsewhere = { patch: { oauth2: { tokenUrl: "https://hooks.example.com/other" } } };
    expect(await desk.update(tenantId, endpoint.id, undefined, elsewhere)).toMatchObject({
      outcome: "invalid",
      findings: [{ pointer: "/oauth2/clientSecret", code: "required" }],
    });
  });

  test("of two changes to one revision the second is stale; without a revision both are made", async () => {
    const { endpoint } = await create();
    expect((await desk.update(tenantId, endpoint.id, 1, { patch: { name: "a" } })).outcome).toBe("changed");
    expect((await desk.update(tenantId, endpoint.id, 1, { patch: { name: "b" } })).outcome).toBe("stale");
    const both = [{ name: "c" }, { description: "d" }].map((patch) =>
      desk.update(tenantId, endpoint.id, undefined, { patch }),
    );
    await Promise.all(both);
    expect(await desk.find(tenantId, endpoint.id)).toMatchObject({ name: "c", description: "d", revision: 4 });
  });

  test("an endpoint of another tenant is not found by any of them", async () => {
    const { endpoint } = await create();
    const other = await store.tenants.create("Other");
    const { id } = endpoint;
    const patch = { name: "mine" };
    expect([
      await desk.find(other, id),
      (await desk.update(other, id, undefined, { patch })).outcome,
      await desk.setStatus(other, id, "paused"),
      await desk.remove(other, id),
      await desk.secrets(other, id),
      (await desk.rotateSecret(other, id)).outcome,
    ]).toEqual([undefined, "unknown", undefined, false, undefined, "unknown"]);
  });

  test("another URL makes health begin anew and takes the verification away", async () => {
    const { endpoint } = await create();
    await store.endpoints.noteHealth(tenantId, endpoint.id, {
      failures: 3,
      failingSince: new Date(),
      state: "failing",
    });
    await store.endpoints.update(tenantId, endpoint.id, undefined, { verifiedAt: new Date() });
    await desk.update(tenantId, endpoint.id, undefined, { patch: { name: "same place" } });
    expect(await desk.find(tenantId, endpoint.id)).toMatchObject({
      health: { consecutiveFailures: 3 },
      verifiedAt: expect.any(Date),
    });
    await desk.update(tenantId, endpoint.id, undefined, { patch: { url: "https://hooks.example.com/new" } });
    const moved = await desk.find(tenantId, endpoint.id);
    expect([moved?.health, moved?.verifiedAt]).toEqual([{ consecutiveFailures: 0, state: "healthy" }, undefined]);
  });
});

test("a status keeps its first reason, and enabling makes health begin anew and is told", async () => {
  const { endpoint } = await create();
  const { id } = endpoint;
  await store.endpoints.noteHealth(tenantId, id, { failures: 2, openUntil: new Date() });
  await store.endpoints.noteHealth(tenantId, id, { failures: 1, openUntil: null });
  expect((await desk.find(tenantId, id))?.health).toEqual({ consecutiveFailures: 3, state: "healthy" });
  const disabled = await desk.setStatus(tenantId, id, "disabled", "The customer left.");
  expect(disabled).toMatchObject({
    status: "disabled",
    statusReason: { code: "manual", message: "The customer left." },
  });
  const again = await desk.setStatus(tenantId, id, "disabled", "Another reason.");
  expect([again?.statusReason, again?.revision]).toEqual([disabled?.statusReason, 2]);
  said.length = 0;
  const enabled = await desk.setStatus(tenantId, id, "enabled");
  expect(enabled).toMatchObject({ status: "enabled", revision: 3, health: { consecutiveFailures: 0 } });
  expect(enabled?.statusReason).toBeUndefined();
  expect(said).toEqual([`changed ${id}`, `resumed ${id}`]);
});

describe("secrets", () => {
  test("after a rotation the new one is first, and the earlier one signs beside it until its grace period ends", async () => {
    const { endpoint, secrets } = await create(plain({ secret: whsec }));
    nowMs = Date.parse("2030-01-01T00:00:00Z");
    const rotated = await desk.rotateSecret(tenantId, endpoint.id, { graceMs: 60_000 });
    if (rotated.outcome !== "changed") throw new Error(rotated.outcome);
    expect(rotated.secrets.map(({ expiresAt }) => expiresAt)).toEqual([undefined, "2030-01-01T00:01:00.000Z"]);
    expect(rotated.secrets[1]?.id).toBe(secrets[0]?.id);
    const opened = await open(endpoint.id);
    expect(secretsAt(opened, nowMs + 59_999)).toEqual([rotated.secrets[0]?.secret, whsec]);
    expect(secretsAt(opened, nowMs + 60_000)).toEqual([rotated.secrets[0]?.secret]);
  });

  test("a rotation that comes again under its id happens once", async () => {
    const { endpoint } = await create();
    const id = newId("sec");
    const [first, again] = [
      await desk.rotateSecret(tenantId, endpoint.id, { id }),
      await desk.rotateSecret(tenantId, endpoint.id, { id }),
    ];
    expect(again).toEqual(first);
  });

  test("ten secrets sign at once, and an eleventh is refused until one is ended", async () => {
    const { endpoint } = await create();
    for (let count = 2; count <= 10; count++) {
      expect((await desk.rotateSecret(tenantId, endpoint.id)).outcome).toBe("changed");
    }
    expect(await desk.rotateSecret(tenantId, endpoint.id)).toEqual({
      outcome: "refused",
      message: expect.stringContaining("end one of the earlier ones first"),
    });
    const last = (await desk.secrets(tenantId, endpoint.id))?.at(-1);
    expect((await desk.expireSecret(tenantId, endpoint.id, last?.id ?? "")).outcome).toBe("changed");
    expect((await desk.rotateSecret(tenantId, endpoint.id)).outcome).toBe("changed");
  });

  test("the last one stays, and when the newest is ended the one before signs without an end", async () => {
    const { endpoint, secrets } = await create(plain({ secret: whsec }));
    const only = secrets[0]?.id ?? "";
    expect((await desk.expireSecret(tenantId, endpoint.id, only)).outcome).toBe("refused");
    expect((await desk.expireSecret(tenantId, endpoint.id, "sec_x")).outcome).toBe("unknown");
    const rotated = await desk.rotateSecret(tenantId, endpoint.id);
    const newest = rotated.outcome === "changed" ? (rotated.secrets[0]?.id ?? "") : "";
    expect(await desk.expireSecret(tenantId, endpoint.id, newest)).toMatchObject({
      outcome: "changed",
      secrets: [{ id: only, secret: whsec }],
    });
    expect((await desk.secrets(tenantId, endpoint.id))?.[0]?.expiresAt).toBeUndefined();
  });

  test.each([
    ["a secret of the wrong form", { secret: "abc" }, "/secret"],
    ["a grace period of more than a week", { graceMs: 7 * 86_400_000 + 1 }, "/gracePeriod"],
    ["the secret that signs already", { secret: whsec }, "/secret"],
  ])("a rotation refuses %s", async (_, rotation, pointer) => {
    const { endpoint } = await create(plain({ secret: whsec }));
    expect(await desk.rotateSecret(tenantId, endpoint.id, rotation)).toMatchObject({
      outcome: "invalid",
      findings: [{ pointer }],
    });
  });

  test("a profile that the secrets are not fit for is taken after a rotation to one that is", async () => {
    const { endpoint } = await create(plain({ profile: "hub", secret: "just text" }));
    const change = { patch: { profile: "standard" } };
    expect(await desk.update(tenantId, endpoint.id, undefined, change)).toMatchObject({
      outcome: "invalid",
      findings: [{ pointer: "/profile", code: "secret" }],
    });
    await desk.rotateSecret(tenantId, endpoint.id, { secret: whsec, graceMs: 0 });
    expect((await desk.update(tenantId, endpoint.id, undefined, change)).outcome).toBe("changed");
  });

  test("a secret that is given with the settings takes the place of all others at once", async () => {
    const { endpoint } = await create();
    await desk.rotateSecret(tenantId, endpoint.id);
    await desk.update(tenantId, endpoint.id, undefined, { patch: { secret: whsec } });
    expect((await desk.secrets(tenantId, endpoint.id))?.map((one) => one.secret)).toEqual([whsec]);
  });
});

test("every endpoint of all tenants is read for the index, and each change of one is told but for notes on health", async () => {
  const told: string[] = [];
  const stream = store.endpoints.watch({
    change: (id) => void told.push(id),
    error: (error) => void told.push(String(error)),
  });
  const { endpoint } = await create();
  const all: string[] = [];
  for await (const row of store.endpoints.all()) all.push(row._id);
  expect(all).toContain(endpoint.id);
  await store.endpoints.noteHealth(tenantId, endpoint.id, { failures: 1 });
  await desk.setStatus(tenantId, endpoint.id, "paused");
  await desk.remove(tenantId, endpoint.id);
  await until(async () => told.filter((id) => id === endpoint.id).length >= 2);
  await stream.close();
  expect(told.filter((id) => id === endpoint.id).length).toBeLessThanOrEqual(3);
  expect(await store.endpoints.readAny(endpoint.id)).toBeUndefined();
});

test("a list is by status, by the events that an endpoint gets, and by profile, in pages and from indexes", async () => {
  const own = await store.tenants.create("Lists");
  const make = async (given: object) => {
    const made = await desk.create(own, newId("ep"), given);
    return made.outcome === "made" ? made.endpoint.id : "";
  };
  const ids = [
    await make(plain({ events: ["order.created"] })),
    await make(plain({ events: ["order.*", "user.created"], profile: "hub", secret: "s" })),
    await make(plain({ events: ["*"], also: ["hub"], enabled: false })),
  ];
  const list = async (filter: Parameters<EndpointDesk["list"]>[1], page = { limit: 10 }) =>
    (await desk.list(own, filter, page)).items.map((one) => ids.indexOf(one.id));
  expect(await list({})).toEqual([2, 1, 0]);
  expect(await list({ status: "disabled" })).toEqual([2]);
  expect(await list({ eventType: "order.created" })).toEqual([2, 1, 0]);
  expect(await list({ eventType: "order.item.added" })).toEqual([2, 1]);
  expect(await list({ eventType: "user.created" })).toEqual([2, 1]);
  expect(await list({ profile: "hub" })).toEqual([2, 1]);
  const { nextCursor } = await desk.list(own, {}, { limit: 2 });
  expect((await desk.list(own, {}, { limit: 2, cursor: nextCursor })).items.map((one) => one.id)).toEqual([ids[0]]);
});
