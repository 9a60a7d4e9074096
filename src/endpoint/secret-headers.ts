// Which headers of an endpoint are kept sealed? Those that are secret by their name: their values are never shown again.
import type { EndpointCredentials, EndpointSettings } from "../model/endpoint.ts";
import type { EndpointGiven } from "../model/endpoint-given.ts";
import type { Finding } from "../model/problem.ts";
import { maskHeaders, redactedMark } from "../vault/redact.ts";
import { readUrl } from "../model/url.ts";

type Headers = { [name: string]: string };

/** Settings as they are stored and shown: a mark stands for each value that is sealed. */
export function withMarks<Settings extends { headers?: Headers }>(settings: Settings): Settings {
  return settings.headers === undefined ? settings : { ...settings, headers: maskHeaders(settings.headers) };
}

/** The values that are to be sealed, by their names in lower case. The mark keeps the one that stood there before. */
export function sealedHeaders(
  headers: Headers | undefined,
  before: EndpointCredentials["headers"] = {},
): Pick<EndpointCredentials, "headers"> {
  const sealed = secretEntries(headers).flatMap(([name, value]): [string, string][] => {
    const kept = value === redactedMark ? keptValue(before, name) : value;
    return kept === undefined ? [] : [[name.toLowerCase(), kept]];
  });
  return sealed.length === 0 ? {} : { headers: Object.fromEntries(sealed) };
}

/** Settings with the sealed values at their places again, for sending. */
export function withSealedHeaders(
  settings: EndpointSettings,
  { headers: sealed }: EndpointCredentials,
): EndpointSettings {
  const { headers } = settings;
  if (headers === undefined || sealed === undefined) return settings;
  const opened = Object.entries(headers).map(([name, value]) => [name, keptValue(sealed, name) ?? value]);
  return { ...settings, headers: Object.fromEntries(opened) };
}

/** The values of headers that are secret by their name. */
export function secretHeaderValues(headers: Headers | undefined): string[] {
  return secretEntries(headers).map(([, value]) => value);
}

type Before = { settings: EndpointSettings; credentials: EndpointCredentials };

/** Marks that stand for nothing, or for what was given for another receiver: a value that is kept is not sent elsewhere. */
export function markFindings({ headers, url }: EndpointGiven, before: Before | undefined): Finding[] {
  const isMoved = before !== undefined && originOf(before.settings.url) !== originOf(url);
  return secretEntries(headers).flatMap(([name, value]): Finding[] => {
    if (value !== redactedMark) return [];
    const isKept = keptValue(before?.credentials.headers ?? {}, name) !== undefined;
    if (isKept && !isMoved) return [];
    const message = isKept
      ? "With a `url` of another origin the value of this header has to be given again: it is not sent elsewhere by itself."
      : "The value of this header is missing: it is kept sealed, and not in what is shown or exported.";
    return [{ pointer: `/headers/${pointerPart(name)}`, code: "required", message }];
  });
}

function secretEntries(headers: Headers = {}): [name: string, value: string][] {
  const marked = maskHeaders(headers);
  return Object.entries(headers).filter(([name]) => marked[name] === redactedMark);
}

function keptValue(sealed: Headers, name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(sealed, key) ? sealed[key] : undefined;
}

function originOf(url: string): string {
  return readUrl(url)?.origin ?? url;
}

/** As JSON Pointer writes a name (RFC 6901). */
function pointerPart(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
