// How do endpoints fare? What processes note of their attempts, which of them are to be looked at, and what is to be told.
import mongoose from "mongoose";
import type { AlertData, AlertType } from "../model/endpoint-alert.ts";
import type { EndpointHealth } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import { updateEach, type Update } from "./commands.ts";
import type { Collection, Database } from "./database.ts";
import { createEndpointNotices } from "./endpoint-notices.ts";
import type { StoredEndpoint } from "./endpoint-row.ts";
import type { WatchCause } from "./endpoint-watch.ts";

/** What a process has seen of an endpoint since it told last. */
export type HealthNote = {
  tenantId: TenantId;
  id: EndpointId;
  /** Successes and failures since the last of the other kind. */
  successes: number;
  failures: number;
  /** Those of `failures` that were no deliveries of alerts. */
  failuresOfOthers: number;
  firstFailureMs?: number;
  lastFailureMs?: number;
  lastSuccessMs?: number;
  /** An answer took longer than the endpoint's threshold. */
  slow: boolean;
  /** A failure that comes later after the last one than this is the first of its own: the clock of disabling begins anew. */
  forgottenAfterMs: number;
};

// Beside the schema of `endpoint-row.ts`: what this file asks for.
const schema = new mongoose.Schema({ _id: String }, { versionKey: false, strict: false });
schema.index(
  { "watch.troubled": 1, _id: 1 },
  { partialFilterExpression: { "watch.troubled": true }, name: "watchTroubled" },
);
schema.index(
  { "watch.lookAt": 1 },
  { partialFilterExpression: { "watch.lookAt": { $exists: true } }, name: "watchLookAt" },
);
schema.index(
  { "notices.at": 1 },
  { partialFilterExpression: { "notices.at": { $exists: true } }, name: "endpointNotices" },
);
schema.index(
  { "health.openUntil": 1 },
  { partialFilterExpression: { "health.openUntil": { $exists: true } }, name: "breakersOpen" },
);

/** An endpoint is looked at again this long after the last look at the earliest, in milliseconds. */
const lookGapMs = 1_000;
const rowsMax = 1_000;

/** Every query on how endpoints fare. */
export function createEndpointHealthStore(database: Database) {
  const model = database.connection.model("EndpointHealth", schema, "endpoints");
  const raw = database.raw<StoredEndpoint>("endpoints");

  return {
    init: () => model.createIndexes(),

    /**
     * Puts down what was seen, each in one atomic change, so that processes may note at once. Of endpoints that only
     * succeeded, only those are written that have something to clear. Acknowledged from memory.
     */
    async note(notes: HealthNote[]): Promise<void> {
      const clearing = await troubledOf(
        raw,
        notes.filter((one) => !isTrouble(one)).map((one) => one.id),
      );
      const telling = notes.filter((one) => isTrouble(one) || clearing.has(one.id));
      const now = new Date(database.nowMs());
      for (let from = 0; from < telling.length; from += rowsMax) {
        const updates = telling.slice(from, from + rowsMax).map((one) => noteOf(one, now));
        await updateEach(database, "endpoints", updates, "memory");
      }
    },

    /** Puts down when endpoints succeeded last. */
    async noteSuccess(ids: EndpointId[], at: Date): Promise<void> {
      if (ids.length === 0) return;
      const change = { $max: { "health.lastSuccessAt": at } };
      await raw.updateMany({ _id: { $in: ids } }, change, { writeConcern: { w: 1 } });
    },

    /** How many endpoints' deliveries are parked because a breaker is open, over all tenants. */
    open: (): Promise<number> =>
      raw.countDocuments(
        { "health.openUntil": { $gt: new Date(database.nowMs()) } },
        { hint: "breakersOpen", limit: 100_000 },
      ),

    ...createLooks(raw, database),
    ...createEndpointNotices(raw),
  };
}

export type Transition = {
  state: EndpointHealth["state"];
  cause?: WatchCause | undefined;
  notice: { type: AlertType; data: AlertData };
};

/** Which endpoints are to be looked at, and what a look comes to. */
function createLooks(raw: Collection<StoredEndpoint>, database: Database) {
  return {
    /** Takes the endpoint that is to be looked at for longest, under a lease; null when none is. The database's clock decides. */
    claimLook: (leaseMs: number): Promise<StoredEndpoint | null> =>
      raw.findOneAndUpdate(
        { "watch.lookAt": { $exists: true }, $expr: { $lte: ["$watch.lookAt", "$$NOW"] } },
        [{ $set: { "watch.lookAt": { $add: ["$$NOW", leaseMs] }, "watch.lookedAt": "$$NOW" } }],
        {
          sort: { "watch.lookAt": 1 },
          hint: { "watch.lookAt": 1 },
          projection: { sealed: 0 },
          returnDocument: "after",
        },
      ),

    /** Ends a look: the next one is then, or when something new is noted. What was noted meanwhile is not put off. */
    async endLook({ _id, watch }: StoredEndpoint, next: Date | undefined): Promise<void> {
      if (watch?.lookAt === undefined) return;
      const change = next === undefined ? { $unset: { "watch.lookAt": "" } } : { $set: { "watch.lookAt": next } };
      // Paths of EndpointWatch, with its types.
      const update = change as mongoose.mongo.UpdateFilter<StoredEndpoint>;
      await raw.updateOne({ _id, "watch.lookAt": watch.lookAt }, update);
    },

    /** Makes an endpoint enter a state, with the alert that tells of it, unless it has left the one that was seen. */
    async enter(seen: StoredEndpoint, { state, cause, notice }: Transition): Promise<boolean> {
      const at = new Date(database.nowMs());
      const answer = await raw.updateOne(
        {
          _id: seen._id,
          status: "enabled",
          revision: seen.revision,
          "health.state": seen.health.state,
          "watch.since": seen.watch?.since ?? { $exists: false },
        },
        {
          $set: {
            "health.state": state,
            "watch.since": at,
            "watch.troubled": true,
            "watch.successes": 0,
            ...(cause === undefined ? {} : { "watch.cause": cause }),
          },
          ...(cause === undefined ? { $unset: { "watch.cause": "" } } : {}),
          $push: { notices: { type: notice.type, at, data: JSON.stringify(notice.data) } },
        },
      );
      return answer.modifiedCount === 1;
    },
  };
}

/** Those of the endpoints that have something to clear. */
async function troubledOf(rows: Collection<StoredEndpoint>, ids: EndpointId[]): Promise<Set<EndpointId>> {
  if (ids.length === 0) return new Set();
  const filter = { "watch.troubled": true as const, _id: { $in: ids } };
  const found = await rows.find(filter, { projection: { _id: 1 }, hint: "watchTroubled" }).toArray();
  return new Set(found.map((row) => row._id));
}

function isTrouble({ failures, slow, lastFailureMs }: HealthNote): boolean {
  return failures > 0 || slow || lastFailureMs !== undefined;
}

/** One atomic change: what is counted goes on from what stands, whoever wrote it. */
function noteOf(note: HealthNote, now: Date): Update {
  const { successes, failures, failuresOfOthers, lastFailureMs, lastSuccessMs } = note;
  const succeeded = lastSuccessMs !== undefined;
  const failed = lastFailureMs !== undefined;
  const goesOn = (path: string, more: number) => ({ $add: [{ $ifNull: [`$${path}`, 0] }, more] });
  const set = {
    "health.consecutiveFailures": succeeded ? failures : goesOn("health.consecutiveFailures", failures),
    "watch.failures": succeeded ? failuresOfOthers : goesOn("watch.failures", failuresOfOthers),
    "watch.successes": failed ? successes : goesOn("watch.successes", successes),
    ...(succeeded ? { "health.lastSuccessAt": latest("health.lastSuccessAt", lastSuccessMs) } : {}),
    ...(failed ? { "health.lastFailureAt": latest("health.lastFailureAt", lastFailureMs) } : {}),
    ...failingSince(note, succeeded),
    "watch.lookAt": lookAt(note, now),
  };
  // The second stage sees the first one's outcome: an endpoint that is well again has nothing left to clear.
  const isWell = {
    $and: [
      { $eq: ["$health.state", "healthy"] },
      { $eq: ["$health.consecutiveFailures", 0] },
      { $literal: !note.slow },
    ],
  };
  return {
    filter: { _id: note.id, tenantId: note.tenantId },
    update: [{ $set: set }, { $set: { "watch.troubled": { $cond: [isWell, "$$REMOVE", true] } } }],
  };
}

function latest(path: string, ms: number) {
  return { $max: [`$${path}`, new Date(ms)] };
}

/** The first failure of those that have come since the last success, as long as they follow one another closely enough. */
function failingSince({ failures, firstFailureMs, forgottenAfterMs }: HealthNote, succeeded: boolean) {
  if (failures === 0 || firstFailureMs === undefined) {
    return succeeded ? { "health.failingSince": "$$REMOVE" } : {};
  }
  const first = new Date(firstFailureMs);
  if (succeeded) return { "health.failingSince": first };
  const isOfNow = {
    $and: [
      { $eq: [{ $type: "$health.failingSince" }, "date"] },
      { $gte: ["$health.lastFailureAt", new Date(firstFailureMs - forgottenAfterMs)] },
    ],
  };
  return { "health.failingSince": { $cond: [isOfNow, { $min: ["$health.failingSince", first] }, first] } };
}

/** Soon, but not in each second; what is to be looked at sooner stays so. Successes matter while the state is a bad one. */
function lookAt(note: HealthNote, now: Date) {
  const soon = { $max: [now, { $add: [{ $ifNull: ["$watch.lookedAt", new Date(0)] }, lookGapMs] }] };
  const sooner = { $min: [{ $ifNull: ["$watch.lookAt", soon] }, soon] };
  if (isTrouble(note)) return sooner;
  return { $cond: [{ $eq: ["$health.state", "healthy"] }, { $ifNull: ["$watch.lookAt", "$$REMOVE"] }, sooner] };
}
