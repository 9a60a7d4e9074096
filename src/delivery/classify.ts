// What does an answer, or the lack of one, mean for the attempt?
import type { Failure, FailureClass } from "../model/failure.ts";
import type { HttpAnswer, HttpResult } from "./exchange.ts";
import type { HttpErrorKind } from "./http-error.ts";

/** The class of a status that is no success (RFC 9110 §15); undefined for 2xx. */
export function classifyStatus(status: number): FailureClass | undefined {
  if (status >= 200 && status < 300) return undefined;
  const known = classByStatus.get(status);
  if (known !== undefined) return known;
  return status >= 500 && status < 600 ? "transient" : "permanent";
}

/** The failure that a result is by the default rules; undefined when the receiver answered 2xx. */
export function failureOfResult(result: HttpResult): Failure | undefined {
  if (!result.ok) return { class: classByError[result.error], code: result.code, message: result.message };
  return classifyStatus(result.status) === undefined ? undefined : failureOfAnswer(result);
}

/** The failure that an answer is, to a caller who does not take its status for a success. */
export function failureOfAnswer(answer: Pick<HttpAnswer, "status" | "headers">): Failure {
  const failure = failureOfStatus(answer.status);
  const wish = refusalOf(answer.headers);
  if (wish === undefined) return failure;
  return { ...failure, class: "permanent", code: wish, message: `${failure.message} It wants no retry.` };
}

/** The failure that a status alone is. */
export function failureOfStatus(status: number): Failure {
  const message = `The receiver answered ${status}${hint(status)}.`;
  // A success that the caller did not expect is one.
  return { class: classifyStatus(status) ?? "expectation", code: `http_${status}`, message, status };
}

export type ReceiverWish = "receiver_disabled" | "receiver_aborted" | "receiver_no_retry";

/** What a receiver can say by a header: no more of this message, or nothing more at all. */
export function refusalOf(headers: Readonly<Record<string, string>>): ReceiverWish | undefined {
  const wish = headers["webhook-delivery"]?.trim().toLowerCase();
  if (wish === "disable") return "receiver_disabled";
  if (wish === "abort-message") return "receiver_aborted";
  return headers["x-slack-no-retry"]?.trim() === "1" ? "receiver_no_retry" : undefined;
}

const classByStatus: ReadonlyMap<number, FailureClass> = new Map([
  [400, "validation"],
  [401, "auth_revoked"],
  [403, "permission"],
  [404, "not_found"],
  [408, "transient"],
  [409, "conflict"],
  [412, "conflict"],
  [422, "validation"],
  [425, "transient"],
  [429, "rate_limited"],
]);

const classByError: Record<HttpErrorKind, FailureClass> = {
  dns: "network",
  refused: "network",
  reset: "network",
  tls: "network",
  protocol: "network",
  timeout: "timeout",
  blocked: "blocked",
  invalid_url: "blocked",
  aborted: "cancelled",
};

function hint(status: number): string {
  if (status >= 300 && status < 400) return "; redirects are not followed, so use the address that it points to";
  if (status === 401) return "; it does not accept the credentials";
  if (status === 410) return "; the address is gone";
  if (status === 429) return "; it wants fewer requests";
  return "";
}
