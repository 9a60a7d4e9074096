// One request and its answer: what was sent, what came back, how long each part took, and why it failed.
import { errors } from "undici";
import type { Dispatcher } from "undici";
import type { Phases } from "../model/attempt.ts";
import { ConnectFailure } from "./connect.ts";
import type { ConnectPhase } from "./connect.ts";

export type HttpRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** For everything, from the name to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal;
};

/** An answer. Header names are in lower case; repeated headers are joined by a comma. */
export type HttpAnswer = {
  ok: true;
  status: number;
  headers: Record<string, string>;
  /** At most the limit's first bytes, as they came: never decompressed. */
  body: Buffer;
  /** There was more than the limit keeps. */
  truncated: boolean;
  phases: Phases;
};

export type HttpErrorKind =
  "dns" | "refused" | "reset" | "tls" | "timeout" | "blocked" | "protocol" | "aborted" | "invalid_url";

export type HttpError = {
  ok: false;
  error: HttpErrorKind;
  /** A finer word where there is one (`url.port`), else the same as `error`. */
  code: string;
  /** One sentence for the user; names no address that was found. */
  message: string;
  /** Bytes of the request may have reached the receiver. */
  requestSent: boolean;
  phases: Phases;
};

export type HttpResult = HttpAnswer | HttpError;

export type Exchange = {
  handler: Dispatcher.DispatchHandler;
  /** Told by the connector when this request made it open a connection. */
  mark: (phase: ConnectPhase) => void;
  /** Ends the exchange from our side. */
  stop: (error: "timeout" | "aborted") => void;
};

const stopMessages = {
  timeout: "No complete answer came within the time allowed.",
  aborted: "The request was cancelled.",
};

/** Follows one request through undici's handler. `settle` is called exactly once. */
export function createExchange(
  startedMs: number,
  bodyBytesMax: number,
  settle: (result: HttpResult) => void,
): Exchange {
  const phases: Phases = { total: 0 };
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status = 0;
  let headers: Record<string, string> = {};
  let requestSent = false;
  let settled = false;
  let running: Dispatcher.DispatchController | undefined;

  const finish = (result: HttpResult): void => {
    if (settled) return;
    settled = true;
    phases.total = elapsedSince(startedMs);
    settle(result);
  };
  const fail = (error: HttpErrorKind, message: string, code: string = error): void =>
    finish({ ok: false, error, code, message, requestSent, phases });
  const answer = (truncated: boolean): void =>
    finish({ ok: true, status, headers, body: Buffer.concat(chunks, bytes), truncated, phases });

  return {
    mark(phase) {
      if (!settled) phases[phase] = elapsedSince(startedMs);
    },
    stop(error) {
      fail(error, stopMessages[error]);
      running?.abort(new errors.RequestAbortedError());
    },
    handler: {
      onRequestStart(controller) {
        // Stopped while it waited for a connection: abort before the first byte is written.
        if (settled) return controller.abort(new errors.RequestAbortedError());
        running = controller;
        requestSent = true;
      },
      onResponseStart(_controller, statusCode, rawHeaders) {
        // Informational answers come before the real one (RFC 9110 §15.2).
        if (statusCode < 200) return;
        status = statusCode;
        headers = joinHeaders(rawHeaders);
        phases.firstByte = elapsedSince(startedMs);
      },
      onResponseData(controller, chunk) {
        const room = bodyBytesMax - bytes;
        chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
        bytes += Math.min(chunk.length, room);
        if (chunk.length <= room) return;
        answer(true);
        controller.abort(new errors.RequestAbortedError());
      },
      onResponseEnd() {
        answer(false);
      },
      onResponseError(_controller, error) {
        const [kind, message, code] = describe(error);
        fail(kind, message, code);
      },
    },
  };
}

/** Milliseconds since a moment of the monotonic clock, to a hundredth. */
export function elapsedSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 100) / 100;
}

function joinHeaders(raw: Record<string, string | string[] | undefined>): Record<string, string> {
  // Without a prototype: `__proto__` is a header name like any other.
  const headers: Record<string, string> = Object.create(null);
  for (const name of Object.keys(raw)) {
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

/** What undici's and Node's errors mean to a sender: kind, sentence, finer word. */
function describe(error: Error & { code?: unknown }): [HttpErrorKind, string, string?] {
  if (error instanceof ConnectFailure) {
    return [error.kind, error.message, error.kind === "blocked" ? "url.address" : error.kind];
  }
  const code = typeof error.code === "string" ? error.code : "";
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" || code === "ETIMEDOUT") {
    return ["timeout", stopMessages.timeout];
  }
  if (code === "UND_ERR_ABORTED" || code === "UND_ERR_DESTROYED" || code === "UND_ERR_CLOSED") {
    return ["aborted", stopMessages.aborted];
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") return ["protocol", "The answer's headers are too large."];
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    return ["protocol", "The request cannot be sent as HTTP/1.1: its method or a header is not valid."];
  }
  if (error instanceof errors.HTTPParserError || code.startsWith("UND_ERR_RES") || code.startsWith("UND_ERR_REQ")) {
    return ["protocol", "The answer is not valid HTTP/1.1."];
  }
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS")) return ["tls", "The encrypted connection failed."];
  return ["reset", "The connection broke before the answer was complete."];
}
