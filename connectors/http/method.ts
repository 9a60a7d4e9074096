// What does a method say about repeating a request?
import type { RequestInput } from "./input.ts";

/** RFC 9110 §9.2.2: all methods but these are idempotent. */
export function isRepeatUnsafe(method: RequestInput["method"]): boolean {
  return method === "POST" || method === "PATCH";
}
