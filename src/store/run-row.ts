// How is a run stored? One row, whose bodies are JSON text: keys of people's data must never be read as MongoDB's operators.
import mongoose from "mongoose";
import type { RunId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { isEnded, type Recovery, type Run, type RunStatus } from "../model/run.ts";

/** A run as stored. `output` and `recovery` are JSON text. */
export type StoredRun = Omit<Run, "id" | "output" | "recovery"> & {
  _id: RunId;
  output?: string;
  recovery?: string;
  /** Data that somebody put in place of the event's own. */
  eventData?: mongoose.mongo.Binary;
  /** Open runs are looked after from here on: a workflow that vanished or was ended from outside is found out. */
  checkAt?: Date;
  /** Only of runs that were asked for again and are not known to have started: when somebody may start them. */
  startDueAt?: Date;
  /** Starts that Temporal refused. */
  startAttempts?: number;
  /** `starting` while a process is at it, `tried` after a start without a known outcome; absent before the first. */
  startState?: "starting" | "tried";
  /** What the open run repeats: nobody repeats it a second time meanwhile. */
  openAgainOf?: string;
  /** What the run repeats, and by which request: the same request makes one run. */
  askedBy?: string;
};

export const openStatuses: RunStatus[] = ["pending", "running", "waiting", "paused"];
/** A run that is still open after this is looked at by the reconciler. */
const firstCheckMs = 60_000;

const exists = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });

export const runRowSchema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    flow: { id: String, slug: String, name: String },
    version: Number,
    status: String,
    event: { id: String, type: { type: String } },
    createdAt: Date,
    startedAt: Date,
    endedAt: Date,
    failedStep: String,
    error: mongoose.Schema.Types.Mixed,
    output: String,
    cancelRequestedAt: Date,
    checkAt: Date,
    origin: String,
    retryOf: String,
    rootRun: String,
    recovery: String,
    eventData: Buffer,
    startDueAt: Date,
    startAttempts: Number,
    startState: String,
    openAgainOf: String,
    askedBy: String,
  },
  { versionKey: false },
);
runRowSchema.index({ tenantId: 1, _id: -1 });
runRowSchema.index({ tenantId: 1, "flow.id": 1, _id: -1 });
runRowSchema.index({ tenantId: 1, "event.id": 1 });
// Whoever looks for failed runs must not go through those that went well.
runRowSchema.index(
  { tenantId: 1, status: 1, _id: 1 },
  { partialFilterExpression: { status: "failed" }, name: "failed" },
);
// Only open runs have `checkAt`.
runRowSchema.index({ checkAt: 1 }, { ...exists("checkAt"), name: "open" });
// Most runs are never asked for again: these indexes hold those that were.
runRowSchema.index({ startDueAt: 1 }, { ...exists("startDueAt"), name: "due" });
runRowSchema.index({ tenantId: 1, retryOf: 1 }, exists("retryOf"));
runRowSchema.index({ tenantId: 1, rootRun: 1 }, exists("rootRun"));
runRowSchema.index({ tenantId: 1, openAgainOf: 1 }, { ...exists("openAgainOf"), unique: true });
runRowSchema.index({ tenantId: 1, askedBy: 1 }, { ...exists("askedBy"), unique: true });

/** What lists go without: bodies. */
export const hiddenInLists = { output: 0, eventData: 0 } as const;

/** The row of a new run. */
export function newStoredRun(run: Run): StoredRun {
  const { id, output: _none, recovery, ...fields } = run;
  const row: StoredRun = { _id: id, ...fields, ...(recovery ? { recovery: JSON.stringify(recovery) } : {}) };
  if (isEnded(run.status)) return row;
  return { ...row, checkAt: new Date(run.createdAt.getTime() + firstCheckMs) };
}

/** The run of a row, without what only the store needs. */
export function runOf(row: StoredRun): Run {
  const { _id, output, recovery, ...rest } = row;
  const { eventData: _data, checkAt: _at, startDueAt: _due, startAttempts: _starts, ...more } = rest;
  const { startState: _state, openAgainOf: _open, askedBy: _asked, ...fields } = more;
  return {
    id: _id,
    ...fields,
    // Both were written by JSON.stringify.
    ...(output === undefined ? {} : { output: JSON.parse(output) as Json }),
    ...(recovery === undefined ? {} : { recovery: JSON.parse(recovery) as Recovery }),
  };
}
