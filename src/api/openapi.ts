// What does the API look like to a generator? OpenAPI 3.1, made from the routes.
import { attemptSchema } from "../model/attempt.ts";
import { publishSchema } from "../model/event.ts";
import { flowSchema } from "../model/flow.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingSchema, problemSchema } from "../model/problem.ts";
import { retryPolicySchema } from "../model/retry.ts";
import { runSchema } from "../model/run.ts";
import { stepSchema } from "../model/step.ts";
import { problemContentType } from "./problem.ts";
import type { Route } from "./route.ts";

/** Schemas that stand once under their name; everywhere else is a reference. */
const named: readonly (readonly [string, JsonSchema])[] = [
  ["Flow", flowSchema],
  ["Publish", publishSchema],
  ["RetryPolicy", retryPolicySchema],
  ["Run", runSchema],
  ["Step", stepSchema],
  ["Attempt", attemptSchema],
  ["Finding", findingSchema],
  ["Problem", problemSchema],
];

/** The OpenAPI 3.1 document of the routes. */
export function openApiOf(routes: readonly Route[], version: string): JsonSchema {
  const paths: { [path: string]: { [method: string]: unknown } } = {};
  for (const one of routes) (paths[one.path] ??= {})[one.method] = operationOf(one);
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version,
      description:
        "Events in, flows run, webhooks out. Errors are RFC 9457 problem documents. Unknown members and query fields are refused; for a query field the pointer of an error is `/query/<name>`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key: `mr_live_…` or `mr_test_…`." },
      },
      responses: {
        Problem: {
          description: "Refused or failed: the problem says why.",
          content: { [problemContentType]: { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function operationOf(route: Route) {
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
    parameters: parametersOf(route),
    ...(body
      ? {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.keys(body.contentTypes).map((type) => [
                type,
                // Another media type has a schema of its own, which is not ours to publish.
                type === "application/json" ? { schema: referring(body.schema) } : {},
              ]),
            ),
          },
        }
      : {}),
    responses: { ...responsesOf(route), default: { $ref: "#/components/responses/Problem" } },
  };
}

function parametersOf({ path, params, query, headers }: Route) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return [
    ...names.map((name) => ({ name, in: "path", required: true, schema: params?.[name] ?? { type: "string" } })),
    ...Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: "query", schema: referring(schema) })),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({
      name,
      in: "header",
      description,
      schema: { type: "string" },
    })),
  ];
}

function responsesOf({ responses }: Route) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, contentType = "application/json" }]) => [
      status,
      { description, ...(schema ? { content: { [contentType]: { schema: referring(schema) } } } : {}) },
    ]),
  );
}

/** The named schemas, with the definitions of their own lifted beside them: `#/$defs/step` of a flow is `FlowStep`. */
function namedSchemas() {
  const entries = named.flatMap(([name, schema]) => {
    const { $schema: _, $defs, ...rest } = schema;
    const definitions = Object.entries(($defs ?? {}) as { [name: string]: JsonSchema }); // By the rules of JSON Schema.
    return [
      [name, inside(rest, name)],
      ...definitions.map(([part, definition]) => [liftedName(name, part), referring(definition, name)]),
    ];
  });
  return Object.fromEntries(entries);
}

function liftedName(owner: string, part: string): string {
  return owner + part.charAt(0).toUpperCase() + part.slice(1);
}

/** A schema with references in place of the named ones that it holds. `owner`: whose definitions its own references mean. */
function referring(value: unknown, owner = ""): unknown {
  const name = named.find(([, schema]) => schema === value)?.[0];
  return name === undefined ? inside(value, owner) : { $ref: `#/components/schemas/${name}` };
}

function inside(value: unknown, owner: string): unknown {
  if (Array.isArray(value)) return value.map((item) => referring(item, owner));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (key !== "$ref" || typeof child !== "string") return [key, referring(child, owner)];
      return [
        key,
        child.replace(/^#\/\$defs\/(\w+)$/, (_, part: string) => `#/components/schemas/${liftedName(owner, part)}`),
      ];
    }),
  );
}
