// Who is calling? API keys as bearer tokens, verified against their stored hashes; and the key that a scripted set-up brings.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ConfigError } from "../config.ts";
import { isWithin, parseAddress, parseNetworks } from "../delivery/address-ranges.ts";
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

type Networks = ReturnType<typeof parseNetworks>;
/** `uses` have not been noted yet. */
type Verified = { principal: Principal; untilMs: number; networks: Networks | undefined; uses: number };

export type Authenticator = Authenticate & {
  /** Looks this key up at its next use: it was changed. */
  forget(keyId: string): void;
};

/**
 * Finds out who is calling. Throws AppError `auth.missing`, `auth.invalid`, or `rate.limited` for an address that has
 * failed too often. A key of the wrong form or checksum costs no look at the database.
 */
export function createAuthenticator(deps: {
  apiKeys: Pick<ApiKeyStore, "find"> & Partial<Pick<ApiKeyStore, "noteUses">>;
  nowMs?: () => number;
  limit?: AddressLimit;
}): Authenticator {
  const { apiKeys, nowMs = Date.now, limit = createAddressLimit({ nowMs }) } = deps;
  const memory = createKeyMemory(nowMs);
  const refuse = (request: IncomingMessage, error: AppError): never => {
    limit.fail(request.socket.remoteAddress);
    throw error;
  };
  const look = async (request: IncomingMessage, token: string, key: ParsedApiKey): Promise<Principal> => {
    const stored = await answerInTime(apiKeys.find(key.id));
    if (!stored || !isSameHash(stored.hash, key.hash) || !isUsable(stored, nowMs()))
      return refuse(request, invalidKey());
    const { verified, usesBefore } = memory.remember(key.hash, stored);
    const principal = use(request, verified);
    memory.keep(token, key);
    // With this one, which is the newest. Nobody waits for it, and a count that is lost is no loss.
    verified.uses = 0;
    void apiKeys.noteUses?.(stored._id, usesBefore + 1, new Date(nowMs())).catch(() => undefined);
    return principal;
  };

  const authenticate: Authenticate = (request) => {
    const token = bearerOf(request.headers.authorization);
    const key = token === undefined ? undefined : memory.parse(token);
    // A sender that is known to be good is not made to pay for its neighbours behind the same address.
    const verified = key && memory.of(key.hash);
    if (verified) return use(request, verified);
    const waitMs = limit.waitMs(request.socket.remoteAddress);
    if (waitMs > 0) {
      const detail = "Too many requests without a valid API key came from this address.";
      throw new AppError("rate.limited", { detail, retryAfterMs: waitMs });
    }
    if (token === undefined) {
      const detail = "Send an API key: `Authorization: Bearer mr_live_…`.";
      return refuse(request, new AppError("auth.missing", { detail }));
    }
    return key ? look(request, token, key) : refuse(request, invalidKey());
  };
  return Object.assign(authenticate, { forget: memory.forget });
}

/** Keys that were verified a moment ago, by their hashes. */
function createKeyMemory(nowMs: () => number) {
  const verifiedByHash = new Map<string, Verified>();
  // A key comes with every request: its checksum and hash are made once. Only of keys that were verified.
  const parsedByToken = new Map<string, ParsedApiKey>();
  return {
    parse: (token: string): ParsedApiKey | undefined => parsedByToken.get(token) ?? parseApiKey(token),
    /** This text is a key that has been verified. */
    keep(token: string, key: ParsedApiKey): void {
      if (parsedByToken.size >= keysMax) parsedByToken.clear();
      parsedByToken.set(token, key);
    },
    of(hash: string): Verified | undefined {
      const verified = verifiedByHash.get(hash);
      return verified && verified.untilMs > nowMs() ? verified : undefined;
    },
    /** `usesBefore`: how often it was used since it was last looked up. */
    remember(hash: string, stored: StoredApiKey): { verified: Verified; usesBefore: number } {
      const principal = { tenantId: stored.tenantId, keyId: stored._id, scopes: new Set(stored.scopes) };
      const untilMs = Math.min(nowMs() + keyTrustMs, stored.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
      const networks = stored.allowedIps && parseNetworks(stored.allowedIps);
      const usesBefore = verifiedByHash.get(hash)?.uses ?? 0;
      const verified: Verified = { principal, untilMs, networks, uses: 0 };
      verifiedByHash.delete(hash);
      verifiedByHash.set(hash, verified);
      const [oldest] = verifiedByHash.keys();
      if (verifiedByHash.size > keysMax && oldest !== undefined) verifiedByHash.delete(oldest);
      return { verified, usesBefore };
    },
    forget(keyId: string): void {
      for (const [hash, { principal }] of verifiedByHash) if (principal.keyId === keyId) verifiedByHash.delete(hash);
    },
  };
}

function use(request: IncomingMessage, verified: Verified): Principal {
  if (verified.networks && !isFrom(request.socket.remoteAddress, verified.networks)) throw foreignAddress();
  verified.uses++;
  return verified.principal;
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

/** Whether the other end of the connection lies in a key's networks. Behind a proxy that is the proxy's address. */
function isFrom(address: string | undefined, networks: Networks): boolean {
  const parsed = parseAddress(address ?? "");
  return parsed !== undefined && isWithin(parsed, networks);
}

function foreignAddress(): AppError {
  return new AppError("auth.scope", { detail: "The API key may not be used from this address: see its allowed IPs." });
}

/** One answer for every kind of wrong key: which of them it is, is nobody's business. */
function invalidKey(): AppError {
  return new AppError("auth.invalid", { detail: "The API key is not known, has expired or was revoked." });
}
