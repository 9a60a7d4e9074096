// Whose turn is on? Of those that look at one run, or one delivery, at the same moment, only one may ask for it again.
import mongoose from "mongoose";
import type { DeliveryId, RunId, TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Database } from "./database.ts";

/** `_id` is that of the run or the delivery; `by` names who asks. */
type StoredTurn = { _id: Subject; tenantId: TenantId; by: string; until: Date };
type Subject = RunId | DeliveryId;

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

  /** Begins a subject's turn under a lease, or goes on with it; the answer names whose turn is on: another's, when not ours. */
  async function begin(tenantId: TenantId, subject: Subject, by: string, leaseMs: number): Promise<string> {
    const nowMs = database.nowMs();
    try {
      await raw.updateOne(
        { _id: subject, tenantId, $or: [{ by }, { until: { $lte: new Date(nowMs) } }] },
        { $set: { by, until: new Date(nowMs + leaseMs) } },
        { upsert: true },
      );
      return by;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const held = await raw.findOne({ _id: subject });
      // Over since: whoever had it has done what there was to do, and the next look says what.
      return held?.by ?? begin(tenantId, subject, by, leaseMs);
    }
  }

  return {
    init: () => model.createCollection().then(() => model.createIndexes()),

    begin,

    /** Ends a subject's turn. */
    async finish(tenantId: TenantId, subject: Subject, by: string): Promise<void> {
      await raw.deleteOne({ _id: subject, tenantId, by });
    },
  };
}
