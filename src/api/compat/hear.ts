// Who speaks in a request, about which endpoint, and how is it answered? What every route of the reproduced APIs begins with.
import type { IncomingHttpHeaders } from "node:http";
import { parseDuration } from "../../flow/duration.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { AppError } from "../../model/errors.ts";
import { isId, type TenantId } from "../../model/ids.ts";
import type { JsonObject } from "../../model/json.ts";
import type { RetryPolicy } from "../../model/retry.ts";
import type { ApiRequest } from "../route.ts";
import { countDeliveries } from "./delivery-log.ts";
import type { CompatDeps } from "./deps.ts";
import { dialectOf, type Dialect, type WebhookPath } from "./dialect.ts";
import { webhookByDialect } from "./shapes/index.ts";
import type { ShownEndpoint } from "./shapes/shape.ts";
import { endpointIdOf } from "./webhook-id.ts";

type Request = Pick<ApiRequest, "tenantId" | "headers" | "query">;

/** Time limit of an attempt where neither endpoint nor profile says one, in milliseconds. */
const timeoutMsDefault = 30_000;

/** The dialect of a request that speaks of no endpoint yet. `body` is what was sent. */
export async function hear(
  { store }: CompatDeps,
  { tenantId, headers, query }: Request,
  path: WebhookPath,
  body?: { profile?: string },
): Promise<{ dialect: Dialect; asked: string | undefined; ofTenant: string | undefined }> {
  checkTenant(headers, tenantId);
  const ofTenant = await store.tenants.webhookProfile(tenantId);
  const asked = query["profile"] ?? body?.profile;
  return { dialect: dialectOf({ path, asked, ofTenant, body }), asked, ofTenant };
}

/** The endpoint that a request speaks of, and its dialect. Throws AppError `resource.not_found`. */
export async function hearOf(
  deps: CompatDeps,
  { tenantId, headers, query, params }: Request & { params: { readonly id: string } },
  path: WebhookPath,
): Promise<{ endpoint: Endpoint; dialect: Dialect }> {
  checkTenant(headers, tenantId);
  const endpoint = await deps.endpoints.find(tenantId, endpointIdOf(params.id));
  if (!endpoint) throw new AppError("resource.not_found", { detail: "There is no webhook with this id." });
  const ofTenant = await deps.store.tenants.webhookProfile(tenantId);
  return { endpoint, dialect: dialectOf({ path, asked: query["profile"], ofEndpoint: endpoint.profile, ofTenant }) };
}

/** What a shape needs of an endpoint, but for counters and secret. */
export async function shownOf(
  { config, profiles }: CompatDeps,
  endpoint: Endpoint,
  headers: IncomingHttpHeaders,
): Promise<ShownEndpoint> {
  const profile = await profiles.find(endpoint.tenantId, endpoint.profile);
  const ownMs = endpoint.timeout === undefined ? undefined : parseDuration(endpoint.timeout);
  return {
    endpoint,
    baseUrl: config.publicUrl ?? addressOf(headers),
    policy: endpoint.retry ?? profile?.retry ?? "standard",
    timeoutMs: ownMs ?? profile?.timeouts.totalMs ?? timeoutMsDefault,
  };
}

/** The endpoint in a dialect's own words, with its counters where the dialect shows them. */
export async function documentOf(
  deps: CompatDeps,
  dialect: Dialect,
  endpoint: Endpoint,
  request: Pick<ApiRequest, "headers">,
  secret?: string,
): Promise<JsonObject> {
  const shown = await shownOf(deps, endpoint, request.headers);
  const counters = dialect === "aqio" ? await countDeliveries(deps.store, endpoint.tenantId, endpoint.id) : undefined;
  return webhookByDialect[dialect]({
    ...shown,
    ...(secret === undefined ? {} : { secret }),
    ...(counters === undefined ? {} : { counters }),
  });
}

/** The retry policy of a profile, for what is made under it. One that does not exist is refused when it is saved. */
export async function policyOf({ profiles }: CompatDeps, tenantId: TenantId, profile: string): Promise<RetryPolicy> {
  return (await profiles.find(tenantId, profile))?.retry ?? "standard";
}

/**
 * A key belongs to one tenant, which always counts. X-Tenant-ID may say who somebody is in their own system; only an id of
 * ours that is another tenant's is refused, since whoever sends it means that tenant. Throws AppError `auth.scope`.
 */
function checkTenant(headers: IncomingHttpHeaders, tenantId: TenantId): void {
  const named = headers["x-tenant-id"];
  if (typeof named !== "string" || !isId("tnt", named) || named === tenantId) return;
  const detail =
    "X-Tenant-ID names another tenant than the one that the API key belongs to. Use that tenant's own key.";
  throw new AppError("auth.scope", { detail });
}

/** Where the caller reached this API. Says no more than what the caller said. */
function addressOf(headers: IncomingHttpHeaders): string {
  const host = /^[A-Za-z0-9.:[\]-]{1,255}$/.test(headers.host ?? "") ? headers.host : "localhost";
  const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  return `${scheme}://${host}`;
}
