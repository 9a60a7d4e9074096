// How do people see, rotate and end an endpoint's signing secrets?
import type { Profile } from "../delivery/profile.ts";
import type { SecretKind } from "../delivery/secret.ts";
import {
  secretGraceMs,
  secretGraceMsMax,
  secretsMax,
  type Endpoint,
  type EndpointCredentials,
  type EndpointSecret,
} from "../model/endpoint.ts";
import type { SecretId, TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import { endpointOf, settingsOf, type StoredEndpoint } from "../store/endpoints.ts";
import { sealEndpoint, unsealEndpoint } from "./credentials.ts";
import { newSecretId, type Desk } from "./desk-parts.ts";
import { kindsOf, livingSecrets, newSecret, rotated, secretFault, withoutSecret } from "./secrets.ts";

export type Rotation = {
  /** One is made when none is given. */
  secret?: string | undefined;
  /** Of the one that is made: `hmac` unless given. */
  kind?: SecretKind | undefined;
  /** How long the earlier ones sign beside it, in milliseconds: a day unless given, a week at most, 0 for not at all. */
  graceMs?: number | undefined;
  /** Chosen before by a caller that may come again: a rotation to this secret happens once. */
  id?: SecretId | undefined;
};

export type SecretsChanged =
  /** Newest first: those that sign from now on. */
  | { outcome: "changed"; endpoint: Endpoint; secrets: EndpointSecret[] }
  | { outcome: "invalid"; findings: Finding[] }
  /** The state does not allow it; the sentence says what to do. */
  | { outcome: "refused"; message: string }
  | { outcome: "unknown" };

export type SecretDesk = {
  /** Those that sign at this moment, newest first; undefined when there is no such endpoint. */
  secrets(tenantId: TenantId, id: string): Promise<EndpointSecret[] | undefined>;
  rotateSecret(tenantId: TenantId, id: string, rotation?: Rotation): Promise<SecretsChanged>;
  /** Ends a secret at once. `unknown`: no such endpoint, or no such secret. The last one stays. */
  expireSecret(tenantId: TenantId, id: string, secretId: string): Promise<SecretsChanged>;
};

type Opened = { row: StoredEndpoint; credentials: EndpointCredentials };
type Next = { secrets: EndpointSecret[] } | Exclude<SecretsChanged, { outcome: "changed" }>;

/** How often a change is made anew onto what somebody else left. */
const triesMax = 10;

export function createSecretDesk(desk: Desk): SecretDesk {
  const { endpoints, vault, nowMs } = desk;

  const read = async (tenantId: TenantId, id: string): Promise<Opened | undefined> => {
    const row = await endpoints.read(tenantId, id);
    return row && { row, credentials: unsealEndpoint(vault, row) };
  };
  const change = async (
    tenantId: TenantId,
    id: string,
    decide: (opened: Opened) => Promise<Next> | Next,
  ): Promise<SecretsChanged> => {
    for (let tries = 1; tries <= triesMax; tries++) {
      const opened = await read(tenantId, id);
      if (opened === undefined) return { outcome: "unknown" };
      const { row, credentials } = opened;
      const next = await decide(opened);
      if ("outcome" in next) return next;
      const { secrets } = next;
      if (secrets === credentials.secrets) return { outcome: "changed", endpoint: endpointOf(row), secrets };
      const sealed = sealEndpoint(vault, tenantId, row._id, { ...credentials, secrets });
      const written = await endpoints.update(tenantId, id, row.revision, { sealed });
      if (written.outcome === "unknown") return written;
      if (written.outcome === "changed") {
        await desk.announce(tenantId, row._id);
        return { outcome: "changed", endpoint: written.endpoint, secrets };
      }
    }
    return { outcome: "refused", message: "The endpoint is changed again and again at this moment: try it once more." };
  };

  return {
    async secrets(tenantId, id) {
      const opened = await read(tenantId, id);
      return opened && livingSecrets(opened.credentials.secrets, nowMs());
    },
    rotateSecret: (tenantId, id, rotation = {}) =>
      change(tenantId, id, async ({ row, credentials }) => {
        const profiles = await profilesOf(desk, row);
        return rotationOf(credentials.secrets, profiles, rotation, nowMs());
      }),
    expireSecret: (tenantId, id, secretId) =>
      change(tenantId, id, ({ credentials }) => {
        const rest = withoutSecret(credentials.secrets, secretId, nowMs());
        if (rest.ok) return { secrets: rest.secrets };
        if (rest.why === "unknown") return { outcome: "unknown" };
        return { outcome: "refused", message: "This is the only secret that signs: rotate to another one instead." };
      }),
  };
}

function rotationOf(secrets: EndpointSecret[], profiles: Profile[], rotation: Rotation, nowMs: number): Next {
  const { kind, graceMs = secretGraceMs, id = newSecretId() } = rotation;
  // The request came before.
  if (secrets.some((one) => one.id === id)) return { secrets };
  const kinds = kindsOf(profiles);
  if (kind !== undefined && (rotation.secret !== undefined || !kinds.includes(kind))) {
    const message = `This is for a secret that is made, and with this profile it can be ${kinds.map((one) => `\`${one}\``).join(" or ")}.`;
    return { outcome: "invalid", findings: [{ pointer: "/kind", code: "value", message }] };
  }
  const { secret = newSecret(profiles, kind) } = rotation;
  const fault = secretFault(secret, profiles);
  const findings: Finding[] = fault === undefined ? [] : [{ pointer: "/secret", code: "secret", message: fault }];
  if (!(graceMs >= 0 && graceMs <= secretGraceMsMax)) {
    findings.push({ pointer: "/gracePeriod", code: "range", message: "A grace period is from `0s` to `7d`." });
  }
  if (findings.length > 0) return { outcome: "invalid", findings };
  const next = rotated(secrets, { id, secret }, graceMs, nowMs);
  if (next.ok) return { secrets: next.secrets };
  if (next.why === "repeated") {
    const message = "The endpoint signs with this secret already: give another one.";
    return { outcome: "invalid", findings: [{ pointer: "/secret", code: "repeated", message }] };
  }
  const message = `The endpoint signs with ${secretsMax} secrets at once, which is the most: end one of the earlier ones first.`;
  return { outcome: "refused", message };
}

async function profilesOf({ profiles }: Desk, row: StoredEndpoint): Promise<Profile[]> {
  const { profile, also = [] } = settingsOf(row);
  const found = await Promise.all([profile, ...also].map((id) => profiles.find(row.tenantId, id)));
  return found.filter((one) => one !== undefined);
}
