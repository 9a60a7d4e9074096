// Which header names and values may a user give to a request?
import type { Finding } from "../model/problem.ts";

/** Most headers in one request. */
export const headersMax = 100;
/** One value, in bytes. */
export const headerValueBytesMax = 4096;
/** Names, values and their separators together, in bytes. */
export const headerBytesMax = 16 * 1024;

/** Hop-by-hop headers (RFC 9110 §7.6.1), and those that decide where a message begins, ends or goes. */
const denied = new Set([
  "accept-encoding",
  "alt-used",
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-real-ip",
]);

/**
 * `webhook-` and `svix-` hold the id, the time and the signature of a delivery, in the two spellings that libraries read:
 * forged ones would look like ours.
 */
const deniedPrefixes = ["proxy-", "x-forwarded-", "webhook-", "svix-"];

/**
 * What a delivery to an endpoint says about its body and by whom it is signed, whatever the profile: `reserved` there,
 * beside the profile's own names. `signature`: RFC 9421; `content-digest`: RFC 9530.
 */
export const deliveryHeaderNames = [
  "content-type",
  "content-encoding",
  "content-digest",
  "repr-digest",
  "digest",
  "signature",
  "signature-input",
] as const;

/**
 * What is wrong with headers that a user gives; none when they may be sent. Pointers begin at the headers object.
 * Token syntax by RFC 9110 §5.6.2, values by §5.5. `reserved` names are refused too (those that a profile sets). Names
 * are sent as they are written: case means nothing to HTTP, but something to some receivers.
 */
export function checkHeaders(headers: Readonly<Record<string, unknown>>, reserved: readonly string[] = []): Finding[] {
  const names = Object.keys(headers);
  if (names.length > headersMax) {
    return [{ pointer: "", code: "header.too_many", message: `There are more than ${headersMax} headers.` }];
  }
  const findings: Finding[] = [];
  const reservedNames = new Set(reserved.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  let bytes = 0;
  for (const name of names) {
    const value = headers[name];
    const lower = name.toLowerCase();
    const found = seen.has(lower) ? duplicate : (checkName(lower, reservedNames) ?? checkValue(value));
    if (found) findings.push({ pointer: `/${escapePointer(name)}`, ...found });
    seen.add(lower);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(String(value)) + 4;
  }
  if (bytes > headerBytesMax) {
    findings.push({ pointer: "", code: "header.too_large", message: "The headers are larger than 16 KB in all." });
  }
  return findings;
}

/** Whether one value may be sent: visible Latin-1 characters, spaces and tabs. CR, LF and NUL would end the header. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** Whether nobody but the connection, or a proxy on the way, sets this header; `name` in lower case. No profile can either. */
export function isReservedHeader(name: string): boolean {
  return denied.has(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-");
}

type Verdict = Omit<Finding, "pointer">;

const duplicate: Verdict = {
  code: "header.duplicate",
  message: "The header is given twice; case makes no difference.",
};

const tooLong: Verdict = {
  code: "header.value_too_long",
  message: `A header value has at most ${headerValueBytesMax} bytes.`,
};

function checkName(lower: string, reserved: ReadonlySet<string>): Verdict | undefined {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower)) {
    return { code: "header.name", message: "A header name holds letters, digits and !#$%&'*+-.^_`|~ only." };
  }
  if (denied.has(lower) || reserved.has(lower) || deniedPrefixes.some((prefix) => lower.startsWith(prefix))) {
    return { code: "header.denied", message: `The header "${lower}" is set by the connection or the delivery itself.` };
  }
  return undefined;
}

function checkValue(value: unknown): Verdict | undefined {
  if (typeof value === "string" && isHeaderValue(value)) {
    // Latin-1: one byte a character.
    return value.length <= headerValueBytesMax ? undefined : tooLong;
  }
  return { code: "header.value", message: "A header value is text of Latin-1 characters without line breaks." };
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
