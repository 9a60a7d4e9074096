// With which token is a delivery made? OAuth 2 client credentials of endpoints: asked for once a process, kept, renewed.
import type { TokenRule } from "../connector/contract.ts";
import { fetchToken, type TokenAnswer } from "../connector/token-client.ts";
import type { HttpClient } from "../delivery/http.ts";
import type { Failure } from "../model/failure.ts";
import type { JsonObject } from "../model/json.ts";

/** Where an endpoint's tokens come from (RFC 6749, section 4.4). */
export type TokenSettings = {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  audience?: string;
  /** How the client authenticates: HTTP Basic unless given, or in the body. */
  clientAuth?: "basic" | "post";
};

/** `retryAfterMs`: when the token endpoint wants to be asked again, where it said so. */
export type TokenResult = { ok: true; accessToken: string } | { ok: false; failure: Failure; retryAfterMs?: number };

export type EndpointTokens = {
  /**
   * A token that is good for now. The key names the settings: others need another one, like
   * `<tenant>/<endpoint>/<revision>`. Never rejects.
   */
  tokenFor: (key: string, settings: TokenSettings) => Promise<TokenResult>;
  /**
   * The receiver answered 401: the next attempt gets a new token. With the token that was refused, a newer one that
   * another attempt has brought meanwhile is kept.
   */
  refused: (key: string, accessToken?: string) => void;
};

export type TokenDeps = {
  http: Pick<HttpClient, "send">;
  /** Wall clock, in milliseconds. */
  nowMs: () => number;
  /** How many endpoints' tokens are kept; the one that was used longest ago goes first. */
  keysMax?: number;
};

/** How long a token is taken to live when its answer does not say, in milliseconds. */
const lifetimeMs = 5 * 60_000;
const earlyMs = 60_000;
/** After a failure the token endpoint is left alone for this long, unless it said when: a thousand deliveries may want it. */
const pauseMs = 1_000;
const pauseMsMax = 60_000;
const keysMaxDefault = 10_000;

/** What is known under a key, until a moment of the wall clock. */
type Kept = { result: TokenResult; untilMs: number };

/** Tokens of the endpoints that this process delivers to. Kept in memory only. */
export function createEndpointTokens({ http, nowMs, keysMax = keysMaxDefault }: TokenDeps): EndpointTokens {
  const keptByKey = new Map<string, Kept>();
  const askingByKey = new Map<string, Promise<TokenResult>>();

  const keep = (key: string, kept: Kept): void => {
    keptByKey.delete(key);
    keptByKey.set(key, kept);
    const [oldest] = keptByKey.keys();
    if (keptByKey.size > keysMax && oldest !== undefined) keptByKey.delete(oldest);
  };
  const ask = async (key: string, settings: TokenSettings): Promise<TokenResult> => {
    const startedMs = nowMs();
    const answer = await fetchToken(requestOf(settings, http, nowMs));
    const result = resultOf(answer);
    keep(key, { result, untilMs: answer.outcome === "token" ? renewMs(startedMs, answer) : nowMs() + pauseOf(answer) });
    return result;
  };

  return {
    tokenFor(key, settings) {
      const kept = keptByKey.get(key);
      if (kept !== undefined && nowMs() < kept.untilMs) {
        keep(key, kept);
        return Promise.resolve(kept.result);
      }
      const asking = askingByKey.get(key) ?? ask(key, settings).finally(() => askingByKey.delete(key));
      askingByKey.set(key, asking);
      return asking;
    },
    refused(key, accessToken) {
      const result = keptByKey.get(key)?.result;
      // A pause after a failure is not the receiver's to end.
      if (result?.ok && (accessToken === undefined || accessToken === result.accessToken)) keptByKey.delete(key);
    },
  };
}

/** At 80 % of its life or a minute before its end, whichever comes first, but never in the first half of its life. */
function renewMs(startedMs: number, { lifetimeMs: lifeMs }: { lifetimeMs: number }): number {
  return startedMs + Math.max(lifeMs / 2, Math.min(lifeMs * 0.8, lifeMs - earlyMs));
}

function pauseOf(answer: TokenAnswer): number {
  const askedMs = answer.outcome === "unavailable" ? (answer.retryAfterMs ?? 0) : 0;
  return Math.min(Math.max(askedMs, pauseMs), pauseMsMax);
}

function resultOf(answer: TokenAnswer): TokenResult {
  if (answer.outcome === "token") return { ok: true, accessToken: answer.accessToken };
  const { failure } = answer;
  return answer.outcome === "unavailable" && answer.retryAfterMs !== undefined
    ? { ok: false, failure, retryAfterMs: answer.retryAfterMs }
    : { ok: false, failure };
}

function requestOf(
  settings: TokenSettings,
  http: Pick<HttpClient, "send">,
  nowMs: () => number,
): Parameters<typeof fetchToken>[0] {
  const credentials: JsonObject = { clientId: settings.clientId, clientSecret: settings.clientSecret };
  const rule: TokenRule = {
    grant: "client_credentials",
    url: () => settings.tokenUrl,
    clientAuth: settings.clientAuth ?? "basic",
    scope: () => settings.scope,
    audience: () => settings.audience,
    lifetimeMs,
  };
  return { rule, credentials, secrets: [settings.clientSecret], http, nowMs };
}
