// What does an answer mean for a delivery: is it delivered, may it be tried again, does its endpoint go on?
import { failureClasses, type Failure } from "../model/failure.ts";
import type { RetryPlan } from "../model/retry.ts";
import { failureOfAnswer, failureOfResult, failureOfStatus, refusalOf } from "./classify.ts";
import type { HttpAnswer, HttpResult } from "./exchange.ts";
import type { AnswerRules, Profile, StatusOutcome } from "./profile-form.ts";
import { parseRetryAfter } from "./retry-after.ts";

export type Judgement = {
  /** Absent: delivered. */
  failure?: Failure;
  /** The endpoint gets nothing more: the receiver asked for it, or its status says so by the profile's rules. */
  disables: boolean;
  /** The delivery ends here, whatever the policy says. */
  stops: boolean;
  /** The profile's rules ask for another try where the failure's class alone does not. */
  retried?: true;
  /** What the receiver asked for, above 0 and at most 24 hours. */
  retryAfterMs?: number;
};

/**
 * What a result means by a profile's rules (`answers`). A caller combines it with the endpoint's policy: no failure is
 * a success; `stops` ends the delivery; else `decideRetry` decides with `plan: planFor(plan, judgement)` and the
 * judgement's `retryAfterMs`. `disables` counts in all three cases: a receiver may take a message and want no other.
 */
export function judgeAnswer(profile: Pick<Profile, "answers">, result: HttpResult, nowMs = Date.now()): Judgement {
  if (!result.ok) {
    // `failureOfResult` has no failure for successes only.
    const failure = failureOfResult(result);
    return failure === undefined ? delivered : { failure, disables: false, stops: false };
  }
  const { answers } = profile;
  const wish = answers.refusals ? refusalOf(result.headers) : undefined;
  if (result.status >= 200 && result.status < 300) return wish === "receiver_disabled" ? takenButDisabled : delivered;
  if (wish !== undefined) {
    return { failure: failureOfAnswer(result), disables: wish === "receiver_disabled", stops: true };
  }
  return judgeFailure(answers, result, nowMs);
}

/**
 * The plan that decides about a judged failure. A policy with an `on` of its own stands as it is; without one, failures
 * that the profile's rules want repeated are, beside those of classes that are retried anyway.
 */
export function planFor(plan: RetryPlan, { failure, retried }: Judgement): RetryPlan {
  if (plan.on !== undefined || retried !== true || failure === undefined) return plan;
  return { ...plan, on: [failure.class] };
}

const delivered: Judgement = { disables: false, stops: false };
const takenButDisabled: Judgement = { disables: true, stops: false };

function judgeFailure(answers: AnswerRules, answer: HttpAnswer, nowMs: number): Judgement {
  const failure = failureOfStatus(answer.status);
  const outcome = outcomeOf(answers.status, answer.status);
  const judgement: Judgement = {
    failure,
    disables: outcome === "disable",
    stops: outcome === "disable" || outcome === "stop",
  };
  if (outcome === "retry" && !failureClasses[failure.class].retried) judgement.retried = true;
  const retryAfterMs = answers.retryAfter ? parseRetryAfter(answer.headers["retry-after"], nowMs) : undefined;
  if (retryAfterMs !== undefined && retryAfterMs > 0) judgement.retryAfterMs = retryAfterMs;
  return judgement;
}

/** The closest rule: the status itself, its family, whatever is no success. */
function outcomeOf(rules: AnswerRules["status"], status: number): StatusOutcome | undefined {
  return rules[String(status)] ?? rules[`${String(status)[0] ?? ""}xx`] ?? rules["*"];
}
