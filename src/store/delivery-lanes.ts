// Lanes: the deliveries of an endpoint that wait for their turn, in the order in which their events came.
import type { DeliveryReason } from "../model/delivery.ts";
import { firstIdAt, type DeliveryId, type EndpointId, type Id, type TenantId } from "../model/ids.ts";
import type { Collection, Database } from "./database.ts";
import type { StoredDelivery } from "./deliveries.ts";
import type { StoredEvent } from "./events.ts";

/** Rows that one change of many takes at once. */
const changeMax = 1_000;

/** Every query on lanes. */
export function createDeliveryLanes(database: Database) {
  const raw = database.raw<StoredDelivery>("deliveries");
  const lane = (tenantId: TenantId, endpointId: EndpointId) => ({
    tenantId,
    endpointId,
    lane: { $exists: true as const },
  });
  const inOrder = { "event.key": 1 } as const;

  return {
    /** The first of those that wait. */
    laneHead: (tenantId: TenantId, endpointId: EndpointId, limit: number): Promise<StoredDelivery[]> =>
      raw.find(lane(tenantId, endpointId), { sort: inOrder, limit, hint: "lane" }).toArray(),

    /** The first of each key that waits: up to `limit` keys, those that are due first, so that none hides behind retries. */
    async laneHeads(tenantId: TenantId, endpointId: EndpointId, limit: number): Promise<StoredDelivery[]> {
      const stages = [
        { $match: lane(tenantId, endpointId) },
        { $sort: inOrder },
        { $group: { _id: "$lane.key", head: { $first: "$$ROOT" } } },
        // Those that have not been tried have no time.
        { $sort: { "head.nextAttemptAt": 1, "head.event.key": 1 } },
        { $limit: limit },
      ];
      const found = await raw
        .aggregate<{ head: StoredDelivery }>(stages, { hint: "lane", allowDiskUse: true })
        .toArray();
      return found.map((one) => one.head);
    },

    /** The first that waits with a key. */
    async laneHeadOf(tenantId: TenantId, endpointId: EndpointId, key: string): Promise<StoredDelivery | undefined> {
      const found = { ...lane(tenantId, endpointId), "lane.key": key };
      return (await raw.findOne(found, { sort: inOrder, hint: "lane" })) ?? undefined;
    },

    lanesSince: (before: Date, after: Lane | undefined, looks: number) => lanesSince(raw, before, after, looks),

    async isLaneEmpty(tenantId: TenantId, endpointId: EndpointId): Promise<boolean> {
      return (await raw.findOne(lane(tenantId, endpointId), { projection: { _id: 1 }, hint: "lane" })) === null;
    },

    ...createLaneChanges(raw, lane),
    ...createLaneEnds(database, lane),
  };
}

/** The lane of an endpoint. */
export type Lane = Pick<StoredDelivery, "tenantId" | "endpointId">;

/**
 * The lanes in which somebody waits since before a time, of those that come after one in the order of the index: looks at so
 * many, however much waits in each. `last`: the one that was looked at last, where there may be more.
 */
async function lanesSince(
  rows: Collection<StoredDelivery>,
  before: Date,
  after: Lane | undefined,
  looks: number,
): Promise<{ lanes: Lane[]; last?: Lane }> {
  const upTo = firstIdAt("evt", before.getTime());
  const lanes: Lane[] = [];
  let last = after;
  for (let look = 0; look < looks; look++) {
    const head = await firstAfter(rows, last);
    if (head === undefined) return { lanes };
    const { tenantId, endpointId } = head;
    last = { tenantId, endpointId };
    if (head.event.key < upTo) lanes.push(last);
  }
  return { lanes, ...(last === undefined ? {} : { last }) };
}

/** The first that waits in the lane that comes after one. */
async function firstAfter(
  rows: Collection<StoredDelivery>,
  after: Lane | undefined,
): Promise<Pick<StoredDelivery, "tenantId" | "endpointId" | "event"> | undefined> {
  const first = (of: object) =>
    rows.findOne(
      { ...of, lane: { $exists: true } },
      {
        sort: { tenantId: 1, endpointId: 1, "event.key": 1 },
        projection: { tenantId: 1, endpointId: 1, event: 1 },
        hint: "lane",
      },
    );
  if (after === undefined) return (await first({})) ?? undefined;
  const { tenantId, endpointId } = after;
  const next =
    (await first({ tenantId, endpointId: { $gt: endpointId } })) ?? (await first({ tenantId: { $gt: tenantId } }));
  return next ?? undefined;
}

type LaneFilter = (
  tenantId: TenantId,
  endpointId: EndpointId,
) => {
  tenantId: TenantId;
  endpointId: EndpointId;
  lane: { $exists: true };
};

/** Up to where a lane is whole: the last that waits in it, and what has still to come into it. */
function createLaneEnds(database: Database, lane: LaneFilter) {
  const raw = database.raw<StoredDelivery>("deliveries");
  const events = database.raw<StoredEvent>("events");
  return {
    /** The event of the last of those that wait. */
    async laneEnd(tenantId: TenantId, endpointId: EndpointId): Promise<Id<"evt"> | undefined> {
      const options = { sort: { "event.key": -1 }, projection: { event: 1 }, hint: "lane" } as const;
      return (await raw.findOne(lane(tenantId, endpointId), options))?.event.key;
    },

    /** The events that this endpoint is owed, in their order; their deliveries may have been put down already. */
    async owedTo(tenantId: TenantId, endpointId: EndpointId): Promise<Id<"evt">[]> {
      const owed = { tenantId, "fanOut.state": "pending" as const, "fanOut.endpoints": endpointId };
      const found = await events.find(owed, { projection: { _id: 1 }, hint: "fanOutDue" }).toArray();
      return found.map((one) => one._id).toSorted((a, b) => (a < b ? -1 : 1));
    },
  };
}

/** How deliveries leave a lane, or stay together in it. */
function createLaneChanges(raw: Collection<StoredDelivery>, lane: LaneFilter) {
  return {
    /** Has these rows stay together as one batch. Journaled. */
    async joinBatch(tenantId: TenantId, ids: DeliveryId[], batch: string): Promise<void> {
      await raw.updateMany({ _id: { $in: ids }, tenantId, lane: { $exists: true } }, { $set: { "lane.batch": batch } });
    },

    /** Takes a pending delivery out of its lane: others carry it on. */
    async leaveLane(tenantId: TenantId, id: DeliveryId): Promise<void> {
      await raw.updateOne({ _id: id, tenantId }, { $unset: { lane: "" } });
    },

    /** Ends everything that waits in a lane. */
    async cancelLane(tenantId: TenantId, endpointId: EndpointId, reason: DeliveryReason): Promise<void> {
      for (;;) {
        const rows = await raw
          .find(lane(tenantId, endpointId), { projection: { _id: 1 }, limit: changeMax, hint: "lane" })
          .toArray();
        if (rows.length === 0) return;
        const ended = { status: "cancelled" as const, reason, endedAt: new Date() };
        await raw.updateMany(
          // One that has been delivered meanwhile has left its lane.
          { _id: { $in: rows.map((row) => row._id) }, tenantId, lane: { $exists: true } },
          { $set: ended, $unset: { lane: "", nextAttemptAt: "" } },
        );
      }
    },
  };
}
