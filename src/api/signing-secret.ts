// The secret that a tenant's webhooks are signed with: shown and changed by POST only, and never without a line in the log.
import { rotationGraceMs } from "../connector/signing-secrets.ts";
import type { ApiDeps } from "./deps.ts";
import { route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "signingSecrets" | "store" | "log">;

export function signingSecretRoutes({ signingSecrets, store, log }: Deps): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/signing-secret/reveal",
      scope: "secrets:reveal",
      tag: "Signing secret",
      summary: "Show the secret that webhooks are signed with",
      responses: {
        200: {
          description: "The newest secret (Standard Webhooks).",
          schema: { type: "object", required: ["secret"], properties: { secret: { type: "string" } } },
        },
      },
      async handler({ tenantId, keyId }) {
        const revealed = await signingSecrets.reveal(tenantId);
        log.info({ tenantId, keyId }, "the signing secret was revealed");
        return { status: 200, body: revealed };
      },
    }),
    route({
      method: "post",
      path: "/v1/signing-secret/rotate",
      scope: "secrets:rotate",
      tag: "Signing secret",
      summary: "Sign with a new secret from now on",
      description:
        "The earlier secrets sign beside it for a day, so that receivers can change over. Reveal shows the new one.",
      responses: {
        200: {
          description: "The new secret's id, and until when the earlier ones sign too.",
          schema: {
            type: "object",
            required: ["id", "graceUntil"],
            properties: { id: { type: "string" }, graceUntil: { type: "string", format: "date-time" } },
          },
        },
      },
      async handler({ tenantId, keyId }) {
        const graceUntil = new Date(store.nowMs() + rotationGraceMs);
        const id = await signingSecrets.rotate(tenantId);
        log.info({ tenantId, keyId, secretId: id }, "the signing secret was rotated");
        return { status: 200, body: { id, graceUntil } };
      },
    }),
  ];
}
