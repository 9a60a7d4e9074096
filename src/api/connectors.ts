// Which actions can a flow's steps use?
import type { JsonSchema } from "../model/json.ts";
import type { ActionCatalogue, ApiDeps } from "./deps.ts";
import { listSchema, pageAnswer } from "./query.ts";
import { route, type Route } from "./route.ts";

const connectorSchema: JsonSchema = {
  type: "object",
  required: ["id", "actions"],
  properties: {
    id: { type: "string" },
    actions: {
      type: "array",
      items: {
        type: "object",
        required: ["use", "title", "input", "output"],
        properties: {
          use: { type: "string", description: "What a step's `use` says." },
          title: { type: "string" },
          input: { type: "object", description: "JSON Schema of `with`." },
          output: { type: "object", description: "JSON Schema of the step's output." },
        },
      },
    },
  },
};

export function connectorRoutes({ actions }: Pick<ApiDeps, "actions">): Route[] {
  const connectors = connectorsOf(actions);
  return [
    route({
      method: "get",
      path: "/v1/connectors",
      scope: "flows:read",
      tag: "Connectors",
      summary: "List connectors and their actions, with the schemas of their inputs and outputs",
      responses: { 200: { description: "All of them.", schema: listSchema(connectorSchema) } },
      handler: () => pageAnswer(connectors),
    }),
  ];
}

/** The actions by the part of their name before the dot. */
function connectorsOf(actions: ActionCatalogue) {
  const byId = new Map<string, { id: string; actions: unknown[] }>();
  for (const [use, { title, input, output }] of actions) {
    const id = use.split(".", 1)[0] ?? use;
    const connector = byId.get(id) ?? { id, actions: [] };
    connector.actions.push({ use, title, input, output });
    byId.set(id, connector);
  }
  return [...byId.values()];
}
