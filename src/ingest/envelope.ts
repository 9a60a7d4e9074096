// What event do the bytes of a publish hold? Checked by hand, since each event pays for it; `data` keeps its exact spelling.
import { dataBytesMax, eventTypeSchema, publishSchema, type Event } from "../model/event.ts";
import { newId, type EventId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { didYouMean } from "../flow/suggest.ts";
import { readJsonText, scanJson, type JsonScan } from "../model/json-scan.ts";

/** Why bytes are no event. `malformed`: no JSON at all; `too_large`: the data is; `invalid`: the findings say. */
export type EventRefusal = {
  ok: false;
  why: "malformed" | "too_large" | "invalid";
  detail: string;
  findings: Finding[];
};
export type EnvelopeResult = { ok: true; event: Event } | EventRefusal;
/** `pointer` leads to the list in which the events stand. */
export type EventsResult = { ok: true; events: Event[]; pointer: string } | EventRefusal;

/** What stands around `data` at most, in bytes: longest id, type and source, escaped, with room for white space. */
export const envelopeBytesMax = 16 * 1024;
/** Most events of one batch. */
export const batchEventsMax = 100;
/** A hostile body can break rules without end: nobody reads more findings than these. */
const findingsMax = 200;

type Members = { readonly [name: string]: unknown };

const members = ["type", "data", "id", "occurredAt", "source"];
const properties = publishSchema["properties"] as { [member: string]: JsonSchema }; // As it stands in model/event.ts.
const typePattern = new RegExp(String(eventTypeSchema["pattern"]));
const typeCharsMax = Number(eventTypeSchema["maxLength"]);
const idPattern = new RegExp(String(properties["id"]?.["pattern"]));
const sourcePattern = new RegExp(String(properties["source"]?.["pattern"]));
const sourceCharsMax = Number(properties["source"]?.["maxLength"]);

/** Makes the ids of events that bring none. */
type MakeId = () => EventId;
const makeEventId: MakeId = () => newId("evt");

/** The event of a `POST /v1/events`: defaults filled in, every finding at once. */
export function readEnvelope(bytes: Buffer, makeId?: MakeId): EnvelopeResult {
  const json = readJsonText(bytes);
  return json.ok ? eventAt(json.text, json.scan, json.value, "", makeId) : malformed(json.detail);
}

/** The events of a batch: a JSON array, or an object with `events`. One that is wrong refuses them all. */
export function readBatch(bytes: Buffer, makeId?: MakeId): EventsResult {
  const readOne: ReadEvent = (text, scan, value, pointer) => eventAt(text, scan, value, pointer, makeId);
  const json = readJsonText(bytes);
  if (!json.ok) return malformed(json.detail);
  const { text, scan } = json;
  if (Array.isArray(json.value)) return eventsAt(text, scan, json.value, "", readOne);
  if (!isObject(json.value)) return invalid([wrongType("", "an array, or an object with `events`", json.value)]);
  const { events, ...rest } = json.value;
  const unknown = Object.keys(rest).map((name) => unknownMember("", name, ["events"]));
  if (unknown.length > 0) return invalid(unknown);
  if (events === undefined) return invalid([{ pointer: "/events", code: "required", message: "`events` is missing." }]);
  if (!Array.isArray(events)) return invalid([wrongType("/events", "an array", events)]);
  const span = scan.kind === "object" ? scan.members.get("events") : undefined;
  return eventsAt(text, scanJson(text, span?.start), events, "/events", readOne);
}

/** Reads one event of a text: where its parts stand, what it parses to, and the pointer to it. */
export type ReadEvent = (text: string, scan: JsonScan, value: unknown, pointer: string) => EnvelopeResult;

/** Reads each item of an array in a text; `value` is what it parses to. */
export function eventsAt(
  text: string,
  scan: JsonScan,
  value: unknown[],
  pointer: string,
  readEvent: ReadEvent,
): EventsResult {
  if (value.length === 0 || value.length > batchEventsMax) {
    return invalid([
      { pointer, code: "range", message: `A batch has 1 to ${batchEventsMax} events, not ${value.length}.` },
    ]);
  }
  const spans = scan.kind === "array" ? scan.items : [];
  const results = value.map((item, i) =>
    readEvent(text, scanJson(text, spans[i]?.start), item, childPointer(pointer, i)),
  );
  const refused = results.filter((result) => !result.ok);
  const tooLarge = refused.find((result) => result.why === "too_large");
  if (tooLarge) return tooLarge;
  if (refused.length > 0) return invalid(refused.flatMap((result) => result.findings));
  return { ok: true, events: results.flatMap((result) => (result.ok ? [result.event] : [])), pointer };
}

/** One object of `{ type, data, id?, occurredAt?, source? }`. */
function eventAt(text: string, scan: JsonScan, value: unknown, pointer: string, makeId = makeEventId): EnvelopeResult {
  if (!isObject(value)) return invalid([wrongType(pointer, "an object", value)]);
  const findings = [
    ...(Object.hasOwn(value, "data") ? [] : [missing(pointer, "data")]),
    ...checkType(value, pointer),
    ...checkEventId(value, pointer),
    ...checkSource(value, pointer),
    ...checkTime(value, pointer, "occurredAt"),
  ];
  for (const name of Object.keys(value))
    if (!members.includes(name)) findings.push(unknownMember(pointer, name, members));
  if (findings.length > 0) return invalid(findings);
  return eventFrom({
    // The checks above leave texts only.
    type: value["type"] as string,
    id: (value["id"] as EventId | undefined) ?? makeId(),
    occurredAt: value["occurredAt"] as string | undefined,
    source: value["source"] as string | undefined,
    dataText: memberText(text, scan, "data") ?? "null",
  });
}

/** The exact text of a member's value, as it stands in the body. */
export function memberText(text: string, scan: JsonScan, name: string): string | undefined {
  const span = scan.kind === "object" ? scan.members.get(name) : undefined;
  return span && text.slice(span.start, span.end);
}

/** An event with its defaults: in UTC, and now. Refuses data above 512 KB. */
export function eventFrom(parts: {
  type: string;
  id: EventId;
  occurredAt?: string | undefined;
  source?: string | undefined;
  dataText: string;
}): EnvelopeResult {
  const { type, id, occurredAt, source, dataText } = parts;
  // A UTF-16 unit is three bytes of UTF-8 at most: short texts need no counting.
  if (dataText.length * 3 > dataBytesMax && Buffer.byteLength(dataText) > dataBytesMax) {
    const detail = `The event's data is larger than ${dataBytesMax} bytes.`;
    return { ok: false, why: "too_large", detail, findings: [] };
  }
  const event: Event = {
    id,
    type,
    occurredAt: occurredAt === undefined ? new Date().toISOString() : inUtc(occurredAt),
    dataText,
  };
  if (source !== undefined) event.source = source;
  return { ok: true, event };
}

export function checkType(value: Members, pointer: string): Finding[] {
  const type = own(value, "type");
  const at = `${pointer}/type`;
  if (type === undefined) return [missing(pointer, "type")];
  if (typeof type !== "string") return [wrongType(at, "a string", type)];
  if (type.length > typeCharsMax) return [tooLong(at, typeCharsMax)];
  if (typePattern.test(type)) return [];
  return [
    {
      pointer: at,
      code: "format",
      message: `This is not in the right form. ${String(eventTypeSchema["description"])}`,
    },
  ];
}

function checkEventId(value: Members, pointer: string): Finding[] {
  const id = own(value, "id");
  if (id === undefined) return [];
  if (typeof id !== "string") return [wrongType(`${pointer}/id`, "a string", id)];
  if (idPattern.test(id)) return [];
  return [{ pointer: `${pointer}/id`, code: "format", message: "An id has 1 to 128 visible ASCII characters." }];
}

export function checkSource(value: Members, pointer: string): Finding[] {
  const source = own(value, "source");
  const at = `${pointer}/source`;
  if (source === undefined) return [];
  if (typeof source !== "string") return [wrongType(at, "a string", source)];
  if (source === "") return [{ pointer: at, code: "range", message: "A source cannot be empty." }];
  if (source.length > sourceCharsMax) return [tooLong(at, sourceCharsMax)];
  if (sourcePattern.test(source)) return [];
  return [{ pointer: at, code: "format", message: "A source is a name or URI without control characters." }];
}

export function checkTime(value: Members, pointer: string, name: string): Finding[] {
  const time = own(value, name);
  const at = `${pointer}/${name}`;
  if (time === undefined) return [];
  if (typeof time !== "string") return [wrongType(at, "a string", time)];
  if (isTime(time)) return [];
  return [{ pointer: at, code: "format", message: "A time is RFC 3339 with a zone, like `2026-03-01T12:00:00Z`." }];
}

const timeForm = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Whether a text is a time by RFC 3339, section 5.6, that exists: no 30th of February, no leap second. */
export function isTime(text: string): boolean {
  const match = timeForm.exec(text);
  if (!match || Number.isNaN(Date.parse(text.toUpperCase()))) return false;
  // Date.parse lets the 30th of February be the 2nd of March.
  const [, year, month, day] = match.map(Number);
  return (day ?? 0) <= new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
}

/** The time in UTC. One that is written so already stays as it is, to the nanosecond. */
function inUtc(time: string): string {
  return time.endsWith("Z") && time[10] === "T" ? time : new Date(time.toUpperCase()).toISOString();
}

export function missing(pointer: string, name: string): Finding {
  return { pointer: childPointer(pointer, name), code: "required", message: `\`${name}\` is missing.` };
}

export function wrongType(pointer: string, wanted: string, value: unknown): Finding {
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return { pointer, code: "type", message: `This must be ${wanted}, not ${kind}.` };
}

export function invalid(findings: Finding[]): EventRefusal {
  const detail = "The event is not valid: `errors` says where and why.";
  return { ok: false, why: "invalid", detail, findings: findings.slice(0, findingsMax) };
}

export function malformed(detail: string): EventRefusal {
  return { ok: false, why: "malformed", detail, findings: [] };
}

function tooLong(pointer: string, charsMax: number): Finding {
  return { pointer, code: "range", message: `This is longer than ${charsMax} characters.` };
}

function unknownMember(pointer: string, name: string, known: string[]): Finding {
  const suggestion = didYouMean(name, known);
  return {
    pointer: childPointer(pointer, name),
    code: "unknown",
    message: `\`${name}\` is not known here. Known: ${known.map((one) => `\`${one}\``).join(", ")}.`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member, so that a body without it does not read one from a prototype. */
export function own(value: Members, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
