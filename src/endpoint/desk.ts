// How are endpoints made, changed and taken away? The one way for every API: checked as a delivery is, secrets sealed at once.
import { createReachCheck } from "../delivery/reach.ts";
import type { Endpoint, EndpointCredentials, EndpointSecret, EndpointStatus } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import { endpointOf, type EndpointFilter } from "../store/endpoints.ts";
import type { Page, PageRequest } from "../store/page.ts";
import { checkGiven, type CheckDeps, type Checked } from "./check-given.ts";
import { checkShape } from "./check-shape.ts";
import { sealEndpoint, unsealEndpoint } from "./credentials.ts";
import { manual, manualMessage, newSecretId, type Desk, type DeskDeps, type Invalid } from "./desk-parts.ts";
import { createSecretDesk, type SecretDesk } from "./secret-desk.ts";
import { sealedHeaders } from "./secret-headers.ts";
import { livingSecrets, newSecret } from "./secrets.ts";
import { createUpdate, type EndpointChanges, type EndpointUpdated } from "./update.ts";

export type { DeskDeps, Invalid } from "./desk-parts.ts";

export type EndpointMade = {
  outcome: "made";
  endpoint: Endpoint;
  /** As they are stored: the only time that anybody sees them without asking for it. */
  secrets: EndpointSecret[];
  warnings: Finding[];
};

export type EndpointDesk = SecretDesk & {
  /** Makes an endpoint under an id. The one that has the id already is answered as it is. */
  create(tenantId: TenantId, id: EndpointId, given: unknown): Promise<EndpointMade | Invalid>;
  /**
   * Changes the endpoint of the revision that the caller saw, or of any. `patch` is merged (`null` removes a member),
   * `replace` takes the place of all settings. Sealed texts that are not named stay as they are.
   */
  update(
    tenantId: TenantId,
    id: string,
    revision: number | undefined,
    change: EndpointChanges,
  ): Promise<EndpointUpdated>;
  /** The endpoint as it is then; undefined when there is none. */
  setStatus(tenantId: TenantId, id: string, status: EndpointStatus, reason?: string): Promise<Endpoint | undefined>;
  /** False when there was none. */
  remove(tenantId: TenantId, id: string): Promise<boolean>;
  find(tenantId: TenantId, id: string): Promise<Endpoint | undefined>;
  list(tenantId: TenantId, filter: EndpointFilter, page: PageRequest): Promise<Page<Endpoint>>;
  /** What would be wrong with settings, without saving them. */
  check(tenantId: TenantId, given: unknown): Promise<{ findings: Finding[]; warnings: Finding[] }>;
  /** What is wrong with settings by their form: empty for those whose addresses and names are still to be looked up. */
  checkForm(given: unknown): Finding[];
};

/** The desk over its store. Rejects when the store does not answer. */
export function createEndpointDesk(deps: DeskDeps): EndpointDesk {
  const { endpoints, policy, nowMs } = deps;
  const checkDeps: CheckDeps = { ...deps, reach: createReachCheck(policy, deps.resolve) };
  const desk: Desk = {
    ...deps,
    check: (tenantId, value, before) => checkGiven(checkDeps, tenantId, value, before),
    async announce(tenantId, id, how) {
      await deps.changed?.(tenantId, id);
      if (how === "resumed") await deps.resumed?.(tenantId, id);
    },
  };
  return {
    create: (tenantId, id, given) => create(desk, tenantId, id, given),
    update: createUpdate(desk),
    setStatus: (tenantId, id, status, reason) => setStatus(desk, tenantId, id, status, reason),
    async remove(tenantId, id) {
      const removed = await endpoints.remove(tenantId, id);
      // Removed: it was the id of an endpoint.
      if (removed) await desk.announce(tenantId, id as EndpointId);
      return removed;
    },
    find: endpoints.find,
    list: endpoints.list,
    async check(tenantId, given) {
      const checked = await desk.check(tenantId, given);
      return checked.ok ? { findings: [], warnings: checked.warnings } : checked;
    },
    checkForm: (given) => checkShape(given, policy, nowMs()),
    ...createSecretDesk(desk),
  };
}

async function create(desk: Desk, tenantId: TenantId, id: EndpointId, value: unknown): Promise<EndpointMade | Invalid> {
  const { endpoints, vault, nowMs } = desk;
  const checked = await desk.check(tenantId, value);
  if (!checked.ok) return { outcome: "invalid", findings: checked.findings, warnings: checked.warnings };
  const { given, settings, warnings } = checked;
  const credentials = firstCredentials(checked, nowMs());
  const stored = await endpoints.create(tenantId, id, {
    settings,
    ...(given.enabled === false ? { status: "disabled", statusReason: manual(nowMs()) } : { status: "enabled" }),
    sealed: sealEndpoint(vault, tenantId, id, credentials),
  });
  await desk.announce(tenantId, id);
  // The request may have come before: what is stored is what holds.
  const { secrets } = unsealEndpoint(vault, stored);
  return { outcome: "made", endpoint: endpointOf(stored), secrets: livingSecrets(secrets, nowMs()), warnings };
}

function firstCredentials({ given, profiles }: Checked & { ok: true }, nowMs: number): EndpointCredentials {
  const { secret, secretKind, tls, oauth2, headers } = given;
  const isUnsigned = secret === null && profiles.every((one) => one.signatureOptional === true);
  const first: EndpointSecret = {
    id: newSecretId(),
    secret: secret ?? newSecret(profiles, secretKind),
    createdAt: new Date(nowMs).toISOString(),
  };
  return {
    secrets: isUnsigned ? [] : [first],
    ...(tls?.key === undefined ? {} : { tlsKey: tls.key }),
    ...(oauth2?.clientSecret === undefined ? {} : { clientSecret: oauth2.clientSecret }),
    ...sealedHeaders(headers),
  };
}

async function setStatus(
  desk: Desk,
  tenantId: TenantId,
  id: string,
  status: EndpointStatus,
  message?: string,
): Promise<Endpoint | undefined> {
  const reason = status === "enabled" ? undefined : { code: "manual" as const, message: message ?? manualMessage };
  const change = await desk.endpoints.setStatus(tenantId, id, status, reason);
  if (change.outcome !== "changed") return undefined;
  await desk.announce(tenantId, change.endpoint.id, status === "enabled" ? "resumed" : undefined);
  return change.endpoint;
}
