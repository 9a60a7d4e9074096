// How do the systems show an endpoint's deliveries? One row a delivery, or, in one of them, a row an attempt.
import type { AttemptView } from "../../model/attempt.ts";
import type { DeliveryView } from "../../model/delivery.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Dialect } from "./dialect.ts";
import { webhookIdOf } from "./webhook-id.ts";

/** A delivery in a dialect's own rows, newest first. */
export function deliveryRowsOf(dialect: Dialect, delivery: DeliveryView): JsonObject[] {
  if (dialect === "aqio") return aqioRows(delivery);
  if (dialect === "hub") return [hubRow(delivery)];
  if (dialect === "directory") return [directoryRow(delivery)];
  return [snakeRow(delivery, dialect === "bakhmach" ? webhookIdOf(delivery.endpoint) : delivery.endpoint)];
}

/** The seventeen fields of a row an attempt. A delivery that was never tried has one row too. */
function aqioRows(delivery: DeliveryView): JsonObject[] {
  const { attempts } = delivery;
  if (attempts.length === 0) return [aqioUntried(delivery)];
  return attempts.toReversed().map((attempt) => aqioRow(delivery, attempt));
}

export function aqioRow(delivery: DeliveryView, attempt: AttemptView): JsonObject {
  const { request, response } = attempt;
  return {
    ...aqioIdentity(delivery, attempt.number),
    payload: request?.body ?? "",
    request_headers: request?.headers ?? {},
    response_status_code: response?.status ?? null,
    response_headers: response?.headers ?? {},
    response_body: response?.body ?? null,
    attempted_at: attempt.startedAt,
    completed_at: endOf(attempt),
    duration_ms: Math.round(attempt.durationMs),
    status: attempt.outcome === "succeeded" ? "success" : "failed",
    error_message: attempt.outcome === "succeeded" ? null : (attempt.message ?? "The attempt failed."),
    is_retry: attempt.number > 1,
    retry_number: attempt.number - 1,
    next_retry_at: attempt.nextAttemptAt ?? null,
  };
}

function aqioUntried(delivery: DeliveryView): JsonObject {
  return {
    ...aqioIdentity(delivery, 1),
    payload: "",
    request_headers: {},
    response_status_code: null,
    response_headers: {},
    response_body: null,
    attempted_at: delivery.createdAt,
    completed_at: delivery.endedAt ?? null,
    duration_ms: null,
    status: untriedStatus(delivery),
    error_message: delivery.reason?.message ?? null,
    is_retry: false,
    retry_number: 0,
    next_retry_at: delivery.nextAttemptAt ?? null,
  };
}

function untriedStatus({ status }: DeliveryView): string {
  if (status === "pending" || status === "failed") return status;
  // Skipped ones have no word of their own there: nobody will try them.
  return "cancelled";
}

function aqioIdentity(delivery: DeliveryView, attempt: number): JsonObject {
  const { id, endpoint, event } = delivery;
  return { id: `${id}_${attempt - 1}`, webhook_id: endpoint, event_type: event.type, event_id: event.id };
}

function hubRow(delivery: DeliveryView): JsonObject {
  const last = delivery.attempts.at(-1);
  return {
    id: delivery.id,
    webhookId: delivery.endpoint,
    eventId: delivery.event.id,
    eventType: delivery.event.type,
    status: delivery.status,
    payload: last?.request?.body ?? null,
    error: errorOf(delivery),
    retryAttempts: Math.max(0, delivery.attempts.length - 1),
    attempts: delivery.attempts.map((attempt) => ({
      attempt: attempt.number,
      timestamp: attempt.startedAt,
      success: attempt.outcome === "succeeded",
      statusCode: attempt.response?.status ?? null,
      duration: Math.round(attempt.durationMs),
      error: attempt.outcome === "succeeded" ? null : (attempt.message ?? null),
    })),
    nextRetryAt: delivery.nextAttemptAt ?? null,
    createdAt: delivery.createdAt,
  };
}

/** With what its analytics ask of a delivery: success, status, duration, attempt and event type. */
function directoryRow(delivery: DeliveryView): JsonObject {
  const last = delivery.attempts.at(-1);
  return {
    id: delivery.id,
    subscriptionId: delivery.endpoint,
    eventId: delivery.event.id,
    eventType: delivery.event.type,
    success: delivery.status === "delivered",
    outcome: delivery.status,
    status: last?.response?.status ?? 0,
    duration: last === undefined ? null : Math.round(last.durationMs),
    attempt: last?.number ?? 0,
    error: errorOf(delivery),
    ...(delivery.status === "skipped" ? { reason: delivery.reason?.code ?? "inactive" } : {}),
    nextRetryAt: delivery.nextAttemptAt ?? null,
    createdAt: delivery.createdAt,
  };
}

function snakeRow(delivery: DeliveryView, webhookId: string): JsonObject {
  const last = delivery.attempts.at(-1);
  return {
    id: delivery.id,
    webhook_id: webhookId,
    event_id: delivery.event.id,
    event_type: delivery.event.type,
    status: delivery.status,
    response_status: last?.response?.status ?? null,
    response_time_ms: last === undefined ? null : Math.round(last.durationMs),
    attempts: delivery.attempts.length,
    error: errorOf(delivery),
    last_attempt_at: last?.startedAt ?? null,
    next_retry_at: delivery.nextAttemptAt ?? null,
    created_at: delivery.createdAt,
  };
}

function errorOf({ status, reason, attempts }: DeliveryView): string | null {
  if (status === "delivered") return null;
  return reason?.message ?? attempts.at(-1)?.message ?? null;
}

function endOf(attempt: AttemptView): string {
  return new Date(Date.parse(attempt.startedAt) + attempt.durationMs).toISOString();
}
