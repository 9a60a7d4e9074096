// How does a connection get its next token? Under a lease in the database, so that however many ask, the endpoint is asked once.
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpClient } from "../delivery/http.ts";
import type { Failure } from "../model/failure.ts";
import { randomBase62 } from "../model/ids.ts";
import type { ConnectionStore, StoredConnection } from "../store/connections.ts";
import type { Vault } from "../vault/vault.ts";
import { secretsOf } from "./credentials.ts";
import { sealToken, type OpenToken, type Unsealed } from "./open-credentials.ts";
import { fetchToken, type TokenAnswer } from "./token-client.ts";

export type TokenDeps = {
  connections: Pick<ConnectionStore, "takeLease" | "releaseLease" | "putToken" | "coolDown" | "requireReauth">;
  vault: Vault;
  http: Pick<HttpClient, "send">;
  /** The database's clock, in milliseconds. */
  nowMs: () => number;
  /** Reads the connection anew and opens it; undefined when it can no longer be used. */
  reread: (row: StoredConnection) => Promise<Unsealed | undefined>;
};

export type TokenOutcome =
  | { outcome: "ready"; unsealed: Unsealed }
  | { outcome: "unavailable"; failure: Failure; delayMs: number }
  /** The endpoint refuses the credentials; the connection is marked, unless it has been changed meanwhile. */
  | { outcome: "refused"; failure: Failure }
  /** It can no longer be used as it was read. */
  | { outcome: "changed" };

/** Longer than a request for a token takes: nobody else asks as long as it may still be answered. */
const leaseMs = 30_000;
/** How long one caller waits for a token that another one asks for, in milliseconds. */
const waitMsMax = 12_000;
/** After a failure nobody asks again for this long, unless the endpoint said when. */
const cooldownMs = 5_000;
const cooldownMsMax = 10 * 60_000;
const earlyMs = 5 * 60_000;

/**
 * When a token is due to be renewed: at 80 % of its life or 5 minutes before its end, whichever comes first, but never
 * in the first half of its life.
 */
export function renewalDueMs({ obtainedAtMs, expiresAtMs }: Pick<OpenToken, "obtainedAtMs" | "expiresAtMs">): number {
  const lifeMs = expiresAtMs - obtainedAtMs;
  return obtainedAtMs + Math.max(lifeMs / 2, Math.min(lifeMs * 0.8, lifeMs - earlyMs));
}

/** Whether a token may be used now, and is newer than the one that the vendor refused. */
export function isUsable(token: OpenToken | undefined, newerThan: number | undefined, nowMs: number): boolean {
  return token !== undefined && token.expiresAtMs > nowMs && (newerThan === undefined || token.version > newerThan);
}

/** The connection with a token that can be used and is not due, or why there is none. Rejects when the store does not answer. */
export async function ensureToken(
  deps: TokenDeps,
  given: Unsealed,
  newerThan: number | undefined,
): Promise<TokenOutcome> {
  const endMs = deps.nowMs() + waitMsMax;
  let unsealed: Unsealed | undefined = given;
  for (;;) {
    const current: Unsealed = unsealed;
    const now = deps.nowMs();
    const usable = isUsable(current.token, newerThan, now);
    if (usable && current.token !== undefined && renewalDueMs(current.token) > now) return ready(current);
    const outcome = await renewOnce(deps, current, usable);
    if (outcome.outcome !== "again") return outcome;
    // Somebody else is asking: a token that is only due serves until they are done.
    if (usable) return ready(current);
    if (now > endMs) return busy;
    await delay(randomInt(40, 160));
    unsealed = await deps.reread(current.row);
    // Other credentials may be of a kind that has no tokens.
    if (unsealed?.method.token === undefined) return { outcome: "changed" };
  }
}

/** Asks for a token if nobody else does. `again`: what was seen no longer holds, or somebody else is asking. */
async function renewOnce(
  deps: TokenDeps,
  seen: Unsealed,
  isOldUsable: boolean,
): Promise<TokenOutcome | { outcome: "again" }> {
  const { row } = seen;
  const now = deps.nowMs();
  const coolMs = (row.cooldown?.until.getTime() ?? 0) - now;
  if (row.cooldown !== undefined && coolMs > 0) {
    return isOldUsable ? ready(seen) : { outcome: "unavailable", failure: row.cooldown.failure, delayMs: coolMs };
  }
  const key = { tenantId: row.tenantId, id: row._id };
  // One for each request: who comes too late can give back no lease but its own.
  const owner = randomBase62(16);
  if (!(await deps.connections.takeLease(key, row, owner, leaseMs))) return { outcome: "again" };
  const askedAtMs = deps.nowMs();
  const answer = await ask(deps, seen);
  if (answer.outcome === "token") return keep(deps, seen, answer, askedAtMs);
  if (answer.outcome === "refused") {
    // Of other credentials, or another token, the refusal says nothing: the mark is set only if neither has changed.
    await deps.connections.requireReauth(key, versionsOf(row), answer.failure.message);
    await deps.connections.releaseLease(key, owner);
    return answer;
  }
  const delayMs = Math.min(Math.max(answer.retryAfterMs ?? cooldownMs, 1_000), cooldownMsMax);
  await deps.connections.coolDown(key, owner, delayMs, answer.failure);
  return isOldUsable ? ready(seen) : { outcome: "unavailable", failure: answer.failure, delayMs };
}

function ask(deps: TokenDeps, { method, credentials }: Unsealed): Promise<TokenAnswer> {
  const { token: rule } = method;
  if (rule === undefined) throw new Error(`The kind ${method.kind} has no tokens.`);
  return fetchToken({ rule, credentials, secrets: secretsOf(method, credentials), http: deps.http, nowMs: deps.nowMs });
}

/** Writes the token before anybody uses it: one that was used but not stored would be lost with this process. */
async function keep(
  deps: TokenDeps,
  seen: Unsealed,
  answer: Extract<TokenAnswer, { outcome: "token" }>,
  obtainedAtMs: number,
): Promise<TokenOutcome | { outcome: "again" }> {
  const { row } = seen;
  const key = { tenantId: row.tenantId, id: row._id };
  const { accessToken, baseUrl, lifetimeMs } = answer;
  const expiresAtMs = obtainedAtMs + lifetimeMs;
  const secret = { accessToken, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const stored = {
    sealed: sealToken(deps.vault, key, secret),
    obtainedAt: new Date(obtainedAtMs),
    expiresAt: new Date(expiresAtMs),
  };
  if (!(await deps.connections.putToken(key, versionsOf(row), stored))) return { outcome: "again" };
  const tokenVersion = row.tokenVersion + 1;
  const token = { ...secret, version: tokenVersion, obtainedAtMs, expiresAtMs };
  return ready({ ...seen, row: { ...row, token: stored, tokenVersion }, token });
}

function versionsOf({ credentialsVersion, tokenVersion }: StoredConnection) {
  return { credentialsVersion, tokenVersion };
}

function ready(unsealed: Unsealed): TokenOutcome {
  return { outcome: "ready", unsealed };
}

const busy: TokenOutcome = {
  outcome: "unavailable",
  failure: {
    class: "transient",
    code: "token_busy",
    message: "Another process asks for the connection's token and has not got it yet.",
  },
  delayMs: 2_000,
};
