// Connections over HTTP: made, shown without secrets, renamed, tried, replaced, revoked, and where they are used.
import { createLog } from "../../src/log.ts";
import type { Json } from "../../src/model/json.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { aFlow, startApi, type Call, type TestApi } from "./start-api.ts";

let app: TestApi;
let endpoint: Receiver;
const lines: { [name: string]: unknown }[] = [];

beforeAll(async () => {
  const log = createLog("silent");
  // Only what is logged of connections: what the lines hold is looked at below.
  const listening = { ...log, info: (fields: object, message: string) => void lines.push({ ...fields, message }) };
  // Safe: routes call nothing of the log but `info`, and the levels that stay.
  app = await startApi({ deps: { log: listening as unknown as typeof log } });
  endpoint = await startReceiver();
});
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]();
  await app.stop();
});
beforeEach(() => {
  lines.length = 0;
  endpoint.requests.length = 0;
  endpoint.respond([{}]);
});

const canary = "canary-4f9aa1c2d3e4b5a6";
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const signing = (rest: object = {}) => ({
  connector: "webhook",
  name: "Our hooks",
  credentials: { secret: whsec },
  ...rest,
});
const slack = (rest: object = {}) => ({
  connector: "slack",
  name: "Team Slack",
  credentials: { token: `xoxb-${canary}`, apiUrl: endpoint.url },
  ...rest,
});
const make = async (body: object = signing()) => {
  const answer = await app.call("POST", "/v1/connections", { body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer;
};

test("a connection is made, and shown by id and slug without its credentials", async () => {
  const made = await make(signing({ name: "Größe & Co", slug: undefined }));
  expect(made.body).toEqual({
    id: expect.stringMatching(/^conn_[0-9A-Za-z]{22}$/),
    slug: "gro-e-co",
    name: "Größe & Co",
    connector: "webhook",
    kind: "signing",
    status: "active",
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  expect(made.headers.get("location")).toBe(`/v1/connections/${made.body.id}`);
  for (const name of [made.body.id, made.body.slug]) {
    const read = await app.call("GET", `/v1/connections/${name}`);
    expect([read.body, read.headers.get("etag")]).toEqual([made.body, made.headers.get("etag")]);
  }
});

test("connections of one name get slugs of their own; a slug that is taken is refused", async () => {
  const slugs = [await make(signing({ name: "Twice" })), await make(signing({ name: "Twice" }))].map(
    (one) => one.body.slug,
  );
  expect(slugs).toEqual(["twice", "twice-2"]);
  const taken = await app.call("POST", "/v1/connections", { body: signing({ slug: "twice" }) });
  expect([taken.status, taken.body.code]).toEqual([409, "state.conflict"]);
});

test("the same Idempotency-Key makes one connection", async () => {
  const headers = { "idempotency-key": "make-once" };
  const [first, again] = [
    await app.call("POST", "/v1/connections", { body: signing({ name: "Once" }), headers }),
    await app.call("POST", "/v1/connections", { body: signing({ name: "Once" }), headers }),
  ];
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
});

test("a misspelt connector is answered with the one that was meant", async () => {
  const refused = await app.call("POST", "/v1/connections", { body: signing({ connector: "webhok" }) });
  expect(refused.body.errors).toEqual([expect.objectContaining({ pointer: "/connector", suggestion: "webhook" })]);
});

describe("what is refused", () => {
  const ofSlack = (rest: object) => ({ connector: "slack", name: "Team Slack", ...rest });
  const credentials = (rest: object) => ({ credentials: { token: `xoxb-${canary}`, ...rest } });
  test.each<[string, object, number, string, string[]]>([
    ["an unknown connector", signing({ connector: "webhok" }), 422, "connection.invalid", ["value /connector"]],
    ["an unknown kind", ofSlack({ auth: "saml", ...credentials({}) }), 422, "connection.invalid", ["value /auth"]],
    [
      "a secret that is none",
      signing({ credentials: { secret: canary } }),
      422,
      "connection.invalid",
      ["format /credentials/secret"],
    ],
    [
      "a member that is not known",
      ofSlack(credentials({ tokn: 1 })),
      422,
      "connection.invalid",
      ["unknown /credentials/tokn"],
    ],
    ["no credentials", { connector: "webhook", name: "x" }, 422, "request.invalid", ["required /credentials"]],
    ["credentials as a text", signing({ credentials: canary }), 422, "request.invalid", ["type /credentials"]],
    [
      "an address inside",
      ofSlack(credentials({ apiUrl: "http://169.254.169.254/latest" })),
      422,
      "connection.invalid",
      ["url.address /credentials/apiUrl"],
    ],
    [
      "an address with a password",
      ofSlack(credentials({ apiUrl: `https://a:${canary}@slack.com` })),
      422,
      "connection.invalid",
      ["url.userinfo /credentials/apiUrl"],
    ],
  ])("%s, at its place, without repeating a value", async (_, body, status, code, errors) => {
    const answer = await app.call("POST", "/v1/connections", { body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.errors.map((one: { code: string; pointer: string }) => `${one.code} ${one.pointer}`)).toEqual(
      errors,
    );
    expect(answer.text).not.toContain(canary);
  });
});

test("a list is by connector and status, newest first, in pages", async () => {
  const key = await app.newKey(await app.store.tenants.create("Lists"));
  const ids: string[] = [];
  for (const body of [signing({ name: "a" }), slack({ name: "b" }), signing({ name: "c" })]) {
    ids.push((await app.call("POST", "/v1/connections", { key, body })).body.id);
  }
  const list = async (query: string) =>
    (await app.call("GET", `/v1/connections${query}`, { key })).body.data.map((one: { id: string }) => one.id);
  expect(await list("")).toEqual(ids.toReversed());
  expect(await list("?connector=webhook")).toEqual([ids[2], ids[0]]);
  await app.call("POST", `/v1/connections/${ids[0]}/revoke`, { key });
  expect(await list("?status=revoked")).toEqual([ids[0]]);
  expect(await list("?status=active&connector=slack")).toEqual([ids[1]]);
  const page = await app.call("GET", "/v1/connections?limit=2", { key });
  expect(await list(`?limit=2&cursor=${page.body.nextCursor}`)).toEqual([ids[0]]);
  expect((await app.call("GET", "/v1/connections?status=lost", { key })).status).toBe(422);
});

test("a rename needs the ETag that was read, and the second of two is refused", async () => {
  const made = await make(signing({ name: "Before" }));
  const path = `/v1/connections/${made.body.id}`;
  const body = { name: "After", slug: "after" };
  expect((await app.call("PUT", path, { body })).status).toBe(428);
  const headers = { "if-match": made.headers.get("etag") ?? "" };
  const renamed = await app.call("PUT", path, { body, headers });
  expect(renamed.body).toMatchObject({ name: "After", slug: "after", status: "active" });
  expect((await app.call("PUT", path, { body, headers })).body.code).toBe("precondition.failed");
  expect((await app.call("GET", "/v1/connections/before")).status).toBe(404);
  await make(signing({ slug: "occupied" }));
  const taken = await app.call("PUT", path, { body: { name: "x", slug: "occupied" }, headers: { "if-match": "*" } });
  expect([taken.status, taken.body.code]).toEqual([409, "state.conflict"]);
});

describe("flows that use a connection", () => {
  const step = (id: string, connection: string, rest: object = {}) => ({
    id,
    use: "webhook.post",
    with: { url: "https://hooks.example.com/in" },
    connection,
    ...rest,
  });
  const publish = async (body: object): Promise<string> => {
    const { id } = (await app.call("POST", "/v1/flows", { body })).body;
    const published = await app.call("POST", `/v1/flows/${id}/publish`);
    if (published.status !== 200) throw new Error(published.text);
    return id;
  };

  test("are listed with the paths of their steps, in draft and published version, whatever they name it by", async () => {
    const { id, slug } = (await make(signing({ slug: "used" }))).body;
    const otherwise = [{ else: [step("inner", id)] }];
    const steps = [
      step("first", slug, { onError: { steps: [step("alarm", slug)] } }),
      { id: "route", choose: [{ when: { "==": [1, 2] }, steps: [step("never", id)] }, ...otherwise] },
    ];
    const published = await publish(aFlow({ slug: "uses-it", steps }));
    const draft = await app.call("POST", "/v1/flows", {
      body: aFlow({ slug: "will-use-it", onFailure: [step("last", slug)] }),
    });
    await app.call("POST", "/v1/flows", { body: aFlow({ slug: "does-not", name: `"connection":"${slug}"` }) });
    const { body } = await app.call("GET", `/v1/connections/${slug}/usage`);
    const name = "Escalate bad reviews";
    expect(body.data).toEqual([
      { flow: { id: draft.body.id, slug: "will-use-it", name }, published: false, steps: ["last"] },
      {
        flow: { id: published, slug: "uses-it", name },
        published: true,
        steps: ["first", "first.onError.alarm", "route[0].never", "route.else.inner"],
      },
    ]);
    const { plan } = (await app.store.flows.findVersion(app.tenantId, published as `flow_${string}`, 1)) ?? {};
    expect(JSON.stringify(plan)).toContain('"path":"route.else.inner"');
  });

  test("keep a connection from losing the slug that a published version names it by", async () => {
    const made = await make(signing({ slug: "kept" }));
    const path = `/v1/connections/${made.body.id}`;
    const rename = () => app.call("PUT", path, { body: { name: "x", slug: "lost" }, headers: { "if-match": "*" } });
    const flow = await publish(aFlow({ slug: "names-it", steps: [step("a", "kept")] }));
    const refused = await rename();
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining("names-it")]);
    await app.call("PUT", `/v1/flows/${flow}`, {
      body: aFlow({ steps: [step("a", made.body.id)] }),
      headers: { "if-match": "*" },
    });
    await app.call("POST", `/v1/flows/${flow}/publish`);
    expect((await rename()).status).toBe(200);
  });

  test("are told at saving and refused at publishing when there is no such connection, with the one that was meant", async () => {
    await make(signing({ slug: "meant" }));
    await make(slack({ slug: "chat" }));
    const save = async (connection: string, key?: string) =>
      (
        await app.call("POST", "/v1/flows", {
          body: aFlow({ steps: [step("a", connection)] }),
          ...(key ? { key } : {}),
        })
      ).body;
    const draft = await save("maent");
    expect(draft.problems).toEqual([
      expect.objectContaining({ code: "connection.unknown", pointer: "/steps/0/connection", suggestion: "meant" }),
    ]);
    const refused = await app.call("POST", `/v1/flows/${draft.id}/publish`);
    expect([refused.status, refused.body.code]).toEqual([422, "flow.invalid"]);
    expect((await save("meant")).problems).toEqual([]);
    expect((await save("chat")).problems).toEqual([expect.objectContaining({ code: "connection.mismatch" })]);
    // Another tenant's are not known.
    const key = await app.newKey(await app.store.tenants.create("Other"));
    expect((await save("meant", key)).problems).toEqual([expect.objectContaining({ code: "connection.unknown" })]);
    const post = { id: "b", use: "slack.postMessage", with: { channel: "#a", text: "x" } };
    const without = await app.call("POST", "/v1/flows/validate", { body: aFlow({ steps: [post] }) });
    expect(without.body.errors).toContainEqual(
      expect.objectContaining({ code: "connection.required", pointer: "/steps/0/connection" }),
    );
  });
});

describe("a trial", () => {
  test("says whether the connection works, or why not", async () => {
    const { id } = (await make(slack({ name: "Tried" }))).body;
    const json = { "content-type": "application/json" };
    endpoint.respond([
      { headers: json, body: JSON.stringify({ ok: true, team: "Acme", user: `bot of xoxb-${canary}` }) },
      { headers: json, body: JSON.stringify({ ok: false, error: "token_revoked" }) },
    ]);
    const works = await app.call("POST", `/v1/connections/${id}/test`);
    expect([works.status, works.body]).toEqual([200, { ok: true, detail: expect.stringContaining("Acme") }]);
    expect(works.text).not.toContain(canary);
    const fails = await app.call("POST", `/v1/connections/${id}/test`);
    expect(fails.body).toMatchObject({ ok: false, failure: { class: "auth_revoked", code: "token_revoked" } });
  });

  test("that gets no answer says so before the request's own time is over", async () => {
    const { id } = (await make(slack({ name: "Hangs" }))).body;
    endpoint.respond(["hang"]);
    const answer = await app.call("POST", `/v1/connections/${id}/test`);
    expect([answer.status, answer.body]).toMatchObject([200, { ok: false, failure: { class: "timeout" } }]);
  });
});

test("new credentials repair a revoked connection; a stale ETag replaces nothing", async () => {
  const made = await make(signing({ name: "Replaced" }));
  const path = `/v1/connections/${made.body.id}`;
  const revoked = await app.call("POST", `${path}/revoke`);
  expect(revoked.body).toMatchObject({ status: "revoked", statusReason: expect.any(String) });
  expect((await app.call("POST", `${path}/revoke`)).headers.get("etag")).toBe(revoked.headers.get("etag"));
  const body = { credentials: { secrets: [whsec] } };
  const stale = { "if-match": made.headers.get("etag") ?? "" };
  expect((await app.call("POST", `${path}/rotate`, { body, headers: stale })).status).toBe(412);
  const bad = await app.call("POST", `${path}/rotate`, { body: { credentials: { secrets: [canary] } } });
  expect([bad.body.code, bad.body.errors[0].pointer]).toEqual(["connection.invalid", "/credentials/secrets/0"]);
  // A finding says what is documented and nothing else.
  expect(Object.keys(bad.body.errors[0]).sort()).toEqual(["code", "message", "pointer"]);
  const rotated = await app.call("POST", `${path}/rotate`, {
    body,
    headers: { "if-match": revoked.headers.get("etag") ?? "" },
  });
  expect(rotated.body).toMatchObject({ status: "active", kind: "signing" });
  expect(rotated.body).not.toHaveProperty("statusReason");
});

test("every use leaves a line that says who did what, and holds no secret", async () => {
  const { id } = (await make(slack({ name: "Logged" }))).body;
  await app.call("POST", `/v1/connections/${id}/test`);
  await app.call("POST", `/v1/connections/${id}/rotate`, { body: { credentials: { token: `xoxb-${canary}-2` } } });
  await app.call("PUT", `/v1/connections/${id}`, { body: { name: "Renamed" }, headers: { "if-match": "*" } });
  await app.call("POST", `/v1/connections/${id}/revoke`);
  const ours = lines.filter((one) => one["connectionId"] === id);
  expect(ours.map((one) => one["message"])).toEqual([
    "a connection was made",
    "a connection was tried",
    "the credentials of a connection were replaced",
    "a connection was renamed",
    "a connection was revoked",
  ]);
  for (const line of ours) expect(line).toMatchObject({ tenantId: app.tenantId, keyId: expect.any(String) });
  expect(JSON.stringify(lines)).not.toContain(canary);
});

test("no answer of any route holds a credential, whatever it is asked", async () => {
  const made = await make(slack({ name: "Canary", slug: "canary" }));
  await make(slack({ name: "Canary too" }));
  const steps = [{ id: "a", use: "slack.postMessage", with: { channel: "#a", text: "x" }, connection: "canary" }];
  await app.call("POST", "/v1/flows", { body: aFlow({ slug: "canary", steps }) });
  // A vendor that repeats what it was sent.
  endpoint.respond((request) => ({
    status: 500,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ok: false, error: "x", headers: request.headers, body: request.body.toString() }),
  }));
  const bodies: Json[] = [
    slack({ slug: "canary" }) as Json,
    { credentials: { token: `xoxb-${canary}`, [canary.slice(0, 3)]: canary } },
    { credentials: { token: `wrong ${canary}` } },
    { name: "Canary" },
  ];
  for (const { method, path, scope } of app.api.routes) {
    if (path.endsWith("/revoke") || path.includes("/{version}")) continue;
    for (const body of method === "get" ? [undefined] : bodies) {
      for (const id of path.includes("{id}") ? ["canary", made.body.id] : [""]) {
        const request: Call = {
          headers: { "if-match": "*" },
          ...(body === undefined ? {} : { body }),
          ...(scope === "public" ? { key: null } : {}),
        };
        const answer = await app.call(method.toUpperCase(), path.replace("{id}", id).replace(/\{\w+\}/g, "x"), request);
        // What somebody publishes as an event's data is not a credential of ours.
        if (path.startsWith("/v1/events")) continue;
        expect([method, path, answer.status, answer.text.includes(canary)]).toEqual([
          method,
          path,
          answer.status,
          false,
        ]);
      }
    }
  }
});

test("connectors are listed with the credentials that they take and the effects of their actions", async () => {
  const { body } = await app.call("GET", "/v1/connectors/slack");
  expect(body).toMatchObject({ id: "slack", connection: "required" });
  expect(body.auth).toContainEqual(
    expect.objectContaining({
      kind: "bearer",
      title: expect.any(String),
      credentials: expect.objectContaining({ required: ["token"] }),
    }),
  );
  expect(body.actions).toContainEqual(
    expect.objectContaining({ use: "slack.postMessage", effect: "unsafe-write", input: expect.any(Object) }),
  );
  const list = await app.call("GET", "/v1/connectors");
  expect(list.body.data).toContainEqual(body);
  expect((await app.call("GET", "/v1/connectors/slak")).body.code).toBe("resource.not_found");
});
