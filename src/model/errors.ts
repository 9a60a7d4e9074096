// The error catalogue: every code that a caller can see, with its HTTP status and title. `docs/errors.md` has a heading for each.
import type { Finding } from "./problem.ts";

export const catalogue = {
  "request.malformed": { status: 400, title: "The request could not be read" },
  "request.timeout": { status: 408, title: "The request took too long to arrive" },
  "request.headers_too_large": { status: 431, title: "The request's headers are too large" },
  "auth.missing": { status: 401, title: "An API key is needed" },
  "auth.invalid": { status: 401, title: "The API key is not valid" },
  "auth.scope": { status: 403, title: "The API key may not do this" },
  "route.unknown": { status: 404, title: "There is no such route" },
  "route.method": { status: 405, title: "The route does not take this method" },
  "request.too_large": { status: 413, title: "The request is too large" },
  "request.content_type": { status: 415, title: "The content type is not supported" },
  "request.invalid": { status: 422, title: "The request is not valid" },
  "resource.not_found": { status: 404, title: "There is no such resource" },
  "state.conflict": { status: 409, title: "The resource's state does not allow this" },
  "precondition.failed": { status: 412, title: "Somebody else changed it first" },
  "precondition.required": { status: 428, title: "Say which version you are changing" },
  "idempotency.mismatch": { status: 422, title: "The Idempotency-Key was used for another request" },
  "idempotency.in_progress": { status: 409, title: "The same request is being worked on" },
  "run.not_retriable": { status: 422, title: "The run cannot be retried in this way" },
  "delivery.not_retriable": { status: 422, title: "The delivery cannot be made again" },
  "connection.invalid": { status: 422, title: "The credentials are not valid" },
  "endpoint.invalid": { status: 422, title: "The endpoint is not valid" },
  "profile.invalid": { status: 422, title: "The profile is not valid" },
  "template.invalid": { status: 422, title: "The template is not valid" },
  "flow.invalid": { status: 422, title: "The flow is not valid" },
  "flow.tests_failed": { status: 422, title: "A test of the flow fails" },
  "rate.limited": { status: 429, title: "Too many requests" },
  "service.overloaded": { status: 503, title: "Too much to do at the moment" },
  "service.storage_unavailable": { status: 503, title: "The database does not answer" },
  "service.engine_unavailable": { status: 503, title: "Temporal does not answer" },
  "service.internal": { status: 500, title: "Something went wrong on our side" },
} as const;

export type ErrorCode = keyof typeof catalogue;

type AppErrorOptions = {
  /** One or two sentences: what is wrong and what to change. Shown to the caller. */
  detail?: string;
  errors?: Finding[];
  /** For 429 and 503: when to come back. */
  retryAfterMs?: number;
  /** Headers of the answer beside those of its code. */
  headers?: { [name: string]: string };
  cause?: unknown;
};

/** The one class for what cannot go on: a catalogued code, a sentence for the caller, and the cause for the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: Finding[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly headers: { readonly [name: string]: string };

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? catalogue[code].title, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = catalogue[code].status;
    this.errors = options.errors;
    this.retryAfterMs = options.retryAfterMs;
    this.headers = options.headers ?? {};
  }
}
