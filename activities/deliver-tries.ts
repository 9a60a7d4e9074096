// How do the activities of deliveries stay alive and try again? Heartbeats while they work, and tries that are put off.
import { ApplicationFailure, Context } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";

/** A third of the heartbeat timeout, in milliseconds. */
const beatMs = 5_000;
/** Between two tries to write what has happened, in milliseconds. */
const persistEveryMs = 1_000;

/** The result of work during which Temporal is told that it goes on. */
export async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

/** A try that could not begin: it is made again after a delay, in milliseconds, and is nobody's failure. */
export function putOff(message: string, delayMs: number): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message, type: "put_off", nextRetryDelay: Math.max(1, delayMs), category });
}

/** Writes until it is written, or until the activity is ended: then with what the last try rejected with. */
export async function persist(write: () => Promise<void>): Promise<void> {
  const { cancellationSignal: signal } = Context.current();
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (signal.aborted) throw error;
      await pause(persistEveryMs, signal);
    }
  }
}

/** Waits, and no longer than until the activity is ended. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
