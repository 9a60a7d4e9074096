// One request and its answer: what was sent, what came back, how long each part took, and why it failed.
import { errors } from "undici";
import type { Dispatcher } from "undici";
import type { Phases } from "../model/attempt.ts";
import { ConnectFailure } from "./connect.ts";
import type { ConnectPhase } from "./connect.ts";
import { watchDeadline } from "./deadline.ts";
import type { Watched } from "./deadline.ts";
import { meaningOf, meaningOfStop } from "./http-error.ts";
import type { ErrorMeaning, HttpErrorKind, StopReason } from "./http-error.ts";
import type { Line, LineUser } from "./line.ts";
import type { TlsIdentity } from "./tls-identity.ts";

export type HttpRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** For everything, from the name to the last byte of the answer. */
  timeoutMs: number;
  /** For name, connection and TLS together, where a connection has to be made; the client's own limit unless given. */
  connectTimeoutMs?: number;
  /** Longest silence of the receiver, from the moment that the request is written. */
  readTimeoutMs?: number;
  /** Shown to receivers with mutual TLS. */
  identity?: TlsIdentity;
  /**
   * Sends once more, at once, when a connection that was kept open breaks before a byte of the answer: many receivers
   * close theirs at that moment. The first request may have arrived, so only for what receivers know by its id.
   */
  retryStale?: boolean;
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
  /** It was sent twice: see `retryStale`. */
  repeated?: true;
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
  /** It was sent twice: see `retryStale`. */
  repeated?: true;
  phases: Phases;
};

export type HttpResult = HttpAnswer | HttpError;

export type ExchangeOptions = {
  bodyBytesMax: number;
  /** Most informational answers (1xx) before the real one. */
  informationalMax: number;
  /** Hands the request to undici, with the exchange as its handler. */
  dispatch: (exchange: Exchange) => void;
  /** Called exactly once. */
  settle: (result: HttpResult) => void;
};

/** Follows one request: the handler that undici calls, and what the line to the receiver wants to know of it. */
export class Exchange implements Dispatcher.DispatchHandler, LineUser, Watched {
  readonly startedMs: number;
  readonly timeoutMs: number;
  readonly readTimeoutMs: number;
  readonly connectTimeoutMs: number | undefined;
  quietSinceMs: number | undefined;
  timer: NodeJS.Timeout | undefined;
  line: Line | undefined;
  isBeforeAnswer = true;
  /** This is the second try, which goes over a connection of its own. */
  isRepeated = false;
  readonly #retryStale: boolean;
  readonly #options: ExchangeOptions;
  readonly #phases: Phases = { total: 0 };
  readonly #answer: AnswerInProgress;
  /** A request was written, if only in part. */
  #isSent = false;
  /** A request is under way on the line. */
  #isRunning = false;
  #isSentTwice = false;
  #informational = 0;
  #isSettled = false;
  #isReused = false;
  #isAnswerBegun = false;

  /** Its time begins at `startedMs`, by the monotonic clock. */
  constructor(request: HttpRequest, startedMs: number, options: ExchangeOptions) {
    this.startedMs = startedMs;
    this.timeoutMs = request.timeoutMs;
    this.readTimeoutMs = request.readTimeoutMs ?? Infinity;
    this.connectTimeoutMs = request.connectTimeoutMs;
    this.#retryStale = request.retryStale === true;
    this.#options = options;
    this.#answer = createAnswer(options.bodyBytesMax);
  }

  /** Sends the request. */
  start(): void {
    watchDeadline(this);
    this.#options.dispatch(this);
  }

  /** Told by the connector, when a connection is opened for this exchange. */
  mark(phase: ConnectPhase): void {
    if (!this.#isSettled) this.#phases[phase] = elapsedSince(this.startedMs);
  }

  /** Ends the exchange from our side. */
  stop(reason: StopReason): void {
    if (this.#isSettled) return;
    this.#fail(meaningOfStop(reason));
    // What waits for a connection still is ended when it would start.
    if (this.#isRunning) this.line?.hangUp();
  }

  onRequestStart(): void {
    // Stopped while it waited for a connection: undici then writes nothing, and keeps the connection.
    if (this.#isSettled) throw new errors.RequestAbortedError();
    this.#isSentTwice = this.#isSent;
    this.#isSent = true;
    this.#isRunning = true;
    this.#isReused = this.line?.isHandingOver !== true;
    if (this.readTimeoutMs < Infinity) this.quietSinceMs = performance.now();
  }

  /** The first byte of an answer has come. */
  onResponseStarted(): void {
    this.#isAnswerBegun = true;
    this.isBeforeAnswer = false;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (this.readTimeoutMs < Infinity) this.quietSinceMs = performance.now();
    // Informational answers come before the real one (RFC 9110 §15.2).
    if (status < 200) {
      this.isBeforeAnswer = true;
      if (++this.#informational > this.#options.informationalMax) this.stop("informational");
      return;
    }
    this.#phases.firstByte = elapsedSince(this.startedMs);
    this.#answer.begin(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.readTimeoutMs < Infinity) this.quietSinceMs = performance.now();
    if (this.#answer.add(chunk)) return;
    this.#succeed(true);
    this.line?.hangUp();
  }

  onResponseEnd(): void {
    this.#succeed(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const meaning = meaningOf(error);
    if (meaning.error !== "reset" || !this.#mayRepeat(error)) return this.#fail(meaning);
    this.isRepeated = true;
    this.#isRunning = false;
    this.quietSinceMs = undefined;
    // Not inside undici's call: it is in the middle of giving up the connection that broke.
    queueMicrotask(() => {
      if (!this.#isSettled) this.#options.dispatch(this);
    });
  }

  #mayRepeat(error: Error): boolean {
    if (this.isRepeated || this.#isSettled || this.#isAnswerBegun) return false;
    // A kept connection that broke before anything was written to it: nobody can have received anything.
    if (!this.#isRunning) return !(error instanceof ConnectFailure);
    return this.#retryStale && this.#isReused;
  }

  #succeed(truncated: boolean): void {
    if (!this.#isSettled) this.#settle(this.#answer.result(truncated, this.#phases));
  }

  #fail(meaning: ErrorMeaning): void {
    if (this.#isSettled) return;
    this.#settle({ ok: false, ...meaning, requestSent: this.#isSent, phases: this.#phases });
  }

  #settle(result: HttpResult): void {
    this.#isSettled = true;
    clearTimeout(this.timer);
    this.#phases.total = elapsedSince(this.startedMs);
    if (this.#isSentTwice) result.repeated = true;
    this.#options.settle(result);
  }
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
