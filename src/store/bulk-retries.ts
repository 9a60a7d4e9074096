// Bulk retries: what was asked for, how far each one is, and which have still to be started or looked after.
import mongoose from "mongoose";
import type { BulkChoice, BulkRetry, EndedBulkRetryStatus } from "../model/bulk-retry.ts";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** A bulk retry as stored: of the choice, what there is of it. */
type StoredBulkRetry = Omit<BulkRetry, "id" | "choice"> & {
  _id: BulkRetryId;
  filter?: Extract<BulkChoice, { filter: unknown }>["filter"];
  runs?: RunId[];
  /** Only of running ones: when it may be started, or be looked after once it has started. The database's clock. */
  dueAt?: Date;
  /** Starts that Temporal refused. */
  startAttempts?: number;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    status: String,
    filter: mongoose.Schema.Types.Mixed,
    runs: [String],
    from: String,
    version: String,
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
    error: mongoose.Schema.Types.Mixed,
    dueAt: Date,
    startAttempts: Number,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, _id: -1 });
schema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $exists: true } }, name: "due" });

/** What a page of runs has come to. */
export type Advance = { position: RunId; retried: number; refused: number };

/** Every query on bulk retries. */
export function createBulkRetryStore(database: Database) {
  const model = database.connection.model("BulkRetry", schema, "bulkRetries");
  const raw = database.raw<StoredBulkRetry>("bulkRetries");
  const running = (tenantId: TenantId, id: BulkRetryId) => ({ _id: id, tenantId, status: "running" as const });

  return {
    init: () => model.createCollection().then(() => model.createIndexes()),

    /** Makes it, due at once. Journaled on a majority when it resolves: it will start. One that stands is left as it is. */
    async insert({ id, choice, ...fields }: BulkRetry): Promise<void> {
      try {
        // A second ago: our idea of the database's clock is a little off, and whoever is woken must find it due.
        await raw.insertOne({ _id: id, ...fields, ...choice, dueAt: new Date(database.nowMs() - 1_000) });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    },

    async find(tenantId: TenantId, id: BulkRetryId): Promise<BulkRetry | undefined> {
      const row = await raw.findOne({ _id: id, tenantId });
      return row ? bulkRetryOf(row) : undefined;
    },

    /** Newest first, without the runs that were named. */
    async list(tenantId: TenantId, page: PageRequest): Promise<Page<BulkRetry>> {
      const rows = await readPage(raw, { tenantId }, {}, page, { runs: 0 });
      return { items: rows.items.map(bulkRetryOf), nextCursor: rows.nextCursor };
    },

    /**
     * Notes that a page of runs has had its turn. Counts only for who stood where it began: a page that comes a second
     * time, since the first answer was lost, changes nothing.
     */
    async advance(bulk: BulkRetry, { position, retried, refused }: Advance): Promise<void> {
      await raw.updateOne(
        { _id: bulk.id, tenantId: bulk.tenantId, position: bulk.position ?? { $exists: false } },
        { $set: { position }, $inc: { retried, refused } },
      );
    },

    /** Ends one that is running; one that has ended keeps its first end. */
    async end(
      { tenantId, id }: Pick<BulkRetry, "tenantId" | "id">,
      end: { status: EndedBulkRetryStatus; error?: BulkRetry["error"] },
    ): Promise<void> {
      const { status, error } = end;
      await raw.updateOne(running(tenantId, id), {
        $set: { status, endedAt: new Date(database.nowMs()), ...(error ? { error } : {}) },
        $unset: { dueAt: "", startAttempts: "" },
      });
    },

    ...createStops(database),
    ...createDues(database),
  };
}

/** What people do to one that is under way. */
function createStops(database: Database) {
  const raw = database.raw<StoredBulkRetry>("bulkRetries");
  return {
    /** Notes that somebody wants it stopped; one that has not started has ended with that. Nothing for one that has ended. */
    async requestStop(tenantId: TenantId, id: BulkRetryId): Promise<void> {
      const at = new Date(database.nowMs());
      const running = { _id: id, tenantId, status: "running" as const };
      await raw.updateOne({ ...running, startedAt: { $exists: false } }, [
        { $set: { status: "cancelled", stopRequestedAt: at, endedAt: at } },
        { $unset: ["dueAt", "startAttempts"] },
      ]);
      await raw.updateOne({ ...running, stopRequestedAt: { $exists: false } }, { $set: { stopRequestedAt: at } });
    },
  };
}

/** The documents as their own outbox, and as the list of those that are looked after. */
function createDues(database: Database) {
  const raw = database.raw<StoredBulkRetry>("bulkRetries");
  return {
    /** Takes the one that has been due for longest under a lease; undefined when none is. The database's clock decides. */
    async claimDue(leaseMs: number): Promise<{ bulk: BulkRetry; startAttempts: number } | undefined> {
      const row = await raw.findOneAndUpdate(
        { dueAt: { $exists: true }, $expr: { $lte: ["$dueAt", "$$NOW"] } },
        [{ $set: { dueAt: { $add: ["$$NOW", leaseMs] } } }],
        { sort: { dueAt: 1 }, returnDocument: "after", projection: { runs: 0 } },
      );
      return row ? { bulk: bulkRetryOf(row), startAttempts: row.startAttempts ?? 0 } : undefined;
    },

    /** Notes that it has started, and when it is looked after. */
    async markStarted({ tenantId, id }: BulkRetry, startedAt: Date, nextLookMs: number): Promise<void> {
      await raw.updateOne(
        { _id: id, tenantId, status: "running" },
        { $set: { startedAt, dueAt: new Date(database.nowMs() + nextLookMs) }, $unset: { startAttempts: "" } },
      );
    },

    /** Has one that has started started again: Temporal knows nothing of it. */
    async startAnew({ tenantId, id }: BulkRetry): Promise<void> {
      await raw.updateOne(
        { _id: id, tenantId, status: "running" },
        { $set: { dueAt: new Date(database.nowMs()) }, $unset: { startedAt: "" } },
      );
    },

    /** Puts the start, or the next look, off; `refused` counts a start. */
    async putOff({ tenantId, id }: BulkRetry, delayMs: number, why: "unavailable" | "refused" | "well"): Promise<void> {
      await raw.updateOne(
        { _id: id, tenantId, status: "running" },
        {
          $set: { dueAt: new Date(database.nowMs() + delayMs) },
          ...(why === "refused" ? { $inc: { startAttempts: 1 } } : {}),
        },
      );
    },
  };
}

function bulkRetryOf(row: StoredBulkRetry): BulkRetry {
  const { _id, filter, runs, dueAt: _due, startAttempts: _starts, ...fields } = row;
  return { id: _id, ...fields, choice: filter === undefined ? { runs: runs ?? [] } : { filter } };
}
