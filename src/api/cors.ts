// Which web pages may call the API? None, except the exact origins that the operator lists.
import type { IncomingMessage, ServerResponse } from "node:http";

const methods = "GET, POST, PUT";
const requestHeaders = "authorization, content-type, idempotency-key, if-match, if-none-match";
const answerHeaders = "etag, idempotency-replayed, location, retry-after, x-request-id";
const preflightAgeS = 600;

/** Marks an answer for whoever may read it, or answers a preflight. */
export type AllowOrigin = (request: IncomingMessage, response: ServerResponse) => "answered" | "go_on";

/** Answers preflights and marks answers for the listed origins. Never with credentials: keys travel in a header. */
export function allowOrigins(origins: readonly string[]): AllowOrigin {
  const allowed = new Set(origins);
  return (request, response) => {
    response.setHeader("vary", "origin");
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return "go_on";
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", answerHeaders);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return "go_on";
    response.setHeader("access-control-allow-methods", methods);
    response.setHeader("access-control-allow-headers", requestHeaders);
    response.setHeader("access-control-max-age", String(preflightAgeS));
    response.statusCode = 204;
    response.end();
    return "answered";
  };
}
