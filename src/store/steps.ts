// Steps: input, output and attempts of each step of a run. Bodies are JSON text: people's keys are never MongoDB's operators.
import mongoose from "mongoose";
import type { Attempt } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { KeptFrom, KeptStep, SettledStep, StepRecord, StepStatus } from "../model/step.ts";
import { insertMany, updateEach, type Update } from "./commands.ts";
import type { Collection, Database } from "./database.ts";
import { createGroupWriter } from "./group-writer.ts";

type StoredStep = Omit<StepRecord, "input" | "output"> & {
  _id: string;
  input?: string;
  output?: string;
  /** A note of `step-notes.ts`. */
  sending?: { attempt: number; since: Date; at: Date };
};

/** One attempt of a step, and what the step is after it. */
export type AttemptRecord = {
  tenantId: TenantId;
  runId: RunId;
  path: string;
  id: string;
  use: string;
  name?: string | undefined;
  status: StepStatus;
  input?: Json | undefined;
  output?: Json | undefined;
  error?: Failure | undefined;
  attempt: Attempt;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    runId: { type: String, required: true },
    path: String,
    id: { type: String },
    use: String,
    name: String,
    status: String,
    input: String,
    output: String,
    error: mongoose.Schema.Types.Mixed,
    startedAt: Date,
    endedAt: Date,
    attempts: [mongoose.Schema.Types.Mixed],
    keptFrom: mongoose.Schema.Types.Mixed,
    sending: mongoose.Schema.Types.Mixed,
  },
  { versionKey: false },
);

/**
 * What a step may bring to a group: input 256 KB, output, request and answer 64 KB each. Counting it would cost more, and
 * a rare output of 256 KB leaves a group far below the 48 MB of a command.
 */
const stepBytesMax = 448 * 1024;

/** Every query on steps. */
export function createStepStore(database: Database) {
  const model = database.connection.model("Step", schema, "steps");
  const raw = database.raw<StoredStep>("steps");

  const writes = createGroupWriter<Update[], void>({
    write: async (items) => {
      // An attempt that is recorded already does not match its filter, and its upsert meets the row: it is applied.
      await updateEach(database, "steps", items.flat(), "journaled");
      return items.map(() => undefined);
    },
    itemsMax: 100,
    inFlightMax: 2,
    bytesOf: (updates) => updates.length * stepBytesMax,
  });

  return {
    init: () => model.createCollection().then(() => model.createIndexes()),

    /** Writes an attempt once, and with it the steps without attempts that ended before it. Journaled when it resolves. */
    recordAttempt: (record: AttemptRecord, settled: SettledStep[]): Promise<void> =>
      writes.add([
        ...attemptWrites(record),
        ...settled.map((step) => settledWrite(record.tenantId, record.runId, step)),
      ]),

    /** Writes steps that have no attempts. */
    recordSettled: (tenantId: TenantId, runId: RunId, settled: SettledStep[]): Promise<void> =>
      settled.length === 0 ? Promise.resolve() : writes.add(settled.map((step) => settledWrite(tenantId, runId, step))),

    /** The recorded step, if an attempt of it has been recorded. */
    async find(tenantId: TenantId, runId: RunId, path: string): Promise<StepRecord | undefined> {
      const row = await raw.findOne({ _id: keyOf(runId, path), tenantId });
      return row ? stepOf(row) : undefined;
    },

    /** All recorded steps of a run, in the order of their paths' names. */
    async list(tenantId: TenantId, runId: RunId): Promise<StepRecord[]> {
      const rows = await raw.find({ _id: keysOf(runId), tenantId }).toArray();
      return rows.map(stepOf);
    },

    ...createKeeping(database, raw),
  };
}

/** Steps that a run keeps from an earlier one: copies of its rows, without the attempts. */
function createKeeping(database: Database, raw: Collection<StoredStep>) {
  return {
    /** How the steps of a run ended, without inputs and attempts. */
    async outline(tenantId: TenantId, runId: RunId): Promise<StepRecord[]> {
      const projection = { attempts: 0, input: 0 };
      const rows = await raw.find({ _id: keysOf(runId), tenantId }, { projection }).toArray();
      return rows.map((row) => stepOf({ ...row, attempts: [] }));
    },

    /** Of these steps, named by run and path, those that have succeeded. */
    async succeeded(tenantId: TenantId, steps: { runId: RunId; path: string }[]): Promise<string[]> {
      if (steps.length === 0) return [];
      const keys = steps.map(({ runId, path }) => keyOf(runId, path));
      const found = { _id: { $in: keys }, tenantId, status: "succeeded" as const };
      const rows = await raw.find(found, { projection: { path: 1 } }).toArray();
      return rows.map((row) => row.path);
    },

    /** Copies steps of one run as kept ones of another, by path. Journaled on a majority when it resolves. */
    async keep(tenantId: TenantId, from: RunId, to: RunId, kept: ReadonlyMap<string, KeptFrom>): Promise<void> {
      if (kept.size === 0) return;
      let group: StoredStep[] = [];
      let chars = 0;
      const write = async () => {
        if (group.length > 0) await insertMany(database, "steps", group, "journaled");
        [group, chars] = [[], 0];
      };
      for await (const row of raw.find({ _id: keysOf(from), tenantId }, { projection: { attempts: 0 } })) {
        const keptFrom = kept.get(row.path);
        if (keptFrom === undefined) continue;
        group.push({ ...row, _id: keyOf(to, row.path), runId: to, status: "kept", attempts: [], keptFrom });
        chars += bodyCharsOf(row);
        if (group.length >= keptRowsMax || chars >= keptCharsMax) await write();
      }
      await write();
    },

    /** A page of a run's kept steps after a path (`""`: from the first), small enough to travel through Temporal. */
    async keptPage(tenantId: TenantId, runId: RunId, after: string): Promise<{ steps: KeptStep[]; next?: string }> {
      const steps: KeptStep[] = [];
      let chars = 0;
      const rest = { _id: { $gt: keyOf(runId, after), $lt: `${runId}0` }, tenantId, status: "kept" as const };
      for await (const row of raw.find(rest, { projection: { attempts: 0, input: 0 }, sort: { _id: 1 } })) {
        const last = steps.at(-1)?.path;
        if (last !== undefined && chars + bodyCharsOf(row) > pageCharsMax) return { steps, next: last };
        steps.push(keptStepOf(row));
        chars += bodyCharsOf(row);
      }
      return { steps };
    },
  };
}

/** Steps of one insert, and their bodies in characters: far below the 48 MB that a command may have. */
const keptRowsMax = 500;
const keptCharsMax = 4 * 1024 * 1024;
/** Bodies of a page of kept steps, in characters: Temporal takes payloads of 2 MB, and a character has up to three bytes. */
const pageCharsMax = 512 * 1024;

function bodyCharsOf({ path, input = "", output = "", error }: StoredStep): number {
  return path.length + input.length + output.length + (error?.message.length ?? 0) + 100;
}

function keptStepOf(row: StoredStep): KeptStep {
  const { path, output, error, keptFrom } = stepOf({ ...row, attempts: [] });
  return {
    path,
    status: keptFrom?.status ?? "succeeded",
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
  };
}

/** The keys of all steps of a run. */
function keysOf(runId: RunId): { $gte: string; $lt: string } {
  return { $gte: `${runId}/`, $lt: `${runId}0` };
}

/** All steps of a run stand together: their keys begin with the run's id. */
function keyOf(runId: RunId, path: string): string {
  return `${runId}/${path}`;
}

/**
 * A success that is recorded stays: an attempt that was given up may still end after the one that was made in its place,
 * and a run may be cancelled before Temporal has the result. Whoever retries the run must not do again what has happened.
 */
const unlessSucceeded = { status: { $ne: "succeeded" } } as const;

/** The writes of an attempt, of which one applies. */
function attemptWrites(record: AttemptRecord): Update[] {
  const { tenantId, runId, path, attempt } = record;
  if (record.status === "succeeded") return [attemptWrite(record, {})];
  const late = { _id: keyOf(runId, path), tenantId, status: "succeeded", "attempts.number": { $ne: attempt.number } };
  return [{ filter: late, update: { $push: { attempts: attempt } } }, attemptWrite(record, unlessSucceeded)];
}

function attemptWrite(record: AttemptRecord, guard: object): Update {
  const { tenantId, runId, path, attempt } = record;
  const ended = record.status === "succeeded" || record.status === "failed" || record.status === "cancelled";
  const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs);
  return {
    // Written once: the same attempt again finds its number taken and changes nothing.
    filter: { _id: keyOf(runId, path), tenantId, "attempts.number": { $ne: attempt.number }, ...guard },
    update: {
      $setOnInsert: {
        runId,
        path,
        id: record.id,
        use: record.use,
        startedAt: attempt.startedAt,
        ...named(record.name),
      },
      $set: {
        status: record.status,
        ...(record.input === undefined ? {} : { input: JSON.stringify(record.input) }),
        ...(record.output === undefined ? {} : { output: JSON.stringify(record.output) }),
        ...(record.error === undefined ? {} : { error: record.error }),
        ...(ended ? { endedAt } : {}),
      },
      ...(record.error === undefined ? { $unset: { error: "" } } : {}),
      $push: { attempts: attempt },
    },
    upsert: true,
  };
}

function settledWrite(tenantId: TenantId, runId: RunId, step: SettledStep): Update {
  const at = new Date(step.atMs);
  const isActionCutOff = step.use !== undefined && (step.status === "cancelled" || step.status === "failed");
  return {
    filter: { _id: keyOf(runId, step.path), tenantId, ...(isActionCutOff ? unlessSucceeded : {}) },
    update: {
      $set: {
        status: step.status,
        endedAt: at,
        ...(step.output === undefined ? {} : { output: JSON.stringify(step.output) }),
        ...(step.error === undefined ? {} : { error: step.error }),
      },
      $setOnInsert: {
        runId,
        path: step.path,
        id: step.id,
        startedAt: at,
        attempts: [],
        ...(step.use === undefined ? {} : { use: step.use }),
        ...named(step.name),
      },
    },
    upsert: true,
  };
}

const named = (name: string | undefined) => (name === undefined ? {} : { name });

function stepOf(row: StoredStep): StepRecord {
  const { _id, input, output, sending: _sending, ...fields } = row;
  return {
    ...fields,
    // Written by JSON.stringify above.
    ...(input === undefined ? {} : { input: JSON.parse(input) as Json }),
    ...(output === undefined ? {} : { output: JSON.parse(output) as Json }),
  };
}
