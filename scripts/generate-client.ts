// Writes the types of the client from the API's own document: `npm run client`. With `--check` it only says whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { connectors } from "../connectors/index.ts";
import { createApi, type ApiDeps } from "../src/api/server.ts";
import { actionCatalogue } from "../src/connector/contract.ts";
import { docOf, memberName, typeOf } from "./schema-types.ts";

type Parameter = { name: string; in: string; required?: boolean; description?: string; schema: unknown };
type Content = { [mediaType: string]: { schema?: unknown } };
type Operation = {
  summary: string;
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { required: boolean; content: Content };
  responses: { [status: string]: { content?: Content } };
};
type Document = {
  paths: { [path: string]: { [method: string]: Operation } };
  components: { schemas: { [name: string]: unknown } };
};

const file = new URL("../client/operations.ts", import.meta.url);

/** The API's document. Its routes are only looked at, and never called: their dependencies are never used. */
async function readDocument(): Promise<Document> {
  const unused: unknown = new Proxy(() => unused, { get: () => unused });
  const config = { publicUrl: undefined, corsOrigins: [] };
  // Without the routes that only some installations have.
  const actions = actionCatalogue(connectors);
  const known: { [name: string]: unknown } = { config, actions, connectors, codec: undefined };
  const deps = new Proxy({}, { get: (_, name) => (Object.hasOwn(known, name) ? known[String(name)] : unused) });
  // Safe: what a handler would need is never asked for.
  const { routes } = createApi(deps as ApiDeps);
  const route = routes.find(({ path }) => path === "/openapi.json");
  // The route of the document reads nothing of its request.
  const answer = await route?.handler({} as Parameters<typeof route.handler>[0]);
  // As `openApiOf` makes it.
  return JSON.parse(String(answer?.text)) as Document;
}

function operationsOf({ paths, components }: Document): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `${docOf(schema)}export type ${name} = ${typeOf(schema)};`,
  );
  const methods = [...new Set(Object.values(paths).flatMap((methods) => Object.keys(methods)))].toSorted((a, b) =>
    a < b ? -1 : 1,
  );
  const groups = methods.map((method) => {
    const operations = Object.entries(paths).flatMap(([path, ofPath]) => {
      const operation = ofPath[method];
      return operation ? [operationOf(path, operation)] : [];
    });
    return `${method}: {\n${operations.join("\n")}\n};`;
  });
  const bytePaths = Object.entries(paths).flatMap(([path, { get }]) =>
    get && answerType(get.responses["200"]?.content) === "Uint8Array" ? [path] : [],
  );
  return [
    "// What does each route take and answer? Made from the OpenAPI document by `npm run client`: changes here are lost.",
    "/* oxlint-disable max-lines -- as long as the API is large. */",
    "",
    ...schemas.flatMap((one) => [one, ""]),
    "/** By method and path: what a request holds, and the body of each successful answer by its status. */",
    `export type Operations = {\n${groups.join("\n")}\n};`,
    "",
    "/** What these paths answer is bytes, whatever content type they have. */",
    `export const bytePaths: readonly string[] = ${JSON.stringify(bytePaths)};`,
  ].join("\n");
}

function operationOf(path: string, { summary, parameters, requestBody, responses }: Operation): string {
  const named = parameters.filter((one): one is Parameter => !("$ref" in one));
  const body = requestBody?.content["application/json"];
  const request = [
    group(
      "params",
      named.filter((one) => one.in === "path"),
    ),
    group(
      "query",
      named.filter((one) => one.in === "query"),
    ),
    // Without it a route that answers 428 refuses.
    group(
      "headers",
      named.filter((one) => one.in === "header").map((one) => ({ ...one, required: "428" in responses })),
    ),
    body ? [`body${requestBody?.required ? "" : "?"}: ${typeOf(body.schema)};`] : [],
  ].flat();
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .map(([status, { content }]) => `${status}: ${answerType(content)};`);
  return [
    `/** ${summary}. */`,
    `${JSON.stringify(path)}: { request: {${request.join("\n")}}; answers: {${answers.join("\n")}} };`,
  ].join("\n");
}

/** The parameters of one place as one member; it may be left out when they all may. */
function group(name: string, parameters: Parameter[]): string[] {
  if (parameters.length === 0) return [];
  const members = parameters.map(
    (one) =>
      `${docOf(one.description ? one : one.schema)}${memberName(one.name)}${one.required ? "" : "?"}: ${typeOf(one.schema)};`,
  );
  return [`${name}${parameters.some((one) => one.required) ? "" : "?"}: {\n${members.join("\n")}\n};`];
}

function answerType(content: Content | undefined): string {
  const [first] = Object.entries(content ?? {});
  if (!first) return "undefined";
  const [mediaType, { schema }] = first;
  if (mediaType.includes("json")) return typeOf(schema);
  return mediaType.startsWith("text/") ? "string" : "Uint8Array";
}

const text = await format(operationsOf(await readDocument()), { parser: "typescript", printWidth: 120 });
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  console.error("client/operations.ts is not what the routes say now: run `npm run client`.");
  process.exitCode = 1;
}
