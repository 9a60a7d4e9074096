// What becomes of a delivery after an attempt? Delivered, tried again at a time, refused for good, or given up.
import { planFor, type Judgement } from "../delivery/judge.ts";
import { decideRetry } from "../flow/retry.ts";
import type { DeliveryStatus } from "../model/delivery.ts";
import type { FailureClass } from "../model/failure.ts";
import type { RetryPlan } from "../model/retry.ts";

export type NextStep =
  | { status: "delivered" }
  | { status: "pending"; class: FailureClass; delayMs: number }
  | { status: Extract<DeliveryStatus, "failed" | "rejected">; class: FailureClass };

/**
 * `number` is that of the attempt, from 1; `elapsedMs` the time since the delivery's first attempt began; `random` a number
 * from 0 to 1. `rejected`: the receiver's answer is one that the policy does not repeat; `failed`: the policy is used up, or
 * there was no answer that another attempt could change.
 */
export function decideNext(input: {
  retry: RetryPlan;
  number: number;
  judgement: Judgement;
  elapsedMs: number;
  random: number;
}): NextStep {
  const { failure, stops, retryAfterMs } = input.judgement;
  if (failure === undefined) return { status: "delivered" };
  if (stops) return { status: "rejected", class: failure.class };
  const decision = decideRetry({
    plan: planFor(input.retry, input.judgement),
    attempt: input.number,
    failure,
    retryAfterMs,
    elapsedMs: input.elapsedMs,
    random: input.random,
  });
  if (decision.retry) return { status: "pending", class: failure.class, delayMs: decision.delayMs };
  const isUsedUp = decision.why === "attempts" || decision.why === "within";
  return { status: isUsedUp || failure.status === undefined ? "failed" : "rejected", class: failure.class };
}
