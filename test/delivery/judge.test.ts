// What answers mean for a delivery, by the rules of its profile.
import type { HttpResult } from "../../src/delivery/exchange.ts";
import { judgeAnswer, planFor } from "../../src/delivery/judge.ts";
import type { Judgement } from "../../src/delivery/judge.ts";
import { readProfile } from "../../src/delivery/profile.ts";
import type { AnswerRules } from "../../src/delivery/profile.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { decideRetry, resolveRetry, retryAfterMsMax } from "../../src/flow/retry.ts";
import type { RetryPolicy } from "../../src/model/retry.ts";
import { profile } from "./deliveries.ts";

const now = Date.UTC(2026, 10, 21, 10, 0, 0);

function answer(status: number, headers: Record<string, string> = {}): HttpResult {
  return { ok: true, status, headers, body: Buffer.alloc(0), truncated: false, phases: { total: 1 } };
}
function judged(id: string, status: number, headers: Record<string, string> = {}): Judgement {
  return judgeAnswer(profile(id), answer(status, headers), now);
}
function withRules(answers: Partial<AnswerRules>): ReturnType<typeof readProfile> {
  const signatures = [
    { kind: "hmac", header: "x-s", algorithm: "sha256", content: "{{body}}", encoding: "hex", secretForm: "text" },
  ];
  return readProfile({ id: "own", title: "Own", envelope: "{{data}}", signatures, answers });
}
/** What comes of it under a policy: the way that callers go. */
function decided(id: string, status: number, policy: RetryPolicy): boolean {
  const judgement = judged(id, status);
  if (judgement.failure === undefined || judgement.stops) return false;
  const plan = planFor(resolveRetry(policy), judgement);
  const given = { attempt: 1, elapsedMs: 0, random: 0.5, retryAfterMs: judgement.retryAfterMs };
  return decideRetry({ plan, failure: judgement.failure, ...given }).retry;
}

const twice: RetryPolicy = { attempts: 2 };

describe("by default", () => {
  test.each([200, 201, 202, 204, 226, 299])("%i is a success", (status) => {
    expect(judged("standard", status)).toEqual({ disables: false, stops: false });
  });

  test.each<[boolean, number[]]>([
    [true, [408, 425, 429, 500, 502, 503, 504, 599]],
    [false, [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 412, 418, 422, 451]],
  ])("whether it is tried again is %s for some statuses", (again, statuses) => {
    for (const status of statuses) expect(`${status} ${decided("standard", status, twice)}`).toBe(`${status} ${again}`);
  });

  test("410 stops the delivery and disables the endpoint, whatever the policy says", () => {
    expect(judged("standard", 410)).toMatchObject({ failure: { status: 410 }, disables: true, stops: true });
    expect(decided("standard", 410, { attempts: 2, on: ["4xx"] })).toBe(false);
  });

  test("a policy may ask for more than the rules, where they do not forbid it", () => {
    expect(decided("standard", 404, { attempts: 2, on: ["404"] })).toBe(true);
    expect(decided("standard", 503, { attempts: 2, on: ["404"] })).toBe(false);
  });

  test.each(["dns", "refused", "reset", "tls", "protocol", "timeout"] as const)("%s is tried again", (error) => {
    const result: HttpResult = {
      ok: false,
      error,
      code: error,
      message: "x",
      requestSent: false,
      phases: { total: 1 },
    };
    const judgement = judgeAnswer(profile("standard"), result, now);
    expect(judgement).toMatchObject({ disables: false, stops: false });
    const failure = judgement.failure ?? { class: "internal", code: "none", message: "" };
    const plan = planFor(resolveRetry(twice), judgement);
    expect(decideRetry({ plan, failure, attempt: 1, elapsedMs: 0, random: 0 }).retry).toBe(true);
  });
});

test.each(profileIds)(
  "the rules of %s take 2xx for a success, retry 429 and 503, and never follow a redirect",
  (id) => {
    expect(judged(id, 204).failure).toBeUndefined();
    expect(judged(id, 302).failure).toMatchObject({ code: "http_302" });
    for (const status of [429, 503]) expect(decided(id, status, twice)).toBe(true);
  },
);

test.each(["bakhmach", "hub", "directory", "aqio"])("%s tries again after every status that is no 2xx", (id) => {
  for (const status of [300, 302, 400, 401, 404, 408, 410, 418, 422, 429, 500, 599, 600]) {
    expect(`${status} ${decided(id, status, twice)}`).toBe(`${status} true`);
    expect(judged(id, status)).toMatchObject({ disables: false, stops: false });
  }
});

test("brainsait stops at every 4xx but 429, and tries again after 3xx and 5xx", () => {
  for (const status of [400, 401, 404, 408, 410, 425, 451]) {
    expect(judged("brainsait", status)).toMatchObject({ stops: true, disables: false });
    expect(decided("brainsait", status, { attempts: 2, on: ["4xx"] })).toBe(false);
  }
  for (const status of [301, 429, 500]) expect(decided("brainsait", status, twice)).toBe(true);
});

test("the status itself counts before its family, and that before all others", () => {
  const rules = withRules({ status: { "*": "stop", "4xx": "retry", "404": "disable" } });
  expect(judgeAnswer(rules, answer(404), now)).toMatchObject({ stops: true, disables: true });
  expect(judgeAnswer(rules, answer(403), now)).toMatchObject({ stops: false, retried: true });
  expect(judgeAnswer(rules, answer(503), now)).toMatchObject({ stops: true, disables: false });
});

test.each([
  [{ "webhook-delivery": "disable" }, "receiver_disabled", true],
  [{ "webhook-delivery": " Abort-Message " }, "receiver_aborted", false],
  [{ "x-slack-no-retry": "1" }, "receiver_no_retry", false],
])("a receiver that fails with %j gets no retry", (headers, code, disables) => {
  for (const id of ["standard", "bakhmach"]) {
    expect(judged(id, 503, headers)).toEqual({
      failure: expect.objectContaining({ class: "permanent", code, status: 503 }),
      stops: true,
      disables,
    });
  }
});

test("a receiver can take a message and want no other", () => {
  expect(judged("standard", 200, { "webhook-delivery": "disable" })).toEqual({ disables: true, stops: false });
  expect(judged("standard", 200, { "webhook-delivery": "abort-message", "x-slack-no-retry": "1" })).toEqual({
    disables: false,
    stops: false,
  });
});

test("a profile need not obey what receivers say in headers", () => {
  const deaf = withRules({ refusals: false, retryAfter: false });
  const given = { "webhook-delivery": "disable", "x-slack-no-retry": "1", "retry-after": "60" };
  const failure = { class: "transient", code: "http_503", status: 503, message: "The receiver answered 503." };
  expect(judgeAnswer(deaf, answer(503, given), now)).toEqual({ failure, stops: false, disables: false });
});

test.each<[string, number | undefined]>([
  ["120", 120_000],
  ["Sat, 21 Nov 2026 10:01:00 GMT", 60_000],
  ["86400", retryAfterMsMax],
  ["999999", retryAfterMsMax],
  ["Sat, 21 Nov 2099 10:01:00 GMT", retryAfterMsMax],
  ["0", undefined],
  ["-5", undefined],
  ["1e300", undefined],
  ["inf", undefined],
  ["Infinity", undefined],
  ["nan", undefined],
  ["Thu, 01 Jan 1970 00:00:00 GMT", undefined],
  ["soon", undefined],
  ["", undefined],
])("Retry-After %j asks for %j ms, and the wait is between the policy's own and a day", (value, expected) => {
  const judgement = judged("standard", 503, { "retry-after": value });
  expect(judgement.retryAfterMs).toBe(expected);
  const plan = resolveRetry({ schedule: ["5s"], jitter: "none" });
  const failure = judgement.failure ?? { class: "internal", code: "none", message: "" };
  const given = { plan, failure, attempt: 1, elapsedMs: 0, random: 0 };
  expect(decideRetry({ ...given, retryAfterMs: judgement.retryAfterMs })).toEqual({
    retry: true,
    delayMs: Math.max(5_000, expected ?? 0),
  });
});
