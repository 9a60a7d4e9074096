// What attempts sent and what was answered: apart from the deliveries' rows, since bodies are larger and end earlier.
import mongoose from "mongoose";
import type { AttemptBodies } from "../model/delivery.ts";
import { firstIdAt, type DeliveryId, type TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";

/** `request` and `response` are JSON texts. The key begins with the delivery's id, and so with its time. */
export type StoredBodies = { _id: string; tenantId: TenantId; request?: string; response?: string };

const schema = new mongoose.Schema(
  { _id: String, tenantId: { type: String, required: true }, request: String, response: String },
  { versionKey: false },
);

/** The key of an attempt's bodies. */
export function bodyKey(id: DeliveryId, attempt: number): string {
  return `${id}/${attempt}`;
}

/** Every query on bodies. */
export function createDeliveryBodyStore(database: Database) {
  const model = database.connection.model("DeliveryBodies", schema, "deliveryBodies");
  const raw = database.raw<StoredBodies>("deliveryBodies");

  return {
    init: () => model.createIndexes(),

    /** The bodies of these deliveries' attempts, by `bodyKey`. Those that have ended or were expunged are missing. */
    async of(tenantId: TenantId, ids: readonly DeliveryId[]): Promise<ReadonlyMap<string, AttemptBodies>> {
      if (ids.length === 0) return new Map();
      // All attempts of a delivery stand together: "/" comes before "0".
      const ranges = ids.map((id) => ({ _id: { $gte: `${id}/`, $lt: `${id}0` } }));
      const rows = await raw.find({ $or: ranges, tenantId }).toArray();
      return new Map(rows.map((row) => [row._id, bodiesOf(row)]));
    },

    /** Removes the bodies of a delivery's attempts, or of deliveries of before a time. Answers how many went. */
    async expunge(tenantId: TenantId, which: { id: DeliveryId } | { before: Date }): Promise<number> {
      const range =
        "id" in which
          ? { $gte: `${which.id}/`, $lt: `${which.id}0` }
          : { $gte: "dlv_", $lt: firstIdAt("dlv", which.before.getTime()) };
      return (await raw.deleteMany({ _id: range, tenantId })).deletedCount;
    },
  };
}

function bodiesOf({ request, response }: StoredBodies): AttemptBodies {
  // Written by JSON.stringify in the store of deliveries.
  return {
    ...(request === undefined ? {} : { request: JSON.parse(request) as NonNullable<AttemptBodies["request"]> }),
    ...(response === undefined ? {} : { response: JSON.parse(response) as NonNullable<AttemptBodies["response"]> }),
  };
}
