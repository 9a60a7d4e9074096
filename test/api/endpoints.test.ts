// Webhook endpoints over HTTP: made, shown without secrets, changed, held back, taken away, and moved elsewhere.
import { createLog } from "../../src/log.ts";
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
const lines: string[] = [];

beforeAll(async () => {
  const log = createLog("silent");
  // Only what is logged of endpoints: what the lines hold is looked at below.
  const listening = { ...log, info: (...line: unknown[]) => void lines.push(JSON.stringify(line)) };
  // Safe: routes call nothing of the log but `info`, and the levels that stay.
  app = await startApi({ deps: { log: listening as unknown as typeof log } });
});
afterAll(() => app.stop());

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const canary = "canary-9f2b7c61d0e84a35";
const plain = (rest: object = {}) => ({ url: "http://127.0.0.1:4000/in", events: ["order.*"], ...rest });
const make = async (body: object = plain(), key?: string) => {
  const answer = await app.call("POST", "/v1/endpoints", { body, ...(key === undefined ? {} : { key }) });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer;
};
const newTenant = async (name: string) => app.newKey(await app.store.tenants.create(name));
type Finding = { pointer: string; code: string };
const places = (answer: { body: { errors?: Finding[] } }) =>
  (answer.body.errors ?? []).map(({ code, pointer }) => `${code} ${pointer}`);

test("an endpoint is made, its secret shown this once, and shown without it from then on", async () => {
  const settings = { name: "Orders", metadata: { customer: "cus_1" }, rateLimit: { max: 60, per: "1m" } };
  const made = await make(plain(settings));
  const { secrets, ...shown } = made.body;
  expect(secrets).toEqual([
    {
      id: expect.stringMatching(/^sec_[0-9A-Za-z]{22}$/),
      secret: expect.stringMatching(/^whsec_/),
      createdAt: expect.any(String),
    },
  ]);
  expect(shown).toEqual({
    id: expect.stringMatching(/^ep_[0-9A-Za-z]{22}$/),
    ...plain(settings),
    profile: "standard",
    status: "enabled",
    health: { consecutiveFailures: 0, state: "healthy" },
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  expect(made.headers.get("location")).toBe(`/v1/endpoints/${shown.id}`);
  const read = await app.call("GET", `/v1/endpoints/${shown.id}`);
  expect([read.body, read.headers.get("etag")]).toEqual([shown, made.headers.get("etag")]);
});

test("no answer but those that say so, and no line of the log, holds a secret", async () => {
  const oauth2 = { tokenUrl: "http://127.0.0.1:4000/token", clientId: "me", clientSecret: canary };
  const { body } = await make(plain({ secret: whsec, oauth2 }));
  const path = `/v1/endpoints/${body.id}`;
  const answers = [
    await app.call("GET", path),
    await app.call("GET", "/v1/endpoints"),
    await app.call("GET", "/v1/endpoints/export"),
    await app.call("GET", `${path}/secrets`),
    await app.call("PATCH", path, { body: { name: "Renamed" } }),
    await app.call("PUT", path, { body: plain({ oauth2: { tokenUrl: oauth2.tokenUrl, clientId: "me" } }) }),
    await app.call("POST", `${path}/pause`),
    await app.call("PUT", path, { body: plain({ secret: canary }) }),
    await app.call("POST", "/v1/endpoints", { body: plain({ secret: canary }) }),
    await app.call("POST", "/v1/endpoints", { body: plain({ oauth2: { ...oauth2, tokenUrl: "http://10.0.0.1" } }) }),
    await app.call("POST", `${path}/secrets/rotate`, { body: { secret: `whsec_${canary}` } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 422, 422, 422, 422]);
  for (const { text } of answers) expect(text).not.toMatch(new RegExp(`${canary}|${whsec}`));
  const seen = (await app.call("POST", `${path}/secrets/reveal`)).text;
  expect(seen).toContain(whsec);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join()).not.toMatch(new RegExp(`${canary}|${whsec}`));
});

test("the same Idempotency-Key makes one endpoint with one secret", async () => {
  const headers = { "idempotency-key": "make-once" };
  const [first, again] = [
    await app.call("POST", "/v1/endpoints", { body: plain(), headers }),
    await app.call("POST", "/v1/endpoints", { body: plain(), headers }),
  ];
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
});

test("everything that is wrong is told at once, whether its form or what it names is wrong", async () => {
  const wrongForm = plain({ url: "ftp://x", evnts: [], filter: { "=<": [1] }, timeout: "9m", challenge: 1 });
  const form = await app.call("POST", "/v1/endpoints", { body: wrongForm });
  expect([form.status, form.body.code]).toEqual([422, "endpoint.invalid"]);
  expect(places(form)).toEqual([
    "unknown /evnts",
    "url.scheme /url",
    "rule.operator /filter/=<",
    "range /timeout",
    "type /challenge",
  ]);
  expect(form.body.errors[0].suggestion).toBe("events");
  const wrongNames = plain({ url: "http://10.0.0.1/", profile: "standrad", headers: { Host: "a" } });
  const names = await app.call("POST", "/v1/endpoints", { body: wrongNames });
  expect([places(names), names.body.errors[1].suggestion]).toEqual([
    ["url.address /url", "value /profile"],
    "standard",
  ]);
});

test("a name without an address is saved with a warning", async () => {
  const made = await make(plain({ url: "http://no-such-name.millrace.example/" }));
  expect(made.body.warnings).toEqual([expect.objectContaining({ code: "url.unresolvable", pointer: "/url" })]);
});

test("a list is by status, events and profile, newest first, in pages", async () => {
  const key = await newTenant("Lists");
  const ids = [
    (await make(plain({ events: ["order.created"] }), key)).body.id,
    (await make(plain({ events: ["*"], profile: "hub", secret: "s3cret" }), key)).body.id,
    (await make(plain({ enabled: false }), key)).body.id,
  ];
  const list = async (query: string) =>
    (await app.call("GET", `/v1/endpoints${query}`, { key })).body.data.map((one: { id: string }) =>
      ids.indexOf(one.id),
    );
  expect(await list("")).toEqual([2, 1, 0]);
  expect(await list("?status=disabled")).toEqual([2]);
  expect(await list("?eventType=user.created")).toEqual([1]);
  expect(await list("?profile=hub")).toEqual([1]);
  const page = await app.call("GET", "/v1/endpoints?limit=2", { key });
  expect(await list(`?limit=2&cursor=${page.body.nextCursor}`)).toEqual([0]);
  expect((await app.call("GET", "/v1/endpoints?status=lost", { key })).status).toBe(422);
});

describe("changes", () => {
  test("a PUT replaces all settings, with or without the ETag, and the second of two with one is refused", async () => {
    const made = await make(plain({ name: "Before", headers: { "X-A": "1" } }));
    const path = `/v1/endpoints/${made.body.id}`;
    const headers = { "if-match": made.headers.get("etag") ?? "" };
    const replaced = await app.call("PUT", path, { body: plain({ events: ["*"] }), headers });
    expect(replaced.body).toMatchObject({ events: ["*"], status: "enabled" });
    expect([replaced.body.name, replaced.body.headers]).toEqual([undefined, undefined]);
    expect((await app.call("PUT", path, { body: plain(), headers })).body.code).toBe("precondition.failed");
    expect((await app.call("PUT", path, { body: plain(), headers: { "if-match": "*" } })).status).toBe(200);
    expect((await app.call("PUT", path, { body: plain() })).status).toBe(200);
    expect((await app.call("PUT", path, { body: plain(), headers: { "if-match": "nonsense" } })).status).toBe(400);
  });

  test("a PATCH changes only what it names, as JSON or as a merge patch", async () => {
    const made = await make(plain({ name: "Before", headers: { "X-A": "1", "X-B": "2" } }));
    const path = `/v1/endpoints/${made.body.id}`;
    const first = await app.call("PATCH", path, { body: { headers: { "X-A": null }, timeout: "9s" } });
    expect(first.body).toMatchObject({ name: "Before", headers: { "X-B": "2" }, timeout: "9s" });
    const headers = { "content-type": "application/merge-patch+json", "if-match": first.headers.get("etag") ?? "" };
    const second = await app.call("PATCH", path, { body: { name: null, enabled: false }, headers });
    expect(second.body).toMatchObject({ status: "disabled", statusReason: { code: "manual" } });
    expect(second.body.name).toBeUndefined();
    expect((await app.call("PATCH", path, { body: { name: "x" }, headers })).status).toBe(412);
    expect((await app.call("PATCH", path, { body: { enabled: true } })).body).toMatchObject({ status: "enabled" });
  });

  test.each<[string, unknown, string[]]>([
    ["a list", [], ["type "]],
    ["a member that is not known", { nam: "x" }, ["unknown /nam"]],
    ["a needed member taken away", { url: null }, ["required /url"]],
    ["an address inside", { url: "http://169.254.169.254/" }, ["url.address /url"]],
    ["a secret, which is rotated instead", { secret: whsec }, ["unknown /secret"]],
  ])("a PATCH refuses %s", async (_, body, expected) => {
    const { id } = (await make()).body;
    const answer = await app.call("PATCH", `/v1/endpoints/${id}`, { body });
    expect([answer.status, places(answer)]).toEqual([422, expected]);
  });

  test("a deleted endpoint is gone, with its secrets", async () => {
    const made = await make();
    const path = `/v1/endpoints/${made.body.id}`;
    expect((await app.call("DELETE", path, { headers: { "if-match": '"r9"' } })).status).toBe(412);
    const gone = await app.call("DELETE", path);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await app.call("GET", path)).status).toBe(404);
    expect((await app.call("POST", `${path}/secrets/reveal`)).status).toBe(404);
    expect((await app.call("DELETE", path)).status).toBe(404);
    expect(await app.store.endpoints.readAny(made.body.id)).toBeUndefined();
  });
});

test("pausing, disabling and enabling are each done once, and keep the first reason", async () => {
  const { id } = (await make()).body;
  const set = (verb: string, body?: object) => app.call("POST", `/v1/endpoints/${id}/${verb}`, { body });
  const paused = await set("pause", { reason: "Their deployment." });
  expect(paused.body).toMatchObject({
    status: "paused",
    statusReason: { code: "manual", message: "Their deployment." },
  });
  const again = await set("pause", { reason: "Something else." });
  expect([again.body, again.headers.get("etag")]).toEqual([paused.body, paused.headers.get("etag")]);
  expect((await set("disable")).body).toMatchObject({ status: "disabled" });
  const enabled = await set("enable");
  expect([enabled.body.status, enabled.body.statusReason]).toEqual(["enabled", undefined]);
  expect((await set("enable", { reson: "x" })).status).toBe(422);
});

test("another tenant's endpoint is answered like none, by every route", async () => {
  const { id } = (await make()).body;
  const key = await newTenant("Strangers");
  const [read, secrets] = [`/v1/endpoints/${id}`, `/v1/endpoints/${id}/secrets`];
  const [secret] = (await app.call("GET", secrets)).body.data;
  const calls: [string, string, object?][] = [
    ["GET", read],
    ["PUT", read, plain()],
    ["PATCH", read, { name: "mine" }],
    ["DELETE", read],
    ["POST", `${read}/enable`],
    ["POST", `${read}/pause`],
    ["POST", `${read}/disable`],
    ["POST", `${read}/test`],
    ["POST", `${read}/challenge`],
    ["GET", secrets],
    ["POST", `${secrets}/reveal`],
    ["POST", `${secrets}/rotate`],
    ["DELETE", `${secrets}/${secret.id}`],
    ["GET", `${read}/public-keys`],
  ];
  for (const [method, path, body] of calls) {
    const foreign = await app.call(method, path, { body, key });
    const unknown = await app.call(method, path.replace(id, `ep_${"0".repeat(22)}`), { body, key });
    expect([method, path, foreign.status, foreign.body.code]).toEqual([method, path, 404, "resource.not_found"]);
    expect(foreign.body.detail).toBe(unknown.body.detail);
  }
  expect((await app.call("GET", read)).body).toMatchObject({ status: "enabled" });
});

describe("secrets", () => {
  test("a rotation shows the new one; the earlier one signs beside it until the grace period ends", async () => {
    const { id, secrets } = (await make(plain({ secret: whsec }))).body;
    const path = `/v1/endpoints/${id}/secrets`;
    const rotated = await app.call("POST", `${path}/rotate`, { body: { gracePeriod: "1h" } });
    const [newest, earlier] = rotated.body.secrets;
    expect([newest.secret, newest.expiresAt]).toEqual([expect.stringMatching(/^whsec_/), undefined]);
    expect([earlier.id, earlier.secret]).toEqual([secrets[0].id, undefined]);
    const leftMs = Date.parse(earlier.expiresAt) - Date.now();
    expect([leftMs > 3_500_000, leftMs <= 3_601_000]).toEqual([true, true]);
    const listed = await app.call("GET", path);
    expect(listed.body.data).toEqual([{ id: newest.id, createdAt: newest.createdAt }, earlier]);
    const revealed = await app.call("POST", `${path}/reveal`);
    expect(revealed.body.secrets.map((one: { secret: string }) => one.secret)).toEqual([newest.secret, whsec]);
    expect((await app.call("DELETE", `${path}/${earlier.id}`)).status).toBe(204);
    const last = await app.call("DELETE", `${path}/${newest.id}`);
    expect([last.status, last.body.code]).toEqual([409, "state.conflict"]);
    expect((await app.call("DELETE", `${path}/${earlier.id}`)).status).toBe(404);
  });

  test("a repeated rotation under one Idempotency-Key happens once", async () => {
    const { id } = (await make()).body;
    const headers = { "idempotency-key": "rotate-once" };
    const rotate = () => app.call("POST", `/v1/endpoints/${id}/secrets/rotate`, { headers });
    const [first, again] = [await rotate(), await rotate()];
    expect(again.body).toEqual(first.body);
    expect((await app.call("GET", `/v1/endpoints/${id}/secrets`)).body.data).toHaveLength(2);
  });

  test.each<[string, object, string]>([
    ["a secret of the wrong form", { secret: "short" }, "secret /secret"],
    ["a grace period above a week", { gracePeriod: "8d" }, "range /gracePeriod"],
    ["a grace period beyond all bounds", { gracePeriod: "999999d" }, "range /gracePeriod"],
    ["a kind beside a secret", { secret: whsec, kind: "hmac" }, "value /kind"],
  ])("a rotation refuses %s", async (_, body, expected) => {
    const { id } = (await make()).body;
    const answer = await app.call("POST", `/v1/endpoints/${id}/secrets/rotate`, { body });
    expect([answer.status, places(answer)]).toEqual([422, [expected]]);
  });

  test("the eleventh secret at once is refused, and the answer says what to do", async () => {
    const { id } = (await make()).body;
    const rotate = () => app.call("POST", `/v1/endpoints/${id}/secrets/rotate`);
    for (let count = 2; count <= 10; count++) expect((await rotate()).status).toBe(200);
    const refused = await rotate();
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining("end one of the earlier ones"),
    ]);
  });

  test("public keys of an endpoint that signs with ed25519 are for everybody, and the private ones for nobody", async () => {
    const made = await make(plain({ secretKind: "ed25519" }));
    const { id, secrets } = made.body;
    expect(secrets[0]).toMatchObject({
      secret: expect.stringMatching(/^whsk_/),
      publicKey: expect.stringMatching(/^whpk_/),
    });
    const known = await app.call("GET", `/.well-known/webhook-keys/${id}`, { key: null });
    expect(known.body.keys).toEqual([
      expect.objectContaining({ kty: "OKP", crv: "Ed25519", alg: "EdDSA", whpk: secrets[0].publicKey }),
    ]);
    expect([known.headers.get("content-type"), known.headers.get("cache-control")]).toEqual([
      "application/jwk-set+json",
      "public, max-age=300",
    ]);
    expect(known.text).not.toContain("whsk_");
    expect((await app.call("GET", `/v1/endpoints/${id}/public-keys`)).body).toEqual(known.body);
    const { publicKey } = (await app.call("POST", `/v1/endpoints/${id}/secrets/rotate`, { body: { kind: "ed25519" } }))
      .body.secrets[0];
    const both = await app.call("GET", `/.well-known/webhook-keys/${id}`, { key: null });
    expect(both.body.keys.map((one: { whpk: string }) => one.whpk)).toEqual([publicKey, secrets[0].publicKey]);
    for (const other of ["ep_x", `ep_${"0".repeat(22)}`]) {
      expect((await app.call("GET", `/.well-known/webhook-keys/${other}`, { key: null })).status).toBe(404);
    }
  });

  test("an endpoint that signs by HMAC has no public keys", async () => {
    const { id } = (await make()).body;
    expect((await app.call("GET", `/.well-known/webhook-keys/${id}`, { key: null })).body).toEqual({ keys: [] });
  });
});

describe("moving endpoints", () => {
  test("what is exported is imported elsewhere, each with a new id and a new secret", async () => {
    const [from, to] = [await newTenant("From"), await newTenant("To")];
    const given = [plain({ name: "a", filter: { "!": false } }), plain({ name: "b", enabled: false, retry: "day" })];
    for (const body of given) await make(body, from);
    const exported = (await app.call("GET", "/v1/endpoints/export", { key: from })).body.data;
    expect(exported.map((one: { name: string }) => one.name)).toEqual(["b", "a"]);
    const imported = await app.call("POST", "/v1/endpoints/import", { key: to, body: { endpoints: exported } });
    expect(imported.body).toMatchObject({ made: 2, invalid: 0, data: [{ index: 0, outcome: "made" }, { index: 1 }] });
    expect(imported.body.data[0].endpoint).toMatchObject({ name: "b", status: "disabled", retry: "day" });
    expect(imported.body.data[0].endpoint.secrets[0].secret).toMatch(/^whsec_/);
    const again = (await app.call("GET", "/v1/endpoints/export", { key: to })).body.data;
    expect(again.toSorted((x: { name: string }, y: { name: string }) => (x.name < y.name ? 1 : -1))).toEqual(exported);
  });

  test("each is made or refused by itself, and a repeated import makes nothing twice", async () => {
    const key = await newTenant("Import");
    const headers = { "idempotency-key": "import-once" };
    const body = { endpoints: [plain({ name: "good" }), plain({ url: "http://10.0.0.1" }), 7] };
    const imported = await app.call("POST", "/v1/endpoints/import", { key, body, headers });
    expect(imported.body).toMatchObject({ made: 1, invalid: 2 });
    expect(imported.body.data.map((one: { outcome: string }) => one.outcome)).toEqual(["made", "invalid", "invalid"]);
    expect(places(imported.body.data[1] ? { body: imported.body.data[1] } : { body: {} })).toEqual([
      "url.address /url",
    ]);
    await app.call("POST", "/v1/endpoints/import", { key, body, headers });
    expect((await app.call("GET", "/v1/endpoints", { key })).body.data).toHaveLength(1);
  });

  test("an import without a list, or with too long a one, is refused as a whole", async () => {
    for (const endpoints of [undefined, [], Array(101).fill(plain())]) {
      expect((await app.call("POST", "/v1/endpoints/import", { body: { endpoints } })).status).toBe(422);
    }
  });
});
