// Alerts about endpoints: events of our own, which flows and endpoints can listen to.
import type { EndpointId } from "./ids.ts";

/**
 * `failing`: more failures than its thresholds allow. `slow`: its answers take too long. `recovered`: neither any more.
 * `disabled`: nothing is sent any more, for a reason that nobody typed in.
 */
export const alertTypes = ["endpoint.failing", "endpoint.slow", "endpoint.recovered", "endpoint.disabled"] as const;
export type AlertType = (typeof alertTypes)[number];

/** Why an alert is raised, for programs. */
export type AlertCode =
  | "consecutive_failures"
  | "failure_rate"
  | "slow"
  | "recovered"
  // Why an endpoint was disabled: its status reasons.
  | "gone"
  | "receiver"
  | "failing";

/** What an alert says: the event's data. Times are RFC 3339 texts. */
export type AlertData = {
  endpoint: { id: EndpointId; url: string; name?: string };
  code: AlertCode;
  /** One sentence for people. */
  reason: string;
  /** Since when it has been so: of a recovery, since when it had not been well. */
  since: string;
  consecutiveFailures: number;
  /** Of the attempts in the window that was looked at; absent when there were none. */
  failureRate?: number;
  p50Ms?: number;
  p95Ms?: number;
};

/** Who raises them. */
export const alertSource = "millrace";

const types: ReadonlySet<string> = new Set(alertTypes);

/** Whether events of a type are alerts: their failed deliveries raise no alert. */
export function isAlertType(eventType: string): boolean {
  return types.has(eventType);
}

/**
 * Whether an endpoint may get an alert: never one about itself, and only by a pattern that names alerts. `*` stands for
 * the tenant's own events: one customer's endpoint must not learn of another one's by accident.
 */
export function mayGetAlert(about: EndpointId, endpoint: { id: EndpointId; events: readonly string[] }): boolean {
  return endpoint.id !== about && endpoint.events.some((pattern) => pattern.startsWith("endpoint."));
}
