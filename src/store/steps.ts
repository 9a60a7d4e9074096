// Steps: input, output and attempts of each step of a run. Bodies are JSON text: people's keys are never MongoDB's operators.
import mongoose from "mongoose";
import type { Attempt } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { SettledStep, StepRecord, StepStatus } from "../model/step.ts";
import { updateEach, type Update } from "./commands.ts";
import type { Database } from "./database.ts";
import { createGroupWriter } from "./group-writer.ts";

type StoredStep = Omit<StepRecord, "input" | "output"> & { _id: string; input?: string; output?: string };

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
  },
  { versionKey: false },
);

/** What a step may bring to a group: input 256 KB, output, request and answer 64 KB each. Counting it would cost more. */
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
      writes.add([attemptWrite(record), ...settled.map((step) => settledWrite(record.tenantId, record.runId, step))]),

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
      const rows = await raw.find({ _id: { $gte: `${runId}/`, $lt: `${runId}0` }, tenantId }).toArray();
      return rows.map(stepOf);
    },
  };
}

/** All steps of a run stand together: their keys begin with the run's id. */
function keyOf(runId: RunId, path: string): string {
  return `${runId}/${path}`;
}

function attemptWrite(record: AttemptRecord): Update {
  const { tenantId, runId, path, attempt } = record;
  const ended = record.status === "succeeded" || record.status === "failed" || record.status === "cancelled";
  const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs);
  return {
    // Written once: the same attempt again finds its number taken and changes nothing.
    filter: { _id: keyOf(runId, path), tenantId, "attempts.number": { $ne: attempt.number } },
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
  return {
    filter: { _id: keyOf(runId, step.path), tenantId },
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
  const { _id, input, output, ...fields } = row;
  return {
    ...fields,
    // Written by JSON.stringify above.
    ...(input === undefined ? {} : { input: JSON.parse(input) as Json }),
    ...(output === undefined ? {} : { output: JSON.parse(output) as Json }),
  };
}
