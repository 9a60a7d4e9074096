// One request and its answer: what was sent, what came back, how long each part took, and why it failed.
import { errors } from "undici";
import type { Dispatcher } from "undici";
import type { Phases } from "../model/attempt.ts";
import type { ConnectPhase } from "./connect.ts";
import { meaningOf, meaningOfStop } from "./http-error.ts";
import type { ErrorMeaning, HttpErrorKind } from "./http-error.ts";

export type HttpRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** For everything, from the name to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** How much of the answer's body is kept; the client's own limit unless given. */
  bodyBytesMax?: number;
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

/** Follows one request through undici's handler. `settle` is called exactly once. */
export function createExchange(
  startedMs: number,
  bodyBytesMax: number,
  settle: (result: HttpResult) => void,
): Exchange {
  const phases: Phases = { total: 0 };
  const answer = createAnswer(bodyBytesMax);
  let requestSent = false;
  let settled = false;
  let running: Dispatcher.DispatchController | undefined;

  const finish = (toResult: () => HttpResult): void => {
    if (settled) return;
    settled = true;
    phases.total = elapsedSince(startedMs);
    settle(toResult());
  };
  const fail = (meaning: ErrorMeaning): void => finish(() => ({ ok: false, ...meaning, requestSent, phases }));

  return {
    mark(phase) {
      if (!settled) phases[phase] = elapsedSince(startedMs);
    },
    stop(error) {
      fail(meaningOfStop(error));
      running?.abort(new errors.RequestAbortedError());
    },
    handler: {
      onRequestStart(controller) {
        // Stopped while it waited for a connection: abort before the first byte is written.
        if (settled) return controller.abort(new errors.RequestAbortedError());
        running = controller;
        requestSent = true;
      },
      onResponseStart(_controller, status, headers) {
        // Informational answers come before the real one (RFC 9110 §15.2).
        if (status < 200) return;
        phases.firstByte = elapsedSince(startedMs);
        answer.begin(status, headers);
      },
      onResponseData(controller, chunk) {
        if (answer.add(chunk)) return;
        finish(() => answer.result(true, phases));
        controller.abort(new errors.RequestAbortedError());
      },
      onResponseEnd: () => finish(() => answer.result(false, phases)),
      onResponseError: (_controller, error) => fail(meaningOf(error)),
    },
  };
}

/** Milliseconds since a moment of the monotonic clock, to a hundredth. */
export function elapsedSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 100) / 100;
}

type AnswerInProgress = {
  begin: (status: number, headers: RawHeaders) => void;
  /** False when the chunk went beyond the limit. */
  add: (chunk: Buffer) => boolean;
  result: (truncated: boolean, phases: Phases) => HttpAnswer;
};
type RawHeaders = Record<string, string | string[] | undefined>;

function createAnswer(bodyBytesMax: number): AnswerInProgress {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status = 0;
  let headers: Record<string, string> = {};
  return {
    begin(answerStatus, rawHeaders) {
      status = answerStatus;
      headers = joinHeaders(rawHeaders);
    },
    add(chunk) {
      const room = bodyBytesMax - bytes;
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      bytes += Math.min(chunk.length, room);
      return chunk.length <= room;
    },
    result: (truncated, phases) => ({
      ok: true,
      status,
      headers,
      body: Buffer.concat(chunks, bytes),
      truncated,
      phases,
    }),
  };
}

function joinHeaders(raw: RawHeaders): Record<string, string> {
  // Without a prototype: `__proto__` is a header name like any other.
  const headers: Record<string, string> = Object.create(null);
  for (const name of Object.keys(raw)) {
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}
