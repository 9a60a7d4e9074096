// Is an answer the JSON that it must be?
import type { HttpAnswer } from "../delivery/http.ts";
import type { Failure } from "../model/failure.ts";
import type { Json } from "../model/json.ts";

export type JsonRead = { ok: true; value: Json } | { ok: false; failure: Failure };

/**
 * The JSON of an answer's body. A body that was cut off at our limit is a failure of class `limit` (code
 * `answer_too_large`); one that is no JSON is taken for a passing fault of the receiver (`transient`, code `unreadable`).
 */
export function readJson(answer: Pick<HttpAnswer, "status" | "body" | "truncated">): JsonRead {
  const { status } = answer;
  if (answer.truncated) {
    const message = `The receiver answered ${status} with a larger body than this action reads: ask for less at once.`;
    return { ok: false, failure: { class: "limit", code: "answer_too_large", message, status } };
  }
  try {
    // JSON.parse answers nothing but JSON.
    return { ok: true, value: JSON.parse(answer.body.toString("utf8")) as Json };
  } catch {
    const message = `The receiver answered ${status}, but its body is not the JSON that it must be.`;
    return { ok: false, failure: { class: "transient", code: "unreadable", message, status } };
  }
}
