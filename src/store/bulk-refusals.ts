// Refusals: what long work did not do, and why. Of bulk retries the runs, of recoveries the deliveries.
import mongoose from "mongoose";
import type { Refusal } from "../model/bulk-retry.ts";
import type { DeliveryRefusal } from "../model/delivery-recovery.ts";
import type { BulkRetryId, RecoveryId, TenantId } from "../model/ids.ts";
import { updateEach } from "./commands.ts";
import type { Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** Runs that bulk retries did not retry. */
export function createBulkRefusalStore(database: Database) {
  const kept = createRefusals<Refusal, BulkRetryId, Refusal["run"]>(database, {
    model: "BulkRefusal",
    collection: "bulkRefusals",
    subject: "run",
  });
  return { ...kept, add: (tenantId: TenantId, id: BulkRetryId, one: Refusal) => kept.add(tenantId, id, one.run, one) };
}

/** Deliveries that recoveries did not make. */
export function createRecoveryRefusalStore(database: Database) {
  const kept = createRefusals<DeliveryRefusal, RecoveryId, DeliveryRefusal["delivery"]>(database, {
    model: "RecoveryRefusal",
    collection: "recoveryRefusals",
    subject: "delivery",
  });
  return {
    ...kept,
    add: (tenantId: TenantId, id: RecoveryId, one: DeliveryRefusal) => kept.add(tenantId, id, one.delivery, one),
  };
}

/** `_id` is `<work>/<subject>`, so that the refusals of one stand together, in the order of what was refused. */
type StoredRefusal = { _id: string; tenantId: TenantId; code: string; message: string };

function createRefusals<Kind, WorkId extends string, SubjectId extends string>(
  database: Database,
  { model: name, collection, subject }: { model: string; collection: string; subject: string },
) {
  const fields = { _id: String, tenantId: { type: String, required: true }, code: String, message: String };
  const schema = new mongoose.Schema({ ...fields, [subject]: String }, { versionKey: false });
  const model = database.connection.model(name, schema, collection);
  const raw = database.raw<StoredRefusal>(collection);
  const keyOf = (workId: WorkId, of: SubjectId) => `${workId}/${of}`;
  const subjectOf = ({ _id }: StoredRefusal) => _id.slice(_id.indexOf("/") + 1) as SubjectId; // Written by `keyOf`.
  const refusalOf = (row: StoredRefusal): Kind => {
    const { code, message } = row;
    return { [subject]: subjectOf(row), code, message } as Kind; // Written by `add`.
  };

  return {
    init: () => model.createCollection(),

    /** Writes why something was refused; what is written already keeps its first reason. Journaled when it resolves. */
    async add(tenantId: TenantId, workId: WorkId, of: SubjectId, refusal: Kind & object): Promise<void> {
      const filter = { _id: keyOf(workId, of), tenantId };
      const write = { filter, update: { $setOnInsert: refusal }, upsert: true };
      await updateEach(database, collection, [write], "journaled");
    },

    /** Which of these were refused. */
    async among(tenantId: TenantId, workId: WorkId, of: SubjectId[]): Promise<SubjectId[]> {
      const filter = { _id: { $in: of.map((one) => keyOf(workId, one)) }, tenantId };
      return (await raw.find(filter, { projection: { _id: 1 } }).toArray()).map(subjectOf);
    },

    /** The oldest refusals, oldest first. */
    async first(tenantId: TenantId, workId: WorkId, limit: number): Promise<Kind[]> {
      const rows = await raw.find({ _id: keysOf(workId), tenantId }, { sort: { _id: 1 }, limit }).toArray();
      return rows.map(refusalOf);
    },

    /** A page of the refusals, newest first; the cursor is the id of what was refused. */
    async list(tenantId: TenantId, workId: WorkId, { limit, cursor }: PageRequest): Promise<Page<Kind>> {
      const page = cursor === undefined ? { limit } : { limit, cursor: `${workId}/${cursor}` };
      const rows = await readPage(raw, { tenantId }, keysOf(workId), page);
      const last = rows.items.at(-1);
      return { items: rows.items.map(refusalOf), nextCursor: rows.nextCursor && last && subjectOf(last) };
    },
  };
}

/** `0` follows `/`: every key of this work lies in between, and none of another's. */
function keysOf(workId: string): { $gte: string; $lt: string } {
  return { $gte: `${workId}/`, $lt: `${workId}0` };
}
