// The fan-out's outbox: which endpoints are still owed an event, and who looks after them. Lies in the events' documents.
import type { EndpointId, Id } from "../model/ids.ts";
import { updateEach, type Update } from "./commands.ts";
import type { Database } from "./database.ts";
import type { StoredEvent } from "./events.ts";

/** What has been recorded of an event's deliveries. `all`: nothing is owed any more. */
export type Settled = { key: Id<"evt">; endpoints: EndpointId[]; all: boolean };

/** Every query on what endpoints are still owed: an event stays due until each of its deliveries is recorded. */
export function createFanOut(database: Database) {
  const raw = database.raw<StoredEvent>("events");

  return {
    /**
     * Takes what has been recorded out of the outbox; many events with one command. Acknowledged from memory: a lost mark
     * costs a look at rows that stand, and no delivery.
     */
    async settleFanOut(settled: Settled[]): Promise<void> {
      const whole = settled.filter((one) => one.all).map((one) => one.key);
      const parts: Update[] = settled
        .filter((one) => !one.all)
        .map(({ key, endpoints }) => ({
          filter: { _id: key },
          update: { $pull: { "fanOut.endpoints": { $in: endpoints } } },
        }));
      if (whole.length > 0) {
        const found = { _id: { $in: whole }, "fanOut.state": "pending" as const };
        await raw.updateMany(found, { $set: { "fanOut.state": "done" } }, { writeConcern: { w: 1 } });
      }
      if (parts.length > 0) await updateEach(database, "events", parts, "memory");
    },

    /** Puts the end of our leases to now plus a time, by the database's clock. */
    async leaseFanOut(keys: Id<"evt">[], leaseMs: number): Promise<void> {
      if (keys.length === 0) return;
      const dueAt = new Date(database.nowMs() + leaseMs);
      await raw.updateMany(
        { _id: { $in: keys }, "fanOut.state": "pending" },
        { $set: { "fanOut.dueAt": dueAt } },
        { writeConcern: { w: 1 } },
      );
    },

    /** Takes the event that is due for longest under a lease; null when none is due. The database's clock decides. */
    claimFanOut: (leaseMs: number): Promise<StoredEvent | null> =>
      raw.findOneAndUpdate(
        { "fanOut.state": "pending", $expr: { $lte: ["$fanOut.dueAt", "$$NOW"] } },
        [
          {
            $set: { "fanOut.dueAt": { $add: ["$$NOW", leaseMs] }, "fanOut.fence": { $add: ["$fanOut.fence", 1] } },
          },
        ],
        { sort: { "fanOut.dueAt": 1 }, returnDocument: "after" },
      ),

    /** How many events are owed to endpoints and since when the oldest one is, over all tenants. */
    async fanOutBacklog(): Promise<{ pending: number; oldest: Date | undefined }> {
      const pending = { "fanOut.state": "pending" as const };
      const [count, oldest] = await Promise.all([
        raw.countDocuments(pending, { limit: 100_000, hint: "fanOutDue" }),
        raw.findOne(pending, { sort: { "fanOut.dueAt": 1 }, projection: { receivedAt: 1 }, hint: "fanOutDue" }),
      ]);
      return { pending: count, oldest: oldest?.receivedAt };
    },
  };
}
