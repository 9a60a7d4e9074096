// Event types: each tenant's catalogue of what its events are called and what they carry.
import mongoose from "mongoose";
import { groupOf, type EventType, type SchemaMode } from "../model/event-type.ts";
import type { EventTypeId, TenantId } from "../model/ids.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { Listening } from "./changes.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** As stored: schema and example are JSON text, since their keys may be anything; null where there is none. */
type StoredEventType = {
  _id: EventTypeId;
  tenantId: TenantId;
  name: string;
  group: string;
  description: string;
  schemaText: string | null;
  exampleText: string | null;
  /** Absent in what older versions have written: off. */
  mode?: SchemaMode;
  retired: boolean;
  /** Grows with each change: the ETag. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
};

export type EventTypeRecord = EventType & { revision: number; createdAt: Date; updatedAt: Date };
export type NewEventType = Omit<EventType, "id" | "group">;
/** A type whose schema is asked when events are published. */
export type EnforcedType = {
  id: EventTypeId;
  tenantId: TenantId;
  name: string;
  mode: Exclude<SchemaMode, "off">;
  /** The schema as JSON text. */
  schemaText: string;
};
export type EventTypeFilter = { group?: string | undefined; retired?: boolean | undefined };

/** What a change came to. `stale`: somebody else changed it first. */
export type EventTypeChanged =
  { outcome: "changed"; eventType: EventTypeRecord } | { outcome: "stale" } | { outcome: "unknown" };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    name: { type: String, required: true },
    group: String,
    description: String,
    schemaText: String,
    exampleText: String,
    mode: String,
    retired: Boolean,
    revision: Number,
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, name: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });
schema.index({ tenantId: 1, group: 1, _id: -1 });
schema.index({ mode: 1 }, { partialFilterExpression: { mode: { $in: ["warn", "reject"] } }, name: "enforced" });

export type EventTypeStore = ReturnType<typeof createEventTypeStore>;

/** Every query on event types. Of a list's filter only the group has an index: a catalogue has hundreds of types at most. */
export function createEventTypeStore(database: Database) {
  const model = database.connection.model("EventType", schema, "eventTypes");
  const raw = database.raw<StoredEventType>("eventTypes");

  return {
    init: () => model.createIndexes(),

    /** Under an id that the caller chose: one that is there already was made by the same request before. */
    create: (tenantId: TenantId, id: EventTypeId, given: NewEventType) => insert(raw, tenantId, id, given),

    async find(tenantId: TenantId, name: string): Promise<EventTypeRecord | undefined> {
      const row = await raw.findOne({ tenantId, name });
      return row ? eventTypeOf(row) : undefined;
    },

    async list(tenantId: TenantId, filter: EventTypeFilter, page: PageRequest): Promise<Page<EventTypeRecord>> {
      const group = filter.group === undefined ? {} : { group: filter.group };
      const retired = filter.retired === undefined ? {} : { retired: filter.retired };
      const rows = await readPage(raw, { tenantId, ...group, ...retired }, {}, page);
      return { items: rows.items.map(eventTypeOf), nextCursor: rows.nextCursor };
    },

    /** Replaces everything but the name; only the revision that the caller saw, unless it is undefined. */
    async replace(tenantId: TenantId, revision: number | undefined, next: NewEventType): Promise<EventTypeChanged> {
      const known = { tenantId, name: next.name };
      const row = await raw.findOneAndUpdate(
        revision === undefined ? known : { ...known, revision },
        { $set: { ...stored(next), updatedAt: new Date() }, $inc: { revision: 1 } },
        { returnDocument: "after" },
      );
      if (row) return { outcome: "changed", eventType: eventTypeOf(row) };
      return { outcome: (await raw.findOne(known)) ? "stale" : "unknown" };
    },

    /** Whether it was there; only the revision that the caller saw, unless it is undefined. */
    async remove(
      tenantId: TenantId,
      name: string,
      revision: number | undefined,
    ): Promise<"removed" | "stale" | "unknown"> {
      const known = { tenantId, name };
      const { deletedCount } = await raw.deleteOne(revision === undefined ? known : { ...known, revision });
      if (deletedCount === 1) return "removed";
      return (await raw.findOne(known)) ? "stale" : "unknown";
    },

    /** Those of all tenants whose schemas are asked when events are published. */
    async enforced(): Promise<EnforcedType[]> {
      const rows = await raw.find({ mode: { $in: ["warn", "reject"] } }, { hint: "enforced" }).toArray();
      return rows.flatMap((row) => enforcedOf(row) ?? []);
    },

    async enforcedAt(id: EventTypeId): Promise<EnforcedType | undefined> {
      const row = await raw.findOne({ _id: id });
      return row ? enforcedOf(row) : undefined;
    },

    /** Tells of each change, in this and every other process, until `close`. */
    watch: (on: { change(id: EventTypeId): void; error(error: unknown): void }): Listening =>
      // _id of this collection is an EventTypeId.
      database.changes.listen("eventTypes", { ...on, change: (one) => on.change(one.documentKey._id as EventTypeId) }),
  };
}

function enforcedOf({ _id: id, tenantId, name, mode, schemaText }: StoredEventType): EnforcedType | undefined {
  if (mode === undefined || mode === "off" || schemaText === null) return undefined;
  return { id, tenantId, name, mode, schemaText };
}

async function insert(
  rows: Collection<StoredEventType>,
  tenantId: TenantId,
  id: EventTypeId,
  given: NewEventType,
): Promise<EventTypeRecord | "name_taken"> {
  const now = new Date();
  const row = { _id: id, tenantId, ...stored(given), revision: 1, createdAt: now, updatedAt: now };
  try {
    await rows.insertOne(row);
    return eventTypeOf(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const made = await rows.findOne({ _id: id, tenantId });
    return made ? eventTypeOf(made) : "name_taken";
  }
}

function stored({ name, description, schema: form, example, mode, retired }: NewEventType) {
  return {
    name,
    group: groupOf(name),
    description,
    schemaText: form === null ? null : JSON.stringify(form),
    exampleText: example === undefined ? null : JSON.stringify(example),
    mode,
    retired,
  };
}

function eventTypeOf(row: StoredEventType): EventTypeRecord {
  const { _id, tenantId: _, schemaText, exampleText, mode = "off", ...fields } = row;
  return {
    id: _id,
    ...fields,
    mode,
    // Both were written by JSON.stringify of what had been checked.
    schema: schemaText === null ? null : (JSON.parse(schemaText) as JsonSchema),
    ...(exampleText === null ? {} : { example: JSON.parse(exampleText) as Json }),
  };
}
