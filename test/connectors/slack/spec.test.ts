// Does every request of the connector fit Slack's own description of its API, from ../shared beside the project?
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { slack } from "../../../connectors/slack/index.ts";
import type { ActionRequest } from "../../../src/connector/contract.ts";
import type { Json, JsonObject, JsonSchema } from "../../../src/model/json.ts";
import { packageRoot } from "../../../src/package-root.ts";
import { requestOf, tokenConnection } from "./call-slack.ts";

type Parameter = { name: string; in: string; type: string; required?: boolean };
type Operation = { consumes: string[]; parameters: Parameter[] };
type Spec = { paths: Record<string, Record<string, Operation>> };

const file = join(packageRoot, "..", "shared", "vendor-specs", "slack", "slack_web_openapi_v2.json");
// Safe: the file is Slack's description in Swagger 2, of which only these members are read.
const spec = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Spec) : undefined;
if (!spec) console.warn(`Skipped: there is no description of Slack's API at ${file}.`);

/**
 * Where the connector knowingly differs from the description, which is of 2021, and why. Parameters that Slack has added
 * since would stand here, too: there are none.
 */
const waivers = {
  omitted: {
    token: "travels in the header Authorization (each method's page); the description writes it down as a parameter",
  },
  asJsonText: {
    blocks: "the description knows forms, which carry as JSON text what JSON bodies hold as a list",
  },
  otherMethod: {
    "/auth.test": "takes POST like every method (docs.slack.dev/apis/web-api); the description writes down GET",
  },
};

const api = "https://slack.com/api";
const connection = tokenConnection({ apiUrl: api, token: "xoxb-0000000000-example", webhookUrl: "" });

/** What is wrong with a request by the description; empty when nothing is. */
function judge(request: ActionRequest): string[] {
  const url = new URL(request.url);
  const path = url.pathname.slice("/api".length);
  const operation = spec?.paths[path]?.[request.method.toLowerCase()];
  if (operation === undefined) return [`there is no ${request.method} ${path}`];
  const type = request.headers["content-type"]?.split(";")[0];
  const problems = type === undefined || operation.consumes.includes(type) ? [] : [`${path} takes no ${type}`];
  if (request.headers["authorization"]?.startsWith("Bearer xoxb-") !== true) problems.push("the token is missing");
  const place = request.method === "GET" ? "query" : "formData";
  const parameters = operation.parameters.filter(({ name }) => !Object.hasOwn(waivers.omitted, name));
  const schema: JsonSchema = {
    type: "object",
    additionalProperties: false,
    required: parameters.filter(({ required }) => required === true).map(({ name }) => name),
    properties: Object.fromEntries(
      parameters.filter((one) => one.in === place).map(({ name, type: t }) => [name, { type: t }]),
    ),
  };
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  if (!validate(argumentsOf(request, url))) {
    problems.push(...(validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`));
  }
  return problems;
}

function argumentsOf({ body }: ActionRequest, url: URL): JsonObject {
  if (body === undefined) return Object.fromEntries(url.searchParams);
  // Safe: the connector's bodies are JSON objects.
  const args = JSON.parse(body.toString()) as JsonObject;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      Object.hasOwn(waivers.asJsonText, name) ? JSON.stringify(value) : value,
    ]),
  );
}

const examples = slack.actions.flatMap(({ id, input }) =>
  // The schema's own keyword.
  (input["examples"] as JsonObject[]).map((example): [string, Json] => [id, example]),
);

(spec ? describe : describe.skip)("by Slack's own description", () => {
  test.each(examples)("%s of %j is a call that Slack describes", (id, example) => {
    expect(judge(requestOf(id, example, connection))).toEqual([]);
  });

  test("the check is a call that Slack describes, beside that it is a POST like all others", () => {
    const request = slack.check?.request(connection.view);
    expect(request).toMatchObject({ method: "POST", url: "/auth.test", body: "{}" });
    for (const path of Object.keys(waivers.otherMethod)) expect(Object.keys(spec?.paths[path] ?? {})).toEqual(["get"]);
    expect(spec?.paths["/auth.test"]?.["get"]?.consumes).toContain("application/json");
  });

  test.each<[string, Partial<ActionRequest>, string]>([
    ["an unknown parameter", { body: '{"channel":"C1","text":"a","threadTs":"1.0"}' }, "additional properties"],
    ["a parameter that is missing", { body: '{"text":"a"}' }, "channel"],
    ["a wrong type", { body: '{"channel":"C1","text":5}' }, "/text must be string"],
    ["a method that does not exist", { url: `${api}/chat.send` }, "there is no POST /chat.send"],
    [
      "another content type",
      { headers: { "content-type": "text/plain", authorization: "Bearer xoxb-" } },
      "takes no text/plain",
    ],
    ["no token", { headers: {} }, "the token is missing"],
  ])("the judge notices %s", (_, change, problem) => {
    const request = requestOf("postMessage", { channel: "C1", text: "a" }, connection);
    expect(judge({ ...request, ...change }).join("\n")).toContain(problem);
  });
});
