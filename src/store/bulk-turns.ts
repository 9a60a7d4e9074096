// The turns of runs in bulk retries: whose turn is on, so that two bulk retries never take one run at once, and which were refused.
import mongoose from "mongoose";
import type { Refusal } from "../model/bulk-retry.ts";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import { updateEach } from "./commands.ts";
import { isDuplicateKey, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** `_id` is the run's. */
type StoredTurn = { _id: RunId; tenantId: TenantId; by: BulkRetryId; until: Date };
/** `_id` is `<bulk retry>/<run>`, so that the refusals of one stand together, in the order of the runs. */
type StoredRefusal = Refusal & { _id: string; tenantId: TenantId };

const turnSchema = new mongoose.Schema(
  { _id: String, tenantId: { type: String, required: true }, by: String, until: Date },
  { versionKey: false },
);
// A turn whose process died is over with its lease; MongoDB removes it afterwards.
turnSchema.index({ until: 1 }, { expireAfterSeconds: 0 });

const refusalSchema = new mongoose.Schema(
  { _id: String, tenantId: { type: String, required: true }, run: String, code: String, message: String },
  { versionKey: false },
);

/** Every query on turns. */
export function createBulkTurnStore(database: Database) {
  const turns = database.connection.model("BulkTurn", turnSchema, "bulkTurns");
  const refusals = database.connection.model("BulkRefusal", refusalSchema, "bulkRefusals");
  const rawTurns = database.raw<StoredTurn>("bulkTurns");
  const raw = database.raw<StoredRefusal>("bulkRefusals");

  return {
    init: async () => {
      await turns.createCollection();
      await turns.createIndexes();
      await refusals.createCollection();
    },

    /** Begins a run's turn under a lease, or goes on with it; the answer names whose turn is on: another's, when not ours. */
    async begin(tenantId: TenantId, run: RunId, by: BulkRetryId, leaseMs: number): Promise<BulkRetryId> {
      const nowMs = database.nowMs();
      try {
        await rawTurns.updateOne(
          { _id: run, tenantId, $or: [{ by }, { until: { $lte: new Date(nowMs) } }] },
          { $set: { by, until: new Date(nowMs + leaseMs) } },
          { upsert: true },
        );
        return by;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const held = await rawTurns.findOne({ _id: run, tenantId });
        // Over since: whoever had it has done what there was to do, and the next look says what.
        return held?.by ?? this.begin(tenantId, run, by, leaseMs);
      }
    },

    /** Ends a run's turn. */
    async finish(tenantId: TenantId, run: RunId, by: BulkRetryId): Promise<void> {
      await rawTurns.deleteOne({ _id: run, tenantId, by });
    },

    /** Writes why a run was refused; one that is written already keeps its first reason. */
    async refuse(tenantId: TenantId, bulkId: BulkRetryId, refusal: Refusal): Promise<void> {
      const filter = { _id: keyOf(bulkId, refusal.run), tenantId };
      await updateEach(
        database,
        "bulkRefusals",
        [{ filter, update: { $setOnInsert: refusal }, upsert: true }],
        "journaled",
      );
    },

    /** Which of these runs were refused. */
    async refusedAmong(tenantId: TenantId, bulkId: BulkRetryId, runs: RunId[]): Promise<RunId[]> {
      const filter = { _id: { $in: runs.map((run) => keyOf(bulkId, run)) }, tenantId };
      const rows = await raw.find(filter, { projection: { run: 1 } }).toArray();
      return rows.map(({ run }) => run);
    },

    /** The refusals of the oldest runs, oldest first. */
    async firstRefusals(tenantId: TenantId, bulkId: BulkRetryId, limit: number): Promise<Refusal[]> {
      const filter = { _id: { $gte: `${bulkId}/`, $lt: `${bulkId}0` }, tenantId };
      const rows = await raw.find(filter, { sort: { _id: 1 }, limit }).toArray();
      return rows.map(refusalOf);
    },

    /** A page of the refusals, newest run first; the cursor is a run's id. */
    async refusals(tenantId: TenantId, bulkId: BulkRetryId, { limit, cursor }: PageRequest): Promise<Page<Refusal>> {
      // `0` follows `/`: every key of this bulk retry lies in between, and none of another's.
      const bounds = { $gte: `${bulkId}/`, $lt: `${bulkId}0` };
      const page = cursor === undefined ? { limit } : { limit, cursor: `${bulkId}/${cursor}` };
      const rows = await readPage(raw, { tenantId }, bounds, page);
      return { items: rows.items.map(refusalOf), nextCursor: rows.nextCursor && rows.items.at(-1)?.run };
    },
  };
}

function keyOf(bulkId: BulkRetryId, run: RunId): string {
  return `${bulkId}/${run}`;
}

function refusalOf({ run, code, message }: StoredRefusal): Refusal {
  return { run, code, message };
}
