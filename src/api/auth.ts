// Who is calling? API keys as bearer tokens, verified against their stored hashes; and the key that a scripted set-up brings.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ConfigError } from "../config.ts";
import type { Log } from "../log.ts";
import { parseApiKey, type ParsedApiKey } from "../model/api-key.ts";
import { AppError } from "../model/errors.ts";
import type { TenantId } from "../model/ids.ts";
import { scopes, type Scope } from "../model/scope.ts";
import type { ApiKeyStore, StoredApiKey } from "../store/api-keys.ts";
import { answerInTime } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import { createAddressLimit, type AddressLimit } from "./address-limit.ts";

export type Principal = { tenantId: TenantId; keyId: string; scopes: ReadonlySet<Scope> };
export type Authenticate = (request: IncomingMessage) => Promise<Principal> | Principal;

/** How long a verified key is trusted without a look at the database, in milliseconds: a revoked one works no longer. */
export const keyTrustMs = 30_000;
const keysMax = 5_000;

type Verified = { principal: Principal; untilMs: number };

/**
 * Finds out who is calling. Throws AppError `auth.missing`, `auth.invalid`, or `rate.limited` for an address that has
 * failed too often. A key of the wrong form or checksum costs no look at the database.
 */
export function createAuthenticator(deps: {
  apiKeys: Pick<ApiKeyStore, "find">;
  nowMs?: () => number;
  limit?: AddressLimit;
}): Authenticate {
  const { apiKeys, nowMs = Date.now, limit = createAddressLimit({ nowMs }) } = deps;
  const verifiedByHash = new Map<string, Verified>();

  const trusted = (key: ParsedApiKey): Principal | undefined => {
    const verified = verifiedByHash.get(key.hash);
    return verified && verified.untilMs > nowMs() ? verified.principal : undefined;
  };
  const refuse = (request: IncomingMessage, error: AppError): never => {
    limit.fail(request.socket.remoteAddress);
    throw error;
  };
  const look = async (request: IncomingMessage, key: ParsedApiKey): Promise<Principal> => {
    const stored = await answerInTime(apiKeys.find(key.id));
    if (!stored || !isSameHash(stored.hash, key.hash) || !isUsable(stored, nowMs()))
      return refuse(request, invalidKey());
    const principal = { tenantId: stored.tenantId, keyId: stored._id, scopes: new Set(stored.scopes) };
    const untilMs = Math.min(nowMs() + keyTrustMs, stored.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    verifiedByHash.delete(key.hash);
    verifiedByHash.set(key.hash, { principal, untilMs });
    const [oldest] = verifiedByHash.keys();
    if (verifiedByHash.size > keysMax && oldest !== undefined) verifiedByHash.delete(oldest);
    return principal;
  };

  return (request) => {
    const token = bearerOf(request.headers.authorization);
    const key = token === undefined ? undefined : parseApiKey(token);
    // A sender that is known to be good is not made to pay for its neighbours behind the same address.
    const principal = key && trusted(key);
    if (principal) return principal;
    const waitMs = limit.waitMs(request.socket.remoteAddress);
    if (waitMs > 0) {
      const detail = "Too many requests without a valid API key came from this address.";
      throw new AppError("rate.limited", { detail, retryAfterMs: waitMs });
    }
    if (token === undefined) {
      const detail = "Send an API key: `Authorization: Bearer mr_live_…`.";
      return refuse(request, new AppError("auth.missing", { detail }));
    }
    return key ? look(request, key) : refuse(request, invalidKey());
  };
}

/**
 * Makes the key of the configuration usable: a key with every scope, for the tenant of this installation. Throws
 * ConfigError when it is no API key, or stands for another tenant.
 */
export async function ensureBootstrapKey(
  store: Pick<Store, "tenants" | "apiKeys">,
  key: string,
  log: Log,
): Promise<TenantId> {
  const parsed = parseApiKey(key);
  if (!parsed) {
    throw new ConfigError(["MILLRACE_BOOTSTRAP_KEY is not an API key: make one with `millrace key`."]);
  }
  const tenantId = await store.tenants.ensureBootstrap("default");
  const found = await store.apiKeys.find(parsed.id);
  if (found && (found.tenantId !== tenantId || !isSameHash(found.hash, parsed.hash))) {
    throw new ConfigError([
      "MILLRACE_BOOTSTRAP_KEY has the id of another API key: make a new one with `millrace key`.",
    ]);
  }
  if (found?.revokedAt) {
    throw new ConfigError(["MILLRACE_BOOTSTRAP_KEY has been revoked: make a new one with `millrace key`."]);
  }
  if (found && scopes.every((scope) => found.scopes.includes(scope))) return tenantId;
  const stored: StoredApiKey = {
    _id: parsed.id,
    tenantId,
    name: "bootstrap",
    hash: parsed.hash,
    scopes: [...scopes],
    createdAt: found?.createdAt ?? new Date(),
  };
  await store.apiKeys.put(stored);
  log.info({ tenantId, keyId: parsed.id }, "the bootstrap key is usable");
  return tenantId;
}

/** The token of an Authorization header (RFC 6750, section 2.1). */
function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
}

/** Compares digests, not strings: `===` would tell by its time how many characters matched. */
function isSameHash(stored: string, given: string): boolean {
  const [a, b] = [Buffer.from(stored), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isUsable(key: StoredApiKey, nowMs: number): boolean {
  return key.revokedAt === undefined && (key.expiresAt === undefined || key.expiresAt.getTime() > nowMs);
}

/** One answer for every kind of wrong key: which of them it is, is nobody's business. */
function invalidKey(): AppError {
  return new AppError("auth.invalid", { detail: "The API key is not known, has expired or was revoked." });
}
