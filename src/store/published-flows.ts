// Published flows: which flows listen for events, and when does that change? What the match index is built from.
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Listening } from "./changes.ts";
import type { Database } from "./database.ts";

/** What is read here of a flow. */
type PublishedFlow = { _id: FlowId; tenantId: TenantId; enabled: boolean; publishedVersion: number | null };

/** What can be asked about the enabled flows of all tenants. */
export function createPublishedFlows(database: Database) {
  const raw = database.raw<PublishedFlow>("flows");

  return {
    /** Every enabled flow's published version, of all tenants, or of one flow only. */
    async enabled(only?: FlowId): Promise<{ tenantId: TenantId; flowId: FlowId; version: number }[]> {
      const rows = await raw
        .find(
          { enabled: true, publishedVersion: { $ne: null }, ...(only ? { _id: only } : {}) },
          { projection: { tenantId: 1, publishedVersion: 1 } },
        )
        .toArray();
      // The filter above leaves no null.
      return rows.map((row) => ({ tenantId: row.tenantId, flowId: row._id, version: row.publishedVersion as number }));
    },

    /** Tells of each change of a flow, in this and every other process, until `close`. */
    watch: (on: { change(id: FlowId): void; error(error: unknown): void }): Listening =>
      // _id of this collection is a FlowId.
      database.changes.listen("flows", { ...on, change: (one) => on.change(one.documentKey._id as FlowId) }),
  };
}
