// Which systems can a flow's steps reach, by which actions, and with which credentials?
import type { Connector } from "../connector/contract.ts";
import { AppError } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import type { ApiDeps } from "./deps.ts";
import { listSchema, pageAnswer } from "./query.ts";
import { route, type Route } from "./route.ts";

const authSchema: JsonSchema = {
  type: "object",
  required: ["kind", "title", "credentials"],
  properties: {
    kind: { type: "string", description: "What `auth` of a connection says." },
    title: { type: "string" },
    credentials: {
      type: "object",
      description: "JSON Schema of `credentials`. Members with `x-secret` are secrets, those with `x-url` addresses.",
    },
  },
};
const actionSchema: JsonSchema = {
  type: "object",
  required: ["use", "title", "description", "effect", "input", "output"],
  properties: {
    use: { type: "string", description: "What a step's `use` says." },
    title: { type: "string" },
    description: { type: "string" },
    effect: { type: "string", description: "What repeating it does." },
    kinds: {
      type: "array",
      items: { type: "string" },
      description: "Kinds of authentication that can do this; all of the connector's when absent.",
    },
    input: { type: "object", description: "JSON Schema of `with`." },
    output: { type: "object", description: "JSON Schema of the step's output." },
  },
};
const connectorSchema: JsonSchema = {
  type: "object",
  required: ["id", "title", "description", "connection", "auth", "actions"],
  properties: {
    id: { type: "string" },
    title: { type: "string" },
    description: { type: "string" },
    connection: {
      type: "string",
      enum: ["required", "optional", "none"],
      description: "Whether its steps have to name a connection.",
    },
    auth: { type: "array", items: authSchema, description: "The ways to authenticate that a connection can have." },
    actions: { type: "array", items: actionSchema },
  },
};

export function connectorRoutes(deps: Pick<ApiDeps, "connectors">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/connectors",
      scope: "flows:read",
      tag: "Connectors",
      summary: "List connectors: their actions, and the credentials that they take",
      responses: { 200: { description: "All of them.", schema: listSchema(connectorSchema) } },
      handler: () => pageAnswer(deps.connectors.map(connectorView)),
    }),
    route({
      method: "get",
      path: "/v1/connectors/{id}",
      scope: "flows:read",
      tag: "Connectors",
      summary: "A connector",
      responses: { 200: { description: "The connector.", schema: connectorSchema } },
      handler({ params }) {
        const connector = deps.connectors.find((one) => one.id === params.id);
        if (!connector) throw new AppError("resource.not_found", { detail: "There is no connector with this id." });
        return { status: 200, body: connectorView(connector) };
      },
    }),
  ];
}

function connectorView({ id, title, description, auth, actions }: Connector) {
  return {
    id,
    title,
    description,
    connection: auth?.connection ?? "none",
    auth: (auth?.methods ?? []).map((method) => ({
      kind: method.kind,
      title: method.title,
      credentials: method.credentials,
    })),
    actions: actions.map((action) => ({
      use: `${id}.${action.id}`,
      title: action.title,
      description: action.description,
      effect: action.effect,
      ...(action.kinds === undefined ? {} : { kinds: action.kinds }),
      input: action.input,
      output: action.output,
    })),
  };
}
