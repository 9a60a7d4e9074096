// Which runs does a bulk retry take next, how many are there, and what became of those that it made?
import type mongoose from "mongoose";
import type { BulkFilter, BulkRetry } from "../model/bulk-retry.ts";
import { firstIdAt, type BulkRetryId, type RunId, type TenantId } from "../model/ids.ts";
import type { Run, RunStatus } from "../model/run.ts";
import type { Collection, Database } from "./database.ts";
import { hiddenInLists, runOf, type StoredRun } from "./run-row.ts";
import { askedByKey, askedByRange } from "./runs-again.ts";

/** `next`: where to go on after these; absent when there are no more. `unknown`: named runs that are not there. */
export type Candidates = { runs: Run[]; unknown: RunId[]; next?: RunId };
/** `capped`: there were more rows than are looked through for a count, so that there may be more. `sample`: the oldest. */
export type Counted = { count: number; capped: boolean; sample: RunId[] };

/** Rows that one look goes through at most where no index knows the answer. */
const rowsPerPage = 5_000;
const rowsPerCount = 100_000;
const sampleMax = 10;

type Rows = mongoose.mongo.Filter<StoredRun>;

/** The queries of bulk retries on runs. */
export function createBulkCandidates(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** The runs whose turn comes next, oldest first, without bodies. Never those that the bulk retry itself has made. */
    async candidates(bulk: BulkRetry, limit: number): Promise<Candidates> {
      if ("runs" in bulk.choice) return named(raw, bulk, bulk.choice.runs, limit);
      const bounds = {
        ...boundsOf(bulk.choice.filter, bulk.createdAt),
        ...(bulk.position ? { $gt: bulk.position } : {}),
      };
      const { indexed, rest } = queryOf(bulk.tenantId, bulk.choice.filter, bounds);
      const end = await rowAt(raw, indexed, rowsPerPage);
      const own = { $nor: [{ askedBy: askedByRange(bulk.id) }] };
      const query = { ...indexed, ...rest, ...own, ...upTo(bounds, end) } as Rows; // Fields of StoredRun, by name.
      const rows = await raw.find(query, { sort: { _id: 1 }, limit, projection: hiddenInLists }).toArray();
      const next = rows.length === limit ? rows.at(-1)?._id : end;
      return { runs: rows.map(runOf), unknown: [], ...(next === undefined ? {} : { next }) };
    },

    /** How many runs match a filter that were made before a time. */
    async countCandidates(tenantId: TenantId, filter: BulkFilter, before: Date): Promise<Counted> {
      const bounds = boundsOf(filter, before);
      const { indexed, rest } = queryOf(tenantId, filter, bounds);
      const end = await rowAt(raw, indexed, rowsPerCount);
      const query = { ...indexed, ...rest, ...upTo(bounds, end) } as Rows; // Fields of StoredRun, by name.
      const [count, rows] = await Promise.all([
        raw.countDocuments(query),
        raw.find(query, { sort: { _id: 1 }, limit: sampleMax, projection: { _id: 1 } }).toArray(),
      ]);
      return { count, capped: end !== undefined, sample: rows.map(({ _id }) => _id) };
    },

    ...createLooks(database),
    ...createOutcomes(database),
  };
}

/** What is asked about a run before it is retried. */
function createLooks(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** The newest run that repeats this one, or that repeats what this one repeats and came later. Not of this bulk retry. */
    async newerInFamily(run: Run, bulkId: BulkRetryId): Promise<Pick<Run, "id" | "status"> | undefined> {
      const { tenantId, id } = run;
      const row = await raw.findOne(
        {
          tenantId,
          rootRun: run.rootRun ?? id,
          $or: [{ _id: { $gt: id } }, { retryOf: id }],
          $nor: [{ askedBy: askedByRange(bulkId) }],
        },
        { sort: { _id: -1 }, projection: { status: 1 } },
      );
      return row ? { id: row._id, status: row.status } : undefined;
    },

    /** Which of these runs the bulk retry has retried. */
    async retriedAmong(tenantId: TenantId, bulkId: BulkRetryId, runs: RunId[]): Promise<RunId[]> {
      const askedBy = { $in: runs.map((of) => askedByKey(of, bulkId)) };
      const rows = await raw.find({ tenantId, askedBy }, { projection: { retryOf: 1 } }).toArray();
      return rows.flatMap(({ retryOf }) => retryOf ?? []);
    },
  };
}

/** What became of the runs that a bulk retry has made. */
function createOutcomes(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** How many of the runs that a bulk retry made stand how. */
    async outcomesOf(tenantId: TenantId, bulkId: BulkRetryId): Promise<Map<RunStatus, number>> {
      const rows = await raw
        .aggregate<{ _id: RunStatus; count: number }>([
          { $match: { tenantId, askedBy: askedByRange(bulkId) } },
          { $group: { _id: "$status", count: { $sum: 1 } } },
        ])
        .toArray();
      return new Map(rows.map(({ _id, count }) => [_id, count]));
    },

    /** The runs that a bulk retry made and that failed, in the order of those that they repeat. */
    async failedOf(tenantId: TenantId, bulkId: BulkRetryId, limit: number): Promise<Run[]> {
      const query = { tenantId, askedBy: askedByRange(bulkId), status: "failed" as const };
      const rows = await raw.find(query, { sort: { askedBy: 1 }, limit, projection: hiddenInLists }).toArray();
      return rows.map(runOf);
    },
  };
}

async function named(raw: Collection<StoredRun>, bulk: BulkRetry, ids: RunId[], limit: number): Promise<Candidates> {
  const { position } = bulk;
  const left = ids.filter((id) => position === undefined || id > position);
  const turn = left.slice(0, limit);
  const rows = await raw
    .find({ _id: { $in: turn }, tenantId: bulk.tenantId }, { sort: { _id: 1 }, projection: hiddenInLists })
    .toArray();
  const known = new Set(rows.map(({ _id }) => _id));
  const next = left.length > turn.length ? turn.at(-1) : undefined;
  return {
    runs: rows.map(runOf),
    unknown: turn.filter((id) => !known.has(id)),
    ...(next === undefined ? {} : { next }),
  };
}

type Bounds = { $gte?: RunId; $gt?: RunId; $lt: RunId; $lte?: RunId };

/** Ids begin with the time of their making: a set of runs that was fixed by time stays what it was. */
function boundsOf({ since, until }: BulkFilter, before: Date): Bounds {
  const endMs = Math.min(before.getTime(), until?.getTime() ?? Infinity);
  return { ...(since ? { $gte: firstIdAt("run", since.getTime()) } : {}), $lt: firstIdAt("run", endMs) };
}

function upTo(bounds: Bounds, end: RunId | undefined): { _id: Bounds } {
  return { _id: { ...bounds, ...(end === undefined ? {} : { $lte: end }) } };
}

/** The filter, parted: what an index finds, and what has to be looked for among those rows. */
function queryOf(tenantId: TenantId, filter: BulkFilter, bounds: Bounds): { indexed: Rows; rest: Rows } {
  const { flow, event, status, version, eventType, failedStep, errorClass } = filter;
  const indexed = {
    tenantId,
    _id: bounds,
    "flow.id": flow,
    "event.id": event,
    status: status === "failed" ? status : undefined,
  };
  const rest = { status, version, "event.type": eventType, failedStep, "error.class": errorClass };
  return { indexed: given(indexed), rest: given(rest) };
}

function given(fields: { [name: string]: unknown }): Rows {
  // Fields of StoredRun, by name; the driver's type does not follow dots.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Rows;
}

/** The id of the row with this number, from 1; undefined when there are fewer. */
async function rowAt(raw: Collection<StoredRun>, query: Rows, number: number): Promise<RunId | undefined> {
  const row = await raw.findOne(query, { sort: { _id: 1 }, skip: number - 1, projection: { _id: 1 } });
  return row?._id;
}
