// How does each kind of authentication change a request?
import type { JsonObject } from "../model/json.ts";
import type { AppliedAuth, AuthMethod } from "./contract.ts";

const nothing: AppliedAuth = { headers: {}, query: {} };

/**
 * What requests of a connection carry. `token` is the access token of methods that have a token rule. Members of the
 * credentials by kind: `token` · `username`, `password` · `key`, `name`, `in`.
 */
export function applyAuth(method: AuthMethod, credentials: JsonObject, token: string | undefined): AppliedAuth {
  if (method.apply !== undefined) return method.apply(credentials, token);
  switch (method.kind) {
    case "bearer":
      return bearer(textOf(credentials, "token"));
    case "oauth2":
    case "jwtBearer":
      return bearer(token ?? "");
    case "basic":
      return basic(textOf(credentials, "username"), textOf(credentials, "password"));
    case "apiKey":
      return apiKey(credentials);
    // The address is the secret of the one, and the signature is made per request for the other.
    case "webhookUrl":
    case "signing":
      return nothing;
  }
}

/** Where relative URLs begin, without a trailing slash; undefined when the connection does not say. */
export function baseUrlOf(
  method: AuthMethod,
  credentials: JsonObject,
  ofToken: string | undefined,
): string | undefined {
  // An incoming webhook's address is used as it stands.
  if (method.kind === "webhookUrl") return method.baseUrl?.(credentials) ?? textOf(credentials, "webhookUrl");
  return (ofToken ?? method.baseUrl?.(credentials))?.replace(/\/+$/, "");
}

/** What webhooks are signed with, newest first; undefined for other kinds. */
export function signingSecretsOf(method: AuthMethod, credentials: JsonObject): string[] | undefined {
  if (method.kind !== "signing") return undefined;
  const list = credentials["secrets"] ?? [credentials["secret"] ?? ""];
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

/** RFC 6750, section 2.1. */
function bearer(token: string): AppliedAuth {
  return { headers: { authorization: `Bearer ${token}` }, query: {} };
}

/** RFC 7617, in UTF-8. */
function basic(username: string, password: string): AppliedAuth {
  const pair = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
  return { headers: { authorization: `Basic ${pair}` }, query: {} };
}

const apiKeyHeader = "X-Api-Key";

function apiKey(credentials: JsonObject): AppliedAuth {
  const key = textOf(credentials, "key");
  const name = textOf(credentials, "name") || apiKeyHeader;
  return credentials["in"] === "query"
    ? { headers: {}, query: { [name]: key } }
    : { headers: { [name]: key }, query: {} };
}

function textOf(credentials: JsonObject, name: string): string {
  const value = credentials[name];
  return typeof value === "string" ? value : "";
}
