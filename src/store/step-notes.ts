// Notes about a step while an attempt of it is not over: what is about to be sent, and what it waits for.
import type { Attempt } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { RunId, TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { updateEach } from "./commands.ts";
import type { Database } from "./database.ts";
import { createGroupWriter } from "./group-writer.ts";

/** The step as the notes name it. */
export type NotedStep = {
  tenantId: TenantId;
  runId: RunId;
  path: string;
  id: string;
  use: string;
  name?: string | undefined;
  /** As recorded: without secrets. */
  input?: Json | undefined;
};

/** An unsafe write that was on its way, of which it is not known whether it was applied. */
export type Doubt = {
  attempt: number;
  sentAt: Date;
  /** How the attempt ended; absent: it never told, a crash cut it off. */
  failure?: Failure;
};

type Row = {
  _id: string;
  tenantId: TenantId;
  sending?: { attempt: number; since: Date; at: Date };
  attempts: Pick<Attempt, "number" | "startedAt" | "class" | "message" | "response">[];
};
type Note = { step: NotedStep; set: object; status?: object };

/** A step that has ended is not changed by a note that comes late. */
const open = { $nin: ["succeeded", "failed", "skipped", "cancelled", "kept"] };

/** Every query on these notes. They stand in the steps' own rows. */
export function createStepNotes(database: Database) {
  const raw = database.raw<Row>("steps");
  const writes = createGroupWriter<Note, void>({
    write: async (notes) => {
      await updateEach(database, "steps", notes.map(noteWrite), "journaled");
      return notes.map(() => undefined);
    },
    itemsMax: 100,
    inFlightMax: 2,
    bytesOf: ({ step }) => (step.input === undefined ? 1_024 : noteBytesMax),
  });
  return {
    /**
     * Notes that this attempt, begun at `since`, is about to send an unsafe write. Journaled when it resolves: only then may
     * it be sent.
     */
    noteSending: (step: NotedStep, sending: { attempt: number; since: Date; at: Date }): Promise<void> =>
      // A success that is recorded stays one, also when an attempt that was given up goes on.
      writes.add({ step, set: { status: "running", sending }, status: { $ne: "succeeded" } }),

    /** Shows a step that waits, without using up an attempt, and what it waits for. */
    noteWaiting: (step: NotedStep, error: Failure): Promise<void> =>
      writes.add({ step, set: { status: "waiting", error }, status: open }),

    /** The write of the step that is in doubt; undefined when the last one that was on its way ended with a known outcome. */
    async doubt(tenantId: TenantId, runId: RunId, path: string): Promise<Doubt | undefined> {
      const projection = {
        sending: 1,
        "attempts.number": 1,
        "attempts.startedAt": 1,
        "attempts.class": 1,
        "attempts.message": 1,
        "attempts.response.status": 1,
      };
      const row = await raw.findOne({ _id: `${runId}/${path}`, tenantId }, { projection });
      if (row?.sending === undefined) return undefined;
      const { attempt, since, at } = row.sending;
      // A workflow that was reset counts from 1 again: an attempt of the execution before is not the one that was noted.
      const record = row.attempts.find((one) => one.number === attempt && one.startedAt >= since);
      if (record === undefined) return { attempt, sentAt: at };
      return record.class === "ambiguous" ? { attempt, sentAt: at, failure: failureOf(record) } : undefined;
    },
  };
}

function failureOf({ message = "No answer came.", response }: Row["attempts"][number]): Failure {
  if (response === undefined) return { class: "ambiguous", code: "no_answer", message };
  return { class: "ambiguous", code: `http_${response.status}`, message, status: response.status };
}

/** An input is 256 KB at most. */
const noteBytesMax = 260 * 1024;

function noteWrite({ step, set, status }: Note) {
  const { tenantId, runId, path, id, use, name, input } = step;
  return {
    filter: { _id: `${runId}/${path}`, tenantId, ...(status === undefined ? {} : { status }) },
    update: {
      $set: { ...set, ...(input === undefined ? {} : { input: JSON.stringify(input) }) },
      $setOnInsert: {
        runId,
        path,
        id,
        use,
        attempts: [],
        startedAt: new Date(),
        ...(name === undefined ? {} : { name }),
      },
    },
    upsert: true,
  };
}
