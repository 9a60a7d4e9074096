// Recoveries of deliveries: what was asked for, how far each one is, and what became of the deliveries that it asked for.
import mongoose from "mongoose";
import type { DeliveryRecovery, RecoveryPage } from "../model/delivery-recovery.ts";
import type { DeliveryStatus } from "../model/delivery.ts";
import type { DeliveryId, RecoveryId, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import type { StoredDelivery } from "./deliveries.ts";
import { createWork, indexWork, workFields, type StoredWork } from "./long-work.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

type StoredRecovery = Omit<DeliveryRecovery, "id"> & { _id: RecoveryId } & Pick<StoredWork, "dueAt" | "startAttempts">;

const schema = new mongoose.Schema(
  {
    ...workFields,
    kind: String,
    filter: mongoose.Schema.Types.Mixed,
    done: Number,
    page: mongoose.Schema.Types.Mixed,
    error: mongoose.Schema.Types.Mixed,
  },
  { versionKey: false },
);
indexWork(schema);

/** Every query on recoveries. */
export function createRecoveryStore(database: Database) {
  const model = database.connection.model("Recovery", schema, "recoveries");
  const raw = database.raw<StoredRecovery>("recoveries");
  const work = createWork<StoredRecovery>(database, "recoveries");

  return {
    ...work,
    init: () => model.createCollection().then(() => model.createIndexes()),

    insert: ({ id, ...fields }: DeliveryRecovery): Promise<void> => work.insert({ _id: id, ...fields }),

    async find(tenantId: TenantId, id: RecoveryId): Promise<DeliveryRecovery | undefined> {
      const row = await raw.findOne({ _id: id, tenantId });
      return row ? recoveryOf(row) : undefined;
    },

    /** Newest first. */
    async list(tenantId: TenantId, page: PageRequest): Promise<Page<DeliveryRecovery>> {
      const rows = await readPage(raw, { tenantId }, {}, page, { page: 0 });
      return { items: rows.items.map(recoveryOf), nextCursor: rows.nextCursor };
    },

    async claimDue(leaseMs: number): Promise<{ work: DeliveryRecovery; startAttempts: number } | undefined> {
      const row = await work.claimDue(leaseMs, { page: 0 });
      return row ? { work: recoveryOf(row), startAttempts: row.startAttempts ?? 0 } : undefined;
    },

    /**
     * Notes whose turn it is, before the first of them is asked for, for who stood where the page begins. Answers the page
     * whose turn it is: another's that came first, or none when that one is over. Journaled on a majority.
     */
    async beginPage(
      { tenantId, id, position }: DeliveryRecovery,
      page: RecoveryPage,
    ): Promise<RecoveryPage | undefined> {
      const from = { position: position ?? { $exists: false }, page: { $exists: false } };
      const begun = await raw.updateOne({ _id: id, tenantId, status: "running", ...from }, { $set: { page } });
      if (begun.matchedCount === 1) return page;
      return (await raw.findOne({ _id: id, tenantId, status: "running" }))?.page;
    },

    /** Notes that a page has had its turn; nothing when it is noted already, since the first answer was lost. */
    async endPage({ tenantId, id }: DeliveryRecovery, page: RecoveryPage, refused: number): Promise<void> {
      const { position, ids, seen, undecided } = page;
      await raw.updateOne(
        { _id: id, tenantId, "page.position": position ?? { $exists: false }, page: { $exists: true } },
        {
          ...(position === undefined ? {} : { $set: { position } }),
          $inc: { done: seen, retried: ids.length - refused, refused: refused + undecided },
          $unset: { page: "" },
        },
      );
    },

    ...createMarks(database),
  };
}

/** The deliveries that a recovery has asked for, as their own rows say. */
function createMarks(database: Database) {
  const raw = database.raw<StoredDelivery>("deliveries");
  return {
    /** Notes that a recovery has asked for a delivery. */
    async markAsked(tenantId: TenantId, id: RecoveryId, delivery: DeliveryId): Promise<void> {
      await raw.updateOne({ _id: delivery, tenantId }, { $addToSet: { recoveries: id } });
    },

    /** How many of the deliveries that a recovery asked for stand how. */
    async outcomesOf(tenantId: TenantId, id: RecoveryId): Promise<Map<DeliveryStatus, number>> {
      const rows = await raw
        .aggregate<{ _id: DeliveryStatus; count: number }>(
          [{ $match: { tenantId, recoveries: id } }, { $group: { _id: "$status", count: { $sum: 1 } } }],
          { hint: "recovered" },
        )
        .toArray();
      return new Map(rows.map(({ _id, count }) => [_id, count]));
    },
  };
}

function recoveryOf(row: StoredRecovery): DeliveryRecovery {
  const { _id, dueAt: _due, startAttempts: _starts, ...fields } = row;
  return { id: _id, ...fields };
}
