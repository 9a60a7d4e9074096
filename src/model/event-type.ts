// An event type as it stands in the catalogue: what it is called, what it means, and what its data looks like.
import { eventTypeSchema } from "./event.ts";
import type { EventTypeId } from "./ids.ts";
import type { Json, JsonSchema } from "./json.ts";

/** What a person writes of an event type. */
export type EventTypeDraft = {
  /** As events carry it: `review.created`. */
  name: string;
  description?: string;
  /** What `data` looks like: JSON Schema 2020-12. */
  schema?: JsonSchema;
  /** What `data` may be. */
  example?: Json;
  /** What becomes of a published event whose data does not fit the schema. */
  mode?: SchemaMode;
  /** No longer sent: endpoints should not be made for it. */
  retired?: boolean;
};

/** `off`: the schema is for people; `warn`: the publish is told, and taken; `reject`: it is refused. */
export const schemaModes = ["off", "warn", "reject"] as const;
export type SchemaMode = (typeof schemaModes)[number];

/** What replaces one: the name stays. */
export type EventTypeChange = Omit<EventTypeDraft, "name"> & { name?: string };

export type EventType = {
  id: EventTypeId;
  name: string;
  /** The name's first segment: types of one kind of thing stand together. */
  group: string;
  description: string;
  schema: JsonSchema | null;
  /** Absent: there is none. `null` is an example too. */
  example?: Json;
  mode: SchemaMode;
  retired: boolean;
};

/** Names of the catalogue's own addresses, which no type can have. */
export const eventTypeNamesReserved = ["gallery"];

/** The first segment of an event type's name. */
export function groupOf(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

const members = {
  description: { type: "string", maxLength: 2_000 },
  schema: { type: "object", description: "What `data` looks like: JSON Schema 2020-12, within bounds." },
  example: { description: "What `data` may be. It has to fit the schema." },
  mode: {
    type: "string",
    enum: [...schemaModes],
    default: "off",
    description:
      "What becomes of a published event whose data does not fit the schema: nothing, a warning in the answer, or 422.",
  },
  retired: { type: "boolean", description: "Events of this type are no longer sent." },
} satisfies { [name: string]: JsonSchema };

const catalogueName: JsonSchema = {
  ...eventTypeSchema,
  allOf: [{ not: { enum: eventTypeNamesReserved }, description: "This name is an address of the catalogue." }],
};

/** The body that makes an event type. */
export const eventTypeDraftSchema: JsonSchema = {
  title: "EventTypeDraft",
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: { name: catalogueName, ...members },
};

/** The body that replaces an event type; the name is that of the address. */
export const eventTypeChangeSchema: JsonSchema = {
  title: "EventTypeChange",
  type: "object",
  additionalProperties: false,
  properties: { name: { ...eventTypeSchema, description: "The same as in the address; it stays." }, ...members },
};

/** An event type as the API shows it. */
export const eventTypeViewSchema: JsonSchema = {
  title: "EventType",
  type: "object",
  required: ["id", "name", "group", "description", "schema", "mode", "retired", "createdAt", "updatedAt"],
  properties: {
    id: { type: "string" },
    name: eventTypeSchema,
    group: { type: "string", description: "The name's first segment." },
    description: { type: "string" },
    schema: { type: ["object", "null"] },
    example: { description: "Absent when there is none." },
    mode: { type: "string", enum: [...schemaModes] },
    retired: { type: "boolean" },
    createdAt: { type: "string", format: "date-time" },
    updatedAt: { type: "string", format: "date-time" },
  },
};

export const eventTypeExamples: EventTypeDraft[] = [
  {
    name: "review.created",
    description: "A guest has written a review.",
    schema: {
      type: "object",
      required: ["id", "rating"],
      properties: { id: { type: "string" }, rating: { type: "integer", minimum: 1, maximum: 5 } },
    },
    example: { id: "rev_81", rating: 4 },
    mode: "warn",
  },
  { name: "order.line-item.added" },
  { name: "ping", description: "Nothing but a sign of life.", example: null, retired: true },
];

/** Drafts that are refused, each for one reason. */
export const eventTypeCounterExamples: { why: string; draft: unknown; pointer: string; code: string }[] = [
  { why: "no name", draft: {}, pointer: "/name", code: "required" },
  { why: "a wildcard", draft: { name: "review.*" }, pointer: "/name", code: "format" },
  { why: "an address of the catalogue", draft: { name: "gallery" }, pointer: "/name", code: "value" },
  { why: "a schema that is a text", draft: { name: "a", schema: "string" }, pointer: "/schema", code: "type" },
  { why: "an unknown mode", draft: { name: "a", schema: {}, mode: "strict" }, pointer: "/mode", code: "value" },
  { why: "an unknown member", draft: { name: "a", samples: [] }, pointer: "/samples", code: "unknown" },
];
