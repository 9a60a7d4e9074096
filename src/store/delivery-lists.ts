// Which deliveries match, and how many? Lists and counts that stay fast at a million rows: each on an index, in its order.
import type mongoose from "mongoose";
import type { DeliveryStatus } from "../model/delivery.ts";
import type { FailureClass } from "../model/failure.ts";
import type { DeliveryId, EndpointId, EventId, TenantId } from "../model/ids.ts";
import type { Collection, Database } from "./database.ts";
import { troubled, type StoredDelivery } from "./deliveries.ts";
import { idsBetween, type Page, type PageRequest } from "./page.ts";

/** `since` and `until` are about when the delivery's event came: ids begin with that time. */
export type DeliveryFilter = {
  endpoint?: EndpointId | undefined;
  eventType?: string | undefined;
  /** One of these, at least one; absent: any. */
  statuses?: readonly DeliveryStatus[] | undefined;
  class?: FailureClass | undefined;
  event?: EventId | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
};

/** `capped`: there were more rows than are looked through for a count, so that there may be more. */
export type DeliveryCount = { count: number; capped: boolean };

type Rows = mongoose.mongo.Filter<StoredDelivery>;

/** Rows that are looked through at once where the index alone does not decide, how often for a page, and for a count. */
const looksOf = { rowsPerLook: 20_000, looksPerPage: 5, rowsPerCount: 100_000 };
type Place = { raw: Collection<StoredDelivery> } & typeof looksOf;

/** The queries of lists and counts of deliveries. */
export function createDeliveryLists(database: Database, looks: typeof looksOf = looksOf) {
  const raw = database.raw<StoredDelivery>("deliveries");
  const at = { raw, ...looks };
  return {
    /**
     * A page, newest first. Where few rows among very many match, it may hold fewer rows than asked for, and yet name a next
     * page: what one request looks through is bounded.
     */
    list: (tenantId: TenantId, filter: DeliveryFilter, page: PageRequest): Promise<Page<StoredDelivery>> =>
      readPageOf(at, tenantId, filter, page),

    /** The ids of those that come next after one, oldest first. `next`: where to go on; absent when there are no more. */
    async idsAfter(
      tenantId: TenantId,
      filter: DeliveryFilter,
      after: DeliveryId | undefined,
      limit: number,
    ): Promise<{ ids: DeliveryId[]; next?: DeliveryId }> {
      const bounds = { ...idsBetween("dlv", filter), ...(after === undefined ? {} : { $gt: after }) };
      const asked = { sort: 1, limit, projection: { _id: 1 } } as const;
      const { rows, end } = await lookThrough(at, waysTo(tenantId, filter), bounds, asked);
      const ids = rows.map(({ _id }) => _id);
      const next = rows.length === limit ? ids.at(-1) : end;
      return { ids, ...(next === undefined ? {} : { next }) };
    },

    /** How many match. */
    async countMatching(tenantId: TenantId, filter: DeliveryFilter): Promise<DeliveryCount> {
      const bounds = idsBetween("dlv", filter);
      const counts = await Promise.all(waysTo(tenantId, filter).map((way) => countOn(at, way, bounds)));
      return {
        count: counts.reduce((sum, { count }) => sum + count, 0),
        capped: counts.some(({ capped }) => capped),
      };
    },

    /** How the deliveries of an event stand. */
    async statusesOfEvent(tenantId: TenantId, event: EventId): Promise<Map<DeliveryStatus, number>> {
      const rows = await raw
        .aggregate<{ _id: DeliveryStatus; count: number }>(
          [{ $match: { tenantId, "event.id": event } }, { $group: { _id: "$status", count: { $sum: 1 } } }],
          { hint: indexes.event },
        )
        .toArray();
      return new Map(rows.map(({ _id, count }) => [_id, count]));
    },
  };
}

async function readPageOf(
  at: Place,
  tenantId: TenantId,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<Page<StoredDelivery>> {
  const ways = waysTo(tenantId, filter);
  const { $gte, $lt } = idsBetween("dlv", filter);
  const items: StoredDelivery[] = [];
  let below = earlierOf(page.cursor, $lt);
  for (let looks = 0; looks < at.looksPerPage; looks++) {
    const bounds = { ...($gte === undefined ? {} : { $gte }), ...(below === undefined ? {} : { $lt: below }) };
    const left = page.limit - items.length;
    const look = await lookThrough(at, ways, bounds, { sort: -1, limit: left + 1 });
    items.push(...look.rows.slice(0, left));
    if (look.rows.length > left) return { items, nextCursor: items.at(-1)?._id };
    below = look.end;
    if (below === undefined) return { items, nextCursor: undefined };
  }
  return { items, nextCursor: below };
}

/** By the names that `deliveries.ts` gives them, or MongoDB does. */
const indexes = {
  all: "tenantId_1__id_-1",
  endpoint: "tenantId_1_endpointId_1__id_-1",
  type: "tenantId_1_event.type_1__id_-1",
  event: "tenantId_1_event.id_1__id_-1",
  troubled: "troubled",
  troubledOfEndpoint: "troubledOfEndpoint",
  class: "failedByClass",
} as const;

/** The filter, parted: what the index named by `hint` finds in order of ids, and what is looked for among those rows. */
export type Way = { hint: string; indexed: Rows; rest: Rows };

/**
 * The ways that together find what matches, each row once. One of several states is looked for by itself: MongoDB would sort
 * what it finds of a partial index for several of them.
 */
export function waysTo(tenantId: TenantId, filter: DeliveryFilter): Way[] {
  const { statuses, event, endpoint } = filter;
  const isByStatus = event === undefined && (endpoint !== undefined || filter.class === undefined);
  if (!isByStatus || !statuses?.every((one) => troubledSet.has(one))) return [wayTo(tenantId, filter)];
  return [...new Set(statuses)].map((status) => wayTo(tenantId, { ...filter, statuses: [status] }));
}

/**
 * The index that leaves the fewest rows. MongoDB's own choice rests on trials of the moment, and may be the index of a type
 * that nearly all rows have; so it is told. Delivered rows have no class, and indexes on what is in trouble hold none of them.
 */
function wayTo(tenantId: TenantId, filter: DeliveryFilter): Way {
  const { endpoint, eventType, statuses, event } = filter;
  const status = statuses && oneOf(statuses);
  const isTroubled = typeof status === "string" && troubledSet.has(status);
  const by = { status, class: filter.class, endpointId: endpoint, "event.type": eventType };
  const way = (hint: string, indexed: object, rest: object): Way => ({
    hint,
    indexed: given({ tenantId, ...indexed }),
    rest: given(rest),
  });
  if (event !== undefined) return way(indexes.event, { "event.id": event }, by);
  if (endpoint !== undefined && (isTroubled || (filter.class !== undefined && statuses === undefined))) {
    const { endpointId, status: one = { $in: [...troubled] }, ...rest } = by;
    return way(indexes.troubledOfEndpoint, { endpointId, status: one }, rest);
  }
  if (filter.class !== undefined) {
    const { class: failureClass, ...rest } = by;
    return way(indexes.class, { class: failureClass }, rest);
  }
  if (endpoint !== undefined) {
    const { endpointId, ...rest } = by;
    return way(indexes.endpoint, { endpointId }, rest);
  }
  if (isTroubled) return way(indexes.troubled, { status }, { "event.type": eventType });
  if (eventType === undefined) return way(indexes.all, {}, by);
  const { "event.type": type, ...rest } = by;
  return way(indexes.type, { "event.type": type }, rest);
}

const troubledSet: ReadonlySet<DeliveryStatus> = new Set(troubled);

function oneOf(statuses: readonly DeliveryStatus[]): DeliveryStatus | { $in: DeliveryStatus[] } {
  const [only, ...more] = statuses;
  return only !== undefined && more.length === 0 ? only : { $in: [...statuses] };
}

function given(fields: object): Rows {
  // Fields of StoredDelivery, by name; the driver's type does not follow dots.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Rows;
}

type Bounds = { $gte?: string; $gt?: string; $lt?: string; $lte?: string };

type Asked = { sort: 1 | -1; limit: number; projection?: { _id?: 1 } };
type Look = { rows: StoredDelivery[]; end: DeliveryId | undefined };

/** What comes next on all ways. `end`: the last row that was looked at, when there may be more behind it. */
async function lookThrough(at: Place, ways: Way[], bounds: Bounds, asked: Asked): Promise<Look> {
  const looks = await Promise.all(ways.map((way) => lookOn(at, way, bounds, asked)));
  const [only, ...more] = looks;
  if (only !== undefined && more.length === 0) return only;
  const comesBefore = (a: string, b: string) => (asked.sort === 1 ? a < b : a > b);
  // The way that was looked through least far ends the look: behind its end it may have rows that come before others'.
  const end = looks
    .flatMap((look) => look.end ?? [])
    .reduce<DeliveryId | undefined>(
      (least, one) => (least === undefined || comesBefore(one, least) ? one : least),
      undefined,
    );
  const rows = looks
    .flatMap((look) => look.rows)
    .filter(({ _id }) => end === undefined || !comesBefore(end, _id))
    .toSorted((a, b) => (comesBefore(a._id, b._id) ? -1 : 1));
  return { rows: rows.slice(0, asked.limit), end };
}

async function lookOn(
  { raw, rowsPerLook }: Place,
  way: Way,
  bounds: Bounds,
  { sort, limit, projection = {} }: Asked,
): Promise<Look> {
  // Where the index alone decides, each row that is looked at is one of the page.
  const isDecided = Object.keys(way.rest).length === 0;
  const end = isDecided ? undefined : await rowAt(raw, way, bounds, sort, rowsPerLook);
  const range = end === undefined ? bounds : { ...bounds, [sort === 1 ? "$lte" : "$gte"]: end };
  const query = queryOf(way, range);
  const rows = await raw.find(query, { sort: { _id: sort }, limit, projection, hint: way.hint }).toArray();
  return { rows, end };
}

async function countOn({ raw, rowsPerCount }: Place, way: Way, bounds: Bounds): Promise<DeliveryCount> {
  const end = await rowAt(raw, way, bounds, 1, rowsPerCount);
  const upTo = end === undefined ? bounds : { ...bounds, $lte: end };
  return { count: await raw.countDocuments(queryOf(way, upTo), { hint: way.hint }), capped: end !== undefined };
}

/** The id of the row with this number, from 1, that the index finds; undefined when there are fewer. */
async function rowAt(
  raw: Collection<StoredDelivery>,
  { indexed, hint }: Way,
  bounds: Bounds,
  sort: 1 | -1,
  number: number,
): Promise<DeliveryId | undefined> {
  const query = queryOf({ hint, indexed, rest: {} }, bounds);
  const row = await raw.findOne(query, { sort: { _id: sort }, skip: number - 1, projection: { _id: 1 }, hint });
  return row?._id;
}

/** The query as MongoDB gets it. */
export function queryOf({ indexed, rest }: Way, bounds: Bounds): Rows {
  const _id = Object.keys(bounds).length === 0 ? {} : { _id: bounds };
  return { ...indexed, ...rest, ..._id } as Rows; // As in `given`.
}

function earlierOf(cursor: string | undefined, bound: string | undefined): string | undefined {
  if (cursor === undefined || bound === undefined) return cursor ?? bound;
  return cursor < bound ? cursor : bound;
}
