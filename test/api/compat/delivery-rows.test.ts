// Rows of deliveries in the words of each system.
import { deliveryRowsOf } from "../../../src/api/compat/delivery-rows.ts";
import { dialects } from "../../../src/api/compat/dialect.ts";
import type { AttemptView } from "../../../src/model/attempt.ts";
import type { DeliveryView } from "../../../src/model/delivery.ts";

const attempt = (number: number, rest: Partial<AttemptView> = {}): AttemptView => ({
  number,
  trigger: number === 1 ? "first" : "automatic",
  startedAt: `2026-01-09T15:3${number}:00.000Z`,
  durationMs: 41.6,
  phases: { total: 41.6 },
  outcome: "failed",
  class: "transient",
  message: "The receiver answered 503.",
  request: {
    method: "POST",
    url: "https://a.example/",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  },
  response: { status: 503, headers: { "retry-after": "1" }, body: "busy", truncated: false },
  ...rest,
});
const delivery = (rest: Partial<DeliveryView>): DeliveryView => ({
  id: "dlv_1",
  endpoint: "ep_abc",
  event: { id: "e1", type: "task.created" },
  status: "pending",
  attempts: [],
  createdAt: "2026-01-09T15:30:00.000Z",
  ...rest,
});
const fields = [
  "id", "webhook_id", "event_type", "event_id", "payload", "request_headers", "response_status_code", "response_headers",
  "response_body", "attempted_at", "completed_at", "duration_ms", "status", "error_message", "is_retry", "retry_number",
  "next_retry_at",
]; // prettier-ignore

test("aqio has one row an attempt, with is_retry, retry_number from 0 and next_retry_at, in seventeen fields", () => {
  const next = "2026-01-09T15:32:00.000Z";
  const ok = { outcome: "succeeded", response: { status: 200, headers: {}, body: "", truncated: false } } as const;
  const rows = deliveryRowsOf(
    "aqio",
    delivery({ status: "delivered", attempts: [attempt(1, { nextAttemptAt: next }), attempt(2, ok)] }),
  );
  expect(rows.map((row) => Object.keys(row))).toEqual([fields, fields]);
  expect(rows).toMatchObject([
    { id: "dlv_1_1", is_retry: true, retry_number: 1, status: "success", error_message: null, next_retry_at: null },
    {
      id: "dlv_1_0",
      webhook_id: "ep_abc",
      is_retry: false,
      retry_number: 0,
      status: "failed",
      payload: '{"a":1}',
      response_status_code: 503,
      response_body: "busy",
      error_message: "The receiver answered 503.",
      next_retry_at: next,
      duration_ms: 42,
      attempted_at: "2026-01-09T15:31:00.000Z",
      completed_at: "2026-01-09T15:31:00.041Z",
    },
  ]);
});

test.each([
  ["pending", "pending"],
  ["skipped", "cancelled"],
  ["cancelled", "cancelled"],
  ["failed", "failed"],
] as const)("aqio shows a delivery that was never tried and is %s as one row that is %s", (status, expected) => {
  const [row, ...more] = deliveryRowsOf("aqio", delivery({ status, reason: { code: "inactive", message: "Off." } }));
  expect(more).toEqual([]);
  expect(Object.keys(row ?? {})).toEqual(fields);
  expect(row).toMatchObject({ status: expected, error_message: "Off.", retry_number: 0, duration_ms: null });
});

test("directory records a skipped delivery with its reason, and of others success, status, duration, attempt and type", () => {
  const [skipped] = deliveryRowsOf(
    "directory",
    delivery({ status: "skipped", reason: { code: "inactive", message: "Off." } }),
  );
  expect(skipped).toMatchObject({ success: false, outcome: "skipped", reason: "inactive", status: 0 });
  const [failed] = deliveryRowsOf("directory", delivery({ status: "failed", attempts: [attempt(1), attempt(2)] }));
  expect(failed).toMatchObject({ success: false, status: 503, duration: 42, attempt: 2, eventType: "task.created" });
});

test("hub shows payload, error and each retry", () => {
  const [row] = deliveryRowsOf("hub", delivery({ status: "failed", attempts: [attempt(1), attempt(2)] }));
  expect(row).toMatchObject({ payload: '{"a":1}', error: "The receiver answered 503.", retryAttempts: 1 });
  expect(row?.["attempts"]).toHaveLength(2);
});

test.each(dialects)("%s names the webhook as its own API does", (dialect) => {
  const [row] = deliveryRowsOf(dialect, delivery({ status: "delivered", attempts: [attempt(1)] }));
  const expected = dialect === "bakhmach" ? "webhook_abc" : "ep_abc";
  expect(row?.["webhook_id"] ?? row?.["webhookId"] ?? row?.["subscriptionId"]).toBe(expected);
});
