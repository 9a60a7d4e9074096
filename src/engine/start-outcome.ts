// What came of asking Temporal to start something? Started, not answered in time, or refused.
import { WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import { grpcCode } from "./namespace.ts";

/** `unavailable`: Temporal does not answer, nothing is wrong with what is started. `refused`: Temporal will not take it. */
export type StartOutcome =
  { outcome: "started" } | { outcome: "unavailable"; cause: unknown } | { outcome: "refused"; cause: unknown };

/** A start that is not answered within this is taken for unavailable; it may have happened, and asking again is safe. */
const startLimitMs = 5_000;

/** The outcome of a start that is under way. "Already started" is started. Never rejects. */
export async function outcomeOf(start: Promise<unknown>): Promise<StartOutcome> {
  try {
    await inTime(start, startLimitMs);
    return { outcome: "started" };
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError) return { outcome: "started" };
    return { outcome: isRefusal(cause) ? "refused" : "unavailable", cause };
  }
}

/**
 * What is asked of Temporal, or a rejection after so many milliseconds. Not by the SDK's `withDeadline`: that bounds one try
 * only, and what it keeps in an AsyncLocalStorage makes Node 20 call hooks for every promise of the process from then on,
 * a tenth of what a delivery costs and more.
 */
export async function inTime<T>(asked: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Temporal did not answer within ${limitMs} ms.`)), limitMs);
    timer.unref();
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE: asking again in the same words will not help. */
function isRefusal(error: unknown): boolean {
  const code = grpcCode(error);
  return code === 3 || code === 9 || code === 11 || error instanceof TypeError;
}
