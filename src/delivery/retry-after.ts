// When does a receiver want to be asked again?

/** Longest Retry-After that we honour, in milliseconds. Longer values are clamped, not refused. */
export const retryAfterMsMax = 24 * 60 * 60 * 1000;

/**
 * Milliseconds that a `Retry-After` value asks for: seconds or an HTTP date (RFC 9110 §10.2.3), at most 24 hours.
 * Undefined for what is neither, and for moments that have passed: the policy's own delay holds then.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,20}$/.test(text)) return Math.min(Number(text) * 1000, retryAfterMsMax);
  const atMs = parseHttpDate(text, nowMs);
  return atMs === undefined || atMs <= nowMs ? undefined : Math.min(atMs - nowMs, retryAfterMsMax);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const clock = "(?<h>\\d{2}):(?<m>\\d{2}):(?<s>\\d{2})";
/** The three forms of RFC 9110 §5.6.7: today's, RFC 850's, and that of C's `asctime`. */
const forms = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${clock} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\\d{2}) ${clock} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${clock} (?<year>\\d{4})$`),
];

function parseHttpDate(text: string, nowMs: number): number | undefined {
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = months.indexOf(parts["month"] ?? "");
    const day = Number(parts["day"]);
    const atMs = Date.UTC(
      fullYear(parts["year"] ?? "", nowMs),
      month,
      day,
      Number(parts["h"]),
      Number(parts["m"]),
      Number(parts["s"]),
    );
    // Date.UTC would carry a 31st of February over into March.
    return month >= 0 && new Date(atMs).getUTCDate() === day ? atMs : undefined;
  }
  return undefined;
}

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead is one of the past century. */
function fullYear(text: string, nowMs: number): number {
  if (text.length === 4) return Number(text);
  const now = new Date(nowMs).getUTCFullYear();
  const year = now - (now % 100) + Number(text);
  return year > now + 50 ? year - 100 : year;
}
