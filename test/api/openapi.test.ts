// The API's document: OpenAPI 3.1 by its rules, true of what the routes take and answer.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { Route } from "../../src/api/route.ts";
import { aFlow, startApi, type Answered, type TestApi } from "./start-api.ts";

type Json = { [name: string]: ReturnType<typeof JSON.parse> };

let app: TestApi;
let document: Json;
let documented: Route[];
/** Checks a value against a schema of the document. */
let schemaAt: (pointer: string) => ValidateFunction;
beforeAll(async () => {
  app = await startApi();
  document = (await app.call("GET", "/openapi.json")).body;
  documented = app.api.routes.filter((one) => !/^\/(docs|openapi)/.test(one.path));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // Safe: of a package in CommonJS, Node's types show the module where its function is.
  (formats as unknown as (to: Ajv2020) => void)(ajv);
  ajv.addSchema({ ...document, $id: "openapi" });
  schemaAt = (pointer) => ajv.compile({ $ref: `openapi#${pointer}` });
});
afterAll(() => app.stop());

const operation = ({ path, method }: Pick<Route, "path" | "method">): Json => document["paths"][path][method];
/** What a `$ref` stands for. */
const resolved = (value: Json): Json =>
  typeof value["$ref"] === "string"
    ? value["$ref"]
        .slice(2)
        .split("/")
        .reduce<Json>((at, key) => at[key], document)
    : value;
const parametersOf = (route: Pick<Route, "path" | "method">): Json[] => operation(route)["parameters"].map(resolved);
const escaped = (text: string) => text.replaceAll("~", "~0").replaceAll("/", "~1");
const where = ({ method, path }: Route) => `${method} ${path}`;

// OpenAPI 3.1.0, section 4.8: the fields that each object has, and those it must have.
const fields: { [object: string]: { known: string; needed: string } } = {
  document: { known: "openapi info jsonSchemaDialect servers paths components tags", needed: "openapi info paths" },
  info: { known: "title version description license", needed: "title version" },
  components: { known: "schemas responses parameters headers securitySchemes", needed: "" },
  operation: {
    known: "operationId tags summary description security parameters requestBody responses",
    needed: "operationId responses",
  },
  parameter: { known: "name in required description schema example", needed: "name in schema" },
  requestBody: { known: "required content description", needed: "content" },
  response: { known: "description headers content", needed: "description" },
  header: { known: "description schema example", needed: "schema" },
  mediaType: { known: "schema example examples", needed: "" },
};

const breaches = (kind: keyof typeof fields, value: Json, at: string): string[] => {
  const { known = "", needed = "" } = fields[kind] ?? {};
  return [
    ...Object.keys(value)
      .filter((name) => !known.split(" ").includes(name))
      .map((name) => `${at}: ${name} is not known`),
    ...needed
      .split(" ")
      .filter((name) => name !== "" && !(name in value))
      .map((name) => `${at}: ${name} is missing`),
  ];
};
const contentBreaches = (value: Json, at: string) =>
  Object.entries(value["content"] ?? {}).flatMap(([type, media]) =>
    breaches("mediaType", media as Json, `${at} ${type}`),
  );

test("the document has the objects and fields of OpenAPI 3.1, and no others", () => {
  const { info, components, paths } = document;
  const found = [
    ...breaches("document", document, "document"),
    ...breaches("info", info, "info"),
    ...breaches("components", components, "components"),
    ...Object.entries(components.responses).flatMap(([name, one]) => breaches("response", one as Json, name)),
    ...Object.entries(components.parameters).flatMap(([name, one]) => breaches("parameter", one as Json, name)),
    ...Object.entries(components.headers).flatMap(([name, one]) => breaches("header", one as Json, name)),
  ];
  for (const [path, methods] of Object.entries<Json>(paths)) {
    for (const [method, one] of Object.entries<Json>(methods)) {
      const at = `${method} ${path}`;
      const { parameters, requestBody, responses } = one;
      found.push(...breaches("operation", one, at));
      for (const parameter of parameters.map(resolved)) found.push(...breaches("parameter", parameter, at));
      if (requestBody) found.push(...breaches("requestBody", requestBody, at), ...contentBreaches(requestBody, at));
      for (const [status, response] of Object.entries<Json>(responses)) {
        if (!/^([1-5]\d\d|default)$/.test(status)) found.push(`${at}: ${status} is no status`);
        found.push(...breaches("response", resolved(response), at), ...contentBreaches(resolved(response), at));
        for (const header of Object.values<Json>(resolved(response)["headers"] ?? {})) {
          found.push(...breaches("header", resolved(header), at));
        }
      }
    }
  }
  for (const group of Object.values<Json>(components)) {
    found.push(...Object.keys(group).filter((name) => !/^[a-zA-Z0-9._-]+$/.test(name)));
  }
  expect(found).toEqual([]);
});

test("the parameters of a path are all there, each once, and no two operations have one id", () => {
  for (const route of documented) {
    const parameters = parametersOf(route);
    const keys = parameters.map((one) => `${one["in"]} ${String(one["name"]).toLowerCase()}`);
    expect([where(route), new Set(keys).size]).toEqual([where(route), keys.length]);
    const inPath = parameters.filter((one) => one["in"] === "path");
    expect([where(route), inPath.map((one) => `{${one["name"]}}`)]).toEqual([
      where(route),
      route.path.match(/\{\w+\}/g) ?? [],
    ]);
    expect(inPath.every((one) => one["required"] === true)).toBe(true);
  }
  const ids = documented.map((route) => operation(route)["operationId"]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every schema is one, and every example fits its schema", () => {
  for (const [name, schema] of Object.entries<Json>(document["components"].schemas)) {
    const check = schemaAt(`/components/schemas/${name}`);
    for (const example of schema["examples"] ?? []) {
      check(example);
      expect([name, check.errors]).toEqual([name, null]);
    }
  }
  for (const route of documented) {
    const at = `/paths/${escaped(route.path)}/${route.method}`;
    const { requestBody, parameters, responses } = operation(route);
    (parameters as Json[]).forEach((one, index) => "$ref" in one || schemaAt(`${at}/parameters/${index}/schema`));
    for (const [type, media] of Object.entries<Json>(requestBody?.content ?? {})) {
      if (!media["schema"]) continue;
      const check = schemaAt(`${at}/requestBody/content/${escaped(type)}/schema`);
      if (media["example"] === undefined) continue;
      check(media["example"]);
      expect([where(route), check.errors]).toEqual([where(route), null]);
    }
    for (const [status, response] of Object.entries<Json>(responses)) {
      for (const [type, media] of Object.entries<Json>(response["content"] ?? {})) {
        if (media["schema"]) schemaAt(`${at}/responses/${status}/content/${escaped(type)}/schema`);
      }
    }
  }
});

test("every route says what it refuses: by its key, its body, its path and its preconditions", () => {
  for (const route of documented) {
    const statuses = Object.keys(operation(route)["responses"]);
    const expected = [
      ...(route.scope === "public" ? [] : ["401", "403", "429", "503"]),
      ...(route.body ? ["400", "413", "415", "422"] : []),
      ...(route.path.includes("{") ? ["404"] : []),
      ...(route.method === "get" ? ["304"] : []),
      ...(route.headers?.["if-match"] ? ["412"] : []),
      ...(route.headers?.["if-match"] && route.method === "put" && route.ifMatch !== "optional" ? ["428"] : []),
      "default",
    ];
    expect([where(route), expected.filter((one) => !statuses.includes(one))]).toEqual([where(route), []]);
  }
  expect(document["components"].responses.Problem422.description).toContain("`idempotency.mismatch`");
});

test("every POST takes an Idempotency-Key, every GET If-None-Match, and every PUT asks for If-Match", () => {
  const header: { [method: string]: string } = { post: "Idempotency-Key", get: "If-None-Match", put: "if-match" };
  for (const route of documented.filter((one) => one.scope !== "public" && header[one.method] !== undefined)) {
    const names = parametersOf(route).map((one) => one["name"]);
    expect([where(route), names]).toEqual([where(route), expect.arrayContaining([header[route.method]])]);
  }
});

test("what is answered has the form that the document says", async () => {
  const flow = await app.call("POST", "/v1/flows", { body: aFlow() });
  const id = flow.body.id;
  await app.call("POST", `/v1/flows/${id}/publish`, { body: {} });
  const event = await app.call("POST", "/v1/events", { body: { type: "review.created", data: { rating: 1 } } });
  const missed = await app.call("POST", "/v1/events", { body: { type: "review.created", data: { rating: 5 } } });
  const template = { name: "Alert", kind: "text", text: "{{event.data.title}}" };
  const credentials = { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  const connection = { connector: "webhook", name: "Partner", credentials };
  const anyone = { "if-match": "*" };
  const every = { filter: { status: "failed" } };
  const bulk = await app.call("POST", "/v1/runs/retry", { body: every });
  const endpoint = { url: "http://127.0.0.1:1024/", events: ["*"], secretKind: "ed25519", filter: { "!": false } };
  const { id: endpointId } = (await app.call("POST", "/v1/endpoints", { body: endpoint })).body;
  const signatures = [
    { kind: "hmac", header: "X-S", algorithm: "sha256", content: "{{body}}", encoding: "hex", secretForm: "text" },
  ];
  const profile = { id: "our-own", title: "Ours", envelope: "{{data}}", signatures };
  const ofEndpoint = async (method: string, verb: string, request: object = {}) => {
    const answer = await app.call(method, `/v1/endpoints/${endpointId}${verb}`, request);
    return [method.toLowerCase(), `/v1/endpoints/{id}${verb}`, answer] as [string, string, typeof answer];
  };
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const type = { name: "review.created", schema: { type: "object" } };
  const { id: delivery } = (await app.call("POST", `/v1/endpoints/${endpointId}/test`)).body.delivery;
  const recovery = await app.call("POST", "/v1/deliveries/retry", { body: { filter: {} } });
  const key = await app.call("POST", "/api/api-keys", { body: { name: "x", scopes: ["events:read"] } });
  const hook = await app.call("POST", "/api/webhooks", { body: { url: endpoint.url, events: ["a.b"] } });
  const get = async (path: string, id = "") =>
    ["get", path, await app.call("GET", path.replace("{id}", id))] as [string, string, Answered];
  const answers: [string, string, Answered][] = [
    await get("/v1/deliveries"),
    await get("/v1/deliveries/{id}", delivery),
    await get("/v1/dead-letters"),
    await get("/v1/endpoints/{id}/deliveries", endpointId),
    await get("/v1/delivery-recoveries"),
    await get("/v1/delivery-recoveries/{id}", recovery.body.id),
    await get("/v1/delivery-recoveries/{id}/errors", recovery.body.id),
    await get("/v1/stats"),
    await get("/v1/stats/endpoints"),
    await get("/v1/endpoints/{id}/stats", endpointId),
    await get("/v1/event-types/gallery"),
    await get("/v1/settings/webhooks"),
    await get("/v1/webhooks"),
    await get("/api/webhooks/{id}", hook.body.id),
    await get("/api/webhooks/{id}/deliveries", hook.body.id),
    await get("/api/api-keys"),
    await get("/api/api-keys/{id}", key.body.id),
    ["post", "/api/api-keys", key],
    ["post", "/api/webhooks", hook],
    ["post", "/v1/deliveries/retry", recovery],
    ["post", "/v1/deliveries/expunge", await app.call("POST", "/v1/deliveries/expunge", { body: { before: since } })],
    await ofEndpoint("POST", "/recover", { body: { since } }),
    await ofEndpoint("POST", "/recover", { body: { since, dryRun: true } }),
    await ofEndpoint("POST", "/replay-missed", { body: { since } }),
    ["post", "/v1/event-types", await app.call("POST", "/v1/event-types", { body: type })],
    await get("/v1/event-types"),
    [
      "put",
      "/v1/settings/webhooks",
      await app.call("PUT", "/v1/settings/webhooks", { body: { defaultProfile: "hub" }, headers: anyone }),
    ],
    ["post", "/v1/endpoints", await app.call("POST", "/v1/endpoints", { body: endpoint })],
    ["get", "/v1/endpoints", await app.call("GET", "/v1/endpoints")],
    ["get", "/v1/endpoints/export", await app.call("GET", "/v1/endpoints/export")],
    [
      "post",
      "/v1/endpoints/import",
      await app.call("POST", "/v1/endpoints/import", { body: { endpoints: [endpoint, 1] } }),
    ],
    await ofEndpoint("GET", ""),
    await ofEndpoint("PUT", "", { body: { url: endpoint.url, events: ["a.b"] } }),
    await ofEndpoint("PATCH", "", { body: { name: "x" } }),
    await ofEndpoint("POST", "/pause"),
    await ofEndpoint("POST", "/test"),
    await ofEndpoint("POST", "/challenge"),
    await ofEndpoint("GET", "/secrets"),
    await ofEndpoint("POST", "/secrets/reveal"),
    await ofEndpoint("POST", "/secrets/rotate"),
    await ofEndpoint("GET", "/public-keys"),
    ["post", "/v1/profiles", await app.call("POST", "/v1/profiles", { body: profile })],
    ["get", "/v1/profiles", await app.call("GET", "/v1/profiles")],
    ["get", "/v1/profiles/{id}", await app.call("GET", "/v1/profiles/our-own")],
    ["put", "/v1/profiles/{id}", await app.call("PUT", "/v1/profiles/our-own", { body: profile, headers: anyone })],
    ["post", "/v1/profiles/preview", await app.call("POST", "/v1/profiles/preview", { body: { profile: "aqio" } })],
    ["post", "/v1/templates", await app.call("POST", "/v1/templates", { body: template })],
    ["put", "/v1/templates/{id}", await app.call("PUT", "/v1/templates/alert", { body: template, headers: anyone })],
    ["get", "/v1/templates", await app.call("GET", "/v1/templates")],
    ["get", "/v1/templates/{id}", await app.call("GET", "/v1/templates/alert")],
    ["get", "/v1/templates/{id}/versions", await app.call("GET", "/v1/templates/alert/versions")],
    ["post", "/v1/connections", await app.call("POST", "/v1/connections", { body: connection })],
    ["get", "/v1/connections", await app.call("GET", "/v1/connections")],
    ["get", "/v1/connections/{id}", await app.call("GET", "/v1/connections/partner")],
    ["get", "/v1/connections/{id}/usage", await app.call("GET", "/v1/connections/partner/usage")],
    ["post", "/v1/connections/{id}/revoke", await app.call("POST", "/v1/connections/partner/revoke")],
    ["post", "/v1/runs/retry", bulk],
    ["post", "/v1/runs/retry", await app.call("POST", "/v1/runs/retry", { body: { ...every, dryRun: true } })],
    ["get", "/v1/bulk-retries", await app.call("GET", "/v1/bulk-retries")],
    ["get", "/v1/bulk-retries/{id}", await app.call("GET", `/v1/bulk-retries/${bulk.body.id}`)],
    ["get", "/v1/bulk-retries/{id}/errors", await app.call("GET", `/v1/bulk-retries/${bulk.body.id}/errors`)],
    ["get", "/v1/connectors/{id}", await app.call("GET", "/v1/connectors/slack")],
    ["post", "/v1/flows", flow],
    ["post", "/v1/events", event],
    ["get", "/v1/events", await app.call("GET", "/v1/events")],
    ["get", "/v1/events/{id}", await app.call("GET", `/v1/events/${event.body.id}`)],
    ["get", "/v1/events/{id}", await app.call("GET", `/v1/events/${missed.body.id}`)],
    ["get", "/v1/flows", await app.call("GET", "/v1/flows")],
    ["get", "/v1/flows/{id}", await app.call("GET", `/v1/flows/${id}`)],
    ["get", "/v1/flows/{id}/versions", await app.call("GET", `/v1/flows/${id}/versions`)],
    ["get", "/v1/flows/{id}/versions/{version}", await app.call("GET", `/v1/flows/${id}/versions/1`)],
    ["get", "/v1/runs", await app.call("GET", "/v1/runs")],
    ["get", "/v1/runs/{id}", await app.call("GET", `/v1/runs/${event.body.runs[0]}`)],
    ["get", "/v1/runs/{id}/steps", await app.call("GET", `/v1/runs/${event.body.runs[0]}/steps`)],
    ["get", "/v1/connectors", await app.call("GET", "/v1/connectors")],
    ["post", "/v1/signing-secret/reveal", await app.call("POST", "/v1/signing-secret/reveal")],
    ["post", "/v1/signing-secret/rotate", await app.call("POST", "/v1/signing-secret/rotate")],
  ];
  for (const [method, path, { status, body, headers }] of answers) {
    const check = schemaAt(`/paths/${escaped(path)}/${method}/responses/${status}/content/application~1json/schema`);
    check(body);
    expect([method, path, status, check.errors]).toEqual([method, path, status, null]);
    const promised = Object.keys(document["paths"][path][method].responses[status].headers).includes("ETag");
    expect([method, path, headers.has("etag")]).toEqual([method, path, promised]);
  }
  const refused = await app.call("POST", "/v1/flows", { body: {} });
  const check = schemaAt("/components/schemas/Problem");
  expect([refused.status, check(refused.body)]).toEqual([422, true]);
});
