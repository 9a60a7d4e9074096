// The connection to MongoDB: one client, its settings, the database's clock, and which errors mean "it does not answer".
import mongoose from "mongoose";
import { AppError } from "../model/errors.ts";
import { createChanges, type Changes } from "./changes.ts";

// A query object that came from outside can never carry an operator, and a misspelt path is an error, not "match all".
mongoose.set("sanitizeFilter", true);
mongoose.set("strictQuery", "throw");

export type Collection<T extends mongoose.mongo.Document> = mongoose.mongo.Collection<T>;

export type Database = {
  connection: mongoose.Connection;
  /** The driver's own collection, for the hot paths: no casting, no document objects. */
  raw<T extends mongoose.mongo.Document>(name: string): Collection<T>;
  /** Runs a command on this database. */
  command(command: object): Promise<mongoose.mongo.Document>;
  changes: Changes;
  /** Now by the database's clock, in milliseconds: leases of different machines must agree. */
  nowMs(): number;
  /** Resolves when MongoDB answers; throws AppError `service.storage_unavailable`. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** Longest that one operation may be without an answer, in milliseconds. */
const operationTimeoutMs = 4_000;
/** Longest that a sender waits for what the database does, in milliseconds: its 503 comes within five seconds. */
const answerTimeoutMs = 4_500;
const clockRefreshMs = 60_000;
/** By how much our two clocks may part before the database is asked for its own. */
const clockJumpMs = 500;

/** Connects to a replica set. Rejects when it cannot be reached within three seconds. */
export async function connectDatabase(uri: string, options: { database?: string } = {}): Promise<Database> {
  const connection = mongoose.createConnection(uri, {
    ...(options.database ? { dbName: options.database } : {}),
    appName: "millrace",
    // Without a primary an operation fails fast instead of queueing in our memory.
    bufferCommands: false,
    serverSelectionTimeoutMS: 3_000,
    connectTimeoutMS: 3_000,
    // A stopped server keeps its sockets open: an operation without an answer for this long has an unknown outcome.
    socketTimeoutMS: operationTimeoutMs,
    maxPoolSize: 20,
    autoIndex: false,
    autoCreate: false,
    writeConcern: { w: "majority", j: true },
  });
  await connection.asPromise();
  const clock = await startClock(connection);
  const own = connection.getClient().db(connection.name);
  const changes = createChanges(() => own);
  return {
    connection,
    command: (command) => own.command(command),
    raw: (name) => own.collection(name),
    changes,
    nowMs: clock.nowMs,
    async ping() {
      await connection.getClient().db("admin").command({ ping: 1 }).catch(rethrow);
    },
    async close() {
      clock.stop();
      await changes.close();
      await connection.close();
    },
  };
}

/**
 * Keeps the difference between our monotonic clock and the database's. Our wall clock may be set at any moment, and leases
 * that are counted by it would end, or last for ever, until the next measurement.
 */
async function startClock(connection: mongoose.Connection): Promise<{ nowMs(): number; stop(): void }> {
  let offsetMs = 0;
  let aheadMs = 0;
  const measure = async () => {
    aheadMs = wallAheadMs();
    const sentMs = performance.now();
    const answer = await connection.getClient().db("admin").command({ hello: 1 });
    const receivedMs = performance.now();
    if (answer["localTime"] instanceof Date) offsetMs = answer["localTime"].getTime() - (sentMs + receivedMs) / 2;
  };
  // A missed measurement keeps the last difference; the next one is a minute away.
  const measureAgain = () => void measure().catch(() => {});
  await measure();
  const timer = setInterval(measureAgain, clockRefreshMs);
  timer.unref();
  return {
    nowMs() {
      // Somebody has set a clock, or the machine was asleep, which the monotonic clock knows nothing of.
      if (Math.abs(wallAheadMs() - aheadMs) > clockJumpMs) measureAgain();
      return Math.floor(performance.now() + offsetMs);
    },
    stop: () => clearInterval(timer),
  };
}

function wallAheadMs(): number {
  return Date.now() - performance.now();
}

const unavailableNames = new Set([
  "MongoNetworkError",
  "MongoNetworkTimeoutError",
  "MongoServerSelectionError",
  "MongooseServerSelectionError",
  "MongoNotConnectedError",
  "MongoTopologyClosedError",
  "MongoPoolClearedError",
  "MongoPoolClosedError",
  "MongoWriteConcernError",
  "MongoOperationTimeoutError",
  "MongoWaitQueueTimeoutError",
  "MongoExpiredSessionError",
  "UnsafeWriteError",
]);

/** What a server answers while it shuts down, steps down or is no longer primary (MongoDB's error_codes.yml). */
const steppingDownCodes = new Set([6, 7, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether an error says that MongoDB does not answer (or may have answered and we do not know), not that we asked wrongly. */
export function isStorageUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (unavailableNames.has(error.name)) return true;
  if (error.message.includes("Client must be connected") || error.message.includes("before initial connection"))
    return true;
  // A bulk write that the server itself refused has a code; one whose connection broke, or found no server, has none.
  if (error instanceof mongoose.mongo.MongoBulkWriteError && error.code === undefined) return true;
  if (!(error instanceof mongoose.mongo.MongoError)) return false;
  return error.hasErrorLabel("RetryableWriteError") || steppingDownCodes.has(Number(error.code));
}

/** The error as the rest of the house knows it: an unknown outcome of storage is always a 503, never a success or a fault of the sender. */
export function storageError(error: unknown): unknown {
  return isStorageUnavailable(error) ? unavailable(error) : error;
}

function unavailable(cause: unknown): AppError {
  const detail =
    "The database does not answer, and the request may or may not have been stored. Send it again with the same id.";
  return new AppError("service.storage_unavailable", { detail, retryAfterMs: 2_000, cause });
}

/**
 * The result of work on the database, or AppError `service.storage_unavailable` when it fails for want of an answer or
 * takes longer than a sender should wait. The work itself goes on: its outcome is unknown, not undone.
 */
export async function answerInTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(new Error("No answer in time."))), answerTimeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw storageError(error);
  } finally {
    clearTimeout(timer);
  }
}

function rethrow(error: unknown): never {
  throw storageError(error);
}

/** Whether an error is MongoDB's "duplicate key". */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && error.code === 11_000;
}
