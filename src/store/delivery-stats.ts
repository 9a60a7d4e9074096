// Statistics of deliveries: counts by endpoint, event type and time. The log has each delivery; these say how many, fast.
import mongoose from "mongoose";
import { addCounts, newCounts, plainCounts, type DeliveryCounts } from "../model/delivery-stats.ts";
import { deliveryFailureClasses } from "../model/delivery.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import { histogramBoundsMs } from "../model/histogram.ts";
import { updateEach, type Update } from "./commands.ts";
import type { Collection, Database } from "./database.ts";

/** How finely a row counts. Minutes are kept for three days, hours for 400. */
export type StatsUnit = "minute" | "hour";
export const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const keptMs = { minute: 3 * unitMs.day, hour: 400 * unitMs.day } as const;

/** Counts of one endpoint and event type within one minute, as a process has gathered them. */
export type StatsCell = {
  tenantId: TenantId;
  endpointId: EndpointId;
  eventType: string;
  /** The beginning of the minute. */
  minuteMs: number;
  counts: DeliveryCounts;
};

export type StatsQuery = {
  tenantId: TenantId;
  /** Absent: all endpoints together. */
  endpointId?: EndpointId | undefined;
  eventType?: string | undefined;
  from: Date;
  /** Not included. */
  to: Date;
  unit: StatsUnit;
};

/** In place of an endpoint: all of a tenant's together, so that its totals cost the same however many it has. */
const everyEndpoint = "*";

type StoredCounts = { [name in (typeof plainCounts)[number]]?: number } & {
  /** By the bucket's place. */
  h?: { [bucket: string]: number };
  /** By failure class. */
  c?: { [failureClass: string]: number };
};
type StoredStats = StoredCounts & {
  _id: string;
  tenantId: TenantId;
  endpointId: EndpointId | typeof everyEndpoint;
  eventType: string;
  unit: StatsUnit;
  at: Date;
  expiresAt: Date;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    endpointId: String,
    eventType: String,
    unit: String,
    at: Date,
    expiresAt: Date,
  },
  { versionKey: false, strict: false },
);
schema.index({ tenantId: 1, endpointId: 1, unit: 1, at: 1, eventType: 1 }, { name: "stats" });
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** Rows of one command, and the time between two, in milliseconds: an event that comes in meanwhile is not kept waiting. */
const rowsMax = 50;
const pauseMs = 20;
/** Event types that are told apart in one answer. */
const typesMax = 100;

/** Every query on statistics. */
export function createDeliveryStatsStore(database: Database) {
  const model = database.connection.model("DeliveryStats", schema, "deliveryStats");
  const raw = database.raw<StoredStats>("deliveryStats");

  return {
    init: () => model.createIndexes(),

    /**
     * Adds what was counted to the rows of its minutes and hours. Acknowledged from memory. Not to be repeated when it
     * rejects: a part may have been added, and what is missed is better than what is counted twice.
     */
    async add(cells: StatsCell[]): Promise<void> {
      const rows = [...rowsOf(cells).values()];
      for (let from = 0; from < rows.length; from += rowsMax) {
        if (from > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const updates = rows.slice(from, from + rowsMax).map(writeOf);
        await updateEach(database, "deliveryStats", updates, "memory");
      }
    },

    /** Everything together. `butTypes`: event types that are left out. */
    async total(query: StatsQuery, butTypes: readonly string[] = []): Promise<DeliveryCounts> {
      const left = butTypes.length === 0 ? {} : { eventType: { $nin: [...butTypes] } };
      const [row] = await summed(raw, { ...filterOf(query), ...left }, null);
      return countsOf(row);
    },

    /** By time: the beginnings of minutes, hours or days (UTC) in which something was counted, in order. */
    async byTime(query: StatsQuery, bucket: keyof typeof unitMs): Promise<{ at: Date; counts: DeliveryCounts }[]> {
      const by = { $dateTrunc: { date: "$at", unit: bucket } };
      const rows = await summed<Date>(raw, filterOf(query), by);
      return rows.map((row) => ({ at: row._id, counts: countsOf(row) })).sort((a, b) => +a.at - +b.at);
    },

    /** By event type: those with the most attempts, 100 at most. */
    async byType(query: StatsQuery): Promise<{ eventType: string; counts: DeliveryCounts }[]> {
      const most = [{ $sort: { attempts: -1, _id: 1 } }, { $limit: typesMax }];
      const rows = await summed<string>(raw, filterOf(query), "$eventType", most);
      return rows.map((row) => ({ eventType: row._id, counts: countsOf(row) }));
    },

    /** Of several endpoints at once; those without any counts are left out. */
    async byEndpoint(
      { endpointId: _, ...query }: StatsQuery,
      ids: readonly EndpointId[],
    ): Promise<Map<EndpointId, DeliveryCounts>> {
      const filter = { ...filterOf(query), endpointId: { $in: [...ids] } };
      const rows = await summed<EndpointId>(raw, filter, "$endpointId");
      return new Map(rows.map((row) => [row._id, countsOf(row)]));
    },
  };
}

function filterOf({ tenantId, endpointId, eventType, from, to, unit }: StatsQuery) {
  return {
    tenantId,
    endpointId: endpointId ?? everyEndpoint,
    unit,
    at: { $gte: from, $lt: to },
    ...(eventType === undefined ? {} : { eventType }),
  };
}

type Key = Pick<StoredStats, "tenantId" | "endpointId" | "eventType" | "unit" | "at" | "expiresAt">;
type Row = { id: string; key: Key; counts: DeliveryCounts };

/** The rows that cells add to: each cell to its endpoint's and to its tenant's, by the minute and by the hour. */
function rowsOf(cells: StatsCell[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const cell of cells) {
    for (const endpointId of [cell.endpointId, everyEndpoint] as const) {
      for (const unit of ["minute", "hour"] as const) {
        const row = rowOf(cell, endpointId, unit);
        const known = rows.get(row.id);
        if (!known) rows.set(row.id, row);
        addCounts((known ?? row).counts, cell.counts);
      }
    }
  }
  return rows;
}

function rowOf({ tenantId, eventType, minuteMs }: StatsCell, endpointId: Key["endpointId"], unit: StatsUnit): Row {
  const atMs = minuteMs - (minuteMs % unitMs[unit]);
  const expiresAt = new Date(atMs + keptMs[unit]);
  return {
    id: `${tenantId}/${endpointId}/${unit}/${atMs / unitMs.minute}/${eventType}`,
    key: { tenantId, endpointId, eventType, unit, at: new Date(atMs), expiresAt },
    counts: newCounts(),
  };
}

function writeOf({ id, key, counts }: Row): Update {
  const added: { [path: string]: number } = {};
  for (const name of plainCounts) if (counts[name] > 0) added[name] = counts[name];
  for (const [bucket, count] of counts.answers.entries()) if (count > 0) added[`h.${bucket}`] = count;
  for (const [name, count] of Object.entries(counts.byClass)) if (count > 0) added[`c.${name}`] = count;
  return { filter: { _id: id }, update: { $inc: added, $setOnInsert: key }, upsert: true };
}

/** Sums of rows by a key; `null` sums them all. Members of the answer are named as `sums` names them. */
type SummedRow<K> = { _id: K } & { [sum: string]: number };

async function summed<K>(
  rows: Collection<StoredStats>,
  filter: object,
  by: unknown,
  then: object[] = [],
): Promise<SummedRow<K>[]> {
  const pipeline = [{ $match: filter }, { $group: { _id: by, ...sums } }, ...then];
  return rows.aggregate<SummedRow<K>>(pipeline, { hint: "stats" }).toArray();
}

const sums = {
  ...Object.fromEntries(plainCounts.map((name) => [name, { $sum: `$${name}` }])),
  ...Object.fromEntries(histogramBoundsMs.map((_, bucket) => [`h${bucket}`, { $sum: `$h.${bucket}` }])),
  ...Object.fromEntries(deliveryFailureClasses.map((name) => [`c_${name}`, { $sum: `$c.${name}` }])),
};

function countsOf(row: { [sum: string]: unknown } = {}): DeliveryCounts {
  const sum = (name: string) => Number(row[name] ?? 0);
  const counts = newCounts();
  for (const name of plainCounts) counts[name] = sum(name);
  for (const bucket of histogramBoundsMs.keys()) counts.answers[bucket] = sum(`h${bucket}`);
  for (const name of deliveryFailureClasses) if (sum(`c_${name}`) > 0) counts.byClass[name] = sum(`c_${name}`);
  return counts;
}
