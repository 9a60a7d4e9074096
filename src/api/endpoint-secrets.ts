// How do people see, change and end the secrets that an endpoint's deliveries are signed with, and how do receivers get public keys?
import { publicKeyFor } from "../delivery/ed25519.ts";
import { parseDuration } from "../flow/duration.ts";
import type { SecretsChanged } from "../endpoint/secret-desk.ts";
import { AppError } from "../model/errors.ts";
import type { EndpointSecret } from "../model/endpoint.ts";
import { secretViewSchema } from "../model/endpoint-view.ts";
import { isId, type TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { durationSchema } from "../model/retry.ts";
import type { ApiDeps } from "./deps.ts";
import { invalidEndpoint, secretRow, secretShown, unknownEndpoint } from "./endpoint-view.ts";
import { pageAnswer, listSchema } from "./query.ts";
import { jsonBody, route, type Answer, type Route } from "./route.ts";

const tag = "Endpoint secrets";

type Rotate = { secret?: string; kind?: "hmac" | "ed25519"; gracePeriod?: string };
type Deps = Pick<ApiDeps, "endpoints" | "store" | "log">;

const rotateSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    secret: {
      type: "string",
      minLength: 1,
      maxLength: 1_000,
      "x-secret": true,
      description: "Yours; one is made without it.",
    },
    kind: {
      type: "string",
      enum: ["hmac", "ed25519"],
      default: "hmac",
      description: "Of the one that is made: `ed25519` where the profile signs with it.",
    },
    gracePeriod: {
      ...durationSchema,
      default: "24h",
      description: "How long earlier secrets sign beside it: a whole number and a unit, from `0s` to `7d`.",
    },
  },
};
const secretsSchema: JsonSchema = {
  type: "object",
  required: ["secrets"],
  properties: { secrets: { type: "array", items: secretViewSchema, description: "Newest first." } },
};
const keysSchema: JsonSchema = {
  title: "PublicKeys",
  type: "object",
  required: ["keys"],
  properties: {
    keys: {
      type: "array",
      description: "JSON Web Keys (RFC 7517, RFC 8037), newest first.",
      items: {
        type: "object",
        required: ["kty", "crv", "x", "kid", "alg", "use", "whpk"],
        properties: {
          kty: { const: "OKP" },
          crv: { const: "Ed25519" },
          x: { type: "string" },
          kid: { type: "string", description: "The key's thumbprint (RFC 7638); `keyid` of HTTP message signatures." },
          alg: { const: "EdDSA" },
          use: { const: "sig" },
          whpk: { type: "string", description: "The same key as Standard Webhooks writes it." },
        },
      },
    },
  },
};

/** How long a receiver may keep public keys, in seconds: well below the shortest grace period that makes sense. */
const keysMaxAgeS = 300;

export function endpointSecretRoutes(deps: Deps): Route[] {
  return [
    listRoute(deps),
    revealRoute(deps),
    rotateRoute(deps),
    expireRoute(deps),
    publicKeysRoute(deps),
    wellKnownRoute(deps),
  ];
}

function listRoute({ endpoints }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/{id}/secrets",
    scope: "endpoints:read",
    tag,
    summary: "The ids and times of the secrets that sign now, without their texts",
    responses: { 200: { description: "All of them, newest first.", schema: listSchema(secretViewSchema) } },
    handler: async ({ tenantId, params }) =>
      pageAnswer((await secretsOf(endpoints, tenantId, params.id)).map(secretRow)),
  });
}

function revealRoute({ endpoints, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/secrets/reveal",
    scope: "secrets:reveal",
    tag,
    summary: "Show the secrets that sign now",
    responses: { 200: { description: "Newest first, with their texts.", schema: secretsSchema } },
    async handler({ tenantId, keyId, params }) {
      const secrets = await secretsOf(endpoints, tenantId, params.id);
      log.info({ tenantId, keyId, endpointId: params.id }, "an endpoint's secrets were revealed");
      return { status: 200, body: { secrets: secrets.map(secretShown) } };
    },
  });
}

function rotateRoute({ endpoints, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/secrets/rotate",
    scope: "secrets:rotate",
    tag,
    summary: "Sign with a new secret from now on",
    description:
      "Earlier ones sign beside it during the grace period, where the profile's signature has room for several; a retry is signed anew. Ten at most sign at once. The answer shows the new one this once.",
    body: jsonBody<Rotate | undefined>(rotateSchema, { required: false }),
    responses: { 200: { description: "The secrets, newest first; the new one with its text.", schema: secretsSchema } },
    async handler({ tenantId, keyId, params, body, newId }) {
      const graceMs = body?.gracePeriod === undefined ? undefined : (parseDuration(body.gracePeriod) ?? Number.NaN);
      const rotation = { secret: body?.secret, kind: body?.kind, graceMs, id: newId("sec") };
      const [newest, ...others] = secretsAfter(await endpoints.rotateSecret(tenantId, params.id, rotation));
      log.info({ tenantId, keyId, endpointId: params.id, secretId: newest?.id }, "an endpoint's secret was rotated");
      return { status: 200, body: { secrets: [...(newest ? [secretShown(newest)] : []), ...others.map(secretRow)] } };
    },
  });
}

function expireRoute({ endpoints, log }: Deps): Route {
  return route({
    method: "delete",
    path: "/v1/endpoints/{id}/secrets/{secretId}",
    scope: "secrets:rotate",
    tag,
    summary: "End a secret at once",
    description: "The last one cannot be ended: rotate to another one with a grace period of `0s`.",
    responses: { 204: { description: "It signs nothing more." } },
    async handler({ tenantId, keyId, params }) {
      const { id, secretId } = params;
      const changed = await endpoints.expireSecret(tenantId, id, secretId);
      if (changed.outcome === "unknown") {
        throw new AppError("resource.not_found", { detail: "There is no endpoint with a secret of this id." });
      }
      secretsAfter(changed);
      log.info({ tenantId, keyId, endpointId: id, secretId }, "an endpoint's secret was ended");
      return { status: 204 };
    },
  });
}

function publicKeysRoute({ endpoints }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/{id}/public-keys",
    scope: "endpoints:read",
    tag,
    summary: "The public keys that verify an endpoint's deliveries, where it signs with ed25519",
    responses: { 200: { description: "None for an endpoint that signs by HMAC alone.", schema: keysSchema } },
    handler: async ({ tenantId, params }) => ({
      status: 200,
      body: keysOf(await secretsOf(endpoints, tenantId, params.id)),
    }),
  });
}

function wellKnownRoute({ endpoints, store }: Deps): Route {
  return route({
    method: "get",
    path: "/.well-known/webhook-keys/{endpointId}",
    scope: "public",
    tag,
    summary: "The same public keys, for receivers: no API key is needed",
    responses: {
      200: { description: "A JSON Web Key Set.", contentType: "application/jwk-set+json", schema: keysSchema },
    },
    async handler({ params }): Promise<Answer> {
      const row = isId("ep", params.endpointId) ? await store.endpoints.readAny(params.endpointId) : undefined;
      const secrets = row && (await endpoints.secrets(row.tenantId, row._id));
      if (secrets === undefined) throw unknownEndpoint();
      return {
        status: 200,
        body: keysOf(secrets),
        contentType: "application/jwk-set+json",
        headers: { "cache-control": `public, max-age=${keysMaxAgeS}` },
      };
    },
  });
}

function keysOf(secrets: EndpointSecret[]) {
  const keys = secrets.flatMap(({ secret }) => {
    const key = publicKeyFor(secret);
    return key === undefined ? [] : [{ ...key.jwk, whpk: key.text }];
  });
  return { keys };
}

async function secretsOf(endpoints: Deps["endpoints"], tenantId: TenantId, id: string): Promise<EndpointSecret[]> {
  const secrets = await endpoints.secrets(tenantId, id);
  if (secrets === undefined) throw unknownEndpoint();
  return secrets;
}

/** The secrets after a change. Throws AppError: it is not valid, the state does not allow it, or the endpoint is gone. */
function secretsAfter(changed: SecretsChanged): EndpointSecret[] {
  if (changed.outcome === "changed") return changed.secrets;
  if (changed.outcome === "invalid") throw invalidEndpoint(changed);
  if (changed.outcome === "unknown") throw unknownEndpoint();
  throw new AppError("state.conflict", { detail: changed.message });
}
