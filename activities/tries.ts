// Which tries of an activity are attempts of the step's policy, and which are not? One that could not begin, that waits for
// its turn or its connection, or that our own stop cut off, is made again without being counted.
import { ApplicationFailure } from "@temporalio/activity";
import { CancelledFailure } from "@temporalio/common";
import { StoreAway } from "../src/connector/store-away.ts";
import type { Failure } from "../src/model/failure.ts";

/** What one try tells the next, in the details of its last heartbeat. */
export type Carried = {
  /** How many of the tries so far were no attempts. */
  uncounted: number;
  /** The turn that was reserved for the next try, by the database's clock. */
  slotAtMs?: number;
  /** How often the step has waited for its connection in a row. */
  waits?: number;
  /** How often a look whether an unsafe write has happened has failed in a row. */
  looks?: number;
  /** When the last write that ended with a known outcome was sent, whether or not its end could be recorded. */
  known?: number;
};

/** How long a try waits that could not begin because MongoDB did not answer, in milliseconds. */
const putOffMs = 2_000;

/** A try that does not count: it is made again after a delay. */
export class PutOff extends Error {
  readonly delayMs: number;
  readonly carry: Omit<Carried, "uncounted">;
  /** Whatever was sent in this try has been refused: nothing of it is in doubt. */
  readonly isRefused: boolean;
  constructor(message: string, delayMs: number, carry: Omit<Carried, "uncounted"> = {}, isRefused = false) {
    super(message);
    this.delayMs = delayMs;
    this.carry = carry;
    this.isRefused = isRefused;
  }
}

/** The result of work on our own storage, which is no part of the step: while it does not answer, the step waits. */
export async function own<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    throw storePutOff(error);
  }
}

/** The result of the executor's work: only storage of ours that does not answer makes the step wait. */
export async function ownAlone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof StoreAway ? storePutOff(error) : error;
  }
}

function storePutOff(error: unknown): PutOff {
  const message = error instanceof Error ? error.message : "The store does not answer.";
  return new PutOff(message, putOffMs, {}, error instanceof StoreAway && error.isRefused);
}

/** What the last try told, from the details of its last heartbeat. */
export function carriedOf(details: unknown): Carried {
  if (typeof details !== "object" || details === null) return { uncounted: 0 };
  // Written by this module; what is no number is passed over.
  const { uncounted, ...rest } = details as { [member: string]: unknown };
  const known = ["slotAtMs", "waits", "looks", "known"].filter((name) => typeof rest[name] === "number");
  return {
    ...Object.fromEntries(known.map((name) => [name, rest[name]])),
    uncounted: typeof uncounted === "number" ? uncounted : 0,
  };
}

/** How long a step waits before it asks for its connection again, in milliseconds. */
export function connectionDelayMs(waits: number): number {
  return [2_000, 4_000, 8_000, 15_000][waits] ?? 30_000;
}

/** The SDK tells a worker's own end from a cancel of the run by this word only. */
export function isShutdown(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof CancelledFailure && signal.reason.message === "WORKER_SHUTDOWN";
}

/** The end of a step whose policy is used up by an attempt that never told how it ended. */
export const attemptLost: Failure = {
  class: "timeout",
  code: "attempt_lost",
  message: "The last attempt was cut off by a crash: whether it took effect is not known.",
};
