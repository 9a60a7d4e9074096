// Limits: when the next thing of a key may be done, shared by all processes. One row a key that is in use.
import mongoose from "mongoose";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";

/** `tat`: the theoretical arrival time of GCRA, when the key would be idle again. */
type StoredLimit = { _id: string; at: Date; slot: Date; tat: Date; blockedUntil?: Date; expiresAt: Date };

/** A moment by the database's clock, and how far it is away. */
export type Slot = { waitMs: number; slotAtMs: number };

const schema = new mongoose.Schema(
  { _id: String, at: Date, slot: Date, tat: Date, blockedUntil: Date, expiresAt: Date },
  { versionKey: false },
);
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** How long an idle row stays, in milliseconds: making it anew costs more than keeping it for a while. */
const idleMs = 60_000;
/** Of processes that make a key's row at once one comes first; the others' next try finds it. */
const triesMax = 3;

export type LimitStore = ReturnType<typeof createLimitStore>;

const expiry = { $set: { expiresAt: { $add: [{ $max: ["$tat", "$blockedUntil"] }, idleMs] } } };

/** The key's next slot, from when it would be idle again. */
function nextSlot(tat: object, toleranceMs: number): object {
  return { $set: { at: "$$NOW", slot: { $max: ["$$NOW", { $subtract: [tat, toleranceMs] }, "$blockedUntil"] } } };
}

/** Every query on limits. Keys begin with the tenant's id. */
export function createLimitStore(database: Database) {
  const model = database.connection.model("Limit", schema, "limits");
  const raw = database.raw<StoredLimit>("limits");

  const change = (key: string, stages: object[]) => changeRow(raw, key, stages);

  return {
    init: () => model.createIndexes(),

    /**
     * Takes the key's next slot: one each `perMs` milliseconds, `burst` of them at once (generic cell rate algorithm, ITU-T
     * I.371), none while the key is blocked. One atomic update, by the database's clock.
     */
    async reserve(key: string, perMs: number, burst: number): Promise<Slot> {
      const toleranceMs = (burst - 1) * perMs;
      const tat = { $ifNull: ["$tat", "$$NOW"] };
      const row = await change(key, [
        nextSlot(tat, toleranceMs),
        { $set: { tat: { $add: [{ $max: ["$tat", "$slot"] }, wholeMs(perMs)] } } },
        expiry,
      ]);
      return { waitMs: row.slot.getTime() - row.at.getTime(), slotAtMs: row.slot.getTime() };
    },

    /**
     * Takes the key's next slot if its time has come; else nothing is taken and `waitMs` says when to ask again. For those who
     * stand in a line of their own while they wait.
     */
    async take(key: string, perMs: number, burst: number): Promise<Slot> {
      const toleranceMs = (burst - 1) * perMs;
      // Never further ahead than a full bucket by this rule: one that was slower may have been there before, or another clock.
      const tat = { $min: [{ $ifNull: ["$tat", "$$NOW"] }, { $add: ["$$NOW", Math.ceil(burst * perMs)] }] };
      const row = await change(key, [
        nextSlot(tat, toleranceMs),
        {
          $set: {
            tat: { $cond: [{ $lte: ["$slot", "$at"] }, { $add: [{ $max: [tat, "$slot"] }, wholeMs(perMs)] }, tat] },
          },
        },
        expiry,
      ]);
      return { waitMs: Math.max(0, row.slot.getTime() - row.at.getTime()), slotAtMs: row.slot.getTime() };
    },

    /** Lets nothing of the key happen for this long, in milliseconds; never shortens an earlier block. */
    async block(key: string, forMs: number): Promise<void> {
      await change(key, [
        { $set: { blockedUntil: { $max: ["$blockedUntil", { $add: ["$$NOW", forMs] }] } } },
        { $set: { tat: { $ifNull: ["$tat", "$$NOW"] } } },
        expiry,
      ]);
    },

    /** For how long the key is blocked still, in milliseconds; 0 when it is not. */
    async blockedMs(key: string): Promise<number> {
      const row = await raw.findOne({ _id: key }, { projection: { blockedUntil: 1 } });
      return Math.max(0, (row?.blockedUntil?.getTime() ?? 0) - database.nowMs());
    },

    /** Now by the database's clock, in milliseconds. */
    nowMs: database.nowMs,
  };
}

async function changeRow(rows: Collection<StoredLimit>, key: string, stages: object[]): Promise<StoredLimit> {
  for (let left = triesMax; ; left--) {
    try {
      // A lost row costs one burst, so nothing waits for journals here.
      const options = { upsert: true, returnDocument: "after", writeConcern: { w: 1 } } as const;
      const row = await rows.findOneAndUpdate({ _id: key }, stages, options);
      if (row) return row;
    } catch (error) {
      if (!isDuplicateKey(error) || left <= 1) throw error;
    }
  }
}

/** Times in MongoDB have whole milliseconds: a part of one counts as often as it is large, so that the rate is the one asked for. */
function wholeMs(ms: number): number {
  return Math.floor(ms) + (Math.random() < ms % 1 ? 1 : 0);
}
