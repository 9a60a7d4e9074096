// How does a stored endpoint become one that can be sent to? Its durations in numbers, its profiles found, its secrets open.
import { createHash } from "node:crypto";
import type { Profile } from "../delivery/profile.ts";
import { parseDuration } from "../flow/duration.ts";
import { resolveRetry } from "../flow/retry.ts";
import {
  endpointDefaults,
  type BreakerRule,
  type EndpointCredentials,
  type EndpointSettings,
  type RateLimit,
} from "../model/endpoint.ts";
import type { TenantId } from "../model/ids.ts";
import { settingsOf, type StoredEndpoint } from "../store/endpoint-row.ts";
import type { Vault } from "../vault/vault.ts";
import { filterOf } from "./check-content.ts";
import { unsealEndpoint } from "./credentials.ts";
import type { BreakerLimits, OpenEndpoint } from "./open-endpoint.ts";
import { withSealedHeaders } from "./secret-headers.ts";

export type OpenDeps = {
  vault: Pick<Vault, "open">;
  profileOf(tenantId: TenantId, id: string): Profile | undefined;
};

/** Why an endpoint cannot be opened: a profile that it names is not there, or not yet. */
export class ProfileMissing extends Error {
  readonly profile: string;

  constructor(profile: string) {
    super(`The profile "${profile}" does not exist.`);
    this.name = "ProfileMissing";
    this.profile = profile;
  }
}

/** The endpoint ready for sending. Throws ProfileMissing, and VaultError when what is sealed does not open. */
export function openEndpoint(stored: StoredEndpoint, { vault, profileOf }: OpenDeps): OpenEndpoint {
  const credentials = unsealEndpoint(vault, stored);
  const settings = withSealedHeaders(settingsOf(stored), credentials);
  const named = (id: string): Profile => {
    const profile = profileOf(stored.tenantId, id);
    if (profile === undefined) throw new ProfileMissing(id);
    return profile;
  };
  const profile = named(settings.profile);
  const rate = rateOf(settings.rateLimit ?? profile.rateLimit);
  const breaker = breakerOf(settings.breaker);
  return {
    id: stored._id,
    tenantId: stored.tenantId,
    revision: stored.revision,
    status: stored.status,
    settings,
    profile,
    also: (settings.also ?? []).map(named),
    ...(settings.filter === undefined ? {} : { filter: filterOf(settings.filter) }),
    retry: resolveRetry(settings.retry ?? profile.retry),
    timeouts: {
      ...profile.timeouts,
      ...(settings.timeout === undefined ? {} : { totalMs: milliseconds(settings.timeout) }),
    },
    ...(rate === undefined ? {} : { rate }),
    concurrency: settings.concurrency ?? endpointDefaults.concurrency,
    ...(breaker === undefined ? {} : { breaker }),
    ...(settings.batch === undefined
      ? {}
      : { batch: { max: settings.batch.max, forMs: milliseconds(settings.batch.for) } }),
    secrets: credentials.secrets,
    ...sealedPartsOf(settings, credentials),
    health: stored.health,
  };
}

/** What of an open endpoint is made of settings and sealed texts together. */
function sealedPartsOf(
  { tls, oauth2, encryption }: EndpointSettings,
  { tlsKey, clientSecret }: EndpointCredentials,
): Pick<OpenEndpoint, "identity" | "oauth2" | "encryptionKey"> {
  return {
    ...(tls !== undefined && tlsKey !== undefined ? { identity: identityOf(tls, tlsKey) } : {}),
    ...(oauth2 !== undefined && clientSecret !== undefined ? { oauth2: { ...oauth2, clientSecret } } : {}),
    ...(encryption === undefined ? {} : { encryptionKey: encryption.key }),
  };
}

/** The id says what is in it without showing it: connections are shared by ids. */
function identityOf({ certificate, ca }: NonNullable<EndpointSettings["tls"]>, key: string) {
  const id = createHash("sha256")
    .update(JSON.stringify([certificate, key, ca ?? ""]))
    .digest("base64url");
  return { id, cert: certificate, key, ...(ca === undefined ? {} : { ca }) };
}

function rateOf(limit: RateLimit | undefined): OpenEndpoint["rate"] {
  if (limit === undefined) return undefined;
  return { perMs: milliseconds(limit.per) / limit.max, burst: limit.max };
}

function breakerOf(rule: BreakerRule | false | undefined): BreakerLimits | undefined {
  if (rule === false) return undefined;
  const { share, min, within, open } = { ...endpointDefaults.breaker, ...rule };
  return { share, min, withinMs: milliseconds(within), openMs: milliseconds(open) };
}

/** Durations were checked when they were saved. */
function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`${text} is not a duration`);
  return ms;
}
