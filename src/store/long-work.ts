// Long work that goes through many things: its document says how far it is, and is its own outbox. The same for every kind.
import type mongoose from "mongoose";
import type { TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";

/** What the documents of every kind have. */
export type StoredWork = {
  _id: string;
  tenantId: TenantId;
  status: "running" | "succeeded" | "failed" | "cancelled";
  /** Everything up to here has had its turn. */
  position?: string;
  retried: number;
  refused: number;
  startedAt?: Date;
  stopRequestedAt?: Date;
  endedAt?: Date;
  error?: { code: string; message: string };
  /** Only of running ones: when it may be started, or be looked after once it has started. The database's clock. */
  dueAt?: Date;
  /** Starts that Temporal refused. */
  startAttempts?: number;
};

/** Fields of the schemas of such documents. */
export const workFields = {
  _id: String,
  tenantId: { type: String, required: true },
  status: String,
  perSecond: Number,
  createdAt: Date,
  total: Number,
  capped: Boolean,
  position: String,
  retried: Number,
  refused: Number,
  startedAt: Date,
  stopRequestedAt: Date,
  endedAt: Date,
  dueAt: Date,
  startAttempts: Number,
} as const;

export type WorkKey<Id extends string = string> = { tenantId: TenantId; id: Id };
export type WorkEnd = { status: "succeeded" | "failed" | "cancelled"; error?: { code: string; message: string } };

/** Gives a schema of such documents its indexes. */
export function indexWork(schema: mongoose.Schema): void {
  schema.index({ tenantId: 1, _id: -1 });
  schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $exists: true } }, name: "due" });
}

/** The writes that are the same for every kind of work. */
export function createWork<Row extends StoredWork>(database: Database, collection: string) {
  // Every row has the fields of StoredWork: what is written here touches no others.
  const raw = database.raw<StoredWork>(collection);
  const running = ({ tenantId, id }: WorkKey) => ({ _id: id, tenantId, status: "running" as const });
  return {
    /** Makes it, due at once. Journaled on a majority when it resolves: it will start. One that stands is left as it is. */
    async insert(row: Row): Promise<void> {
      try {
        // A second ago: our idea of the database's clock is a little off, and whoever is woken must find it due.
        await raw.insertOne({ ...row, dueAt: new Date(database.nowMs() - 1_000) });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    },

    /** Ends one that is running; one that has ended keeps its first end. */
    async end(key: WorkKey, { status, error }: WorkEnd): Promise<void> {
      await raw.updateOne(running(key), {
        $set: { status, endedAt: new Date(database.nowMs()), ...(error ? { error } : {}) },
        $unset: { dueAt: "", startAttempts: "" },
      });
    },

    /** Notes that somebody wants it stopped; one that has not started has ended with that. Nothing for one that has ended. */
    async requestStop(key: WorkKey): Promise<void> {
      const at = new Date(database.nowMs());
      await raw.updateOne({ ...running(key), startedAt: { $exists: false } }, [
        { $set: { status: "cancelled", stopRequestedAt: at, endedAt: at } },
        { $unset: ["dueAt", "startAttempts"] },
      ]);
      await raw.updateOne({ ...running(key), stopRequestedAt: { $exists: false } }, { $set: { stopRequestedAt: at } });
    },

    ...createDues<Row>(database, raw),
  };
}

/** The documents as their own outbox, and as the list of those that are looked after. */
function createDues<Row extends StoredWork>(database: Database, raw: Collection<StoredWork>) {
  const running = ({ tenantId, id }: WorkKey) => ({ _id: id, tenantId, status: "running" as const });
  return {
    /** Takes the one that has been due for longest under a lease; undefined when none is. The database's clock decides. */
    async claimDue(leaseMs: number, hide: { [field: string]: 0 } = {}): Promise<Row | undefined> {
      const row = await raw.findOneAndUpdate(
        { dueAt: { $exists: true }, $expr: { $lte: ["$dueAt", "$$NOW"] } },
        [{ $set: { dueAt: { $add: ["$$NOW", leaseMs] } } }],
        { sort: { dueAt: 1 }, returnDocument: "after", projection: hide },
      );
      // Of this collection, whose rows are written by `insert`.
      return (row as Row | null) ?? undefined;
    },

    /** Notes that it has started, and when it is looked after. */
    async markStarted(key: WorkKey, startedAt: Date, nextLookMs: number): Promise<void> {
      await raw.updateOne(running(key), {
        $set: { startedAt, dueAt: new Date(database.nowMs() + nextLookMs) },
        $unset: { startAttempts: "" },
      });
    },

    /** Has one that has started started again: Temporal knows nothing of it. */
    async startAnew(key: WorkKey): Promise<void> {
      await raw.updateOne(running(key), {
        $set: { dueAt: new Date(database.nowMs()) },
        $unset: { startedAt: "" },
      });
    },

    /** Puts the start, or the next look, off; `refused` counts a start. */
    async putOff(key: WorkKey, delayMs: number, why: "unavailable" | "refused" | "well"): Promise<void> {
      await raw.updateOne(running(key), {
        $set: { dueAt: new Date(database.nowMs() + delayMs) },
        ...(why === "refused" ? { $inc: { startAttempts: 1 } } : {}),
      });
    },
  };
}
