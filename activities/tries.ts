// Which tries of an activity are attempts of the step's policy, and which are not? One that could not begin, or that our
// own stop cut off, is made again without being counted.
import { ApplicationFailure } from "@temporalio/activity";
import { CancelledFailure } from "@temporalio/common";
import type { Failure } from "../src/model/failure.ts";

/** How long a try waits that could not begin because MongoDB did not answer, in milliseconds. */
const putOffMs = 2_000;

/** A try that does not count: it is made again after a delay. */
export class PutOff extends Error {
  readonly delayMs: number;
  constructor(message: string, delayMs: number) {
    super(message);
    this.delayMs = delayMs;
  }
}

/** The result of work on our own storage, which is no part of the step: while it does not answer, the step waits. */
export async function own<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    throw new PutOff(error instanceof Error ? error.message : "The store does not answer.", putOffMs);
  }
}

/** How many of the tries so far were no attempts, from the details of the last heartbeat. */
export function uncountedOf(details: unknown): number {
  if (typeof details !== "object" || details === null || !("uncounted" in details)) return 0;
  return typeof details.uncounted === "number" ? details.uncounted : 0;
}

/** The SDK tells a worker's own end from a cancel of the run by this word only. */
export function isShutdown(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof CancelledFailure && signal.reason.message === "WORKER_SHUTDOWN";
}

/** The end of a step whose policy is used up by an attempt that never told how it ended. */
export function lastAttemptLost(): ApplicationFailure {
  const message = "The last attempt was cut off by a crash: whether it took effect is not known.";
  const failure: Failure = { class: "timeout", code: "attempt_lost", message };
  return ApplicationFailure.create({ message, type: failure.class, nonRetryable: true, details: [failure] });
}
