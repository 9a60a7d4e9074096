// Which token does a connection have, and who may ask for the next one?
import type mongoose from "mongoose";
import type { Failure } from "../model/failure.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { StoredConnection, StoredToken } from "./connections.ts";
import type { Collection } from "./database.ts";

/** What a caller has seen of a connection: a change applies to nothing newer. */
export type SeenVersions = { credentialsVersion: number; tokenVersion?: number | undefined };
export type SeenState = Pick<StoredConnection, "credentialsVersion" | "tokenVersion" | "status" | "cooldown">;
export type ConnectionKey = { tenantId: TenantId; id: ConnectionId };

type Rows = Collection<StoredConnection>;
type Filter = mongoose.mongo.Filter<StoredConnection>;

/** The queries on tokens and leases. Times are the database's (`$$NOW`): leases of different machines must agree. */
export function createConnectionTokens(raw: Rows) {
  return {
    /** Takes the right to ask for a token, if nobody holds it and the connection is still as it was seen. */
    async takeLease(key: ConnectionKey, seen: SeenState, owner: string, leaseMs: number): Promise<boolean> {
      const isFree = { $lte: [{ $ifNull: ["$lease.until", new Date(0)] }, "$$NOW"] };
      const answer = await raw.updateOne(
        // A mark or a pause that was set since is news to the caller. What is missing counts as null.
        {
          ...seenFilter(key, seen),
          status: seen.status,
          "cooldown.until": seen.cooldown?.until ?? null,
          $expr: isFree,
        },
        // A literal: no text is ever read as an expression.
        [{ $set: { lease: { owner: { $literal: owner }, until: { $add: ["$$NOW", leaseMs] } } } }],
      );
      return answer.modifiedCount === 1;
    },

    /**
     * Stores a token as the next version and gives the lease back. False when credentials or token have changed since:
     * the token must not be used then.
     */
    async putToken(key: ConnectionKey, seen: SeenVersions, token: StoredToken): Promise<boolean> {
      const answer = await raw.updateOne(seenFilter(key, seen), {
        $set: { token },
        $unset: { lease: "", cooldown: "" },
        $inc: { tokenVersion: 1 },
      });
      return answer.modifiedCount === 1;
    },

    /** Notes that no token can be had for `coolMs`, and gives the lease back if it is still the owner's. */
    async coolDown(key: ConnectionKey, owner: string, coolMs: number, failure: Failure): Promise<void> {
      await raw.updateOne({ _id: key.id, tenantId: key.tenantId, "lease.owner": owner }, [
        { $set: { cooldown: { until: { $add: ["$$NOW", coolMs] }, failure: { $literal: failure } } } },
        { $unset: "lease" },
      ]);
    },

    async releaseLease({ tenantId, id }: ConnectionKey, owner: string): Promise<void> {
      await raw.updateOne({ _id: id, tenantId, "lease.owner": owner }, { $unset: { lease: "" } });
    },
  };
}

/** The connection as a caller has seen it; a token version that is not named may be any. */
export function seenFilter(
  { tenantId, id }: ConnectionKey,
  { credentialsVersion, tokenVersion }: SeenVersions,
): Filter {
  return { _id: id, tenantId, credentialsVersion, ...(tokenVersion === undefined ? {} : { tokenVersion }) };
}
