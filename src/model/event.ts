// An event: something that happened, as published, received, polled or ticked.
import type { EndpointId, EventId, RunId } from "./ids.ts";
import type { Json, JsonSchema } from "./json.ts";

/** What a publisher sends: `POST /v1/events`. `data` stays as bytes beside it, so that its spelling survives. */
export type EventEnvelope = {
  type: string;
  id?: EventId;
  occurredAt?: string;
  source?: string;
};

/** An accepted event on its way: the envelope with its defaults, and `data` as the JSON text that was published. */
export type Event = {
  id: EventId;
  type: string;
  /** RFC 3339, UTC. */
  occurredAt: string;
  source?: string;
  /** The exact JSON text of `data` (UTF-8). */
  dataText: string;
  /**
   * The id under which it is kept when `id` is already one of another source: a CloudEvent is identified by `id` and
   * `source` together. Absent for events that `id` alone identifies.
   */
  idWithSource?: EventId;
  /** A test event: only endpoints in test mode get it, and no flow. */
  test?: true;
  /** The endpoint that an alert of ours is about: it is not told of itself. Only looked at when the event is accepted. */
  about?: EndpointId;
};

/** Events above this many bytes of data travel to the workflow by reference instead of by value. */
export const inlineDataBytesMax = 32 * 1024;
/** Largest `data` that is accepted, in bytes. */
export const dataBytesMax = 512 * 1024;

/** One dotted name: `review.created`, `order.line-item.added`. */
const typePattern = "[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*";

export const eventTypeSchema: JsonSchema = {
  type: "string",
  maxLength: 128,
  pattern: `^${typePattern}$`,
  description: "An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`.",
};

/** What triggers and endpoints listen to: a type, everything below a prefix (`review.*`), or everything (`*`). */
export const eventPatternSchema: JsonSchema = {
  type: "string",
  maxLength: 128,
  pattern: `^(\\*|${typePattern}(\\.\\*)?)$`,
  description: "An event type, or a wildcard at the end of one: `review.created`, `review.*`, `*`.",
};

/** Every pattern that takes events of a type: `a.b.c` is taken by itself, `a.b.*`, `a.*` and `*`. */
export function patternsOf(type: string): string[] {
  const segments = type.split(".");
  return [type, ...segments.slice(1).map((_, index) => `${segments.slice(0, index + 1).join(".")}.*`), "*"];
}

/** An event that is only looked at: in a test of a flow, or a preview of a template. Nothing of it is stored. */
export const trialEventSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["type", "data"],
  properties: {
    type: eventTypeSchema,
    data: {},
    id: { type: "string", minLength: 1, maxLength: 128 },
    occurredAt: { type: "string", format: "date-time" },
  },
};

/** The body of `POST /v1/events`. `data` may be any JSON, and has to be there. */
export const publishSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["type", "data"],
  properties: {
    type: eventTypeSchema,
    data: { description: "What happened: any JSON." },
    id: {
      type: "string",
      pattern: "^[!-~]{1,128}$",
      description: "The sender's own id, 1 to 128 visible ASCII characters: the same id is accepted once.",
    },
    occurredAt: { type: "string", format: "date-time", description: "When it happened: RFC 3339 with a zone." },
    source: {
      type: "string",
      minLength: 1,
      maxLength: 512,
      pattern: "^[^\\u0000-\\u001f\\u007f]*$",
      description: "Who says so: a name or URI without control characters.",
    },
  },
};

export const publishExamples: (EventEnvelope & { data: Json })[] = [
  { type: "review.created", data: { rating: 2, content: "Cold soup" } },
  {
    type: "order.line-item.added",
    id: "ord_1-7",
    occurredAt: "2026-03-01T12:00:00Z",
    source: "https://shop.example.com",
    data: [1, "two", null],
  },
  { type: "ping", data: null },
];

export const publishCounterExamples: { why: string; pointer: string; code: string; event: unknown }[] = [
  { why: "an event is an object", pointer: "", code: "type", event: [] },
  { why: "the type is missing", pointer: "/type", code: "required", event: { data: 1 } },
  { why: "the data is missing", pointer: "/data", code: "required", event: { type: "a.b" } },
  { why: "a wildcard is not a type", pointer: "/type", code: "format", event: { type: "review.*", data: 1 } },
  { why: "a segment is empty", pointer: "/type", code: "format", event: { type: "review..created", data: 1 } },
  { why: "the type is too long", pointer: "/type", code: "range", event: { type: "a".repeat(129), data: 1 } },
  { why: "an id has a space", pointer: "/id", code: "format", event: { type: "a", id: "a b", data: 1 } },
  { why: "an id is empty", pointer: "/id", code: "format", event: { type: "a", id: "", data: 1 } },
  { why: "an id is a number", pointer: "/id", code: "type", event: { type: "a", id: 7, data: 1 } },
  {
    why: "a time has no zone",
    pointer: "/occurredAt",
    code: "format",
    event: { type: "a", occurredAt: "2026-03-01T12:00:00", data: 1 },
  },
  {
    why: "a source breaks the line",
    pointer: "/source",
    code: "format",
    event: { type: "a", source: "a\nb", data: 1 },
  },
  { why: "a member is not known", pointer: "/payload", code: "unknown", event: { type: "a", data: 1, payload: {} } },
];

/**
 * An event as a workflow carries it: with its data where that is small, else by reference to the stored event, or to the
 * run whose row holds the data that somebody put in its place.
 */
export type CarriedEvent = Omit<Event, "dataText"> & { dataText?: string; editedIn?: RunId };
