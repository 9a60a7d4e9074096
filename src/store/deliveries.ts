// Deliveries: how the sending of each event to each endpoint stands. What was sent and answered lies in `delivery-bodies.ts`.
import mongoose from "mongoose";
import type {
  AttemptBodies,
  AttemptRow,
  Delivery,
  DeliveryReason,
  DeliveryStatus,
  LaneWait,
} from "../model/delivery.ts";
import type { FailureClass } from "../model/failure.ts";
import type { DeliveryId, RecoveryId, TenantId } from "../model/ids.ts";
import { insertMany, updateEach, type Safety, type Update } from "./commands.ts";
import type { Collection, Database } from "./database.ts";
import { bodyKey, type StoredBodies } from "./delivery-bodies.ts";
import { createGroupWriter, type GroupWriter } from "./group-writer.ts";

/** A delivery as stored. */
export type StoredDelivery = Omit<Delivery, "id"> & {
  _id: DeliveryId;
  /** The recoveries that asked for it. */
  recoveries?: RecoveryId[];
  /** Somebody asked for an attempt: by which of Temporal's runs it is carried out, and as what it is recorded. */
  asked?: { by: string; trigger: AttemptRow["trigger"]; used?: boolean };
};

/** What a delivery is after an attempt, or instead of one. */
export type DeliveryChange = {
  status: DeliveryStatus;
  class?: FailureClass | undefined;
  reason?: DeliveryReason | undefined;
  nextAttemptAt?: Date | undefined;
  /** `undefined`: it does not wait in its lane (any more). */
  lane?: LaneWait | undefined;
};

/** An attempt to be recorded with what the delivery is after it. */
export type RecordedAttempt = {
  tenantId: TenantId;
  id: DeliveryId;
  attempt: AttemptRow;
  bodies: AttemptBodies;
  change: DeliveryChange;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    endpointId: { type: String, required: true },
    event: { id: String, key: String, type: { type: String } },
    status: String,
    reason: { code: String, message: String },
    class: String,
    begun: Number,
    attempts: [mongoose.Schema.Types.Mixed],
    nextAttemptAt: Date,
    lane: mongoose.Schema.Types.Mixed,
    createdAt: Date,
    endedAt: Date,
    test: Boolean,
    asked: mongoose.Schema.Types.Mixed,
    recoveries: { type: [String], default: undefined },
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, _id: -1 });
schema.index({ tenantId: 1, endpointId: 1, _id: -1 });
schema.index({ tenantId: 1, "event.type": 1, _id: -1 });
schema.index({ tenantId: 1, "event.id": 1, _id: -1 });
// Nearly all deliveries succeed at once: what needs looking at has indexes of its own, which the others do not pay for.
export const troubled = ["pending", "failed", "rejected", "skipped", "cancelled"] as const;
const inTrouble = { partialFilterExpression: { status: { $in: [...troubled] } } };
schema.index({ tenantId: 1, status: 1, _id: -1 }, { ...inTrouble, name: "troubled" });
schema.index({ tenantId: 1, endpointId: 1, status: 1, _id: -1 }, { ...inTrouble, name: "troubledOfEndpoint" });
schema.index(
  { tenantId: 1, class: 1, _id: -1 },
  { partialFilterExpression: { class: { $exists: true } }, name: "failedByClass" },
);
// A lane is drained in the order in which its events came.
schema.index(
  { tenantId: 1, endpointId: 1, "event.key": 1 },
  { partialFilterExpression: { lane: { $exists: true } }, name: "lane" },
);

// What should have been tried by now: whoever watches over deliveries looks here.
schema.index(
  { nextAttemptAt: 1 },
  { partialFilterExpression: { status: "pending", nextAttemptAt: { $exists: true } }, name: "due" },
);
schema.index(
  { tenantId: 1, recoveries: 1 },
  { partialFilterExpression: { recoveries: { $exists: true } }, name: "recovered" },
);

/** What one delivery brings to a group at most: a body and an answer of 64 KB each, in up to three bytes a character. */
const entryBytesMax = 256 * 1024;

/** Every write of deliveries. */
export function createDeliveryStore(database: Database) {
  const model = database.connection.model("Delivery", schema, "deliveries");
  const raw = database.raw<StoredDelivery>("deliveries");

  const inserts = createInserts(database);
  const updates = createGroupWriter<RecordedAttempt, void>({
    write: async (items) => {
      const bodies = items.flatMap(({ tenantId, id, attempt, bodies: of }) => storedBodies(tenantId, id, attempt, of));
      if (bodies.length > 0) await insertMany(database, "deliveryBodies", bodies, "memory");
      await updateEach(database, "deliveries", items.flatMap(attemptWrites), "journaled");
      return items.map(() => undefined);
    },
    itemsMax: 200,
    inFlightMax: 2,
    bytesOf: () => entryBytesMax,
  });

  return {
    init: () => model.createIndexes(),

    /**
     * A new row, with its first attempt where there was one. `exists`: it stands already, as it is. What has still to be done
     * is journaled on a majority. A success at once is acknowledged from memory: the mark that takes it out of the outbox comes
     * after it in the same journal, so that a crash of MongoDB forgets both or none, and what is forgotten is sent again.
     */
    insert: (row: StoredDelivery, bodies?: AttemptBodies): Promise<"inserted" | "exists"> => {
      const [first] = row.attempts;
      const stored = first && bodies ? storedBodies(row.tenantId, row._id, first, bodies) : [];
      return inserts[row.status === "delivered" ? "memory" : "journaled"].add({ row, bodies: stored });
    },

    /** An attempt of a row that stands. The same attempt again changes nothing; a success that is recorded stays. Journaled. */
    record: (recorded: RecordedAttempt): Promise<void> => updates.add(recorded),

    ...createDeliveryTurns(raw),
  };
}

type Inserted = "inserted" | "exists";
type Insert = { row: StoredDelivery; bodies: StoredBodies[] };

/** Groups of new rows, by how safe they have to be. */
function createInserts(database: Database): Record<Safety, GroupWriter<Insert, Inserted>> {
  const writerOf = (safety: Safety) =>
    createGroupWriter<Insert, Inserted>({
      write: async (items) => {
        const bodies = items.flatMap((item) => item.bodies);
        // Before the rows and in the same order of journals: an attempt that is seen has its bodies.
        if (bodies.length > 0) await insertMany(database, "deliveryBodies", bodies, "memory");
        const rows = items.map((item) => item.row);
        const taken = await insertMany(database, "deliveries", rows, safety);
        return items.map((_, i) => (taken.has(i) ? "exists" : "inserted"));
      },
      // A larger group would keep the process busy for longer than an event that comes in meanwhile should wait.
      itemsMax: 100,
      inFlightMax: safety === "memory" ? 1 : 2,
      bytesOf: ({ bodies }) => bodies.reduce((sum, one) => sum + charsOf(one), rowBytes),
      // Nobody waits for it but the lease: company halves the commands.
      lingerMs: safety === "memory" ? 25 : 5,
    });
  return { memory: writerOf("memory"), journaled: writerOf("journaled") };
}

/** About what a row without bodies has. */
const rowBytes = 1_024;

function charsOf({ request = "", response = "" }: StoredBodies): number {
  return request.length + response.length;
}

/** What carries a delivery on: whose turn it is, and what ends it without an attempt. */
function createDeliveryTurns(raw: Collection<StoredDelivery>) {
  const one = (tenantId: TenantId, id: DeliveryId) => ({ _id: id, tenantId });
  return {
    async find(tenantId: TenantId, id: DeliveryId): Promise<StoredDelivery | undefined> {
      return (await raw.findOne(one(tenantId, id))) ?? undefined;
    },

    /** Those of these that stand, in any order. */
    findMany: (tenantId: TenantId, ids: DeliveryId[]): Promise<StoredDelivery[]> =>
      raw.find({ _id: { $in: ids }, tenantId }).toArray(),

    /**
     * Counts an attempt that begins, and uses up what somebody asked for. Answers the row with the number counted; undefined
     * when nothing is pending.
     */
    async begin(tenantId: TenantId, id: DeliveryId): Promise<StoredDelivery | undefined> {
      const found = { ...one(tenantId, id), status: "pending" as const };
      const used = {
        $cond: [{ $eq: [{ $type: "$asked" }, "object"] }, { $mergeObjects: ["$asked", { used: true }] }, "$$REMOVE"],
      };
      const row = await raw.findOneAndUpdate(found, [{ $set: { begun: { $add: ["$begun", 1] }, asked: used } }], {
        returnDocument: "after",
      });
      return row ?? undefined;
    },

    /** Counts an attempt that was made beside the row, whatever its status is. Answers its number. */
    async count(tenantId: TenantId, id: DeliveryId): Promise<number> {
      const row = await raw.findOneAndUpdate(one(tenantId, id), { $inc: { begun: 1 } }, { returnDocument: "after" });
      if (row === null) throw new Error(`The delivery ${id} is not there.`);
      return row.begun;
    },

    /** Makes a delivery pending again because somebody asked for it; the same asking again changes nothing. */
    async reopen(tenantId: TenantId, id: DeliveryId, by: string, trigger: AttemptRow["trigger"]): Promise<void> {
      await raw.updateOne(
        { ...one(tenantId, id), "asked.by": { $ne: by } },
        {
          // Due from now on: whoever watches over deliveries finds it when the one who was asked is ended from outside.
          $set: { status: "pending", asked: { by, trigger }, nextAttemptAt: new Date() },
          $unset: { lane: "", endedAt: "", reason: "" },
        },
      );
    },

    /** Those that should have been tried before a time, the longest overdue first. */
    overdue: (before: Date, limit: number): Promise<StoredDelivery[]> =>
      raw
        .find(
          { status: "pending", nextAttemptAt: { $lt: before }, lane: { $exists: false } },
          { sort: { nextAttemptAt: 1 }, limit, hint: "due" },
        )
        .toArray(),

    /** Ends or moves a delivery that is pending, without an attempt. False when it has ended already. */
    async change(tenantId: TenantId, id: DeliveryId, change: DeliveryChange): Promise<boolean> {
      const found = { ...one(tenantId, id), status: "pending" as const };
      const answer = await raw.updateOne(found, changeOf(change, new Date()));
      return answer.matchedCount === 1;
    },
  };
}

function storedBodies(
  tenantId: TenantId,
  id: DeliveryId,
  attempt: AttemptRow,
  { request, response }: AttemptBodies,
): StoredBodies[] {
  if (request === undefined && response === undefined) return [];
  return [
    {
      _id: bodyKey(id, attempt.number),
      tenantId,
      ...(request === undefined ? {} : { request: JSON.stringify(request) }),
      ...(response === undefined ? {} : { response: JSON.stringify(response) }),
    },
  ];
}

/**
 * The writes of an attempt, of which one applies: an attempt that was given up may still end after another one has
 * succeeded or after somebody ended the delivery. It is added to the row then, and only a success changes anything.
 */
function attemptWrites({ tenantId, id, attempt, change }: RecordedAttempt): Update[] {
  const fresh = { _id: id, tenantId, "attempts.number": { $ne: attempt.number } };
  const endedAt = new Date(attempt.startedAt.getTime() + attempt.durationMs);
  const { $set, $unset } = changeOf(change, endedAt);
  // An attempt of a batch has one number for all of it: that of the delivery that was begun the most often.
  const added = { $push: { attempts: attempt }, $max: { begun: attempt.number } };
  const whole = { $set, $unset, ...added };
  if (change.status === "delivered") {
    return [
      { filter: { ...fresh, status: "delivered" }, update: added },
      { filter: { ...fresh, status: { $ne: "delivered" } }, update: whole },
    ];
  }
  return [
    { filter: { ...fresh, status: { $ne: "pending" } }, update: added },
    { filter: { ...fresh, status: "pending" }, update: whole },
  ];
}

function changeOf(change: DeliveryChange, at: Date): { $set: object; $unset: Record<string, ""> } {
  const { status, ...rest } = change;
  const given = Object.entries({
    class: undefined,
    reason: undefined,
    nextAttemptAt: undefined,
    lane: undefined,
    ...rest,
  });
  const ended = status === "pending" ? {} : { endedAt: at };
  const set = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const unset = given.filter(([, value]) => value === undefined).map(([name]) => [name, ""] as const);
  return {
    $set: { status, ...set, ...ended },
    $unset: Object.fromEntries(status === "pending" ? [...unset, ["endedAt", ""] as const] : unset),
  };
}
