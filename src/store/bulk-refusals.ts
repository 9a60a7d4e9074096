// Refusals: which runs a bulk retry did not retry, and why.
import mongoose from "mongoose";
import type { Refusal } from "../model/bulk-retry.ts";
import type { BulkRetryId, RunId, TenantId } from "../model/ids.ts";
import { updateEach } from "./commands.ts";
import type { Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** `_id` is `<bulk retry>/<run>`, so that the refusals of one stand together, in the order of the runs. */
type StoredRefusal = Refusal & { _id: string; tenantId: TenantId };

const schema = new mongoose.Schema(
  { _id: String, tenantId: { type: String, required: true }, run: String, code: String, message: String },
  { versionKey: false },
);

/** Every query on refusals. */
export function createBulkRefusalStore(database: Database) {
  const model = database.connection.model("BulkRefusal", schema, "bulkRefusals");
  const raw = database.raw<StoredRefusal>("bulkRefusals");

  return {
    init: () => model.createCollection(),

    /** Writes why a run was refused; one that is written already keeps its first reason. Journaled when it resolves. */
    async add(tenantId: TenantId, bulkId: BulkRetryId, refusal: Refusal): Promise<void> {
      const filter = { _id: keyOf(bulkId, refusal.run), tenantId };
      const write = { filter, update: { $setOnInsert: refusal }, upsert: true };
      await updateEach(database, "bulkRefusals", [write], "journaled");
    },

    /** Which of these runs were refused. */
    async among(tenantId: TenantId, bulkId: BulkRetryId, runs: RunId[]): Promise<RunId[]> {
      const filter = { _id: { $in: runs.map((run) => keyOf(bulkId, run)) }, tenantId };
      const rows = await raw.find(filter, { projection: { run: 1 } }).toArray();
      return rows.map(({ run }) => run);
    },

    /** The refusals of the oldest runs, oldest first. */
    async first(tenantId: TenantId, bulkId: BulkRetryId, limit: number): Promise<Refusal[]> {
      const rows = await raw.find({ _id: keysOf(bulkId), tenantId }, { sort: { _id: 1 }, limit }).toArray();
      return rows.map(refusalOf);
    },

    /** A page of the refusals, newest run first; the cursor is a run's id. */
    async list(tenantId: TenantId, bulkId: BulkRetryId, { limit, cursor }: PageRequest): Promise<Page<Refusal>> {
      const page = cursor === undefined ? { limit } : { limit, cursor: `${bulkId}/${cursor}` };
      const rows = await readPage(raw, { tenantId }, keysOf(bulkId), page);
      return { items: rows.items.map(refusalOf), nextCursor: rows.nextCursor && rows.items.at(-1)?.run };
    },
  };
}

function keyOf(bulkId: BulkRetryId, run: RunId): string {
  return `${bulkId}/${run}`;
}

/** `0` follows `/`: every key of this bulk retry lies in between, and none of another's. */
function keysOf(bulkId: BulkRetryId): { $gte: string; $lt: string } {
  return { $gte: `${bulkId}/`, $lt: `${bulkId}0` };
}

function refusalOf({ run, code, message }: StoredRefusal): Refusal {
  return { run, code, message };
}
