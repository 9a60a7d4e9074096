// Grouped writes as plain commands: the driver's bulk machinery costs more processor time than the rest of a write.
import type mongoose from "mongoose";
import type { Database } from "./database.ts";

/** How safe a write is when it is acknowledged: on a majority's journals, or in the primary's memory. */
export type Safety = "journaled" | "memory";

export type Update = { filter: object; update: object; upsert?: boolean };

const concerns = { journaled: { w: "majority", j: true, wtimeout: 4_000 }, memory: { w: 1 } } as const;
const duplicateKey = 11_000;

/**
 * Inserts every document that can be; answers the indexes of those whose key is taken. Rejects when anything else went
 * wrong: what has become of the group is not known then. Not retried by the driver: whoever asked asks again.
 */
export async function insertMany(
  database: Database,
  collection: string,
  documents: object[],
  safety: Safety,
): Promise<Set<number>> {
  const command = { insert: collection, documents, ordered: false, writeConcern: concerns[safety] };
  return duplicatesOf(await database.command(command));
}

/** Applies every update that can be; one whose upsert meets a taken key counts as applied. Rejects as `insertMany` does. */
export async function updateEach(
  database: Database,
  collection: string,
  updates: Update[],
  safety: Safety,
): Promise<void> {
  const command = {
    update: collection,
    updates: updates.map(({ filter, update, upsert }) => ({
      q: filter,
      u: update,
      upsert: upsert ?? false,
      multi: false,
    })),
    ordered: false,
    writeConcern: concerns[safety],
  };
  duplicatesOf(await database.command(command));
}

type WriteAnswer = {
  writeErrors?: { index: number; code: number; errmsg: string }[];
  writeConcernError?: { errmsg: string };
};

function duplicatesOf(answer: mongoose.mongo.Document): Set<number> {
  // The answer of a write command, as MongoDB documents it.
  const { writeErrors = [], writeConcernError } = answer as WriteAnswer;
  const other = writeErrors.find((one) => one.code !== duplicateKey);
  if (other) throw new Error(`A write was refused: ${other.errmsg}`);
  if (writeConcernError) throw new UnsafeWriteError(writeConcernError.errmsg);
  return new Set(writeErrors.map((one) => one.index));
}

/** A write that was applied but is not known to be on a majority's journals. */
export class UnsafeWriteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsafeWriteError";
  }
}
