// Which profile do a tenant's webhooks have unless they say one, and whose words does the reproduced API speak to it?
import { AppError } from "../../model/errors.ts";
import type { JsonSchema } from "../../model/json.ts";
import { hashTag } from "../answer.ts";
import { checkIfMatch } from "../precondition.ts";
import { jsonBody, route, type Route } from "../route.ts";
import type { CompatDeps } from "./deps.ts";

type Settings = { defaultProfile: string | null };

const settingsSchema: JsonSchema = {
  title: "WebhookSettings",
  type: "object",
  additionalProperties: false,
  required: ["defaultProfile"],
  properties: {
    defaultProfile: {
      type: ["string", "null"],
      pattern: "^[a-z][a-z0-9-]{0,39}$",
      description:
        "The profile of what is made under `/v1/webhooks`, `/api/webhooks` and `/api/v1/webhooks` without one; of `bakhmach`, `hub`, `brainsait`, `directory` and `aqio` also the language of these paths. `null`: each path's own.",
    },
  },
};
const response = { 200: { description: "The settings.", schema: settingsSchema } };

export function defaultProfileRoutes({
  store,
  profiles,
  log,
}: Pick<CompatDeps, "store" | "profiles" | "log">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/settings/webhooks",
      scope: "endpoints:read",
      tag: "Settings",
      summary: "The default profile of webhooks",
      responses: response,
      async handler({ tenantId }) {
        return { status: 200, body: { defaultProfile: (await store.tenants.webhookProfile(tenantId)) ?? null } };
      },
    }),
    route({
      method: "put",
      path: "/v1/settings/webhooks",
      scope: "endpoints:write",
      tag: "Settings",
      summary: "Choose the default profile of webhooks",
      description: "Webhooks that exist keep their profile.",
      headers: { "if-match": "The settings' ETag as it was read; without it whatever is there is changed." },
      ifMatch: "optional",
      body: jsonBody<Settings>(settingsSchema),
      responses: response,
      async handler({ tenantId, keyId, headers, body: { defaultProfile } }) {
        const now = { defaultProfile: (await store.tenants.webhookProfile(tenantId)) ?? null };
        checkIfMatch(headers, hashTag(JSON.stringify(now)), "settings");
        if (defaultProfile !== null && (await profiles.find(tenantId, defaultProfile)) === undefined) {
          const message = `There is no profile \`${defaultProfile}\`: name a shipped one or one of your own.`;
          const errors = [{ pointer: "/defaultProfile", code: "value", message }];
          throw new AppError("request.invalid", { detail: message, errors });
        }
        await store.tenants.setWebhookProfile(tenantId, defaultProfile ?? undefined);
        log.info({ tenantId, keyId, defaultProfile }, "the default profile of webhooks was chosen");
        const body = { defaultProfile };
        return { status: 200, body, etag: hashTag(JSON.stringify(body)) };
      },
    }),
  ];
}
