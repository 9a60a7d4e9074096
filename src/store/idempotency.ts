// Idempotency keys: which requests were made under a key, who is handling them, and what they were answered.
import mongoose from "mongoose";
import type { TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Database } from "./database.ts";

/** One use of a key. `_id` is the tenant and the key's hash: keys may hold anything, and an index of long ones is large. */
type StoredUse = {
  _id: string;
  tenantId: TenantId;
  /** What the request was: a hash of all that must be the same when it comes again. */
  fingerprint: string;
  /** When the key was first used, by the database's clock. */
  createdAt: Date;
  /** Whose claim it is; changes hands when the lease is over. */
  token: string;
  leaseUntil?: Date;
  /** The sealed answer, once there is one. */
  answer?: string;
};

export type KeyUse = { tenantId: TenantId; keyHash: string };

/** What became of a claim. `held`: somebody else handles the same request at this moment. */
export type Claimed =
  | { outcome: "claimed"; since: Date }
  | { outcome: "answered"; answer: string }
  | { outcome: "held" }
  | { outcome: "mismatch" };

/** How long a key and its answer are kept, in seconds: a day. MongoDB removes them within a minute after it. */
export const keptSeconds = 24 * 3_600;

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    fingerprint: String,
    createdAt: Date,
    token: String,
    leaseUntil: Date,
    answer: String,
  },
  { versionKey: false },
);
schema.index({ createdAt: 1 }, { expireAfterSeconds: keptSeconds });

export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>;

/** Every query on idempotency keys. The database's clock decides about leases. */
export function createIdempotencyStore(database: Database) {
  const model = database.connection.model("IdempotencyKey", schema, "idempotencyKeys");
  const raw = database.raw<StoredUse>("idempotencyKeys");

  const claim = async (use: KeyUse, fingerprint: string, token: string, leaseMs: number): Promise<Claimed> => {
    const row = await raw.findOneAndUpdate(
      { _id: idOf(use), tenantId: use.tenantId },
      claiming(fingerprint, token, leaseMs),
      { upsert: true, returnDocument: "after" },
    );
    if (!row) throw new Error("An upsert answered no document.");
    if (row.fingerprint !== fingerprint) return { outcome: "mismatch" };
    if (row.answer !== undefined) return { outcome: "answered", answer: row.answer };
    return row.token === token ? { outcome: "claimed", since: row.createdAt } : { outcome: "held" };
  };

  return {
    init: () => model.createIndexes(),

    /** Takes the key for a request under a lease, unless it is answered, held, or another request's. One command. */
    async claim(use: KeyUse, fingerprint: string, token: string, leaseMs: number): Promise<Claimed> {
      try {
        return await claim(use, fingerprint, token, leaseMs);
      } catch (error) {
        // Of two upserts that meet the second finds the row when it looks again.
        if (isDuplicateKey(error)) return claim(use, fingerprint, token, leaseMs);
        throw error;
      }
    },

    /** Keeps the answer, unless somebody else has taken the key over since. */
    async answer(use: KeyUse, token: string, answer: string): Promise<void> {
      await raw.updateOne(
        { _id: idOf(use), tenantId: use.tenantId, token },
        { $set: { answer }, $unset: { leaseUntil: "" } },
      );
    },

    /** Ends the lease: the same request may be handled again, at once, with the ids that it had. */
    async release(use: KeyUse, token: string): Promise<void> {
      await raw.updateOne({ _id: idOf(use), tenantId: use.tenantId, token }, { $unset: { leaseUntil: "" } });
    },

    /** Forgets the key: nothing was done under it, and another request may use it. */
    async forget(use: KeyUse, token: string): Promise<void> {
      await raw.deleteOne({ _id: idOf(use), tenantId: use.tenantId, token });
    },
  };
}

function idOf({ tenantId, keyHash }: KeyUse): string {
  return `${tenantId}/${keyHash}`;
}

/** The update of a claim: a new row is ours; a known one becomes ours if it is this request's, unanswered and not leased. */
function claiming(fingerprint: string, token: string, leaseMs: number): object[] {
  const isFree = {
    $and: [
      { $eq: ["$fingerprint", fingerprint] },
      { $eq: [{ $type: "$answer" }, "missing"] },
      { $lte: [{ $ifNull: ["$leaseUntil", new Date(0)] }, "$$NOW"] },
    ],
  };
  return [
    {
      $set: {
        fingerprint: { $ifNull: ["$fingerprint", fingerprint] },
        createdAt: { $ifNull: ["$createdAt", "$$NOW"] },
      },
    },
    {
      $set: {
        token: { $cond: [isFree, token, "$token"] },
        leaseUntil: { $cond: [isFree, { $add: ["$$NOW", leaseMs] }, "$leaseUntil"] },
      },
    },
  ];
}
