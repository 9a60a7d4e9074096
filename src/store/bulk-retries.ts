// Bulk retries: what was asked for, how far each one is, and which have still to be started or looked after.
import mongoose from "mongoose";
import type { BulkChoice, BulkRetry } from "../model/bulk-retry.ts";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import { createWork, indexWork, workFields, type StoredWork } from "./long-work.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** A bulk retry as stored: of the choice, what there is of it. */
type StoredBulkRetry = Omit<BulkRetry, "id" | "choice"> & {
  _id: BulkRetryId;
  filter?: Extract<BulkChoice, { filter: unknown }>["filter"];
  runs?: RunId[];
} & Pick<StoredWork, "dueAt" | "startAttempts">;

const schema = new mongoose.Schema(
  {
    ...workFields,
    filter: mongoose.Schema.Types.Mixed,
    runs: [String],
    from: String,
    version: String,
    error: mongoose.Schema.Types.Mixed,
  },
  { versionKey: false },
);
indexWork(schema);

/** What a page of runs has come to. */
export type Advance = { position: RunId; retried: number; refused: number };

/** Every query on bulk retries. */
export function createBulkRetryStore(database: Database) {
  const model = database.connection.model("BulkRetry", schema, "bulkRetries");
  const raw = database.raw<StoredBulkRetry>("bulkRetries");
  const work = createWork<StoredBulkRetry>(database, "bulkRetries");

  return {
    ...work,
    init: () => model.createCollection().then(() => model.createIndexes()),

    insert: ({ id, choice, ...fields }: BulkRetry): Promise<void> => work.insert({ _id: id, ...fields, ...choice }),

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

    requestStop: (tenantId: TenantId, id: BulkRetryId): Promise<void> => work.requestStop({ tenantId, id }),

    /** As every work's, without the runs that were named. */
    async claimDue(leaseMs: number): Promise<{ work: BulkRetry; startAttempts: number } | undefined> {
      const row = await work.claimDue(leaseMs, { runs: 0 });
      return row ? { work: bulkRetryOf(row), startAttempts: row.startAttempts ?? 0 } : undefined;
    },
  };
}

function bulkRetryOf(row: StoredBulkRetry): BulkRetry {
  const { _id, filter, runs, dueAt: _due, startAttempts: _starts, ...fields } = row;
  return { id: _id, ...fields, choice: filter === undefined ? { runs: runs ?? [] } : { filter } };
}
