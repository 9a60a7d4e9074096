// Has an unsafe write happened, of which no answer came? Look where that is possible; else ask a person. Never just repeat.
import type { ActionFacts, Looked, Waiting } from "../src/connector/executor.ts";
import type { Failure } from "../src/model/failure.ts";
import type { PlanAction } from "../src/model/plan.ts";
import type { Doubt } from "../src/store/step-notes.ts";
import { connectionDelayMs, PutOff, type Carried } from "./tries.ts";

/** What a look came to. `send`: it has not happened, so that the write may be made. */
export type DoubtDecision =
  | { next: "succeeded"; looked: Extract<Looked, { outcome: "happened" }> }
  | { next: "send" }
  /** This attempt is over without effect: the policy decides about the next one. */
  | { next: "failed"; failure: Failure }
  | { next: "ask"; failure: Failure };

/** How long after a write without an answer the first look follows, in milliseconds: the vendor may still be at it. */
export const lookDelayMs = 2_000;
/** Looks in a row that fail for the moment before a person is asked; with the delays below, a little over two hours. */
const looksMax = 32;
const lookDelayMsMax = 5 * 60_000;

/** Whether the author has said that a second time does no harm. */
export function repeatsAmbiguous({ onAmbiguous, retry }: Pick<PlanAction, "onAmbiguous" | "retry">): boolean {
  if (retry.never?.includes("ambiguous")) return false;
  return onAmbiguous === "repeat" || retry.on?.includes("ambiguous") === true;
}

/** The failure by which the policy decides: with `"onAmbiguous": "repeat"` a lost answer counts as a lost connection. */
export function forPolicy(step: PlanAction, failure: Failure): Failure {
  if (failure.class !== "ambiguous" || step.onAmbiguous !== "repeat" || !repeatsAmbiguous(step)) return failure;
  // A policy that names `ambiguous` itself is taken at its word.
  return step.retry.on?.includes("ambiguous") ? failure : { ...failure, class: "network" };
}

/**
 * What follows from a look. `doubt` is absent in a run that was asked for again, whose earlier run may have made the
 * write: where nothing can be seen there, the person who asked has the word. Throws PutOff when the look itself has to
 * be repeated.
 */
export function decideDoubt(
  looked: Looked | Waiting,
  doubt: Doubt | undefined,
  at: { attempt: number; looks: number; waits: number; action: ActionFacts },
): DoubtDecision {
  if ("waiting" in looked) throw putOffLook(looked, at);
  if (looked.outcome === "happened") return { next: "succeeded", looked };
  if (looked.outcome === "did_not_happen") {
    // An attempt that is recorded as failed has used its number up; one that a stop cut off is made again.
    if (doubt?.failure === undefined || doubt.attempt !== at.attempt) return { next: "send" };
    return { next: "failed", failure: withoutEffect(doubt.failure) };
  }
  if (looked.outcome === "unknown" && looked.again && at.looks < looksMax) {
    const delayMs = Math.min(lookDelayMs * 2 ** at.looks, lookDelayMsMax);
    const message = `The look whether the write has happened failed: ${looked.failure.message}`;
    throw new PutOff(message, Math.max(delayMs, looked.retryAfterMs ?? 0), { looks: at.looks + 1 });
  }
  return doubt === undefined ? { next: "send" } : { next: "ask", failure: question(doubt.failure ?? lost, at.action) };
}

const lost: Failure = {
  class: "ambiguous",
  code: "attempt_lost",
  message: "The attempt was cut off after it had begun to send.",
};

/** The failure that asks a person what nobody else can know. */
export function question(failure: Failure, { system, title }: Pick<ActionFacts, "system" | "title">): Failure {
  const message =
    `${failure.message} Whether it took effect is not known: look in ${system} for what "${title}" would have made. ` +
    "If it is missing, retry the run from this step; if it is there, retry from the next one. " +
    'Where a second time does no harm, set "onAmbiguous": "repeat" in the step.';
  return { ...failure, class: "ambiguous", message };
}

/** The failure of a write that has turned out not to have happened: as if it had never been ambiguous. */
function withoutEffect(failure: Failure): Failure {
  const message = `${failure.message} It did not take effect.`;
  return { ...failure, class: failure.status === undefined ? "network" : "transient", message };
}

function putOffLook({ waiting }: Waiting, at: { looks: number; waits: number }): PutOff {
  const { why, failure, delayMs, slotAtMs } = waiting;
  if (why === "connection") {
    return new PutOff(failure.message, connectionDelayMs(at.waits), { looks: at.looks, waits: at.waits + 1 });
  }
  const carry: Omit<Carried, "uncounted"> = { looks: at.looks };
  return new PutOff(failure.message, delayMs, slotAtMs === undefined ? carry : { ...carry, slotAtMs });
}
