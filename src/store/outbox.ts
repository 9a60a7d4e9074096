// The outbox: which events have targets that are not started yet, and who looks after them. Lies in the events' documents.
import type { EventId, Id, RunId, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import type { StoredEvent } from "./events.ts";

type SettledEvent = Partial<Pick<StoredEvent, "state" | "nextAttemptAt" | "targets" | "attempts">>;

/** Every query on what events have still to start: an event stays due until all its targets are started. */
export function createOutbox(database: Database) {
  const raw = database.raw<StoredEvent>("events");

  return {
    /** Events whose every target has been started: one command for many. */
    async markDone(keys: Id<"evt">[]): Promise<void> {
      await raw.updateMany(
        { _id: { $in: keys }, state: "pending" },
        { $set: { state: "done", "targets.$[open].state": "started" } },
        { arrayFilters: [{ "open.state": "pending" }] },
      );
    },

    /** Puts the end of our lease forward to now plus a delay, so that the relay looks at the event then. */
    async release(keys: Id<"evt">[], delayMs: number): Promise<void> {
      const at = new Date(database.nowMs() + delayMs);
      await raw.updateMany(
        { _id: { $in: keys }, state: "pending" },
        { $set: { nextAttemptAt: at }, $inc: { attempts: 1 } },
      );
    },

    /** Takes the oldest due event under a lease; null when none is due. The database's clock decides. */
    claim: (leaseMs: number): Promise<StoredEvent | null> =>
      raw.findOneAndUpdate(
        { state: "pending", $expr: { $lte: ["$nextAttemptAt", "$$NOW"] } },
        [{ $set: { nextAttemptAt: { $add: ["$$NOW", leaseMs] }, fence: { $add: ["$fence", 1] } } }],
        { sort: { nextAttemptAt: 1 }, returnDocument: "after" },
      ),

    /** Writes what a claimer did with an event, unless somebody else has claimed it since (`fence`). */
    async settle(event: Pick<StoredEvent, "_id" | "fence">, change: SettledEvent): Promise<boolean> {
      const { attempts, ...fields } = change;
      const answer = await raw.updateOne(
        { _id: event._id, fence: event.fence, state: "pending" },
        { $set: fields, ...(attempts ? { $inc: { attempts } } : {}) },
      );
      return answer.matchedCount === 1;
    },

    /** Takes one target out of the outbox before it starts. False when it is no longer pending. */
    async cancelTarget(tenantId: TenantId, id: EventId, runId: RunId): Promise<boolean> {
      const answer = await raw.updateOne(
        { tenantId, id, targets: { $elemMatch: { runId, state: "pending" } } },
        { $set: { "targets.$.state": "cancelled" } },
      );
      return answer.modifiedCount === 1;
    },

    /** How many events are pending and since when the oldest one is, over all tenants. */
    async backlog(): Promise<{ pending: number; oldest: Date | undefined }> {
      const [pending, oldest] = await Promise.all([
        raw.countDocuments({ state: "pending" }, { limit: 100_000, hint: "due" }),
        raw.findOne({ state: "pending" }, { sort: { nextAttemptAt: 1 }, projection: { receivedAt: 1 }, hint: "due" }),
      ]);
      return { pending, oldest: oldest?.receivedAt };
    },
  };
}
