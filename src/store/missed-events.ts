// Which events may an endpoint have missed? Events in the order in which they came, without their data.
import type mongoose from "mongoose";
import type { Id, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import type { StoredEvent } from "./events.ts";
import { idsBetween } from "./page.ts";

export type EventHead = Pick<StoredEvent, "_id" | "type" | "receivedAt" | "fanOut" | "test">;
export type Between = { since?: Date | undefined; until?: Date | undefined };

/** Events that are counted at most. */
const countMax = 100_000;
const heads = { type: 1, receivedAt: 1, fanOut: 1, test: 1 } as const;
/** The name that MongoDB gives the index of a tenant's events in their order. */
const inOrder = "tenantId_1__id_-1";

/** The queries of replays on events. */
export function createMissedEvents(database: Database) {
  const raw = database.raw<StoredEvent>("events");
  const between = (tenantId: TenantId, bounds: object) =>
    ({ tenantId, ...(Object.keys(bounds).length === 0 ? {} : { _id: bounds }) }) as mongoose.mongo.Filter<StoredEvent>; // Ids as ranges.

  return {
    /** Those that came next after one, oldest first. */
    headsAfter(tenantId: TenantId, times: Between, after: Id<"evt"> | undefined, limit: number): Promise<EventHead[]> {
      const bounds = { ...idsBetween("evt", times), ...(after === undefined ? {} : { $gt: after }) };
      const options = { projection: heads, sort: { _id: 1 }, limit, hint: inOrder } as const;
      return raw.find(between(tenantId, bounds), options).toArray();
    },

    /** How many came; `capped`: there are more. */
    async countBetween(tenantId: TenantId, times: Between): Promise<{ count: number; capped: boolean }> {
      const found = between(tenantId, idsBetween("evt", times));
      const count = await raw.countDocuments(found, { hint: inOrder, limit: countMax + 1 });
      return { count: Math.min(count, countMax), capped: count > countMax };
    },

    /** Whether an event is still stored, by its key. */
    async exists(tenantId: TenantId, key: Id<"evt">): Promise<boolean> {
      return (await raw.findOne({ _id: key, tenantId }, { projection: { _id: 1 } })) !== null;
    },
  };
}
