// What answers and errors mean, and when to come back.
import fc from "fast-check";
import { classifyStatus, failureOfResult } from "../../src/delivery/classify.ts";
import type { HttpErrorKind } from "../../src/delivery/http.ts";
import { parseRetryAfter, retryAfterMsMax } from "../../src/delivery/retry-after.ts";

const anAnswer = {
  ok: true,
  status: 200,
  headers: {},
  body: Buffer.alloc(0),
  truncated: false,
  phases: { total: 1 },
} as const;
const anError = { ok: false, code: "x", message: "x", requestSent: true, phases: { total: 1 } } as const;

test.each<[string, number[]]>([
  ["undefined", [200, 201, 202, 204, 206, 299]],
  ["validation", [400, 422]],
  ["auth_revoked", [401]],
  ["permission", [403]],
  ["not_found", [404]],
  ["conflict", [409, 412]],
  ["rate_limited", [429]],
  ["transient", [408, 425, 500, 501, 502, 503, 504, 507, 599]],
  ["permanent", [300, 301, 302, 304, 307, 308, 402, 405, 406, 410, 411, 413, 415, 418, 451, 600, 999]],
])("statuses of class %s", (expected, statuses) => {
  for (const status of statuses) expect(`${status} ${classifyStatus(status)}`).toBe(`${status} ${expected}`);
});

test.each<[HttpErrorKind, string]>([
  ["dns", "network"],
  ["refused", "network"],
  ["reset", "network"],
  ["tls", "network"],
  ["protocol", "network"],
  ["timeout", "timeout"],
  ["blocked", "blocked"],
  ["invalid_url", "blocked"],
  ["aborted", "cancelled"],
])("the error %s is of class %s", (error, expected) => {
  expect(failureOfResult({ ...anError, error })).toEqual({ class: expected, code: "x", message: "x" });
});

test("a success is no failure, and a failed answer carries its status and code", () => {
  expect(failureOfResult(anAnswer)).toBeUndefined();
  expect(failureOfResult({ ...anAnswer, status: 503 })).toMatchObject({
    class: "transient",
    code: "http_503",
    status: 503,
  });
});

test("a redirect says that it is not followed, without telling where it leads", () => {
  const failure = failureOfResult({ ...anAnswer, status: 302, headers: { location: "http://10.0.0.1/" } });
  expect(failure).toMatchObject({ class: "permanent", code: "http_302" });
  expect(failure?.message).toContain("redirects are not followed");
  expect(failure?.message).not.toContain("10.0.0.1");
});

test.each([
  [{ "webhook-delivery": "disable" }, "receiver_disabled"],
  [{ "webhook-delivery": " Abort-Message " }, "receiver_aborted"],
  [{ "x-slack-no-retry": "1" }, "receiver_no_retry"],
])("a receiver that fails with %j gets no retry", (headers, code) => {
  expect(failureOfResult({ ...anAnswer, status: 503, headers })).toMatchObject({
    class: "permanent",
    code,
    status: 503,
  });
});

test.each([{ "webhook-delivery": "please" }, { "x-slack-no-retry": "0" }])("%j means nothing", (headers) => {
  expect(failureOfResult({ ...anAnswer, status: 503, headers })).toMatchObject({ class: "transient" });
});

const now = Date.UTC(2026, 10, 21, 10, 0, 0);

test.each<[string | undefined, number | undefined]>([
  ["0", 0],
  ["1", 1_000],
  [" 120 ", 120_000],
  ["86400", retryAfterMsMax],
  ["86401", retryAfterMsMax],
  ["99999999999999999999", retryAfterMsMax],
  ["Sat, 21 Nov 2026 10:01:00 GMT", 60_000],
  ["Saturday, 21-Nov-26 10:01:00 GMT", 60_000],
  ["Sat Nov 21 10:01:00 2026", 60_000],
  ["Tue Dec  1 10:00:00 2026", retryAfterMsMax],
  ["Sat, 21 Nov 2099 10:01:00 GMT", retryAfterMsMax],
  ["Thu, 01 Jan 1970 00:00:00 GMT", undefined],
  ["Thursday, 01-Jan-70 00:00:00 GMT", retryAfterMsMax],
  ["Thursday, 01-Jan-77 00:00:00 GMT", undefined],
  ["Sat, 21 Nov 2026 10:00:00 GMT", undefined],
  ["Mon, 31 Feb 2027 10:00:00 GMT", undefined],
  ["2026-11-21T10:01:00Z", undefined],
  ["1970", 1_970_000],
  ["-5", undefined],
  ["+5", undefined],
  ["1.5", undefined],
  ["1e300", undefined],
  ["inf", undefined],
  ["NaN", undefined],
  ["0x10", undefined],
  ["5s", undefined],
  ["", undefined],
  [undefined, undefined],
])("Retry-After %j asks for %j ms", (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});

test("whatever a receiver writes, the delay is between nothing and 24 hours", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.integer().map(String),
        fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
      ),
      (value) => {
        const delay = parseRetryAfter(value, now) ?? 0;
        expect(delay >= 0 && delay <= retryAfterMsMax).toBe(true);
      },
    ),
  );
});
