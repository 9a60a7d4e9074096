// How is a token asked for? One request of OAuth 2 through our own HTTP client, and what its answer means.
import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import {
  allowInsecureRequests,
  clientCredentialsGrant,
  ClientSecretPost,
  Configuration,
  customFetch,
  genericGrantRequest,
  ResponseBodyError,
  type ClientAuth,
  type CustomFetch,
} from "openid-client";
import { classifyStatus, failureOfResult } from "../delivery/classify.ts";
import type { HttpAnswer, HttpClient, HttpResult } from "../delivery/http.ts";
import { parseRetryAfter } from "../delivery/retry-after.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { createRedactor } from "../vault/redact.ts";
import type { TokenRule } from "./contract.ts";
import { readUrl } from "../model/url.ts";

export type TokenAnswer =
  | { outcome: "token"; accessToken: string; lifetimeMs: number; baseUrl?: string }
  /** The credentials themselves are refused: only other ones, or a repair at the vendor's, can help. */
  | { outcome: "refused"; failure: Failure }
  /** For the moment: the endpoint cannot be reached, fails, or wants fewer requests. */
  | { outcome: "unavailable"; failure: Failure; retryAfterMs?: number };

export type TokenRequest = {
  rule: TokenRule;
  /** Members by convention: `clientId`, `clientSecret`, `privateKey` (PEM). */
  credentials: JsonObject;
  /** Replaced in everything that is said about the answer. */
  secrets: readonly string[];
  http: Pick<HttpClient, "send">;
  /** Wall clock, in milliseconds. */
  nowMs: () => number;
};

/** For the whole request, in milliseconds: well below the lease under which it is made. */
export const tokenTimeoutMs = 10_000;
/** How long an assertion may be used, in milliseconds: Salesforce takes three minutes at most. */
const assertionMs = 170_000;
/** What lives longer is asked for again all the same: no moment of a number that somebody sends can be out of range. */
const lifetimeMsMax = 24 * 60 * 60_000;
const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Asks for a token once. Never rejects for what the network or the endpoint does. */
export async function fetchToken(request: TokenRequest): Promise<TokenAnswer> {
  const { rule, credentials } = request;
  const seen: { result?: HttpResult } = {};
  try {
    const config = configure(request, seen);
    const scope = rule.scope?.(credentials);
    const audience = rule.audience?.(credentials);
    const parameters: Record<string, string> = {
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { audience }),
    };
    const answer =
      rule.grant === "client_credentials"
        ? await clientCredentialsGrant(config, parameters)
        : await genericGrantRequest(config, jwtBearerGrant, { ...parameters, assertion: await assertionOf(request) });
    const givenMs = answer.expires_in === undefined ? rule.lifetimeMs : answer.expires_in * 1000;
    const token = { accessToken: answer.access_token, lifetimeMs: Math.min(givenMs, lifetimeMsMax) };
    if (rule.baseUrlMember === undefined) return { outcome: "token", ...token };
    const baseUrl = answer[rule.baseUrlMember];
    const isAddress = typeof baseUrl === "string" && readUrl(baseUrl) !== undefined;
    return isAddress ? { outcome: "token", ...token, baseUrl } : withoutAddress(rule.baseUrlMember);
  } catch (error) {
    return meaningOf(error, seen.result, request);
  }
}

function configure({ rule, credentials, http }: TokenRequest, seen: { result?: HttpResult }): Configuration {
  const url = rule.url(credentials);
  // An address that cannot be read is refused by the HTTP client, with its own words.
  const issuer = readUrl(url)?.origin ?? "https://invalid.example";
  const clientId = textOf(credentials["clientId"]) || "none";
  const config = new Configuration(
    { issuer, token_endpoint: url },
    clientId,
    undefined,
    clientAuthOf(rule, credentials),
  );
  // Whether plain HTTP may be used is for the address rules, which every request passes.
  allowInsecureRequests(config);
  config.timeout = (tokenTimeoutMs + 1_000) / 1000;
  config[customFetch] = async (_, options) => {
    // As it was given: the library's reading of it leaves out characters that the address rules refuse.
    seen.result = await http.send({ ...requestOf(options), url, timeoutMs: tokenTimeoutMs });
    if (!seen.result.ok) throw new NoAnswer();
    return normalised(seen.result, rule);
  };
  return config;
}

/** The endpoint did not answer; why stands in what was sent. */
class NoAnswer extends TypeError {}

function requestOf(options: Parameters<CustomFetch>[1]) {
  const body = options.body instanceof URLSearchParams ? options.body.toString() : "";
  return { method: options.method, headers: { ...options.headers, "user-agent": "Millrace" }, body };
}

function clientAuthOf({ clientAuth }: TokenRule, credentials: JsonObject): ClientAuth {
  const secret = textOf(credentials["clientSecret"]);
  if (clientAuth === "basic") return basicAuth(textOf(credentials["clientId"]), secret);
  if (clientAuth === "post") return ClientSecretPost(secret);
  // The assertion says who asks: nothing is added to the request.
  return () => {};
}

/** RFC 6749, section 2.3.1. The library's own encodes hyphens too, which endpoints that decode nothing do not take. */
function basicAuth(clientId: string, secret: string): ClientAuth {
  const encoded = [clientId, secret].map((text) => new URLSearchParams([["", text]]).toString().slice(1));
  const pair = Buffer.from(encoded.join(":")).toString("base64");
  return (_server, _client, _body, headers) => headers.set("authorization", `Basic ${pair}`);
}

/** RFC 7523, section 3. */
async function assertionOf({ rule, credentials, nowMs }: TokenRequest): Promise<string> {
  const { iss, sub, aud } = rule.claims?.(credentials) ?? { iss: "", sub: "", aud: "" };
  const key = createPrivateKey(textOf(credentials["privateKey"]));
  const atS = Math.floor(nowMs() / 1000);
  return new SignJWT({ iss, sub, aud })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuedAt(atS)
    .setExpirationTime(atS + assertionMs / 1000)
    .sign(key);
}

/**
 * An answer as RFC 6749 wants it. Vendors send forms instead of JSON, errors with status 200, and types of tokens that
 * are no `bearer`; what is not needed here is left out.
 */
function normalised(answer: HttpAnswer, rule: TokenRule): Response {
  const given = bodyOf(answer);
  const error = errorOf(given);
  const status = answer.status === 200 && error !== undefined ? 400 : answer.status;
  const seconds = Number(given["expires_in"]);
  const base = rule.baseUrlMember === undefined ? undefined : given[rule.baseUrlMember];
  const body = {
    ...(error === undefined ? {} : { error, error_description: textOf(given["error_description"]) }),
    access_token: given["access_token"],
    token_type: "bearer",
    ...(seconds > 0 ? { expires_in: seconds } : {}),
    ...(rule.baseUrlMember === undefined || base === undefined ? {} : { [rule.baseUrlMember]: base }),
  };
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

function bodyOf({ body, truncated }: HttpAnswer): JsonObject {
  const text = truncated ? "" : body.toString("utf8");
  try {
    // JSON.parse answers nothing but JSON.
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return text.includes("=") && !text.includes("<") ? Object.fromEntries(new URLSearchParams(text)) : {};
  }
}

/** The `error` of an answer (RFC 6749, section 5.2); also where it says so by `ok: false` alone. */
function errorOf(body: JsonObject): string | undefined {
  const error = body["error"];
  if (typeof error === "string") return /^[\w.:-]{1,64}$/.test(error) ? error : "unknown_error";
  return body["ok"] === false || (typeof error === "object" && error !== null) ? "unknown_error" : undefined;
}

/** Errors of an OAuth answer that pass by themselves. */
const passing = new Set([
  "temporarily_unavailable",
  "server_error",
  "slow_down",
  "rate_limit_exceeded",
  "unknown_error",
]);

function meaningOf(error: unknown, result: HttpResult | undefined, request: TokenRequest): TokenAnswer {
  if (result === undefined) return { outcome: "refused", failure: unusable };
  const failure = failureOf(result);
  if (!result.ok) return { outcome: "unavailable", failure };
  const retryAfterMs = parseRetryAfter(result.headers["retry-after"], request.nowMs());
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  const isPassing = ["transient", "rate_limited"].includes(classifyStatus(result.status) ?? "");
  if (error instanceof ResponseBodyError && !isPassing) return meaningOfError(error, request.secrets, later);
  // Without a word of OAuth's, only 401 is about the credentials (RFC 6749, section 5.2).
  return result.status === 401 ? { outcome: "refused", failure } : { outcome: "unavailable", failure, ...later };
}

function meaningOfError(
  { error, error_description: about, status }: ResponseBodyError,
  secrets: readonly string[],
  later: { retryAfterMs?: number },
): TokenAnswer {
  const redact = createRedactor(secrets);
  // What may stand in a code may be a secret's text, too.
  const code = redact(error);
  // Replaced before it is cut: half a secret would not be known as one.
  const description = about ? `: ${redact(about).slice(0, 200)}` : "";
  const message = `The token endpoint answered ${code}${description}.`;
  // Salesforce says `invalid_grant` of somebody who only asks too often.
  if (passing.has(code) || /rate (limit )?exceeded/i.test(description)) {
    return { outcome: "unavailable", failure: { class: "transient", code, message, status }, ...later };
  }
  return { outcome: "refused", failure: { class: "auth_revoked", code, message, status } };
}

/** A token that could be kept for an hour, and that no request could be sent with. */
function withoutAddress(member: string): TokenAnswer {
  const message = `The token endpoint's answer holds no address in "${member}", so nobody knows where requests go.`;
  return { outcome: "unavailable", failure: { class: "transient", code: "token_answer", message } };
}

/** Only building the request can fail before it is sent: a key that is none, an address that cannot be read. */
const unusable: Failure = {
  class: "auth_revoked",
  code: "token_request",
  message: "The credentials cannot be used to ask for a token: the key or the address cannot be read.",
};

function failureOf(result: HttpResult): Failure {
  const failure = failureOfResult(result);
  if (failure !== undefined) return { ...failure, message: `The token endpoint: ${failure.message}` };
  return { class: "transient", code: "token_answer", message: "The token endpoint's answer holds no token." };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
