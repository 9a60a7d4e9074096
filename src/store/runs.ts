// Runs: one row a run, written when its event is accepted, when it starts and when it ends.
import type { Failure, FailureClass } from "../model/failure.ts";
import type { EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Run, RunEnd, RunStatus } from "../model/run.ts";
import { insertMany, updateEach } from "./commands.ts";
import type { Collection, Database } from "./database.ts";
import { createGroupWriter } from "./group-writer.ts";
import { idsBetween, readPage, type Page, type PageRequest } from "./page.ts";
import { hiddenInLists, newStoredRun, openStatuses, runOf, runRowSchema, type StoredRun } from "./run-row.ts";
import { createRunsAgain } from "./runs-again.ts";

export type RunFilter = {
  flow?: FlowId | undefined;
  version?: number | undefined;
  status?: RunStatus | undefined;
  eventType?: string | undefined;
  event?: EventId | undefined;
  failedStep?: string | undefined;
  errorClass?: FailureClass | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
};

/** Every query on runs. */
export function createRunStore(database: Database) {
  const model = database.connection.model("Run", runRowSchema, "runs");
  const raw = database.raw<StoredRun>("runs");
  const inserts = createInserts(database);
  const ends = createEnds(database);

  return {
    init: () => model.createIndexes(),

    /** Makes the row of an accepted run; a row that stands already is left as it is. */
    insert: (run: Run): Promise<void> => inserts.add(run),

    /**
     * Notes that runs have started; rows that were lost are made. Answers those that were cancelled meanwhile: their
     * workflows must not go on.
     */
    async markRunning(runs: Run[], startedAt: Date): Promise<Run[]> {
      const ids = runs.map((run) => run.id);
      const { matchedCount } = await raw.updateMany(
        { _id: { $in: ids }, startedAt: { $exists: false } },
        [{ $set: { startedAt, status: { $cond: [{ $eq: ["$status", "pending"] }, "running", "$status"] } } }],
        { writeConcern: { w: 1 } },
      );
      if (matchedCount < ids.length) await insertMissing(raw, runs, startedAt);
      const cancelled = await raw.find({ _id: { $in: ids }, status: "cancelled" }).toArray();
      return cancelled.map(runOf);
    },

    /** Ends a run; a run that has ended keeps its first end. */
    end: (tenantId: TenantId, runId: RunId, end: RunEnd): Promise<void> =>
      ends.add({ tenantId, runId, end, endedAt: new Date() }),

    async find(tenantId: TenantId, runId: RunId): Promise<Run | undefined> {
      const row = await raw.findOne({ _id: runId, tenantId }, { projection: { eventData: 0 } });
      return row ? runOf(row) : undefined;
    },

    async list(tenantId: TenantId, filter: RunFilter, page: PageRequest): Promise<Page<Run>> {
      const fields = { tenantId, ...filterFields(filter) };
      const rows = await readPage(raw, fields, idsBetween("run", filter), page, hiddenInLists);
      return { items: rows.items.map(runOf), nextCursor: rows.nextCursor };
    },

    /** Notes that somebody wants the run cancelled; false when it has ended or is unknown. */
    async requestCancel(tenantId: TenantId, runId: RunId): Promise<boolean> {
      const answer = await raw.updateOne(
        { _id: runId, tenantId, status: { $in: openStatuses } },
        { $set: { cancelRequestedAt: new Date(), checkAt: new Date(database.nowMs() + 10_000) } },
      );
      return answer.matchedCount === 1;
    },

    ...createChecks(database),
    ...createRunsAgain(database),
  };
}

/** Rows are written to memory first: a crash of MongoDB may have taken some of runs that have started all the same. */
async function insertMissing(raw: Collection<StoredRun>, runs: Run[], startedAt: Date): Promise<void> {
  const found = await raw.find({ _id: { $in: runs.map((run) => run.id) } }, { projection: { _id: 1 } }).toArray();
  const known = new Set(found.map((row) => row._id));
  const missing = runs.filter((run) => !known.has(run.id));
  if (missing.length === 0) return;
  await raw.insertMany(missing.map((run) => newStoredRun({ ...run, status: "running", startedAt })));
}

/** Which open runs are due for a look: a workflow that vanished or was ended from outside is found out by it. */
function createChecks(database: Database) {
  const raw = database.raw<StoredRun>("runs");
  return {
    /** Puts the next look at an open run to a time from now. */
    async checkAgain(runId: RunId, delayMs: number): Promise<void> {
      const checkAt = new Date(database.nowMs() + delayMs);
      await raw.updateOne({ _id: runId, status: { $in: openStatuses } }, { $set: { checkAt } });
    },

    /** Takes one open run that is due for a look, and puts its next look off. */
    async claimOpen(nextCheckMs: number): Promise<Run | undefined> {
      const row = await raw.findOneAndUpdate(
        { $expr: { $lte: ["$checkAt", "$$NOW"] }, checkAt: { $exists: true } },
        [{ $set: { checkAt: { $add: ["$$NOW", nextCheckMs] } } }],
        { sort: { checkAt: 1 }, returnDocument: "after", projection: { eventData: 0 } },
      );
      return row ? runOf(row) : undefined;
    },
  };
}

function createInserts(database: Database) {
  return createGroupWriter<Run, void>({
    write: async (items) => {
      // Only in memory: the event's targets hold all that a lost row is made again from.
      await insertMany(database, "runs", items.map(newStoredRun), "memory");
      return items.map(() => undefined);
    },
    itemsMax: 200,
    inFlightMax: 2,
  });
}

/** Whoever has ended is neither looked after nor started, and may be asked for again. */
const notOfEnded = { checkAt: "", startDueAt: "", startAttempts: "", startState: "", openAgainOf: "" };

type EndedRun = { tenantId: TenantId; runId: RunId; end: RunEnd; endedAt: Date };

function createEnds(database: Database) {
  return createGroupWriter<EndedRun, void>({
    write: async (items) => {
      const updates = items.map(({ tenantId, runId, end, endedAt }) => ({
        filter: { _id: runId, tenantId, status: { $in: openStatuses } },
        update: { $set: { ...endFields(end), endedAt }, $unset: notOfEnded },
      }));
      // Only in memory: an end that MongoDB loses in a crash is asked of Temporal again, which has it.
      await updateEach(database, "runs", updates, "memory");
      return items.map(() => undefined);
    },
    itemsMax: 100,
    inFlightMax: 2,
  });
}

function endFields(end: RunEnd): { status: RunStatus; failedStep?: string; error?: Failure; output?: string } {
  const { output, ...fields } = end;
  return output === undefined ? fields : { ...fields, output: JSON.stringify(output) };
}

function filterFields(filter: RunFilter): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    "flow.id": filter.flow,
    version: filter.version,
    status: filter.status,
    "event.type": filter.eventType,
    "event.id": filter.event,
    failedStep: filter.failedStep,
    "error.class": filter.errorClass,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
