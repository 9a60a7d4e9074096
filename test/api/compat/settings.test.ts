// A webhook in the words of each system, as settings of an endpoint, and back.
import { dialectOf, dialects, webhookPaths, type Dialect, type Speech } from "../../../src/api/compat/dialect.ts";
import { checkChange, checkCreate, checkGiven, type GivenWebhook } from "../../../src/api/compat/given.ts";
import { changedMembers, hiddenSecret, patchOf, settingsOf } from "../../../src/api/compat/settings.ts";
import { webhookByDialect } from "../../../src/api/compat/shapes/index.ts";
import type { ShownEndpoint } from "../../../src/api/compat/shapes/shape.ts";
import { endpointIdOf, webhookIdOf } from "../../../src/api/compat/webhook-id.ts";
import type { Endpoint } from "../../../src/model/endpoint.ts";
import { newId } from "../../../src/model/ids.ts";
import type { RetryPolicy } from "../../../src/model/retry.ts";

const policy: RetryPolicy = { attempts: 4, first: "60s", factor: 1, jitter: "none" };

test.each<[Omit<Speech, "path">, Speech["path"], Dialect]>([
  [{}, "/v1/webhooks", "bakhmach"],
  [{}, "/api/webhooks", "hub"],
  [{}, "/api/v1/webhooks", "brainsait"],
  [{ body: { name: "x", url: "y", events: [], secret: "z" } }, "/api/webhooks", "hub"],
  [{ body: { event_filters: {} } }, "/api/webhooks", "aqio"],
  [{ body: { retry_count: 3 } }, "/api/webhooks", "aqio"],
  [{ body: { is_active: true } }, "/api/webhooks", "aqio"],
  [{ body: { content_type: "application/json" } }, "/api/webhooks", "aqio"],
  [{ body: { endpointUrl: "y", events: [] } }, "/api/webhooks", "directory"],
  [{ body: { endpointUrl: "y", filters: [] } }, "/v1/webhooks", "directory"],
  [{ body: { url: "y", retryConfig: {}, filters: [] } }, "/v1/webhooks", "bakhmach"],
  [{ ofTenant: "aqio" }, "/api/webhooks", "aqio"],
  [{ ofTenant: "aqio" }, "/v1/webhooks", "aqio"],
  [{ ofTenant: "standard" }, "/api/webhooks", "hub"],
  [{ ofTenant: "aqio", body: { endpointUrl: "y" } }, "/api/webhooks", "aqio"],
  [{ ofTenant: "aqio", asked: "hub" }, "/api/webhooks", "hub"],
  [{ ofEndpoint: "directory", ofTenant: "aqio" }, "/api/webhooks", "directory"],
  [{ ofEndpoint: "github" }, "/api/v1/webhooks", "brainsait"],
  [{ ofEndpoint: "directory", asked: "aqio" }, "/v1/webhooks", "aqio"],
  [{ asked: "github" }, "/v1/webhooks", "bakhmach"],
])("%j on %s speaks %s", (speech, path, expected) => {
  expect(dialectOf({ ...speech, path })).toBe(expected);
});

test("both forms of an id mean the same endpoint", () => {
  const id = newId("ep");
  expect(webhookIdOf(id)).toMatch(/^webhook_[A-Za-z0-9_-]+$/);
  expect(endpointIdOf(webhookIdOf(id))).toBe(id);
  expect(endpointIdOf(id)).toBe(id);
});

const url = "https://hooks.example.com/in";
test.each<[Dialect, GivenWebhook, object]>([
  [
    "bakhmach",
    { url, events: ["task.created"], active: true, secret: "your-webhook-secret" },
    { url, events: ["task.created"], enabled: true, secret: "your-webhook-secret" },
  ],
  ["bakhmach", { url, events: ["*"], active: false }, { url, events: ["*"], enabled: false }],
  [
    "hub",
    { name: "My Webhook", url, events: ["task.completed"], secret: "your-secret-key", testMode: true },
    { name: "My Webhook", url, events: ["task.completed"], secret: "your-secret-key", testMode: true },
  ],
  [
    "brainsait",
    { url, events: ["order.created"], description: "Main" },
    { url, events: ["order.created"], description: "Main" },
  ],
  [
    "directory",
    {
      endpointUrl: url,
      events: ["review.created"],
      filters: [{ field: "data.rating", operator: "in", value: [1, 2] }],
      headers: { "x-own": "1" },
      retryConfig: { maxRetries: 3, backoffMultiplier: 2, maxBackoffSeconds: 60 },
    },
    {
      url,
      events: ["review.created"],
      filter: [{ field: "data.rating", operator: "in", value: [1, 2] }],
      headers: { "x-own": "1" },
      retry: { attempts: 3, first: "1m", factor: 2, max: "60s", jitter: "none" },
    },
  ],
  [
    "aqio",
    {
      name: "My webhook",
      url,
      secret: "text",
      events: ["event.created"],
      event_filters: { min_attendees: 10 },
      content_type: "application/x-www-form-urlencoded",
      timeout_seconds: 20,
      retry_count: 2,
      retry_delay_seconds: 5,
      is_active: true,
    },
    {
      name: "My webhook",
      url,
      secret: "text",
      events: ["event.created"],
      filter: { and: [{ ">=": [{ var: "event.data.attendees" }, 10] }] },
      contentType: "application/x-www-form-urlencoded",
      timeout: "20s",
      retry: { attempts: 3, first: "5s", factor: 1, max: "5s", jitter: "none" },
      enabled: true,
    },
  ],
])("what %s sends for a new webhook is settings of an endpoint", (dialect, given, expected) => {
  expect(checkCreate(given)).toEqual([]);
  expect(checkGiven(given, dialect)).toEqual([]);
  expect(settingsOf(given, dialect, policy)).toEqual({ ...expected, profile: dialect });
});

test("null takes an optional member away, and makes none of a new one", () => {
  const given = { description: null, filters: null, retryConfig: null, headers: null, secret: null };
  expect(checkChange(given)).toEqual([]);
  expect(patchOf(given, policy)).toEqual({ description: null, filter: null, retry: null, headers: null });
  expect(settingsOf({ url, events: ["a.b"], ...given }, "hub", policy)).toEqual({
    url,
    events: ["a.b"],
    profile: "hub",
    secret: null,
  });
});

test.each<[unknown, string, string]>([
  [{ events: ["a.b"] }, "", "required"],
  [{ url }, "/events", "required"],
  [{ url, events: [] }, "/events", "range"],
  [{ url, events: ["a b"] }, "/events/0", "format"],
  [{ url: 7, events: ["a.b"] }, "/url", "type"],
  [{ url, events: ["a.b"], evnts: 1 }, "/evnts", "unknown"],
  [{ url, events: ["a.b"], event_filters: { min_attendees: "ten" } }, "/event_filters/min_attendees", "type"],
  [{ url, events: ["a.b"], event_filters: { venue: { city: "Kyiv" } } }, "/event_filters/venue", "type"],
  [{ url, events: ["a.b"], filters: [{ field: "a", operator: "like" }] }, "/filters/0/operator", "value"],
  [{ url, events: ["a.b"], retryConfig: { maxRetries: 0 } }, "/retryConfig/maxRetries", "range"],
  [{ url, events: ["a.b"], timeout_seconds: 1_000 }, "/timeout_seconds", "range"],
  [{ url, events: ["a.b"], content_type: "text/xml" }, "/content_type", "value"],
])("a wrong webhook is refused at its place: %j", (given, pointer, code) => {
  expect(checkCreate(given)).toContainEqual(expect.objectContaining({ pointer, code }));
});

test("two members for one thing are refused, and more attempts than the hub knows", () => {
  const twice = { url, endpointUrl: url, events: ["a.b"] };
  expect([...checkCreate(twice), ...checkGiven(twice, "directory")]).toContainEqual(
    expect.objectContaining({ pointer: "/endpointUrl", code: "repeated" }),
  );
  const patient = { retryConfig: { maxRetries: 11 } };
  expect(checkGiven(patient, "hub")).toContainEqual(expect.objectContaining({ pointer: "/retryConfig/maxRetries" }));
  expect(checkGiven(patient, "directory")).toEqual([]);
});

const endpoint: Endpoint = {
  id: newId("ep"),
  tenantId: newId("tnt"),
  url,
  events: ["event.created"],
  profile: "aqio",
  filter: { "<": [{ var: "event.data.rating" }, 3] },
  retry: { schedule: ["5s", "1m"], on: ["network"] },
  headers: { "x-own": "1" },
  status: "enabled",
  health: { consecutiveFailures: 0, state: "healthy" },
  revision: 3,
  createdAt: new Date("2026-01-09T15:30:00Z"),
  updatedAt: new Date("2026-01-09T15:31:00Z"),
};
const shown: ShownEndpoint = {
  endpoint,
  baseUrl: "https://mill.example",
  policy: endpoint.retry ?? "none",
  timeoutMs: 30_000,
};

test.each(dialects)("what %s shows can be sent back whole, and changes nothing", (dialect) => {
  const document = webhookByDialect[dialect](shown);
  expect(checkChange(document)).toEqual([]);
  expect(patchOf(changedMembers(document, document), policy)).toEqual({});
  const other = { ...document, events: ["event.updated"] };
  expect(patchOf(changedMembers(other, document), policy)).toEqual({ events: ["event.updated"] });
});

test("a secret that is hidden in an answer is no new secret when it is sent back", () => {
  expect(patchOf({ secret: hiddenSecret }, policy)).toEqual({});
  expect(patchOf({ secret: null }, policy)).toEqual({});
  expect(patchOf({ secret: "new" }, policy)).toEqual({ secret: "new" });
});

test("bakhmach shows its six members and never a secret", () => {
  const document = webhookByDialect.bakhmach({ ...shown, secret: "s" });
  expect(Object.keys(document)).toEqual(["id", "url", "events", "active", "created_at", "test_url"]);
  expect(document["test_url"]).toBe(`https://mill.example/v1/webhooks/${webhookIdOf(endpoint.id)}/test`);
});

test("aqio shows the seventeen fields of its table", () => {
  const lastAt = new Date("2026-01-10T00:00:00Z");
  const document = webhookByDialect.aqio({ ...shown, counters: { total: 7, failed: 2, lastAt } });
  expect(Object.keys(document)).toEqual([
    "id", "organization_id", "name", "url", "secret", "events", "event_filters", "content_type", "timeout_seconds",
    "retry_count", "retry_delay_seconds", "is_active", "last_triggered_at", "total_deliveries", "failed_deliveries",
    "created_at", "updated_at",
  ]); // prettier-ignore
  expect(document).toMatchObject({
    name: "hooks.example.com",
    secret: null,
    last_triggered_at: lastAt.toISOString(),
    total_deliveries: 7,
    failed_deliveries: 2,
  });
});

test("directory shows a subscription's members, brainsait and hub the secret in the one answer that may", () => {
  expect(Object.keys(webhookByDialect.directory(shown))).toEqual([
    "id", "userId", "endpointUrl", "secret", "events", "active", "headers", "retryConfig", "createdAt", "updatedAt",
  ]); // prettier-ignore
  for (const dialect of ["brainsait", "hub"] as const) {
    expect(webhookByDialect[dialect]({ ...shown, secret: "made" })).toMatchObject({ secret: "made" });
    expect(webhookByDialect[dialect](shown)).not.toHaveProperty("secret");
  }
  expect(webhookPaths).toEqual(["/v1/webhooks", "/api/webhooks", "/api/v1/webhooks"]);
});
