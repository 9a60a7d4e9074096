// Is an endpoint failing, slow or well, and is it to be disabled? Decided from what was noted and counted; no I/O, no clock.
import { parseDuration } from "../flow/duration.ts";
import { figuresOf, type DeliveryCounts } from "../model/delivery-stats.ts";
import type { AlertCode, AlertType } from "../model/endpoint-alert.ts";
import { endpointDefaults, type AlertRule, type Endpoint, type EndpointHealth } from "../model/endpoint.ts";
import { countOf } from "../model/histogram.ts";

/** How far back attempts are looked at, in milliseconds. */
export const windowMs = 10 * 60_000;
/** Attempts from which on a share of them says something, and answers from which on their median does. */
export const attemptsMin = 20;
export const answersMin = 5;
/** Successes in a row after which an endpoint that failed several times in a row is well again. */
export const successesMin = 3;
/** Well again is who is clearly below a threshold: at half the failure rate, at four fifths of the time. */
const rateLeft = 0.5;
const slowLeft = 0.8;

export type HealthRule = {
  failureRate: number;
  slowMs: number;
  consecutive: number;
  /** Absent: never disabled for failures. */
  disableAfterMs?: number;
};

/** What an endpoint's settings say about alerts, with the defaults. */
export function healthRuleOf({ alerts = {}, disableAfter }: Pick<Endpoint, "alerts" | "disableAfter">): HealthRule {
  const { alerts: defaults, disableAfter: disableDefault } = endpointDefaults;
  const rule: Required<AlertRule> = { ...defaults, ...alerts };
  const disableAfterMs = disableAfter === false ? undefined : parseDuration(disableAfter ?? disableDefault);
  return {
    failureRate: rule.failureRate,
    slowMs: parseDuration(rule.slow) ?? 5_000,
    consecutive: rule.consecutive,
    ...(disableAfterMs ? { disableAfterMs } : {}),
  };
}

export type HealthSeen = {
  nowMs: number;
  state: EndpointHealth["state"];
  /** When the state was entered, and what for; absent for an endpoint that never left `healthy`. */
  stateSinceMs?: number | undefined;
  cause?: "consecutive" | "rate" | "slow" | undefined;
  /** Failed attempts in a row, without those of alerts. */
  failures: number;
  /** Successes since the last failure. */
  successes: number;
  /** Since when there has been nothing but failures. */
  failingSinceMs?: number | undefined;
  lastFailureMs?: number | undefined;
  /** Attempts that succeeded since then, as the statistics know: a note of one may have been lost. */
  successesSinceFailing: number;
  /** Attempts since `windowFrom`, without those of alerts. */
  window: DeliveryCounts;
};

/** `lookAgainMs`: when time alone may change the answer. */
export type HealthDecision =
  | { outcome: "stays"; lookAgainMs?: number }
  | { outcome: "disable"; reason: string }
  | {
      outcome: "enters";
      state: EndpointHealth["state"];
      cause?: "consecutive" | "rate" | "slow";
      alert: AlertType;
      code: AlertCode;
      reason: string;
    };

/**
 * Where the window begins. Never before the state was entered, in whole minutes: what led into a state says nothing about
 * whether it has ended, nor whether it comes again.
 */
export function windowFrom(seen: Pick<HealthSeen, "nowMs" | "stateSinceMs">): number {
  const minuteMs = 60_000;
  const from = Math.floor((seen.nowMs - windowMs) / minuteMs) * minuteMs;
  return Math.max(from, Math.ceil((seen.stateSinceMs ?? 0) / minuteMs) * minuteMs);
}

/** What becomes of an endpoint that gets deliveries. */
export function decideHealth(rule: HealthRule, seen: HealthSeen): HealthDecision {
  if (isToBeDisabled(rule, seen)) {
    return { outcome: "disable", reason: "There was nothing but failures for too long." };
  }
  const entered = decideState(rule, shareOf(seen.window), seen);
  if (entered) return entered;
  const lookAgainMs = lookAgain(rule, seen);
  return { outcome: "stays", ...(lookAgainMs === undefined ? {} : { lookAgainMs }) };
}

/**
 * Nothing but failures for the whole time, and at least two of them that lie half of it apart: one failed delivery and its
 * retries disable nobody, nor do failures that are seldom.
 */
function isToBeDisabled({ disableAfterMs }: HealthRule, seen: HealthSeen): boolean {
  const { failingSinceMs, lastFailureMs, nowMs } = seen;
  if (disableAfterMs === undefined || failingSinceMs === undefined || lastFailureMs === undefined) return false;
  if (seen.successesSinceFailing > 0) return false;
  return nowMs - failingSinceMs >= disableAfterMs && lastFailureMs - failingSinceMs >= disableAfterMs / 2;
}

type Share = { rate: number | undefined; p50Ms: number | undefined };

/** What the window says, where it holds enough to say anything. */
function shareOf(window: DeliveryCounts): Share {
  const { attempts, failed, p50Ms } = countedOf(window);
  return {
    rate: attempts >= attemptsMin ? failed / attempts : undefined,
    p50Ms: countOf(window.answers) >= answersMin ? p50Ms : undefined,
  };
}

/** The attempts that say something about the endpoint: not those that the engine itself is to blame for. */
export function countedOf(window: DeliveryCounts): {
  attempts: number;
  failed: number;
  p50Ms?: number;
  p95Ms?: number;
} {
  const { p50Ms, p95Ms } = figuresOf(window);
  const ours = (window.byClass.internal ?? 0) + (window.byClass.cancelled ?? 0);
  return {
    attempts: window.attempts - ours,
    failed: window.failedAttempts - ours,
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
  };
}

type Entered = Extract<HealthDecision, { outcome: "enters" }>;

function decideState(rule: HealthRule, share: Share, seen: HealthSeen): Entered | undefined {
  if (seen.state === "failing")
    return isWellAgain(rule, share, seen) ? recovered("It takes deliveries again.") : undefined;
  const failing = failingBy(rule, share, seen);
  if (failing) return failing;
  const { p50Ms } = share;
  if (seen.state === "slow") {
    return isFastAgain(rule, share, seen) ? recovered("Its answers are fast enough again.") : undefined;
  }
  if (p50Ms === undefined || p50Ms <= rule.slowMs) return undefined;
  const reason = `Half of its answers take longer than ${rule.slowMs / 1_000} s.`;
  return { outcome: "enters", state: "slow", cause: "slow", alert: "endpoint.slow", code: "slow", reason };
}

function failingBy(rule: HealthRule, { rate }: Share, { failures }: HealthSeen): Entered | undefined {
  const failing = { outcome: "enters", state: "failing", alert: "endpoint.failing" } as const;
  if (failures >= rule.consecutive) {
    const reason = `${failures} attempts in a row have failed.`;
    return { ...failing, cause: "consecutive", code: "consecutive_failures", reason };
  }
  if (rate === undefined || rate <= rule.failureRate) return undefined;
  const reason = `${percent(rate)} of its attempts fail: more than ${percent(rule.failureRate)}.`;
  return { ...failing, cause: "rate", code: "failure_rate", reason };
}

function isWellAgain(rule: HealthRule, { rate }: Share, seen: HealthSeen): boolean {
  if (seen.successes === 0) return false;
  // A whole window without a failure is enough, however few attempts there were.
  if (seen.nowMs - (seen.lastFailureMs ?? 0) >= windowMs) return true;
  if (seen.cause === "rate") return rate !== undefined && rate <= rule.failureRate * rateLeft;
  return seen.successes >= successesMin;
}

function isFastAgain(rule: HealthRule, { p50Ms }: Share, seen: HealthSeen): boolean {
  const waited = seen.nowMs - (seen.stateSinceMs ?? 0) >= windowMs;
  const median = p50Ms ?? (waited ? figuresOf(seen.window).p50Ms : undefined);
  return median !== undefined && median <= rule.slowMs * slowLeft;
}

function recovered(reason: string): Entered {
  return { outcome: "enters", state: "healthy", alert: "endpoint.recovered", code: "recovered", reason };
}

/** The next time that passing time may change something by itself. */
function lookAgain({ disableAfterMs }: HealthRule, seen: HealthSeen): number | undefined {
  const times: number[] = [];
  if (seen.failingSinceMs !== undefined && disableAfterMs !== undefined)
    times.push(seen.failingSinceMs + disableAfterMs);
  if (seen.state === "failing" && seen.successes > 0) times.push((seen.lastFailureMs ?? 0) + windowMs);
  if (seen.state === "slow") times.push((seen.stateSinceMs ?? 0) + windowMs);
  const next = Math.min(...times.filter((time) => time > seen.nowMs));
  return Number.isFinite(next) ? next : undefined;
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
