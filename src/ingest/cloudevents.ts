// What event does a CloudEvents 1.0 request hold? Structured, binary and batched mode of its HTTP binding.
//
// A CloudEvent is identified by `id` and `source` together: it keeps its id unless that is taken by another source, and
// has one that joins both then. Extension attributes, `subject` and `dataschema` are dropped: an event of ours has no
// place that flows could read them from.
import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import type { Finding } from "../model/problem.ts";
import {
  checkSource,
  checkTime,
  checkType,
  eventFrom,
  eventsAt,
  invalid,
  isObject,
  malformed,
  memberText,
  missing,
  own,
  wrongType,
  type EnvelopeResult,
  type EventsResult,
} from "./envelope.ts";
import { readJsonText, type JsonScan } from "../model/json-scan.ts";

export const structuredContentType = "application/cloudevents+json";
export const batchContentType = "application/cloudevents-batch+json";

type Attributes = { readonly [name: string]: unknown };
type Headers = { readonly [name: string]: string | string[] | undefined };

const eventIdCharsMax = 128;

/** Whether a request is a CloudEvent in binary mode: its attributes are headers and its body is the data. */
export function isBinaryMode(headers: Headers): boolean {
  return headers["ce-specversion"] !== undefined;
}

/** The event of a body of `application/cloudevents+json`. */
export function readStructured(bytes: Buffer): EnvelopeResult {
  const json = readJsonText(bytes);
  return json.ok ? structuredAt(json.text, json.scan, json.value, "") : malformed(json.detail);
}

/** The events of a body of `application/cloudevents-batch+json`. One that is wrong refuses them all. */
export function readCloudEventsBatch(bytes: Buffer): EventsResult {
  const json = readJsonText(bytes);
  if (!json.ok) return malformed(json.detail);
  if (!Array.isArray(json.value)) return invalid([wrongType("", "an array", json.value)]);
  return eventsAt(json.text, json.scan, json.value, "", structuredAt);
}

/** The event of a request in binary mode. `contentType` is the data's media type, without parameters. */
export function readBinary(headers: Headers, contentType: string | undefined, bytes: Buffer): EnvelopeResult {
  const attributes: Record<string, unknown> = {};
  const findings: Finding[] = [];
  for (const name of ["specversion", "id", "source", "type", "time"]) {
    const header = headers[`ce-${name}`];
    if (header === undefined) continue;
    const value = typeof header === "string" ? decodeHeaderValue(header) : undefined;
    if (value !== undefined) attributes[name] = value;
    else findings.push({ pointer: `/${name}`, code: "format", message: `\`ce-${name}\` cannot be decoded.` });
  }
  if (findings.length > 0) return invalid(findings);
  if (bytes.length === 0) return eventOf(attributes, "", "null");
  if (!isJsonType(contentType)) {
    if (!isUtf8(bytes)) return malformed("The data is neither JSON nor UTF-8 text.");
    return eventOf(attributes, "", JSON.stringify(bytes.toString("utf8")));
  }
  const json = readJsonText(bytes);
  return json.ok ? eventOf(attributes, "", json.text.trim()) : malformed(json.detail);
}

/** Decodes an attribute's header (HTTP binding 1.0.2, section 3.1.3.2): quoted strings, then one round of percent-decoding. */
export function decodeHeaderValue(header: string): string | undefined {
  const unquoted = /^".*"$/.test(header) ? header.slice(1, -1).replace(/\\(.)/g, "$1") : header;
  try {
    return decodeURIComponent(unquoted);
  } catch {
    return undefined;
  }
}

/** An id of ours for an event that `id` and `source` identify together: readable where it fits, else their hash. */
export function joinedId(id: string, source: string): string {
  // With `@` and `%` of the id encoded, the first `@` parts the two: no other pair has the same text.
  const joined = `${id.replace(/[%@]/g, (one) => (one === "%" ? "%25" : "%40"))}@${source}`;
  if (isEventId(joined)) return joined;
  return `ce_${createHash("sha256").update(joined).digest("hex")}`;
}

function isEventId(text: string): boolean {
  return text.length <= eventIdCharsMax && /^[!-~]+$/.test(text);
}

/** One event in structured mode, anywhere in a text. */
function structuredAt(text: string, scan: JsonScan, value: unknown, pointer: string): EnvelopeResult {
  if (!isObject(value)) return invalid([wrongType(pointer, "an object", value)]);
  const data = memberText(text, scan, "data");
  if (!Object.hasOwn(value, "data_base64")) return eventOf(value, pointer, data ?? "null");
  const at = `${pointer}/data_base64`;
  if (data !== undefined) {
    return invalid([{ pointer: at, code: "unknown", message: "An event has `data` or `data_base64`, not both." }]);
  }
  const decoded = decodeBase64(value["data_base64"]);
  const json = decoded && readJsonText(decoded);
  if (!json) return invalid([{ pointer: at, code: "format", message: "This must be base64." }]);
  if (!json.ok) {
    const message = "Only data that is JSON can be taken: send text or binary data as a JSON string in `data`.";
    return invalid([{ pointer: at, code: "format", message }]);
  }
  return eventOf(value, pointer, json.text.trim());
}

function eventOf(attributes: Attributes, pointer: string, dataText: string): EnvelopeResult {
  const findings = [
    ...checkVersion(attributes, pointer),
    ...checkId(attributes, pointer),
    ...(own(attributes, "source") === undefined ? [missing(pointer, "source")] : checkSource(attributes, pointer)),
    ...checkType(attributes, pointer),
    ...checkTime(attributes, pointer, "time"),
  ];
  if (findings.length > 0) return invalid(findings);
  // The checks above leave texts only.
  const { id, source, type, time } = attributes as { id: string; source: string; type: string; time?: string };
  const idWithSource = joinedId(id, source);
  const result = eventFrom({ id: isEventId(id) ? id : idWithSource, type, source, occurredAt: time, dataText });
  return result.ok ? { ...result, event: { ...result.event, idWithSource } } : result;
}

function checkVersion(attributes: Attributes, pointer: string): Finding[] {
  const version = own(attributes, "specversion");
  if (version === undefined) return [missing(pointer, "specversion")];
  if (version === "1.0") return [];
  return [
    { pointer: `${pointer}/specversion`, code: "value", message: "Only CloudEvents 1.0 is known.", suggestion: "1.0" },
  ];
}

function checkId(attributes: Attributes, pointer: string): Finding[] {
  const id = own(attributes, "id");
  if (id === undefined) return [missing(pointer, "id")];
  if (typeof id !== "string") return [wrongType(`${pointer}/id`, "a string", id)];
  if (id.length > 0 && id.length <= 1_024) return [];
  return [{ pointer: `${pointer}/id`, code: "range", message: "An id has 1 to 1,024 characters." }];
}

function isJsonType(contentType: string | undefined): boolean {
  return contentType === undefined || /^(application|text)\/(json|[^;]+\+json)$/.test(contentType);
}

/** Node's decoder skips what it does not know; a text that is no base64 must not become other bytes. */
function decodeBase64(value: unknown): Buffer | undefined {
  if (typeof value !== "string" || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  return Buffer.from(value, "base64");
}
