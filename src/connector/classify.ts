// What does the result of sending mean for an action? May it have been applied although no success came back?
import { failureOfResult } from "../delivery/classify.ts";
import type { HttpError, HttpResult } from "../delivery/http.ts";
import { parseRetryAfter } from "../delivery/retry-after.ts";
import type { Failure } from "../model/failure.ts";
import type { JsonObject } from "../model/json.ts";
import type { Action, Answered, Effect } from "./contract.ts";

type Refused = Extract<Answered, { ok: false }>;

/** The action's own reading of a result, with what the effect makes of it. Pure; `nowMs` is for dates in `Retry-After`. */
export function classify(action: Action, input: JsonObject, result: HttpResult, nowMs: number): Answered {
  if (!result.ok) return { ok: false, failure: failureOfError(action.effect, result) };
  const answered = action.response(result, input);
  if (answered.ok) return answered;
  const retryAfterMs = answered.retryAfterMs ?? parseRetryAfter(result.headers["retry-after"], nowMs);
  const failure = isInDoubt(action.effect, answered.failure, result.headers)
    ? inDoubt(answered.failure)
    : answered.failure;
  const refused: Refused = { ok: false, failure };
  return retryAfterMs === undefined ? refused : { ...refused, retryAfterMs };
}

/** A write that may have happened, and that would happen twice, is not for a retry policy to decide about. */
function failureOfError(effect: Effect, result: HttpError): Failure {
  const failure = failureOfResult(result) ?? { class: "internal", code: result.code, message: result.message };
  // A cancel of the run stays one; a stop of the worker leaves its noted intent behind, by which the next try looks.
  const isLost = effect === "unsafe-write" && result.requestSent && failure.class !== "cancelled";
  return isLost ? inDoubt(failure) : failure;
}

/**
 * Whether an answer leaves open that an unsafe write was applied. A 5xx may come from a gateway whose server has done the
 * work, or from a server that failed after doing it (RFC 9110, sections 15.6.1, 15.6.3 and 15.6.5). A 503 that says when
 * to come back was refused before any work (section 15.6.4), as was every 4xx. A 2xx that cannot be read has happened.
 */
function isInDoubt(effect: Effect, failure: Failure, headers: Record<string, string>): boolean {
  if (effect !== "unsafe-write") return false;
  if (failure.code === "unreadable" || failure.code === "answer_too_large") return (failure.status ?? 0) < 300;
  if (!/^http_5\d\d$/.test(failure.code)) return false;
  return !(failure.status === 503 && headers["retry-after"] !== undefined);
}

function inDoubt(failure: Failure): Failure {
  return { ...failure, class: "ambiguous" };
}
