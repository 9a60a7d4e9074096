// How does an answer go out? Its JSON, its ETag, and 304 for a reader who has it already.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./route.ts";

/** Sends an answer. Successful reads carry an ETag and honour If-None-Match (RFC 9110, section 13.1.2). */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const content = answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  const isRead = request.method === "GET" || request.method === "HEAD";
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const etag = answer.etag ?? (isRead && answer.status === 200 && content !== undefined ? hashTag(content) : undefined);
  if (etag !== undefined) response.setHeader("etag", etag);
  if (isRead && etag !== undefined && namesTag(request.headers["if-none-match"], etag, "weak")) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.statusCode = answer.status;
  if (content === undefined) {
    response.end();
    return;
  }
  response.setHeader("content-type", answer.contentType ?? "application/json");
  response.setHeader("content-length", Buffer.byteLength(content));
  response.end(request.method === "HEAD" ? undefined : content);
}

/** A strong ETag of a body. */
export function hashTag(content: string | Buffer): string {
  return `"${createHash("sha256").update(content).digest("base64url").slice(0, 27)}"`;
}

/**
 * Whether an If-Match or If-None-Match header names an ETag. The strong comparison, which changes need, never holds for
 * a weak one (RFC 9110, section 8.8.3.2).
 */
export function namesTag(header: string | undefined, etag: string, comparison: "strong" | "weak"): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const named = header.match(/(W\/)?"[^"]*"/g) ?? [];
  return named.some((one) => (comparison === "weak" ? one.replace(/^W\//, "") === etag : one === etag));
}
