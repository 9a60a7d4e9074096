// What does a caller read when something is refused or fails? Problem details for HTTP (RFC 9457), for every error there is.
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError, catalogue } from "../model/errors.ts";
import type { Finding, Problem } from "../model/problem.ts";
import { isCompatPath } from "./compat/dialect.ts";

export const problemContentType = "application/problem+json";

/** Bytes of an unread body that are still taken and thrown away, so that a sender who is busy writing reads the answer. */
const drainBytesMax = 32 * 1024 * 1024;

/** The error as catalogued: what is not ours is a 400 of the router, or a 500. */
export function appErrorOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // Express marks what it refuses itself, such as a path that cannot be decoded.
  if (error instanceof Error && "status" in error && typeof error.status === "number" && error.status < 500) {
    return new AppError("request.malformed", { detail: "The request's address cannot be decoded.", cause: error });
  }
  return new AppError("service.internal", {
    detail: "Something went wrong on our side. The request's id is in `requestId`.",
    cause: error,
  });
}

/** The problem document of an error; `docsUrl` is where the codes are explained. */
export function problemOf(error: AppError, requestId: string, docsUrl: string): Problem {
  const problem: Problem = {
    type: `${docsUrl}#${error.code}`,
    title: catalogue[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    requestId,
  };
  if (error.errors && error.errors.length > 0) problem.errors = error.errors.map(shown);
  return problem;
}

/** What a finding says to callers: whoever made it may have noted more. */
function shown({ pointer, code, message, suggestion }: Finding): Finding {
  return { pointer, code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** What is wrong, for who reads one sentence only: the first of what was found, with its place. */
function sentenceOf({ detail, errors: [first, ...more] = [] }: Problem): string {
  if (first === undefined) return detail;
  const place = first.pointer === "" ? "" : `${first.pointer.slice(1)}: `;
  return `${place}${first.message}${more.length === 0 ? "" : ` (${more.length} more in \`errors\`)`}`;
}

/** Headers that belong to an error: when to come back, and how to say who one is. */
export function problemHeaders(error: AppError): { [name: string]: string } {
  const headers: { [name: string]: string } = { ...error.headers, "content-type": problemContentType };
  // Whole seconds, rounded up: coming back too early is refused again.
  if (error.status === 429 || error.status === 503 || error.retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)));
  }
  if (error.status === 401) headers["www-authenticate"] = 'Bearer realm="millrace"';
  return headers;
}

/** Answers with a problem, and takes what is still on its way of the body. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  error: AppError,
  docsUrl: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = String(response.getHeader("x-request-id") ?? "");
  const problem = problemOf(error, requestId, docsUrl);
  // Clients of the systems whose APIs are reproduced read a sentence in `error`.
  const text = JSON.stringify(isCompatPath(request.url ?? "") ? { error: sentenceOf(problem), ...problem } : problem);
  for (const [name, value] of Object.entries(problemHeaders(error))) response.setHeader(name, value);
  // A sender that waits for "100 Continue" may or may not send the body now: the connection cannot be read any further.
  if (!request.complete && request.headers.expect) response.setHeader("connection", "close");
  response.statusCode = error.status;
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(request.method === "HEAD" ? undefined : text);
  if (!request.complete && !request.headers.expect) drain(request);
}

/** Closing the socket on a sender that writes would reset it before the answer is read. The server's time limit ends it. */
function drain(request: IncomingMessage): void {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > drainBytesMax) request.destroy();
  });
  request.resume();
}
