// How are webhooks made, listed, read, changed and removed in the words of five systems? Each on every path that is shared.
import type { Endpoint } from "../../model/endpoint.ts";
import { AppError } from "../../model/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../../model/json.ts";
import { checkIfMatch, revisionTag, stale } from "../precondition.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "../query.ts";
import { controlBytesMax, jsonBody, route, type Answer, type ApiRequest, type Route } from "../route.ts";
import type { CompatDeps } from "./deps.ts";
import { dialectOf, isDialect, type Dialect, type WebhookPath } from "./dialect.ts";
import { changeWebhookSchema, createWebhookSchema, type GivenWebhook } from "./given.ts";
import { documentOf, hear, hearOf, policyOf, shownOf } from "./hear.ts";
import { refusedSettings, refuseGiven } from "./refusals.ts";
import { changedMembers, patchOf, settingsOf } from "./settings.ts";
import { webhookByDialect } from "./shapes/index.ts";
import { webhookIdOf } from "./webhook-id.ts";

export const compatTag = "Compatibility";

/** The query of every route here. */
export const profileQuery = {
  profile: {
    type: "string",
    pattern: "^[a-z][a-z0-9-]{0,39}$",
    description: "Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else.",
  },
} satisfies { [name: string]: JsonSchema };

export const webhookSchema: JsonSchema = {
  type: "object",
  required: ["id", "events"],
  description: "A webhook in the words of its system: docs/compatibility.md.",
};
const ifMatch = { "if-match": "The webhook's ETag as it was read; without it whatever is there is changed." };
const webhookResponse = { description: "The webhook.", schema: webhookSchema, etag: true };
/** The systems' own examples send JSON under other names, or under none. */
const anyJson = { anyTypeBytesMax: controlBytesMax };

export function webhookRoutes(deps: CompatDeps, path: WebhookPath): Route[] {
  return [
    listRoute(deps, path),
    createRoute(deps, path),
    readRoute(deps, path),
    changeRoute(deps, path, "put"),
    changeRoute(deps, path, "patch"),
    removeRoute(deps, path),
  ];
}

function createRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "post",
    path,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Make a webhook",
    query: profileQuery,
    headers: { "x-tenant-id": "Another tenant's id is refused; the key's own tenant counts in any case." },
    body: jsonBody<GivenWebhook>(createWebhookSchema, anyJson),
    responses: { 201: webhookResponse },
    async handler(request) {
      const { tenantId, keyId, body, newId } = request;
      const { dialect, asked, ofTenant } = await hear(deps, request, path, body);
      refuseGiven(body, dialect);
      const profile = asked ?? (isDialect(ofTenant) ? dialect : (ofTenant ?? dialect));
      const { profile: _, ...given } = body;
      const settings = settingsOf(given, profile, await policyOf(deps, tenantId, profile));
      const made = await deps.endpoints.create(tenantId, newId("ep"), settings);
      if (made.outcome === "invalid") throw refusedSettings(made.findings, body);
      deps.log.info({ tenantId, keyId, endpointId: made.endpoint.id, dialect }, "a webhook was made");
      const secret = revealed(dialect, made.secrets[0]?.secret, typeof body.secret === "string");
      const document = await documentOf(deps, dialect, made.endpoint, request, secret);
      const headers = {
        location: `${path}/${dialect === "bakhmach" ? webhookIdOf(made.endpoint.id) : made.endpoint.id}`,
        ...(made.warnings.length > 0 ? { "x-warning": made.warnings.map((one) => one.code).join(", ") } : {}),
      };
      return webhookAnswer(document, made.endpoint, 201, headers);
    },
  });
}

/** Who made the secret themselves needs no answer that shows it; one system never shows any. */
function revealed(dialect: Dialect, secret: string | undefined, isGiven: boolean): string | undefined {
  if (dialect === "bakhmach" || (dialect === "hub" && isGiven)) return undefined;
  return secret;
}

function listRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "get",
    path,
    scope: "endpoints:read",
    tag: compatTag,
    summary: "List webhooks, newest first",
    query: { ...pageQuery, ...profileQuery },
    responses: { 200: { description: "A page.", schema: listSchema(webhookSchema) } },
    async handler(request) {
      const { tenantId, query } = request;
      const { asked, ofTenant } = await hear(deps, request, path);
      const page = await deps.endpoints.list(tenantId, {}, pageOf(query, "ep"));
      const rows = page.items.map((endpoint) => {
        const dialect = dialectOf({ path, asked, ofEndpoint: endpoint.profile, ofTenant });
        return documentOf(deps, dialect, endpoint, request);
      });
      return pageAnswer(await Promise.all(rows), page.nextCursor);
    },
  });
}

function readRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "get",
    path: `${path}/{id}`,
    scope: "endpoints:read",
    tag: compatTag,
    summary: "A webhook, by either form of its id",
    query: profileQuery,
    responses: { 200: webhookResponse },
    async handler(request) {
      const { endpoint, dialect } = await hearOf(deps, request, path);
      return webhookAnswer(await documentOf(deps, dialect, endpoint, request), endpoint);
    },
  });
}

function changeRoute(deps: CompatDeps, path: WebhookPath, method: "put" | "patch"): Route {
  return route({
    method,
    path: `${path}/{id}`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Change the members that are named",
    description:
      "PUT and PATCH do the same. What was read can be sent back whole: members that nobody can set are passed over.",
    query: profileQuery,
    headers: ifMatch,
    ifMatch: "optional",
    body: jsonBody<GivenWebhook>(changeWebhookSchema, anyJson),
    responses: { 200: webhookResponse },
    async handler(request) {
      const { tenantId, keyId, body } = request;
      const { endpoint, dialect } = await hearOf(deps, request, path);
      checkIfMatch(revisionOnly(request.headers), revisionTag(endpoint.revision), "webhook");
      const shown = await shownOf(deps, endpoint, request.headers);
      const given = changedMembers(body, webhookByDialect[dialect](shown));
      refuseGiven(given, dialect);
      const patch = patchOf(given, shown.policy);
      if (Object.keys(patch).length === 0)
        return webhookAnswer(await documentOf(deps, dialect, endpoint, request), endpoint);
      const changed = await change(deps, endpoint, patch, request, given);
      deps.log.info({ tenantId, keyId, endpointId: endpoint.id, members: Object.keys(patch) }, "a webhook was changed");
      return webhookAnswer(await documentOf(deps, dialect, changed, request), changed);
    },
  });
}

async function change(
  { endpoints }: CompatDeps,
  seen: Endpoint,
  patch: JsonObject,
  { headers }: Pick<ApiRequest, "headers">,
  given: GivenWebhook,
): Promise<Endpoint> {
  const revision = headers["if-match"] === undefined || headers["if-match"].trim() === "*" ? undefined : seen.revision;
  const whole = replacingHeaders(patch, seen);
  const updated = await endpoints.update(seen.tenantId, seen.id, revision, { patch: whole });
  if (updated.outcome === "changed") return updated.endpoint;
  if (updated.outcome === "invalid") throw refusedSettings(updated.findings, given);
  if (updated.outcome === "stale") throw stale("webhook");
  throw new AppError("resource.not_found", { detail: "There is no webhook with this id." });
}

/** A patch merges objects: headers that are not named any more have to go by name. */
function replacingHeaders(patch: JsonObject, { headers = {} }: Endpoint): JsonObject {
  const next = patch["headers"];
  if (typeof next !== "object" || next === null || Array.isArray(next)) return patch;
  const gone = Object.keys(headers).filter((name) => !Object.hasOwn(next, name));
  const nulls = gone.map((name): [string, Json] => [name, null]);
  return { ...patch, headers: { ...Object.fromEntries(nulls), ...next } };
}

function removeRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "delete",
    path: `${path}/{id}`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Remove a webhook; its deliveries stay in the log",
    query: profileQuery,
    headers: ifMatch,
    responses: { 204: { description: "It is gone." } },
    async handler(request) {
      const { tenantId, keyId, headers } = request;
      const { endpoint } = await hearOf(deps, request, path);
      checkIfMatch(revisionOnly(headers), revisionTag(endpoint.revision), "webhook");
      await deps.endpoints.remove(tenantId, endpoint.id);
      deps.log.info({ tenantId, keyId, endpointId: endpoint.id }, "a webhook was removed");
      return { status: 204 };
    },
  });
}

function webhookAnswer(
  document: JsonObject,
  { revision }: Endpoint,
  status = 200,
  headers: Answer["headers"] = {},
): Answer {
  // Counters change without a revision: a reader who has the revision may still have old ones.
  const { total_deliveries: total, failed_deliveries: failed } = document;
  const counts = typeof total === "number" && typeof failed === "number";
  const etag = counts ? `"r${revision}-${total}-${failed}"` : revisionTag(revision);
  return { status, body: document, etag, headers };
}

/** The headers with ETags of the revision alone: a change does not depend on counters. */
function revisionOnly(headers: ApiRequest["headers"]): ApiRequest["headers"] {
  const named = headers["if-match"];
  return named === undefined ? headers : { ...headers, "if-match": named.replaceAll(/"(r\d+)-\d+-\d+"/g, '"$1"') };
}
