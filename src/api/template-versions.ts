// What did a message template say before?
import { AppError } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import { templateKindSchema } from "../model/template.ts";
import type { ApiDeps } from "./deps.ts";
import { listSchema, pageAnswer } from "./query.ts";
import { route, type Route } from "./route.ts";
import { findTemplate } from "./template-views.ts";

const rowProperties: { [name: string]: JsonSchema } = {
  version: { type: "integer" },
  kind: templateKindSchema,
  createdAt: { type: ["string", "null"], format: "date-time" },
};
const rowSchema: JsonSchema = { type: "object", required: Object.keys(rowProperties), properties: rowProperties };
const versionSchema: JsonSchema = {
  type: "object",
  required: [...Object.keys(rowProperties), "text"],
  properties: { ...rowProperties, text: { type: "string" } },
};

export function templateVersionRoutes({ store: { templates } }: Pick<ApiDeps, "store">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/templates/{id}/versions",
      scope: "templates:read",
      tag: "Message templates",
      summary: "The versions of a message template, newest first",
      responses: { 200: { description: "The newest 200.", schema: listSchema(rowSchema) } },
      async handler({ tenantId, params }) {
        const found = await findTemplate(templates, tenantId, params.id);
        if ("shipped" in found) {
          const { version, kind } = found.shipped;
          return pageAnswer([{ version, kind, createdAt: null }]);
        }
        const versions = await templates.versions(tenantId, found.own);
        return pageAnswer(versions.map(({ version, kind, createdAt }) => ({ version, kind, createdAt })));
      },
    }),
    route({
      method: "get",
      path: "/v1/templates/{id}/versions/{version}",
      scope: "templates:read",
      tag: "Message templates",
      summary: "A version of a message template: kind and text as they were then",
      responses: { 200: { description: "The version.", schema: versionSchema } },
      async handler({ tenantId, params }) {
        const found = await findTemplate(templates, tenantId, params.id);
        const number = /^[1-9]\d{0,8}$/.test(params.version) ? Number(params.version) : 0;
        if ("shipped" in found) {
          const { version, kind, text } = found.shipped;
          if (version !== number) throw unknownVersion();
          return { status: 200, body: { version, kind, createdAt: null, text } };
        }
        const version = await templates.version(tenantId, found.own, number);
        if (!version) throw unknownVersion();
        return { status: 200, body: version };
      },
    }),
  ];
}

function unknownVersion(): AppError {
  return new AppError("resource.not_found", { detail: "The message template has no such version." });
}
