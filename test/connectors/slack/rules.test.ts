// Slack's answers, credentials and limits by rule: no server needed.
import { slack } from "../../../connectors/slack/index.ts";
import { createSchemaCheck } from "../../../src/flow/schema-findings.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { actionOf } from "./call-slack.ts";

const post = { channel: "C0REVIEWS", text: "a" };
const update = { channel: "C0REVIEWS", ts: "1503435956.000247", text: "a" };

function answer(status: number, body: JsonObject | string, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { ok: true, status, headers, body: Buffer.from(text), truncated: false, phases: { total: 1 } };
}

function classOf(id: string, input: JsonObject, given: HttpAnswer): string {
  const answered = actionOf(id).response(given, input);
  return answered.ok ? "ok" : answered.failure.class;
}

test.each([
  ["invalid_auth", "auth_revoked"],
  ["not_authed", "auth_revoked"],
  ["token_revoked", "auth_revoked"],
  ["token_expired", "auth_revoked"],
  ["account_inactive", "auth_revoked"],
  ["missing_scope", "permission"],
  ["not_in_channel", "permission"],
  ["ekm_access_denied", "permission"],
  ["restricted_action_read_only_channel", "permission"],
  ["channel_not_found", "not_found"],
  ["is_archived", "conflict"],
  ["msg_too_long", "validation"],
  ["invalid_blocks", "validation"],
  ["no_text", "validation"],
  ["ratelimited", "rate_limited"],
  ["message_limit_exceeded", "quota_exhausted"],
  ["service_unavailable", "transient"],
  ["request_timeout", "transient"],
  ["team_added_to_org", "transient"],
  ["a_code_of_tomorrow", "permanent"],
])("%s with status 200 is %s", (error, expected) => {
  const given = answer(200, { ok: false, error });
  expect(classOf("postMessage", post, given)).toBe(expected);
  expect(classOf("updateMessage", update, given)).toBe(expected);
});

test("a permission that is missing in one conversation does not make the whole connection wait", () => {
  expect(classOf("postMessage", post, answer(200, { ok: false, error: "no_permission" }))).toBe("permission");
});

test.each([
  [200, { ok: false, error: "internal_error" }, {}, "ambiguous", "transient"],
  [200, { ok: false, error: "fatal_error" }, {}, "ambiguous", "transient"],
  [200, { ok: true }, {}, "ambiguous", "transient"],
  [200, "<html>", {}, "ambiguous", "transient"],
  [200, "[]", {}, "ambiguous", "transient"],
  [200, "", {}, "ambiguous", "transient"],
  [500, "<html>", {}, "ambiguous", "transient"],
  [502, "<html>", {}, "ambiguous", "transient"],
  [503, "<html>", {}, "ambiguous", "transient"],
  [503, "<html>", { "retry-after": "30" }, "transient", "transient"],
  [503, { ok: false, error: "service_unavailable" }, {}, "transient", "transient"],
  [500, { ok: false, error: "a_code_of_tomorrow" }, {}, "ambiguous", "transient"],
  [429, { ok: false, error: "ratelimited" }, {}, "rate_limited", "rate_limited"],
  [429, "", {}, "rate_limited", "rate_limited"],
  [401, "<html>", {}, "auth_revoked", "auth_revoked"],
  [403, { ok: false, error: "a_code_of_tomorrow" }, {}, "permission", "permission"],
  [302, "", {}, "permanent", "permanent"],
] as const)(
  "status %i with %j and %j is %s for a message and %s for an update",
  (status, body, headers, message, again) => {
    expect(classOf("postMessage", post, answer(status, body, headers))).toBe(message);
    expect(classOf("updateMessage", update, answer(status, body, headers))).toBe(again);
  },
);

test("an answer that was cut off is no success, and leaves a message in doubt", () => {
  const given = { ...answer(200, { ok: true, channel: "C0REVIEWS", ts: "1503435956.000247" }), truncated: true };
  expect(classOf("postMessage", post, given)).toBe("ambiguous");
  expect(classOf("updateMessage", update, given)).toBe("limit");
});

test.each([
  [200, "ok", "ok"],
  [200, "ok\n", "ok"],
  [200, "<html>", "ambiguous"],
  [400, "invalid_payload", "validation"],
  [400, "no_text", "validation"],
  [400, "too_many_attachments", "validation"],
  [400, "user_not_found", "not_found"],
  [403, "action_prohibited", "permission"],
  [403, "posting_to_general_channel_denied", "permission"],
  [403, "invalid_token", "auth_revoked"],
  [404, "channel_not_found", "not_found"],
  [404, "no_service", "auth_revoked"],
  [404, "no_team", "auth_revoked"],
  [410, "channel_is_archived", "conflict"],
  [500, "rollup_error", "ambiguous"],
  [503, "<html>", "ambiguous"],
  [429, "rate_limited", "rate_limited"],
  [400, "a_code_of_tomorrow", "validation"],
  [404, "<html>", "not_found"],
])("a webhook's %i with %j is %s", (status, body, expected) => {
  expect(classOf("postMessage", { text: "a" }, answer(status, body))).toBe(expected);
});

test("a code that is not known is named", () => {
  for (const [status, body] of [
    [200, { ok: false, error: "a_code_of_tomorrow" }],
    [403, { ok: false, error: "a_code_of_tomorrow" }],
  ] as const) {
    const answered = actionOf("postMessage").response(answer(status, body), post);
    expect(answered).toMatchObject({
      failure: { code: "a_code_of_tomorrow", message: expect.stringContaining('"a_code_of_tomorrow"') },
    });
  }
});

test("what Slack writes without end is cut, and never inside a word, which may be a secret", () => {
  const messages = Array.from({ length: 50 }, () => `${"x".repeat(480)} ${"Y".repeat(40)}`);
  const body = { ok: false, error: "Z".repeat(5_000), response_metadata: { messages } };
  const answered = actionOf("postMessage").response(answer(200, body), post);
  const text = JSON.stringify(answered);
  expect(text.length).toBeLessThan(1_500);
  expect(text).toContain("x".repeat(480));
  expect(text).not.toContain("Y");
  expect(text).not.toContain("Z");
});

test("what is no code does not become one", () => {
  const answered = actionOf("postMessage").response(answer(200, { ok: false, error: "xoxb-1 is wrong" }), post);
  expect(answered).toMatchObject({ failure: { class: "permanent", code: "unknown_error" } });
});

test("a message a second is posted to each channel, and to each webhook", () => {
  const { throttle } = actionOf("postMessage");
  expect(throttle?.({ channel: "C1", text: "a" }, undefined)).toEqual({ key: "postMessage/C1", perMs: 1_000 });
  expect(throttle?.({ channel: "C2", text: "a" }, undefined)).toEqual({ key: "postMessage/C2", perMs: 1_000 });
  expect(throttle?.({ text: "a" }, undefined)).toEqual({ key: "postMessage", perMs: 1_000 });
});

test.each(["updateMessage", "addReaction", "lookupUserByEmail"])("%s keeps to fifty calls a minute", (id) => {
  const throttle = actionOf(id).throttle?.({ channel: "C1" }, undefined);
  expect(throttle).toMatchObject({ key: id });
  expect(60_000 / (throttle?.perMs ?? 0)).toBe(50);
});

describe.each(slack.auth?.methods ?? [])("credentials of kind $kind", ({ credentials, counterExamples, kind }) => {
  const check = createSchemaCheck(credentials);
  // The schema's own keyword.
  const examples = credentials["examples"] as JsonObject[];

  test.each(examples)("%j holds", (example) => {
    expect(check(example)).toEqual([]);
  });

  test.each([...counterExamples])("$input is refused at $pointer", ({ input, pointer }) => {
    expect(check(input).map((finding) => finding.pointer)).toContain(pointer);
  });

  test("a wrong form is told in words that say where the right one is", () => {
    const input: JsonObject = kind === "bearer" ? { token: "secret" } : { webhookUrl: "hooks.slack.com" };
    const [finding] = check(input);
    expect(finding?.message).toContain(kind === "bearer" ? "OAuth & Permissions" : "https://hooks.slack.com/services/");
    expect(JSON.stringify(finding)).not.toContain("secret");
  });
});
