// Which class is each of Salesforce's refusals?
import { refusalOf } from "../../../connectors/salesforce/errors.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import type { FailureClass } from "../../../src/model/failure.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { ok: true, status, headers, body: Buffer.from(text), truncated: false, phases: { total: 1 } };
}

const error = (errorCode: string, fields: string[] = []) => [{ errorCode, message: "Because.", fields }];

test.each<[number, string, FailureClass]>([
  [401, "INVALID_SESSION_ID", "auth_revoked"],
  [403, "REQUEST_LIMIT_EXCEEDED", "quota_exhausted"],
  [503, "SERVER_UNAVAILABLE", "transient"],
  [400, "UNABLE_TO_LOCK_ROW", "transient"],
  [400, "QUERY_TIMEOUT", "transient"],
  [400, "DUPLICATES_DETECTED", "conflict"],
  [400, "DUPLICATE_VALUE", "conflict"],
  [400, "REQUIRED_FIELD_MISSING", "validation"],
  [400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "validation"],
  [400, "INVALID_FIELD", "validation"],
  [400, "INVALID_TYPE", "validation"],
  [400, "MALFORMED_ID", "validation"],
  [400, "STRING_TOO_LONG", "validation"],
  [400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "validation"],
  [400, "INVALID_EMAIL_ADDRESS", "validation"],
  [403, "INSUFFICIENT_ACCESS", "permission"],
  [400, "INSUFFICIENT_ACCESS_OR_READONLY", "permission"],
  [400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "permission"],
  [403, "API_DISABLED_FOR_ORG", "permission"],
  [404, "NOT_FOUND", "not_found"],
  [400, "ENTITY_IS_DELETED", "not_found"],
  [400, "NEVER_SEEN_BEFORE", "validation"],
  [500, "UNKNOWN_EXCEPTION", "transient"],
  [410, "UNSUPPORTED_API_VERSION", "permanent"],
])("%i %s is of class %s, and is called by its own code", (status, code, className) => {
  const { failure } = refusalOf(answer(status, error(code)));
  expect(failure).toMatchObject({ class: className, code, status });
  expect(failure.message).toContain(`Salesforce answered ${status} (${code}): Because.`);
});

test.each<[string, HttpAnswer, FailureClass]>([
  ["a page of HTML with 503", answer(503, "<html>We are down for maintenance</html>"), "transient"],
  ["401 without a reason", answer(401, ""), "auth_revoked"],
  ["403 without a reason", answer(403, ""), "permission"],
  ["404 without a reason", answer(404, "[]"), "not_found"],
  ["429", answer(429, ""), "rate_limited"],
  ["a redirect", answer(302, "", { location: "http://169.254.169.254/" }), "permanent"],
  ["errors that are none", answer(400, [null, 5, { errorCode: 7 }, { errorCode: "no code" }]), "validation"],
  [
    "a result with a code that nobody knows",
    answer(200, { success: false, errors: [{ statusCode: "NEVER_SEEN_BEFORE", message: "x", fields: [] }] }),
    "validation",
  ],
  ["a list without end", answer(400, "[[[["), "validation"],
])("%s has the class that is left", (_, given, className) => {
  expect(refusalOf(given).failure.class).toBe(className);
});

test("403 without a reason, when the day's requests are used up, has that reason; with requests left it has not", () => {
  const usage = (used: number) => ({
    "sforce-limit-info": `api-usage=${used}/15000; per-app-api-usage=1/250(appName=x)`,
  });
  expect(refusalOf(answer(403, "", usage(15_000)))).toMatchObject({
    failure: { class: "quota_exhausted" },
    retryAfterMs: 3_600_000,
  });
  expect(refusalOf(answer(403, "", usage(14_999))).failure.class).toBe("permission");
});

test("a limit while the day has requests left is that of long requests at a time, and ends sooner", () => {
  const refused = answer(403, error("REQUEST_LIMIT_EXCEEDED"), { "sforce-limit-info": "api-usage=18/15000" });
  expect(refusalOf(refused)).toMatchObject({ failure: { class: "quota_exhausted" }, retryAfterMs: 300_000 });
});

test("fields and matching records are named, in one line of bounded length", () => {
  const duplicateResult = {
    matchResults: [{ matchRecords: [{ record: { Id: "00Q000000000001AAA" } }, { record: null }] }],
  };
  const message = `You're\n  creating ${"a duplicate ".repeat(200)}`;
  const body = [{ errorCode: "DUPLICATES_DETECTED", message, fields: ["Email", "Phone"], duplicateResult }];
  const text = refusalOf(answer(400, body)).failure.message;
  expect(text).toContain("You're creating a duplicate");
  expect(text).toContain("Fields: Email, Phone. Matching records: 00Q000000000001AAA.");
  expect(text.length).toBeLessThan(800);
  expect(text).not.toContain("\n");
});
