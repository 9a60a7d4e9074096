// Is the version that a change was made for still the one that there is? If-Match against the ETag of what is edited.
import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../model/errors.ts";
import { namesTag } from "./answer.ts";

/** `*`, or a list of entity tags (RFC 9110, section 8.8.3). */
const ifMatchForm = /^\s*(\*|(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*)\s*$/;

/** The strong ETag of something whose revision grows with each change. */
export function revisionTag(revision: number): string {
  return `"r${revision}"`;
}

/**
 * For changes that If-Match may guard: does nothing without the header. `what` is the noun of the error's sentence, such
 * as "flow". Throws AppError `precondition.failed` when the header names another version (RFC 9110, section 13.1.1), and
 * `request.malformed` when it is no list of ETags.
 */
export function checkIfMatch(headers: IncomingHttpHeaders, etag: string, what: string): void {
  const header = headers["if-match"];
  if (header === undefined) return;
  if (!ifMatchForm.test(header)) {
    const detail = "If-Match is no ETag: send it as it was answered, with its quotes, or `*`.";
    throw new AppError("request.malformed", { detail });
  }
  if (!namesTag(header, etag, "strong")) throw stale(what);
}

/**
 * For changes that replace a whole document: the revision that the change may be applied to, undefined for any (`*`).
 * Throws AppError `precondition.required` (RFC 6585, section 3) without If-Match, and what `checkIfMatch` throws.
 */
export function requireIfMatch(headers: IncomingHttpHeaders, revision: number, what: string): number | undefined {
  const header = headers["if-match"];
  if (header === undefined) {
    const detail = `Send the ${what}'s ETag in If-Match, so that nobody's change is lost.`;
    throw new AppError("precondition.required", { detail });
  }
  checkIfMatch(headers, revisionTag(revision), what);
  return header.trim() === "*" ? undefined : revision;
}

/** The refusal of a change that somebody else's came before. */
export function stale(what: string): AppError {
  const detail = `The ${what} was changed since you read it. Read it again, and send its new ETag in If-Match.`;
  return new AppError("precondition.failed", { detail });
}
