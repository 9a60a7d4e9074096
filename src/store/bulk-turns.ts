// Whose turn is on? Of bulk retries that look at one run at the same moment, only one may ask for it again.
import mongoose from "mongoose";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Database } from "./database.ts";

/** `_id` is the run's. */
type StoredTurn = { _id: RunId; tenantId: TenantId; by: BulkRetryId; until: Date };

const schema = new mongoose.Schema(
  { _id: String, tenantId: { type: String, required: true }, by: String, until: Date },
  { versionKey: false },
);
// A turn whose process died is over with its lease; MongoDB removes it afterwards.
schema.index({ until: 1 }, { expireAfterSeconds: 0 });

/** Every query on turns. */
export function createBulkTurnStore(database: Database) {
  const model = database.connection.model("BulkTurn", schema, "bulkTurns");
  const raw = database.raw<StoredTurn>("bulkTurns");

  /** Begins a run's turn under a lease, or goes on with it; the answer names whose turn is on: another's, when not ours. */
  async function begin(tenantId: TenantId, run: RunId, by: BulkRetryId, leaseMs: number): Promise<BulkRetryId> {
    const nowMs = database.nowMs();
    try {
      await raw.updateOne(
        { _id: run, tenantId, $or: [{ by }, { until: { $lte: new Date(nowMs) } }] },
        { $set: { by, until: new Date(nowMs + leaseMs) } },
        { upsert: true },
      );
      return by;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const held = await raw.findOne({ _id: run });
      // Over since: whoever had it has done what there was to do, and the next look says what.
      return held?.by ?? begin(tenantId, run, by, leaseMs);
    }
  }

  return {
    init: () => model.createCollection().then(() => model.createIndexes()),

    begin,

    /** Ends a run's turn. */
    async finish(tenantId: TenantId, run: RunId, by: BulkRetryId): Promise<void> {
      await raw.deleteOne({ _id: run, tenantId, by });
    },
  };
}
