// Where does an action's request go, and with which credentials? The connection is applied here and nowhere else.
import type { Failure } from "../model/failure.ts";
import type { ActionRequest } from "./contract.ts";
import type { OpenConnection } from "./open-connection.ts";
import { readUrl } from "../model/url.ts";

export type Addressed = { ok: true; request: ActionRequest } | { ok: false; failure: Failure };

/** How receivers' logs name us, unless the request says otherwise. */
const userAgent = "Millrace";

/**
 * The request with an absolute URL and what authenticates it. Refused (class `validation` or `blocked`): a relative URL
 * without a base, credentials for another origin than the base URL's, and a header or parameter of the step's own where
 * the connection's would stand.
 */
export function addressRequest(
  request: ActionRequest,
  connection: OpenConnection | undefined,
  connectorBaseUrl: string | undefined,
): Addressed {
  const baseUrl = connection?.baseUrl ?? connectorBaseUrl;
  const url = absoluteUrl(request.url, baseUrl);
  if (url === undefined) {
    return refusal("validation", "url.relative", "The URL is relative, and the connection names no base URL.");
  }
  if (connection === undefined) return { ok: true, request: { ...withUserAgent(request), url } };
  if (baseUrl !== undefined && !isSameOrigin(url, baseUrl)) {
    const message = "The connection's credentials are for another host than the one of this URL.";
    return refusal("blocked", "url.foreign_origin", message);
  }
  const { headers, query } = connection.applied;
  const taken = takenName(Object.keys(headers), Object.keys(request.headers));
  if (taken !== undefined) {
    return refusal("validation", "header.denied", `The header "${taken}" is set by the connection: leave it out.`);
  }
  const parameter = takenName(Object.keys(query), parametersOf(url));
  if (parameter !== undefined) {
    const message = `The query's "${parameter}" is set by the connection: leave it out of the URL.`;
    return refusal("validation", "query.denied", message);
  }
  const applied = { ...withUserAgent(request), url: withParameters(url, query) };
  return { ok: true, request: { ...applied, headers: { ...applied.headers, ...headers } } };
}

/**
 * A request for the next page without the connection's own parameters: vendors repeat the whole query in their links, and
 * the connection sets its own anew.
 */
export function withoutApplied(request: ActionRequest, connection: OpenConnection | undefined): ActionRequest {
  const names = Object.keys(connection?.applied.query ?? {});
  const url = names.length === 0 ? undefined : readUrl(request.url);
  if (url === undefined) return request;
  const repeated = takenNames(names, [...url.searchParams.keys()]);
  for (const name of repeated) url.searchParams.delete(name);
  return repeated.length === 0 ? request : { ...request, url: url.href };
}

/** Whether two URLs have one scheme, host and port (RFC 6454, section 4). False for what is no URL. */
export function isSameOrigin(one: string, other: string): boolean {
  const origin = originOf(one);
  return origin !== undefined && origin === originOf(other);
}

function originOf(url: string): string | undefined {
  return readUrl(url)?.origin;
}

/** What is no path is an address of its own, however wrong: the address rules have the word about it. */
function absoluteUrl(url: string, baseUrl: string | undefined): string | undefined {
  if (url === "") return baseUrl;
  // `//host/path` would be an address of another host.
  if (!url.startsWith("/") || url.startsWith("//")) return url;
  return baseUrl === undefined ? undefined : `${baseUrl.replace(/\/+$/, "")}${url}`;
}

function takenName(names: string[], given: string[]): string | undefined {
  const lower = new Set(given.map((name) => name.toLowerCase()));
  return names.find((name) => lower.has(name.toLowerCase()));
}

/** Those of the given names that are also among the others, as they are spelt there. */
function takenNames(names: string[], given: string[]): string[] {
  const lower = new Set(names.map((name) => name.toLowerCase()));
  return given.filter((name) => lower.has(name.toLowerCase()));
}

function parametersOf(url: string): string[] {
  return [...(readUrl(url)?.searchParams.keys() ?? [])];
}

/** Added behind the URL's own query, whose spelling stays. */
function withParameters(url: string, query: { [name: string]: string }): string {
  const added = new URLSearchParams(query).toString();
  if (added === "") return url;
  const [address = "", ...fragment] = url.split("#");
  const separator = !address.includes("?") ? "?" : /[?&]$/.test(address) ? "" : "&";
  return [`${address}${separator}${added}`, ...fragment].join("#");
}

function withUserAgent(request: ActionRequest): ActionRequest {
  const names = Object.keys(request.headers);
  if (names.some((name) => name.toLowerCase() === "user-agent")) return request;
  return { ...request, headers: { ...request.headers, "user-agent": userAgent } };
}

function refusal(failureClass: Failure["class"], code: string, message: string): Addressed {
  return { ok: false, failure: { class: failureClass, code, message } };
}
