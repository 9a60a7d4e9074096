// What does an endpoint become by a change that people ask for? Merged or replaced, checked as a whole, written onto what was seen.
import type { Endpoint, EndpointCredentials, EndpointSettings } from "../model/endpoint.ts";
import type { EndpointGiven } from "../model/endpoint-given.ts";
import type { TenantId } from "../model/ids.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import { settingsOf, type EndpointStore, type StoredEndpoint } from "../store/endpoints.ts";
import { sealEndpoint, unsealEndpoint } from "./credentials.ts";
import { manual, newSecretId, type Desk, type Invalid } from "./desk-parts.ts";
import { isJsonObject, mergePatch } from "./merge-patch.ts";
import { sealedHeaders } from "./secret-headers.ts";

export type EndpointChanges = { patch: unknown } | { replace: unknown };

export type EndpointUpdated =
  | { outcome: "changed"; endpoint: Endpoint; warnings: Finding[] }
  | Invalid
  /** Somebody else changed it first. */
  | { outcome: "stale" }
  | { outcome: "unknown" };

type StoreUpdate = Parameters<EndpointStore["update"]>[3];

/** How often a change is made anew onto what somebody else left. */
const triesMax = 5;

export function createUpdate(desk: Desk) {
  return async (
    tenantId: TenantId,
    id: string,
    revision: number | undefined,
    change: EndpointChanges,
  ): Promise<EndpointUpdated> => {
    for (let tries = 1; ; tries++) {
      const row = await desk.endpoints.read(tenantId, id);
      if (row === undefined) return { outcome: "unknown" };
      if (revision !== undefined && row.revision !== revision) return { outcome: "stale" };
      const updated = await updateRow(desk, row, change);
      if (updated.outcome !== "stale" || revision !== undefined || tries >= triesMax) return updated;
    }
  };
}

async function updateRow(desk: Desk, row: StoredEndpoint, change: EndpointChanges): Promise<EndpointUpdated> {
  const { tenantId, _id: id } = row;
  const before = { settings: settingsOf(row), credentials: unsealEndpoint(desk.vault, row) };
  const next = "replace" in change ? change.replace : patched(before.settings, change.patch);
  if (next === undefined) return { outcome: "invalid", findings: [noPatch], warnings: [] };
  const checked = await desk.check(tenantId, next, before);
  if (!checked.ok) return { outcome: "invalid", findings: checked.findings, warnings: checked.warnings };
  const { given, settings, warnings } = checked;
  const credentials = credentialsAfter(before.credentials, given, desk.nowMs());
  const update: StoreUpdate = {
    settings,
    sealed: sealEndpoint(desk.vault, tenantId, id, credentials),
    moved: settings.url !== before.settings.url,
    ...statusAfter(row, given, desk.nowMs()),
  };
  const written = await desk.endpoints.update(tenantId, id, row.revision, update);
  if (written.outcome !== "changed") return written;
  await desk.announce(tenantId, id, update.status?.status === "enabled" ? "resumed" : undefined);
  return { outcome: "changed", endpoint: written.endpoint, warnings };
}

const noPatch: Finding = { pointer: "", code: "type", message: "A patch is an object of the members that change." };

function patched(settings: EndpointSettings, patch: unknown): Json | undefined {
  // What comes as a patch was parsed from JSON, and so were the settings.
  const given = patch as Json;
  return isJsonObject(given) ? mergePatch(settings as JsonObject, given) : undefined;
}

/** Sealed texts that are not given stay, for as long as the settings speak of them. */
function credentialsAfter(before: EndpointCredentials, given: EndpointGiven, nowMs: number): EndpointCredentials {
  const { tls, oauth2 } = given;
  const tlsKey = tls === undefined ? undefined : (tls.key ?? before.tlsKey);
  const clientSecret = oauth2 === undefined ? undefined : (oauth2.clientSecret ?? before.clientSecret);
  return {
    secrets: secretsAfter(before, given, nowMs),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...sealedHeaders(given.headers, before.headers),
  };
}

/** A secret that is given with the settings takes the place of all others at once; a rotation has a grace period. */
function secretsAfter({ secrets }: EndpointCredentials, { secret }: EndpointGiven, nowMs: number) {
  if (typeof secret !== "string") return secrets;
  const known = secrets.find((one) => one.secret === secret);
  if (known === undefined) return [{ id: newSecretId(), secret, createdAt: new Date(nowMs).toISOString() }];
  const { expiresAt: _, ...lasting } = known;
  return [lasting];
}

function statusAfter(
  { status }: StoredEndpoint,
  { enabled }: EndpointGiven,
  nowMs: number,
): Pick<StoreUpdate, "status"> {
  if (enabled === true && status !== "enabled") return { status: { status: "enabled", reason: null } };
  if (enabled === false && status !== "disabled") {
    return { status: { status: "disabled", reason: manual(nowMs) } };
  }
  return {};
}
