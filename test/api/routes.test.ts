// What holds for every route: who may call it, and what nobody learns of another tenant. Generated from the routes.
import type { Route } from "../../src/api/route.ts";
import { createApi } from "../../src/api/server.ts";
import type { TenantId } from "../../src/model/ids.ts";
import { scopes } from "../../src/model/scope.ts";
import { aFlow, startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
let other: {
  key: string;
  tenantId: TenantId;
  flow: string;
  slug: string;
  event: string;
  run: string;
  connection: string;
  template: string;
  endpoint: string;
  secret: string;
  delivery: string;
  recovery: string;
  bulk: string;
  apiKey: string;
  eventType: string;
};
const keyWithout = new Map<string, string>();

beforeAll(async () => {
  app = await startApi();
  for (const scope of scopes) {
    keyWithout.set(
      scope,
      await app.newKey(
        app.tenantId,
        scopes.filter((one) => one !== scope),
      ),
    );
  }
  const tenantId = await app.store.tenants.create("Other");
  const key = await app.newKey(tenantId);
  const flow = await app.call("POST", "/v1/flows", { key, body: aFlow({ slug: "their-own" }) });
  await app.call("POST", "/v1/flows/their-own/publish", { key });
  const event = await app.call("POST", "/v1/events", { key, body: { type: "review.created", data: { rating: 1 } } });
  const [run] = event.body.runs;
  const signing = { connector: "webhook", name: "Their own", credentials };
  const connection = (await app.call("POST", "/v1/connections", { key, body: signing })).body.id;
  const message = { ...aTemplate, slug: "their-own" };
  const template = (await app.call("POST", "/v1/templates", { key, body: message })).body.id;
  await app.call("POST", "/v1/profiles", { key, body: aProfile });
  await app.call("POST", "/v1/event-types", { key, body: { name: "their.own" } });
  other = {
    ...(await othersWebhooks(key)),
    eventType: "their.own",
    key,
    tenantId,
    flow: flow.body.id,
    slug: "their-own",
    event: event.body.id,
    run,
    connection,
    template,
  };
});
afterAll(() => app.stop());

/** An endpoint with what belongs to it, and what else has an id. */
async function othersWebhooks(key: string) {
  const post = async (path: string, body: object = {}) => (await app.call("POST", path, { key, body })).body;
  const { id: endpoint, secrets } = await post("/v1/endpoints", anEndpoint);
  const sent = await post(`/v1/endpoints/${endpoint}/test`);
  const ids = {
    endpoint,
    secret: secrets[0].id,
    delivery: sent.delivery.id,
    recovery: (await post("/v1/deliveries/retry", { filter: {} })).id,
    bulk: (await post("/v1/runs/retry", { filter: {} })).id,
    apiKey: (await post("/api/api-keys", { name: "Theirs", scopes: ["events:read"] })).id,
  };
  // Each is there for its own tenant: only so does 404 for another one say something.
  for (const path of [
    `/v1/endpoints/${ids.endpoint}`,
    `/v1/deliveries/${ids.delivery}`,
    `/v1/delivery-recoveries/${ids.recovery}`,
    `/v1/bulk-retries/${ids.bulk}`,
    `/api/api-keys/${ids.apiKey}`,
  ])
    expect([path, (await app.call("GET", path, { key })).status]).toEqual([path, 200]);
  return ids;
}

const routesOf = (of: TestApi): Route[] => of.api.routes.filter((route) => route.scope !== "public");
const pathOf = (path: string, id: string) =>
  path
    .replace("{id}", encodeURIComponent(id))
    .replace("{name}", encodeURIComponent(id))
    .replace("{version}", "1")
    .replace("{secretId}", other?.secret ?? "x");
const credentials = { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
const aTemplate = { name: "Alert", kind: "text", text: "{{event.id}}" };
const anEndpoint = { url: "http://127.0.0.1:4000/", events: ["*"] };
const aProfile = {
  id: "their-own",
  title: "Theirs",
  envelope: "{{data}}",
  signatures: [
    { kind: "hmac", header: "X-S", algorithm: "sha256", content: "{{body}}", encoding: "hex", secretForm: "text" },
  ],
};
/** A body that every route would take, so that nothing but the caller can be wrong. */
const bodyOf = (path: string): unknown => {
  if (path.endsWith("/endpoints/import")) return { endpoints: [anEndpoint] };
  if (/\/endpoints(\/\{id\})?$/.test(path)) return anEndpoint;
  if (path.includes("/profiles")) return path.endsWith("/preview") ? { profile: "standard" } : aProfile;
  if (/\/(recover|replay-missed)$/.test(path)) return { since: new Date(Date.now() - 3_600_000).toISOString() };
  if (path.includes("/endpoints/")) return {};
  if (path.endsWith("/batch")) return [{ type: "a", data: 1 }];
  if (path.endsWith("/events")) return { type: "a", data: 1 };
  if (path.includes("/templates")) return path.endsWith("/preview") ? { template: "review-alert" } : aTemplate;
  if (path.endsWith("/preview")) return { retry: "standard" };
  if (path.endsWith("/publish")) return {};
  if (path.includes("/connections")) return path.endsWith("/rotate") ? { credentials } : { name: "Another" };
  if (path.endsWith("/test")) return { event: { type: "review.created", data: {} } };
  return path.includes("/flows") ? aFlow() : undefined;
};
const callRoute = (route: Route, id: string, key?: string | null) =>
  app.call(route.method.toUpperCase(), pathOf(route.path, id), {
    ...(route.method === "get" ? {} : { body: bodyOf(route.path) ?? {} }),
    ...(key === undefined ? {} : { key }),
    headers: { "if-match": "*" },
  });

test("every route without a key is refused, whatever key-like thing is sent", async () => {
  for (const route of routesOf(app)) {
    const where = `${route.method} ${route.path}`;
    expect([where, (await callRoute(route, "x", null)).body.code]).toEqual([where, "auth.missing"]);
    const wrong = await callRoute(route, "x", `${app.key.slice(0, -1)}~`);
    expect([where, wrong.status, wrong.body.code]).toEqual([where, 401, "auth.invalid"]);
  }
});

test("every route asks for its scope", async () => {
  for (const route of routesOf(app)) {
    const answer = await callRoute(route, "x", keyWithout.get(route.scope) ?? "");
    expect([route.path, answer.status, answer.body.code]).toEqual([route.path, 403, "auth.scope"]);
    expect(answer.body.detail).toContain(route.scope);
  }
});

test("another tenant's ids are answered like ids that do not exist, and nothing of theirs changes", async () => {
  const before = (await app.call("GET", `/v1/flows/${other.flow}`, { key: other.key })).text;
  const idsBySegment: { readonly [segment: string]: readonly string[] } = {
    runs: [other.run],
    events: [other.event],
    connections: [other.connection, other.slug],
    templates: [other.template, other.slug],
    endpoints: [other.endpoint],
    webhooks: [other.endpoint, other.endpoint.replace("ep_", "webhook_")],
    deliveries: [other.delivery],
    "delivery-recoveries": [other.recovery],
    "bulk-retries": [other.bulk],
    "api-keys": [other.apiKey],
    "event-types": [other.eventType],
    flows: [other.flow, other.slug],
    profiles: [other.slug],
    blobs: ["blob_0VZ8yFHq2Jm5Tn7RwXcK3d"],
    // Shipped with Millrace: the same for all.
    connectors: [],
    // The installation's own tenant alone has inboxes.
    inbox: [],
  };
  // Every type can be simulated, also one that no catalogue has.
  const free = "/v1/event-types/{name}/simulate";
  for (const route of routesOf(app).filter((one) => /\{(id|name)\}/.test(one.path) && one.path !== free)) {
    const segment = /([\w-]+)\/\{(id|name)\}/.exec(route.path)?.[1] ?? "";
    expect([route.path, Object.keys(idsBySegment)]).toEqual([route.path, expect.arrayContaining([segment])]);
    for (const id of idsBySegment[segment] ?? []) {
      const theirs = await callRoute(route, id);
      const nobodys = await callRoute(route, "nothing-here");
      expect([route.path, theirs.status, theirs.body.code]).toEqual([route.path, 404, "resource.not_found"]);
      expect(theirs.body.detail).toBe(nobodys.body.detail);
    }
  }
  expect((await app.call("GET", `/v1/flows/${other.flow}`, { key: other.key })).text).toBe(before);
});

test("lists hold nothing of another tenant", async () => {
  const lists = routesOf(app).filter(({ method, path }) => method === "get" && !path.includes("{"));
  expect(lists.length).toBeGreaterThan(15);
  // Everybody may choose the same ones.
  const names = [other.slug, other.eventType];
  const theirs = Object.values(other).filter((id) => id !== other.key);
  for (const path of [
    ...lists.map((one) => one.path),
    `/v1/runs?event=${other.event}`,
    `/v1/deliveries?endpoint=${other.endpoint}`,
  ]) {
    const { text } = await app.call("GET", path, { key: await app.newKey(app.tenantId) });
    expect([path, theirs.filter((id) => !names.includes(id) && text.includes(id))]).toEqual([path, []]);
  }
  expect((await app.call("GET", `/v1/runs?flow=${other.flow}`)).status).toBe(404);
});

test("every path refuses other methods with 405 and says which it takes", async () => {
  for (const path of new Set(app.api.routes.map((one) => one.path))) {
    // A method of HTTP that no route takes (RFC 4918).
    const answer = await app.call("PROPFIND", pathOf(path, "x"));
    expect([path, answer.status, answer.body.code]).toEqual([path, 405, "route.method"]);
    const taken = app.api.routes.filter((one) => one.path === path).map((one) => one.method.toUpperCase());
    for (const method of taken) expect(answer.headers.get("allow")).toContain(method);
  }
  expect((await app.call("DELETE", "/v1/flows", { key: null })).status).toBe(401);
});

test("an unknown address is 404 to who has a key, 401 below /v1 to who has none", async () => {
  expect((await app.call("GET", "/v1/nothing")).body.code).toBe("route.unknown");
  expect((await app.call("GET", "/v1/nothing", { key: null })).body.code).toBe("auth.missing");
  expect((await app.call("GET", "/nothing", { key: null })).body.code).toBe("route.unknown");
});

test("a path that cannot be decoded is 400, after authentication", async () => {
  expect((await app.call("GET", "/v1/flows/%ff", { key: null })).body.code).toBe("auth.missing");
  expect((await app.call("GET", "/v1/flows/%ff")).body.code).toBe("request.malformed");
});

test("every body that is JSON of the control plane refuses unsafe keys and other media types", async () => {
  const withBody = routesOf(app).filter((one) => one.body && !one.body.bytes);
  expect(withBody.length).toBeGreaterThan(4);
  for (const { method, path, body } of withBody) {
    const bytesMax = Math.max(...Object.values(body?.contentTypes ?? {}));
    const send = (text: string, type = "application/json") =>
      app.call(method.toUpperCase(), pathOf(path, "x"), { text, headers: { "content-type": type, "if-match": "*" } });
    const unsafe = await send('{"a":[{"__proto__":{}}],"b":1,"b":2}');
    expect([path, unsafe.status, unsafe.body.errors]).toEqual([
      path,
      400,
      [
        { pointer: "/a/0/__proto__", code: "key", message: expect.any(String) },
        { pointer: "/b", code: "duplicate", message: expect.any(String) },
      ],
    ]);
    // Routes of the systems that are reproduced take JSON under any name.
    const refused = (await send("{}", "text/plain")).status === 415;
    expect([path, refused]).toEqual([path, body?.anyTypeBytesMax === undefined]);
    expect([path, (await send("{}", "application/json; charset=utf-16")).status]).toEqual([path, 415]);
    expect([path, (await send("{")).body.code]).toEqual([path, "request.malformed"]);
    expect([path, (await send("[".repeat(200) + "]".repeat(200))).status]).toEqual([path, 400]);
    expect([path, (await send(`"${"x".repeat(bytesMax)}"`)).status]).toEqual([path, 413]);
  }
});

test("every answer has a request id, and is neither sniffed nor stored", async () => {
  for (const path of ["/healthz", "/v1/flows", "/v1/nothing", "/nothing"]) {
    const { headers } = await app.call("GET", path);
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9A-Za-z]{22}$/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-powered-by")).toBeNull();
  }
});

test("an API with a route that has no scope does not start", () => {
  const deps = { store: app.store, config: { corsOrigins: [] }, actions: new Map() };
  const route = { method: "get", path: "/v1/open", responses: {}, handler: () => ({ status: 200 }) };
  // What JavaScript callers can do in spite of the types.
  const make = () => createApi(deps as unknown as Parameters<typeof createApi>[0], [route as unknown as Route]);
  expect(make).toThrow("GET /v1/open has no scope");
});
