// What follows from a failed attempt, and how is Temporal told?
import { ApplicationFailure } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import type { ActionFacts } from "../src/connector/executor.ts";
import { decideRetry, type RetryDecision } from "../src/flow/retry.ts";
import type { Failure } from "../src/model/failure.ts";
import { forPolicy } from "./doubt.ts";
import type { Result } from "./record-attempt.ts";
import type { Try } from "./try.ts";

/** Whether the policy tries again. An unsafe write that was applied is not repeated because its answer disappoints. */
export function decide(one: Try, result: Extract<Result, { ok: false }>, facts?: ActionFacts): RetryDecision {
  const { retry } = one.input.step;
  const { failure, retryAfterMs } = result;
  const isApplied = facts?.effect === "unsafe-write" && failure.class === "expectation";
  if (isApplied && !retry.on?.includes("expectation")) return { retry: false, why: "class" };
  return decideRetry({
    plan: retry,
    attempt: one.attempt,
    failure: forPolicy(one.input.step, failure),
    elapsedMs: Date.now() - one.scheduledAtMs,
    random: Math.random(),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The failure in Temporal's words; without a decision it is for good. */
export function failed(failure: Failure, decision: RetryDecision | undefined): ApplicationFailure {
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.class,
    nonRetryable: !decision?.retry,
    details: [failure],
    // An expected failure of a receiver is no error of this process: Temporal's metrics and logs stay quiet.
    category: ApplicationFailureCategory.BENIGN,
    ...(decision?.retry ? { nextRetryDelay: decision.delayMs } : {}),
  });
}
