// Runs that somebody asked for again: their rows are the promise that they start, until they have.
import mongoose from "mongoose";
import type { EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Run } from "../model/run.ts";
import { isDuplicateKey, type Database } from "./database.ts";
import { hiddenInLists, newStoredRun, runOf, type StoredRun } from "./run-row.ts";

/** What a run that is asked for again is stored with beside itself. */
export type AskedAgain = {
  /** What it repeats: a run's id, or `<flow>/<event>` where there is none. */
  of: string;
  /**
   * The first run of those that repeat each other; `of` where there is none. One of them is open at a time: two would have
   * the same effects under the same keys side by side.
   */
  family?: RunId | undefined;
  /** The same request makes one run, however often it comes. */
  requestId?: string | undefined;
  /** What the request asked for, where that is more than `of`: when it comes again, `of` may be the run that it made. */
  askedFor?: string | undefined;
  /** Data in place of the event's own, as JSON text. */
  dataText?: string | undefined;
};

/** `found`: this request made the run before. `open`: another run that repeats the same has not ended yet. */
export type InsertedAgain =
  { outcome: "made" } | { outcome: "found"; run: Run } | { outcome: "open"; run: Run } | { outcome: "unknown" };

/** How many runs of one family are looked at, newest first. */
const familyMax = 200;

/** Every query on runs that were asked for again. */
export function createRunsAgain(database: Database) {
  const raw = database.raw<StoredRun>("runs");

  /** Who stands in the way of a new run, if anybody does. */
  async function findAgain(tenantId: TenantId, asked: AskedAgain): Promise<InsertedAgain> {
    const askedBy = askedByOf(asked);
    const same = askedBy === undefined ? null : await raw.findOne({ tenantId, askedBy });
    if (same) return { outcome: "found", run: runOf(same) };
    const open = await raw.findOne({ tenantId, openAgainOf: asked.family ?? asked.of });
    if (!open) return { outcome: "unknown" };
    // The same request may have made its run between the two looks.
    const outcome = askedBy !== undefined && open.askedBy === askedBy ? "found" : "open";
    return { outcome, run: runOf(open) };
  }

  return {
    findAgain,

    /**
     * Makes the row of a run that is asked for again, due at once. Journaled on a majority when it resolves: the run will
     * start. `unknown` when what stood in the way is gone by now.
     */
    async insertAgain(run: Run, asked: AskedAgain): Promise<InsertedAgain> {
      const askedBy = askedByOf(asked);
      const row: StoredRun = {
        ...newStoredRun(run),
        // A second ago: our idea of the database's clock is a little off, and whoever is woken must find the run due.
        startDueAt: new Date(database.nowMs() - 1_000),
        openAgainOf: asked.family ?? asked.of,
        ...(askedBy === undefined ? {} : { askedBy }),
        ...(asked.dataText === undefined ? {} : { eventData: new mongoose.mongo.Binary(Buffer.from(asked.dataText)) }),
      };
      try {
        await raw.insertOne(row);
        return { outcome: "made" };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return findAgain(run.tenantId, asked);
      }
    },

    ...createFamilies(database),
    ...createDueStarts(database),
  };
}

/** Which runs repeat which, and over which data. */
function createFamilies(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** The data that was put in place of the event's own, as JSON text. */
    async editedData(tenantId: TenantId, runId: RunId): Promise<string | undefined> {
      const row = await raw.findOne({ _id: runId, tenantId }, { projection: { eventData: 1 } });
      return row?.eventData === undefined ? undefined : Buffer.from(row.eventData.buffer).toString("utf8");
    },

    /** The runs that repeat these runs, oldest first. */
    async retriedBy(tenantId: TenantId, runIds: RunId[]): Promise<Map<RunId, RunId[]>> {
      const rows = await raw
        .find({ tenantId, retryOf: { $in: runIds } }, { projection: { retryOf: 1 }, sort: { _id: 1 } })
        .toArray();
      const byRun = new Map<RunId, RunId[]>();
      for (const { _id, retryOf } of rows) if (retryOf) byRun.set(retryOf, [...(byRun.get(retryOf) ?? []), _id]);
      return byRun;
    },

    /** A first run and all that repeat it or each other, newest first, without bodies. */
    async family(tenantId: TenantId, rootRun: RunId): Promise<Run[]> {
      const own = await raw.findOne({ _id: rootRun, tenantId }, { projection: hiddenInLists });
      const rows = await raw
        .find({ tenantId, rootRun }, { projection: hiddenInLists, sort: { _id: -1 }, limit: familyMax })
        .toArray();
      return [...rows, ...(own ? [own] : [])].map(runOf);
    },

    /** The newest run of a flow for an event. */
    async newestOf(tenantId: TenantId, flowId: FlowId, eventId: EventId): Promise<Run | undefined> {
      const filter = { tenantId, "event.id": eventId, "flow.id": flowId };
      const row = await raw.findOne(filter, { sort: { _id: -1 }, projection: hiddenInLists });
      return row ? runOf(row) : undefined;
    },
  };
}

/** The rows as their own outbox: which runs have still to be started. */
function createDueStarts(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** Takes the run that has been due for longest under a lease; undefined when none is. The database's clock decides. */
    async claimDue(leaseMs: number): Promise<{ run: Run; startAttempts: number } | undefined> {
      const row = await raw.findOneAndUpdate(
        // One that somebody wants cancelled is not started any more.
        {
          startDueAt: { $exists: true },
          cancelRequestedAt: { $exists: false },
          $expr: { $lte: ["$startDueAt", "$$NOW"] },
        },
        [{ $set: { startDueAt: { $add: ["$$NOW", leaseMs] }, startState: "starting" } }],
        { sort: { startDueAt: 1 }, returnDocument: "after", projection: { eventData: 0 } },
      );
      return row ? { run: runOf(row), startAttempts: row.startAttempts ?? 0 } : undefined;
    },

    /** Notes that a run has started. Answers whether somebody wants it cancelled by now: its workflow must not go on. */
    async markStarted(run: Run, startedAt: Date): Promise<"running" | "cancelled"> {
      const row = await raw.findOneAndUpdate(
        { _id: run.id, tenantId: run.tenantId },
        [
          {
            $set: {
              startedAt: { $ifNull: ["$startedAt", startedAt] },
              status: { $cond: [{ $eq: ["$status", "pending"] }, "running", "$status"] },
            },
          },
          { $unset: ["startDueAt", "startAttempts", "startState"] },
        ],
        { projection: { status: 1, cancelRequestedAt: 1 }, returnDocument: "after" },
      );
      return row?.status === "cancelled" || row?.cancelRequestedAt !== undefined ? "cancelled" : "running";
    },

    /** Puts a start off; `refused` counts it. */
    async putOffStart(run: Run, delayMs: number, why: "unavailable" | "refused"): Promise<void> {
      await raw.updateOne(
        { _id: run.id, tenantId: run.tenantId, startDueAt: { $exists: true } },
        {
          $set: { startDueAt: new Date(database.nowMs() + delayMs), startState: "tried" },
          ...(why === "refused" ? { $inc: { startAttempts: 1 } } : {}),
        },
      );
    },

    /**
     * Whether a run that was asked for again may have started: `untried` when nobody has begun to. Asked after a cancel was
     * noted: from then on nobody begins.
     */
    async startState(tenantId: TenantId, runId: RunId): Promise<"untried" | "starting" | "tried" | "started"> {
      const row = await raw.findOne(
        { _id: runId, tenantId, startDueAt: { $exists: true } },
        { projection: { startState: 1 } },
      );
      return row ? (row.startState ?? "untried") : "started";
    },
  };
}

function askedByOf({ of, requestId, askedFor = of }: AskedAgain): string | undefined {
  return requestId === undefined ? undefined : askedByKey(askedFor, requestId);
}

/** By what a run is found that a request made. The request comes first: what one request made stands together. */
export function askedByKey(of: string, requestId: string): string {
  return `${requestId}/${of}`;
}

/** The keys of all runs that a request made; `0` follows `/`. */
export function askedByRange(requestId: string): { $gte: string; $lt: string } {
  return { $gte: `${requestId}/`, $lt: `${requestId}0` };
}
