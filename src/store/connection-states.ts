// How does a connection stand with its vendor, when was it used, and what is its owner still to be told?
import { seenFilter, type ConnectionKey, type SeenVersions } from "./connection-tokens.ts";
import type { ConnectionNotice, StoredConnection } from "./connections.ts";
import type { Collection } from "./database.ts";

/** How often it is noted that a connection was used, in milliseconds. */
const touchEveryMs = 60_000;

/** The queries on states and notices. Times are the database's (`$$NOW`). */
export function createConnectionStates(raw: Collection<StoredConnection>) {
  return {
    /**
     * Marks an active connection as refused by its vendor, together with the notice to its owner, in one write. False
     * when it is no longer as it was seen.
     */
    async requireReauth(key: ConnectionKey, seen: SeenVersions, reason: string): Promise<boolean> {
      const revision = { $add: ["$revision", 1] };
      const text = { $literal: reason };
      const answer = await raw.updateOne({ ...seenFilter(key, seen), status: "active" }, [
        {
          $set: {
            status: "reauth_required",
            statusReason: text,
            notice: { reason: text, revision, at: "$$NOW" },
            revision,
            updatedAt: "$$NOW",
          },
        },
        { $unset: ["lease", "cooldown"] },
      ]);
      return answer.modifiedCount === 1;
    },

    /** After a test that succeeded: the vendor takes the same credentials again. */
    async reactivate(key: ConnectionKey, seen: SeenVersions): Promise<boolean> {
      const answer = await raw.updateOne(
        { ...seenFilter(key, seen), status: "reauth_required" },
        {
          $set: { status: "active", updatedAt: new Date() },
          $unset: { statusReason: "", cooldown: "" },
          $inc: { revision: 1 },
        },
      );
      return answer.modifiedCount === 1;
    },

    /** Notes that it was used, at most once a minute. */
    async touch({ tenantId, id }: ConnectionKey): Promise<void> {
      const isOld = { $lt: [{ $ifNull: ["$lastUsedAt", new Date(0)] }, { $subtract: ["$$NOW", touchEveryMs] }] };
      await raw.updateOne({ _id: id, tenantId, $expr: isOld }, [{ $set: { lastUsedAt: "$$NOW" } }]);
    },

    /** Connections whose owner has still to be told, of all tenants, the longest waiting first. */
    async withNotice(limit: number): Promise<(StoredConnection & { notice: ConnectionNotice })[]> {
      const rows = await raw
        .find(
          { "notice.at": { $exists: true } },
          { sort: { "notice.at": 1 }, limit, projection: { sealed: 0, token: 0 } },
        )
        .toArray();
      return rows.flatMap((row) => (row.notice === undefined ? [] : [{ ...row, notice: row.notice }]));
    },

    /** After the event was accepted; a newer notice stays. */
    async clearNotice({ tenantId, id }: ConnectionKey, notice: ConnectionNotice): Promise<void> {
      await raw.updateOne({ _id: id, tenantId, "notice.revision": notice.revision }, { $unset: { notice: "" } });
    },
  };
}
