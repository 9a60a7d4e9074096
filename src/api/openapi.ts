// What does the API look like to a generator? OpenAPI 3.1, made from the routes.
import { catalogue } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import { problemSchema } from "../model/problem.ts";
import { createSchemaNames, type SchemaNames } from "./openapi-schemas.ts";
import { problemContentType } from "./problem.ts";
import type { ResponseDoc, Route } from "./route.ts";

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

/** The OpenAPI 3.1 document of the routes. Throws when two schemas have one name. */
export function openApiOf(routes: readonly Route[], version: string): JsonSchema {
  const names = createSchemaNames();
  const paths: { [path: string]: { [method: string]: unknown } } = {};
  for (const one of routes) (paths[one.path] ??= {})[one.method] = operationOf(one, names);
  const responses = problemResponses(names);
  return {
    openapi: "3.1.0",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "Millrace",
      version,
      description:
        "Events in, flows run, webhooks out. Errors are RFC 9457 problem documents. Unknown members and query fields are refused; for a query field the pointer of an error is `/query/<name>`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: names.components(),
      responses,
      parameters,
      headers: answerHeaders,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key: `mr_live_…` or `mr_test_…`." },
      },
    },
  };
}

const text: JsonSchema = { type: "string" };

/** Request headers that many routes take. */
const parameters = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "1 to 255 visible ASCII characters, such as a UUID. The same request under the same key gets the same answer for 24 hours, and nothing is done again.",
    schema: { type: "string", pattern: "^[!-~]{1,255}$" },
    example: "3e6f7c1a-8f0b-4f0e-9a51-0c6c2b1d7a55",
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "ETags of what the caller has already: 304 when nothing has changed.",
    schema: text,
    example: '"r3"',
  },
};

/** Headers of answers. */
const answerHeaders = {
  ETag: { description: "The version of what was answered, with its quotes.", schema: text, example: '"r3"' },
  Location: { description: "The address of what was made.", schema: text },
  RetryAfter: { description: "Seconds after which the request may come again.", schema: { type: "integer" } },
  IdempotencyReplayed: {
    description: "`true` when this is the answer that the Idempotency-Key was given before.",
    schema: { type: "string", enum: ["true"] },
  },
  RequestId: { description: "The request's id, which stands in the log.", schema: text },
};

/** A problem for each status of the catalogue, with the codes that it may have. */
function problemResponses(names: SchemaNames) {
  const content = { [problemContentType]: { schema: names.referring(problemSchema) } };
  const requestId = { "X-Request-Id": ref("headers", "RequestId") };
  const statuses = [...new Set(Object.values(catalogue).map(({ status }) => status))].toSorted((a, b) => a - b);
  const ofStatus = statuses.map((status) => {
    const codes = Object.entries(catalogue).filter(([, one]) => one.status === status);
    const description = codes.map(([code, { title }]) => `\`${code}\`: ${title}.`).join(" ");
    const waits = status === 409 || status === 429 || status === 503;
    const headers = { ...requestId, ...(waits ? { "Retry-After": ref("headers", "RetryAfter") } : {}) };
    return [`Problem${status}`, { description, headers, content }] as const;
  });
  const any = { description: "Refused or failed: the problem says why.", headers: requestId, content };
  return Object.fromEntries([["Problem", any], ...ofStatus]);
}

function operationOf(route: Route, names: SchemaNames) {
  const { method, path, scope, tag, summary, description, body } = route;
  const words = path.replaceAll(/[{}]/g, "").split("/").filter(Boolean);
  return {
    operationId: [method, ...words].join("_").replaceAll(/[^A-Za-z0-9]+/g, "_"),
    tags: [tag],
    summary,
    description: [description, scope === "public" ? undefined : `Needs the scope \`${scope}\`.`]
      .filter(Boolean)
      .join("\n\n"),
    security: scope === "public" ? [] : [{ apiKey: [] }],
    parameters: parametersOf(route, names),
    ...(body ? { requestBody: requestBodyOf(body, names) } : {}),
    responses: {
      ...refusalsOf(route),
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, doc]) => [status, responseOf(route, Number(status), doc, names)]),
      ),
      ...(method === "get" ? { 304: { description: "It is as If-None-Match says." } } : {}),
      default: ref("responses", "Problem"),
    },
  };
}

function parametersOf({ method, path, scope, params, query, headers }: Route, names: SchemaNames) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return [
    ...inPath.map((name) => ({ name, in: "path", required: true, schema: names.referring(params?.[name] ?? text) })),
    ...Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: "query", schema: names.referring(schema) })),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({ name, in: "header", description, schema: text })),
    ...(method === "get" ? [ref("parameters", "IfNoneMatch")] : []),
    ...(takesIdempotencyKey({ method, scope }) ? [ref("parameters", "IdempotencyKey")] : []),
  ];
}

function requestBodyOf(body: NonNullable<Route["body"]>, names: SchemaNames) {
  const content = Object.keys(body.contentTypes).map((type) => {
    // Another media type has a schema of its own, which is not ours to publish.
    if (type !== "application/json") return [type, {}];
    return [
      type,
      { schema: names.referring(body.schema), ...(body.example === undefined ? {} : { example: body.example }) },
    ];
  });
  return { required: body.required, content: Object.fromEntries(content) };
}

function responseOf({ method, scope }: Route, status: number, doc: ResponseDoc, names: SchemaNames) {
  const { description, schema, contentType = "application/json", etag = status === 200 && method !== "post" } = doc;
  const headers = {
    "X-Request-Id": ref("headers", "RequestId"),
    ...(etag ? { ETag: ref("headers", "ETag") } : {}),
    ...(status === 201 ? { Location: ref("headers", "Location") } : {}),
    ...(takesIdempotencyKey({ method, scope })
      ? { "Idempotency-Replayed": ref("headers", "IdempotencyReplayed") }
      : {}),
  };
  return {
    description,
    headers,
    ...(schema ? { content: { [contentType]: { schema: names.referring(schema) } } } : {}),
  };
}

/** The problems that a route answers by its form alone; what its handler refuses beside them is `default`. */
function refusalsOf({ method, path, scope, query, body, headers, ifMatch }: Route) {
  const statuses = new Set<number>();
  const add = (when: boolean, ...these: number[]) => when && these.forEach((status) => statuses.add(status));
  add(scope !== "public", 401, 403, 429, 503);
  add(body !== undefined, 400, 413, 415, 422);
  add(query !== undefined, 422);
  add(path.includes("{"), 404);
  add(takesIdempotencyKey({ method, scope }), 409, 422);
  add(headers?.["if-match"] !== undefined, 412);
  add(headers?.["if-match"] !== undefined && method === "put" && ifMatch !== "optional", 428);
  return Object.fromEntries([...statuses].map((status) => [status, ref("responses", `Problem${status}`)]));
}

function takesIdempotencyKey({ method, scope }: Pick<Route, "method" | "scope">): boolean {
  return method === "post" && scope !== "public";
}
