// What do the errors of undici, Node and our own connector mean to a sender?
import { errors } from "undici";
import { ConnectFailure } from "./connect.ts";
import { tlsMeaningOf } from "./tls-failure.ts";

export type HttpErrorKind =
  "dns" | "refused" | "reset" | "tls" | "timeout" | "blocked" | "protocol" | "aborted" | "invalid_url";

export type ErrorMeaning = {
  error: HttpErrorKind;
  /** A finer word where there is one (`url.address`), else the same as `error`. */
  code: string;
  /** One sentence for the user; names no address that was found. */
  message: string;
};

/** Why a request is ended from our side: its time is over, nothing was heard for too long, or it is not wanted any more. */
export type StopReason = "timeout" | "read_timeout" | "aborted" | "informational";

/** The meaning of ending a request from our side. */
export function meaningOfStop(reason: StopReason): ErrorMeaning {
  return meaningByStop[reason];
}

/** The meaning of an error that undici hands on. */
export function meaningOf(error: Error & { code?: unknown }): ErrorMeaning {
  if (error instanceof ConnectFailure) {
    return meaning(error.kind, error.message, error.code);
  }
  const code = typeof error.code === "string" ? error.code : "";
  if (code === "ETIMEDOUT") return meaningOfStop("timeout");
  if (code === "UND_ERR_ABORTED" || code === "UND_ERR_DESTROYED" || code === "UND_ERR_CLOSED") {
    return meaningOfStop("aborted");
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") return meaning("protocol", "The answer's headers are too large.");
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    return meaning("protocol", "The request cannot be sent as HTTP/1.1: its method or a header is not valid.");
  }
  if (error instanceof errors.HTTPParserError || code.startsWith("UND_ERR_RES") || code.startsWith("UND_ERR_REQ")) {
    return meaning("protocol", "The answer is not valid HTTP/1.1.");
  }
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS")) {
    const { code: word, message } = tlsMeaningOf(error);
    return meaning("tls", word === "tls" ? "The encrypted connection failed." : message, word);
  }
  return meaning("reset", "The connection broke before the answer was complete.");
}

function meaning(error: HttpErrorKind, message: string, code: string = error): ErrorMeaning {
  return { error, code, message };
}

const meaningByStop: Record<StopReason, ErrorMeaning> = {
  timeout: meaning("timeout", "No complete answer came within the time allowed."),
  read_timeout: meaning("timeout", "The receiver sent nothing for longer than is allowed.", "read_timeout"),
  aborted: meaning("aborted", "The request was cancelled."),
  informational: meaning("protocol", "The receiver sends informational answers (1xx) without end."),
};
