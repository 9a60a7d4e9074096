// When is an endpoint failing, slow, well again, or to be disabled? The rules, with the time as a number.
import { decideHealth, healthRuleOf, windowFrom, type HealthSeen } from "../../src/endpoint/health.ts";
import { newCounts, type DeliveryCounts } from "../../src/model/delivery-stats.ts";
import { bucketOf } from "../../src/model/histogram.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.parse("2026-03-10T12:00:00Z");

function counts(attempts: number, failedAttempts: number, answers: number[] = []): DeliveryCounts {
  const made = { ...newCounts(), attempts, failedAttempts };
  for (const ms of answers) made.answers[bucketOf(ms)] = (made.answers[bucketOf(ms)] ?? 0) + 1;
  return made;
}
const seen = (given: Partial<HealthSeen>): HealthSeen => ({
  nowMs: now,
  state: "healthy",
  failures: 0,
  successes: 0,
  successesSinceFailing: 0,
  window: counts(0, 0),
  ...given,
});
const defaults = healthRuleOf({});
const outcomeOf = (given: Partial<HealthSeen>, rule = defaults) => {
  const decision = decideHealth(rule, seen(given));
  return decision.outcome === "enters" ? decision.code : decision.outcome;
};

test("the defaults are those of the systems: 5 %, 5 s, five failures in a row, disabled after five days", () => {
  expect(defaults).toEqual({ failureRate: 0.05, slowMs: 5_000, consecutive: 5, disableAfterMs: 5 * day });
  expect(healthRuleOf({ alerts: { slow: "500ms" }, disableAfter: false })).toEqual({
    failureRate: 0.05,
    slowMs: 500,
    consecutive: 5,
  });
});

const slow = Array.from({ length: 6 }, () => 6_000);
const fast = Array.from({ length: 6 }, () => 50);

test.each<[string, Partial<HealthSeen>, string]>([
  ["nothing happened", {}, "stays"],
  ["four failures in a row", { failures: 4 }, "stays"],
  ["five failures in a row", { failures: 5 }, "consecutive_failures"],
  ["a rate of exactly 5 %", { window: counts(40, 2) }, "stays"],
  ["a rate above 5 %", { window: counts(40, 3) }, "failure_rate"],
  ["a high rate of few attempts", { window: counts(19, 4) }, "stays"],
  ["slow answers", { window: counts(6, 0, slow) }, "slow"],
  ["too few slow answers", { window: counts(4, 0, slow.slice(0, 4)) }, "stays"],
  ["half of the answers fast", { window: counts(12, 0, [...slow, ...fast]) }, "stays"],
  ["slow and failing", { failures: 5, window: counts(6, 6, slow) }, "consecutive_failures"],
  ["our own faults", { window: { ...counts(40, 10), byClass: { internal: 10 } } }, "stays"],
])("a healthy endpoint with %s: %s", (_, given, outcome) => {
  expect(outcomeOf(given)).toBe(outcome);
});

const failing = { state: "failing", stateSinceMs: now - 5 * minute, lastFailureMs: now - minute } as const;

test.each<[string, Partial<HealthSeen>, string]>([
  ["in a row: one success", { cause: "consecutive", successes: 1 }, "stays"],
  ["in a row: three successes in a row", { cause: "consecutive", successes: 3 }, "recovered"],
  ["in a row: more failures", { cause: "consecutive", failures: 50 }, "stays"],
  [
    "in a row: one success, and ten minutes without a failure",
    { cause: "consecutive", successes: 1, lastFailureMs: now - 10 * minute },
    "recovered",
  ],
  ["in a row: no attempt for an hour", { cause: "consecutive", successes: 0, lastFailureMs: now - hour }, "stays"],
  ["by rate: three successes in a row", { cause: "rate", successes: 3, window: counts(40, 3) }, "stays"],
  ["by rate: just below the threshold", { cause: "rate", successes: 9, window: counts(100, 4) }, "stays"],
  ["by rate: at half of the threshold", { cause: "rate", successes: 9, window: counts(80, 2) }, "recovered"],
  ["by rate: too few attempts to tell", { cause: "rate", successes: 9, window: counts(9, 0) }, "stays"],
])("an endpoint that is failing %s: %s", (_, given, outcome) => {
  expect(outcomeOf({ ...failing, ...given })).toBe(outcome);
});

test.each<[string, Partial<HealthSeen>, string]>([
  ["fast answers", { window: counts(6, 0, fast) }, "recovered"],
  ["answers just below the threshold", { window: counts(6, 0, [4_600, 4_600, 4_600, 4_700, 4_700]) }, "stays"],
  ["few fast answers", { window: counts(2, 0, fast.slice(0, 2)) }, "stays"],
  ["few fast answers in ten minutes", { stateSinceMs: now - 11 * minute, window: counts(2, 0, [50, 60]) }, "recovered"],
  ["five failures in a row", { failures: 5 }, "consecutive_failures"],
])("a slow endpoint with %s: %s", (_, given, outcome) => {
  expect(outcomeOf({ state: "slow", stateSinceMs: now - 2 * minute, ...given })).toBe(outcome);
});

test("one attempt that flaps raises no alert after another: what led into a state does not count for the next one", () => {
  // Five failures, then three successes: recovered. The same minutes would still say 60 %.
  const entered = now - 20_000;
  expect(windowFrom({ nowMs: now, stateSinceMs: entered })).toBe(now);
  expect(windowFrom({ nowMs: now, stateSinceMs: undefined })).toBe(now - 10 * minute);
  const alternating = ["f", "s", "f", "s", "f", "s"];
  const states: string[] = [];
  let failures = 0;
  for (const one of alternating) {
    failures = one === "f" ? failures + 1 : 0;
    states.push(outcomeOf({ failures, successes: one === "s" ? 1 : 0 }));
  }
  expect(new Set(states)).toEqual(new Set(["stays"]));
});

describe("disabling", () => {
  const since = (failingSinceMs: number, lastFailureMs: number, rest: Partial<HealthSeen> = {}) =>
    outcomeOf({ state: "failing", cause: "consecutive", failures: 9, failingSinceMs, lastFailureMs, ...rest });

  test.each<[string, number, number, string]>([
    ["nothing but failures for five days", now - 5 * day, now, "disable"],
    ["a minute less", now - 5 * day + minute, now, "stays"],
    ["a single failure five days ago", now - 5 * day, now - 5 * day, "stays"],
    ["failures within one day, five days ago", now - 5 * day, now - 4 * day, "stays"],
    ["failures half of the time apart", now - 5 * day, now - 2.5 * day, "disable"],
  ])("%s: %s", (_, first, last, outcome) => {
    expect(since(first, last)).toBe(outcome);
  });

  test("a success in between that the note of it did not tell of is seen in the statistics", () => {
    expect(since(now - 6 * day, now, { successesSinceFailing: 1 })).toBe("stays");
  });

  test("the time is the endpoint's own, and `false` means never", () => {
    const given = seen({ failingSinceMs: now - 2 * hour, lastFailureMs: now, failures: 2 });
    expect(decideHealth(healthRuleOf({ disableAfter: "2h" }), given).outcome).toBe("disable");
    const forEver = { ...given, failingSinceMs: now - 300 * day };
    expect(decideHealth(healthRuleOf({ disableAfter: false }), forEver).outcome).toBe("stays");
  });

  test("when only time is missing, the endpoint is looked at again then", () => {
    const decision = decideHealth(defaults, seen({ failingSinceMs: now - day, lastFailureMs: now, failures: 2 }));
    expect(decision).toEqual({ outcome: "stays", lookAgainMs: now + 4 * day });
  });
});
