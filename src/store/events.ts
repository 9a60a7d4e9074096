// Events: what happened, as it came in. An event's document holds its targets too, and is inserted once.
import mongoose from "mongoose";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import {
  createOrderedIds,
  type EndpointId,
  type EventId,
  type FlowId,
  type Id,
  type RunId,
  type TenantId,
} from "../model/ids.ts";
import { insertMany } from "./commands.ts";
import type { Database } from "./database.ts";
import { createGroupWriter } from "./group-writer.ts";
import { idsBetween, readPage, type Page, type PageRequest } from "./page.ts";

export type TargetState = "pending" | "started" | "parked" | "cancelled";
export type EventTarget = {
  flow: { id: FlowId; slug: string; name: string };
  version: number;
  runId: RunId;
  state: TargetState;
  /** The flow's filter failed on this event: the run has failed before it began. */
  failure?: Failure;
};
/** A flow whose trigger matched but whose filter said no, and which of its conditions did. */
export type EventMiss = { flow: { id: FlowId; slug: string }; version: number; condition: string };

/**
 * The endpoints that are owed an event. Lies beside the flows' targets with an outbox of its own (`fan-out.ts`): deliveries
 * are sent by others than runs are started, and neither waits for the other.
 */
export type FanOut = {
  state: "pending" | "done";
  /** Due from here on, by the database's clock. While a process holds the lease, the lease's end. */
  dueAt: Date;
  /** Grows with each claim. */
  fence: number;
  /** Those whose delivery has not been recorded yet; once all are, those that it went to. */
  endpoints: EndpointId[];
  /** Endpoints whose filter could not be decided, with why: their deliveries have failed before they began. */
  failures?: { endpoint: EndpointId; failure: Failure }[];
  /** How many endpoints matched. */
  total: number;
};

/** An event as stored. `_id` orders events by arrival; `id` is what the sender knows it by. */
export type StoredEvent = {
  _id: Id<"evt">;
  tenantId: TenantId;
  id: EventId;
  type: string;
  source?: string;
  occurredAt: string;
  receivedAt: Date;
  data: mongoose.mongo.Binary;
  /** `pending` while a target is; then `done`, or `parked` after starts that failed for good. */
  state: "pending" | "done" | "parked";
  /** A pending event is due from here on, by the database's clock. While a process holds the lease, the lease's end. */
  nextAttemptAt: Date;
  attempts: number;
  /** Grows with each claim: a claimer that slept through its lease can no longer write. */
  fence: number;
  targets: EventTarget[];
  misses: EventMiss[];
  /** Absent: no endpoint matched. */
  fanOut?: FanOut;
  /** A test event: only endpoints in test mode get it. */
  test?: true;
};

export type InsertOutcome = { outcome: "inserted" } | { outcome: "duplicate" };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    id: { type: String, required: true },
    type: { type: String, required: true },
    source: String,
    occurredAt: String,
    receivedAt: Date,
    data: Buffer,
    state: String,
    nextAttemptAt: Date,
    attempts: Number,
    fence: Number,
    targets: [mongoose.Schema.Types.Mixed],
    misses: [mongoose.Schema.Types.Mixed],
    fanOut: mongoose.Schema.Types.Mixed,
    test: Boolean,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, id: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });
// A claim costs the backlog, not the history: only pending events are in this index.
schema.index({ nextAttemptAt: 1 }, { partialFilterExpression: { state: "pending" }, name: "due" });

schema.index({ "fanOut.dueAt": 1 }, { partialFilterExpression: { "fanOut.state": "pending" }, name: "fanOutDue" });

/** The events themselves: how they come in and how they are read. What is still to be started is the outbox's. */
export function createEventStore(database: Database) {
  const model = database.connection.model("Event", schema, "events");
  const raw = database.raw<StoredEvent>("events");

  const inserts = createGroupWriter<StoredEvent, InsertOutcome>({
    write: async (items) => {
      const taken = await insertMany(database, "events", items, "journaled");
      return items.map((_, i) => ({ outcome: taken.has(i) ? "duplicate" : "inserted" }));
    },
    itemsMax: 100,
    // One at a time: what gathers meanwhile makes larger groups, and a group costs more than its events.
    inFlightMax: 1,
    bytesOf: (event) => event.data.length(),
  });

  return {
    init: () => model.createIndexes(),

    /** Journaled on a majority when it resolves. Rejects when that is not known. */
    insert: (event: StoredEvent): Promise<InsertOutcome> => inserts.add(event),

    find: (tenantId: TenantId, id: EventId): Promise<StoredEvent | null> => raw.findOne({ tenantId, id }),

    /** By the keys of the store, in any order; what is not there is left out. */
    findByKeys: (tenantId: TenantId, keys: Id<"evt">[]): Promise<StoredEvent[]> =>
      raw.find({ _id: { $in: keys }, tenantId }).toArray(),

    /** Newest first, without bodies. */
    list(tenantId: TenantId, filter: EventFilter, page: PageRequest): Promise<Page<Omit<StoredEvent, "data">>> {
      const ofType = filter.type ? { type: filter.type } : {};
      return readPage(raw, { tenantId, ...ofType }, idsBetween("evt", filter), page, { data: 0 });
    },
  };
}

type EventFilter = { type?: string | undefined; since?: Date | undefined; until?: Date | undefined };

/** A new document of the outbox. `due` is when the relay may take it: the end of our lease, or now. */
export function newStoredEvent(
  event: Event,
  about: Pick<StoredEvent, "tenantId" | "targets" | "misses" | "fanOut"> & { key: Id<"evt">; due: Date },
): StoredEvent {
  return {
    _id: about.key,
    tenantId: about.tenantId,
    id: event.id,
    type: event.type,
    ...(event.source === undefined ? {} : { source: event.source }),
    occurredAt: event.occurredAt,
    receivedAt: new Date(),
    data: new mongoose.mongo.Binary(Buffer.from(event.dataText)),
    state: about.targets.length > 0 ? "pending" : "done",
    nextAttemptAt: about.due,
    attempts: 0,
    fence: 0,
    targets: about.targets,
    misses: about.misses,
    ...(about.fanOut === undefined ? {} : { fanOut: about.fanOut }),
    ...(event.test === undefined ? {} : { test: event.test }),
  };
}

/** Keys sort by arrival, also within one millisecond: ordered endpoints are sent to in their order. */
export const newEventKey = createOrderedIds("evt");

/** The event as the engine carries it. */
export function eventOf(stored: StoredEvent): Event {
  return {
    id: stored.id,
    type: stored.type,
    occurredAt: stored.occurredAt,
    ...(stored.source === undefined ? {} : { source: stored.source }),
    ...(stored.test === undefined ? {} : { test: stored.test }),
    dataText: Buffer.from(stored.data.buffer).toString("utf8"),
  };
}
