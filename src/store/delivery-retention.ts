// Which deliveries and bodies have had their time, and how are they removed? In bounded portions: rows stay longer than bodies.
import type mongoose from "mongoose";
import { firstIdAt, type DeliveryId, type EndpointId, type TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import type { StoredDelivery } from "./deliveries.ts";
import type { StoredBodies } from "./delivery-bodies.ts";

/** `next`: where the next portion begins; absent when there is nothing more. */
export type Swept = { removed: number; next?: string };
export type Expunged = { deliveries: number; removed: number; nextCursor?: DeliveryId };

/** Rows that one portion looks at, and portions of one expunge request. */
const portionMax = 1_000;
const portionsMax = 20;
/** Deliveries whose bodies one command removes: each is a range of keys. */
const rangesMax = 200;

type Rows = mongoose.mongo.Filter<StoredDelivery>;

/** The removals of rows. Over all tenants: ids begin with the time of their event. */
export function createDeliveryRetention(database: Database) {
  const raw = database.raw<StoredDelivery>("deliveries");
  return {
    /** Removes a portion of what ended before a time. What is pending stays, and what was tried again since. */
    async sweepRows(before: Date, after: string | undefined): Promise<Swept> {
      const _id = { $gt: after ?? "dlv_", $lt: firstIdAt("dlv", before.getTime()) };
      // Ids as ranges, which are no ids.
      const range = { _id } as unknown as Rows;
      const found = await raw
        .find(range, { projection: { status: 1, endedAt: 1 }, sort: { _id: 1 }, limit: portionMax })
        .toArray();
      const ids = found
        .filter(({ status, endedAt }) => status !== "pending" && (endedAt === undefined || endedAt < before))
        .map((row) => row._id);
      // Asked for again in between: it is pending then.
      const gone = { _id: { $in: ids }, status: { $ne: "pending" as const } };
      const { deletedCount } = ids.length === 0 ? { deletedCount: 0 } : await raw.deleteMany(gone);
      return { removed: deletedCount, ...nextOf(found) };
    },
  };
}

/** The removals of bodies. */
export function createBodyRetention(database: Database) {
  const raw = database.raw<StoredBodies>("deliveryBodies");
  const deliveries = database.raw<StoredDelivery>("deliveries");
  return {
    /** Removes a portion of the bodies of deliveries of before a time, but for those of attempts that were made since. */
    async sweepBodies(before: Date, after: string | undefined): Promise<Swept> {
      const range = { _id: { $gt: after ?? "dlv_", $lt: firstIdAt("dlv", before.getTime()) } };
      const found = await raw.find(range, { projection: { _id: 1 }, sort: { _id: 1 }, limit: portionMax }).toArray();
      if (found.length === 0) return { removed: 0 };
      // A body's key is its delivery's id, a slash and the attempt's number.
      const ids = [...new Set(found.map(({ _id }) => _id.slice(0, _id.indexOf("/")) as DeliveryId))];
      const recent = await deliveries
        .find({ _id: { $in: ids }, "attempts.startedAt": { $gte: before } }, { projection: { attempts: 1 } })
        .toArray();
      const kept = new Set(
        recent.flatMap(({ _id, attempts }) =>
          attempts.filter(({ startedAt }) => startedAt >= before).map(({ number }) => `${_id}/${number}`),
        ),
      );
      const keys = found.map(({ _id }) => _id).filter((key) => !kept.has(key));
      const { deletedCount } = keys.length === 0 ? { deletedCount: 0 } : await raw.deleteMany({ _id: { $in: keys } });
      return { removed: deletedCount, ...nextOf(found) };
    },

    /** Removes the bodies of a tenant's deliveries, oldest first, as far as one request goes. */
    async expungeMany(
      tenantId: TenantId,
      { endpoint, before }: { endpoint?: EndpointId | undefined; before?: Date | undefined },
      after: DeliveryId | undefined,
    ): Promise<Expunged> {
      const done: Expunged = { deliveries: 0, removed: 0 };
      let position: string = after ?? "dlv_";
      for (let portions = 0; portions < portionsMax; portions++) {
        const upper = before === undefined ? {} : { $lt: firstIdAt("dlv", before.getTime()) };
        const of = endpoint === undefined ? { tenantId } : { tenantId, endpointId: endpoint };
        // Ids as ranges, which are no ids.
        const query = { ...of, _id: { $gt: position, ...upper } } as unknown as Rows;
        const rows = await deliveries
          .find(query, { projection: { _id: 1 }, sort: { _id: 1 }, limit: portionMax })
          .toArray();
        const ids = rows.map(({ _id }) => _id);
        done.deliveries += ids.length;
        for (let from = 0; from < ids.length; from += rangesMax) {
          const ranges = ids.slice(from, from + rangesMax).map((id) => ({ _id: { $gte: `${id}/`, $lt: `${id}0` } }));
          done.removed += (await raw.deleteMany({ $or: ranges, tenantId })).deletedCount;
        }
        const last = ids.at(-1);
        if (last === undefined || ids.length < portionMax) return done;
        position = last;
        done.nextCursor = last;
      }
      return done;
    },
  };
}

function nextOf(found: { _id: string }[]): { next?: string } {
  const last = found.at(-1)?._id;
  return last === undefined || found.length < portionMax ? {} : { next: last };
}
