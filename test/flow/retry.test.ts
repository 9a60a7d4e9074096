// Are retries made when the policy says so, and never when it does not?
import fc from "fast-check";
import {
  checkRetry,
  decideRetry,
  delayMsMax,
  previewRetry,
  resolveRetry,
  retryAfterMsMax,
  unknownFailureWords,
} from "../../src/flow/retry.ts";
import { type Failure, failureClasses } from "../../src/model/failure.ts";
import { retryPolicyExamples, type RetryPlan, type RetryPolicy } from "../../src/model/retry.ts";

const seconds = (...values: number[]) => values.map((value) => value * 1_000);
const transient: Failure = { class: "transient", code: "http_503", message: "503", status: 503 };
const dns: Failure = { class: "network", code: "dns", message: "no such name" };
const notFound: Failure = { class: "not_found", code: "http_404", message: "404", status: 404 };
const plan = (more: Partial<RetryPlan> = {}): RetryPlan => ({ delaysMs: [1_000, 2_000], jitter: "none", ...more });
const decide = (more: Partial<Parameters<typeof decideRetry>[0]>) =>
  decideRetry({ plan: plan(), attempt: 1, failure: transient, elapsedMs: 0, random: 0.5, ...more });

describe("a policy resolved", () => {
  test.each<[string, RetryPolicy | undefined, number[]]>([
    ["no policy is standard", undefined, seconds(5, 25, 125, 625)],
    ["standard", "standard", seconds(5, 25, 125, 625)],
    ["quick", "quick", seconds(1, 2, 4, 8)],
    ["day", "day", seconds(5, 300, 1800, 7200, 18000, 28800, 28800)],
    ["none", "none", []],
    ["one attempt has no retry", { attempts: 1 }, []],
    ["what is left out is as in standard", { attempts: 7 }, seconds(5, 25, 125, 625, 3125, 3600)],
    ["the longest delay bounds all", { attempts: 4, first: "1s", factor: 10, max: "20s" }, seconds(1, 10, 20)],
    ["the longest delay bounds the first", { attempts: 3, max: "1s" }, seconds(1, 1)],
    ["a long first delay is meant", { attempts: 3, first: "2h", factor: 2 }, seconds(7200, 7200)],
    ["fractions are rounded", { attempts: 3, first: "1ms", factor: 1.5, max: "1h" }, [1, 2]],
    ["a schedule as it stands", { schedule: ["5m", "1s"] }, seconds(300, 1)],
    ["nothing to wait is one millisecond", { schedule: ["0s", "0ms", "5s"] }, [1, 1, 5_000]],
    ["a first of nothing is one millisecond", { attempts: 3, first: "0s" }, [1, 1]],
  ])("%s", (_, policy, delaysMs) => {
    expect(resolveRetry(policy).delaysMs).toEqual(delaysMs);
  });

  test("carries its limits, with 20 % of jitter unless it says otherwise", () => {
    expect(resolveRetry({ attempts: 1, on: ["5xx"], never: ["500"], within: "30h" })).toEqual({
      delaysMs: [],
      jitter: 0.2,
      on: ["5xx"],
      never: ["500"],
      withinMs: 108_000_000,
    });
    expect(resolveRetry({ schedule: [], jitter: "full" })).toEqual({ delaysMs: [], jitter: "full" });
  });

  test("exponential delays never shrink, never vanish and never pass their bound", () => {
    const policies = fc.record({
      attempts: fc.integer({ min: 1, max: 50 }),
      first: fc.integer({ min: 0, max: 10_000 }).map((ms) => `${ms}ms`),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      max: fc.integer({ min: 0, max: 30 }).map((days) => `${days}d`),
    });
    fc.assert(
      fc.property(policies, (policy) => {
        const { delaysMs } = resolveRetry(policy);
        expect(delaysMs).toHaveLength(policy.attempts - 1);
        expect(delaysMs).toEqual([...delaysMs].sort((a, b) => a - b));
        expect(delaysMs.every((ms) => Number.isInteger(ms) && ms >= 1 && ms <= delayMsMax)).toBe(true);
      }),
    );
  });

  test.each(retryPolicyExamples.map((policy) => [JSON.stringify(policy), policy] as const))(
    "%s is possible",
    (_, policy) => {
      expect(checkRetry(policy)).toEqual([]);
      expect(unknownFailureWords(policy)).toEqual([]);
    },
  );

  test.each<[RetryPolicy, string]>([
    [{ schedule: ["1s", "31d"] }, "/schedule/1"],
    [{ attempts: 2, first: "31d" }, "/first"],
    [{ attempts: 2, max: "999999999999d" }, "/max"],
    [{ attempts: 2, within: "366d" }, "/within"],
  ])("%j is out of bounds", (policy, pointer) => {
    expect(checkRetry(policy)).toEqual([expect.objectContaining({ pointer, code: "range" })]);
  });

  test("a duration that cannot be read is never taken for some other", () => {
    expect(() => resolveRetry({ attempts: 2, first: "soon" })).toThrow(RangeError);
  });

  test("words that no failure carries are found", () => {
    expect(unknownFailureWords({ attempts: 2, on: ["network", "netwrok"], never: ["503", "5xx", "dsn"] })).toEqual([
      { pointer: "/on/1", word: "netwrok" },
      { pointer: "/never/2", word: "dsn" },
    ]);
  });
});

describe("after a failed attempt", () => {
  test("each retry has its own delay, and after the last there is none", () => {
    expect([1, 2, 3, 4].map((attempt) => decide({ attempt }))).toEqual([
      { retry: true, delayMs: 1_000 },
      { retry: true, delayMs: 2_000 },
      { retry: false, why: "attempts" },
      { retry: false, why: "attempts" },
    ]);
  });

  test.each(Object.entries(failureClasses))("without `on`, the class %s decides", (name, { retried }) => {
    // Object.entries widens the keys: each is a class.
    const failure = { class: name as Failure["class"], code: "x", message: "x" };
    expect(decide({ failure })).toEqual(retried ? { retry: true, delayMs: 1_000 } : { retry: false, why: "class" });
  });

  test.each<[string, Partial<RetryPlan>, Failure, string]>([
    ["a class is on the list", { on: ["transient"] }, transient, "retry"],
    ["a status is on the list", { on: ["503"] }, transient, "retry"],
    ["a family is on the list", { on: ["5xx"] }, transient, "retry"],
    ["a code is on the list", { on: ["dns"] }, dns, "retry"],
    ["another status is on the list", { on: ["502"] }, transient, "on"],
    ["another family is on the list", { on: ["4xx"] }, transient, "on"],
    ["a family says nothing where there was no answer", { on: ["5xx"] }, dns, "on"],
    ["the list is empty", { on: [] }, transient, "on"],
    ["what is not retried by itself is on the list", { on: ["404"] }, notFound, "retry"],
    ["never wins over on", { on: ["5xx"], never: ["503"] }, transient, "never"],
    ["never wins over the class", { never: ["network"] }, dns, "never"],
    ["never names another", { never: ["500", "timeout"] }, transient, "retry"],
    [
      "what may have been applied, by its status",
      { on: ["5xx", "503", "http_503"] },
      { ...transient, class: "ambiguous" },
      "on",
    ],
    ["what may have been applied, by its name", { on: ["ambiguous"] }, { ...transient, class: "ambiguous" }, "retry"],
    ["what was cancelled", { on: ["cancelled"] }, { class: "cancelled", code: "cancelled", message: "x" }, "on"],
  ])("%s", (_, more, failure, outcome) => {
    const decision = decide({ plan: plan(more), failure });
    expect(decision.retry ? "retry" : decision.why).toBe(outcome);
  });

  test.each<[string, number | undefined, number]>([
    ["none is asked for", undefined, 1_000],
    ["less than the policy's own", 10, 1_000],
    ["more than the policy's own", 30_000, 30_000],
    ["parts of a millisecond", 1_500.2, 1_501],
    ["more than a day", 7 * 86_400_000, retryAfterMsMax],
    ["a time that has passed", -5_000, 1_000],
    ["nothing", 0, 1_000],
    ["no number", Number.NaN, 1_000],
    ["for ever", Number.POSITIVE_INFINITY, 1_000],
  ])("Retry-After is %s", (_, retryAfterMs, delayMs) => {
    expect(decide({ retryAfterMs })).toEqual({ retry: true, delayMs });
  });

  test("a policy that waits longer than a day is not shortened by Retry-After", () => {
    const long = plan({ delaysMs: [2 * retryAfterMsMax] });
    expect(decide({ plan: long, retryAfterMs: 5_000 })).toEqual({ retry: true, delayMs: 2 * retryAfterMsMax });
  });

  test("jitter stays in its range and never brings a delay to nothing, nor below a Retry-After", () => {
    const inputs = fc.record({
      delayMs: fc.integer({ min: 1, max: delayMsMax }),
      jitter: fc.oneof(fc.constantFrom("none" as const, "full" as const), fc.double({ min: 0, max: 1, noNaN: true })),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
      retryAfterMs: fc.option(fc.integer({ min: 1, max: retryAfterMsMax }), { nil: undefined }),
    });
    fc.assert(
      fc.property(inputs, ({ delayMs, jitter, random, retryAfterMs }) => {
        const decision = decide({ plan: plan({ delaysMs: [delayMs], jitter }), random, retryAfterMs });
        const found = decision.retry ? decision.delayMs : 0;
        const [least, most] = jitter === "none" ? [1, 1] : jitter === "full" ? [0, 1] : [1 - jitter, 1 + jitter];
        expect(found).toBeGreaterThanOrEqual(Math.max(1, Math.floor(delayMs * least), retryAfterMs ?? 0));
        expect(found).toBeLessThanOrEqual(Math.max(1, Math.ceil(delayMs * most), retryAfterMs ?? 0));
      }),
    );
  });

  test("jitter moves a delay both ways by its fraction", () => {
    const jittered = (random: number) => decide({ plan: plan({ jitter: 0.2 }), random });
    expect([0, 0.5, 1].map(jittered)).toEqual([800, 1_000, 1_200].map((delayMs) => ({ retry: true, delayMs })));
  });

  test("no retry starts later than `within` after the first attempt", () => {
    const short = plan({ withinMs: 10_000 });
    expect(decide({ plan: short, elapsedMs: 9_000 })).toEqual({ retry: true, delayMs: 1_000 });
    expect(decide({ plan: short, elapsedMs: 9_001 })).toEqual({ retry: false, why: "within" });
    expect(decide({ plan: short, elapsedMs: 0, retryAfterMs: 10_001 })).toEqual({ retry: false, why: "within" });
  });
});

describe("a preview", () => {
  test("shows the delays without jitter and their sum", () => {
    expect(previewRetry(resolveRetry({ schedule: ["5m", "30m"], jitter: "full" }))).toEqual({
      delaysMs: [300_000, 1_800_000],
      totalMs: 2_100_000,
    });
  });

  test("leaves out what `within` cuts off", () => {
    expect(previewRetry(resolveRetry({ schedule: ["1h", "24h"], within: "2h" }))).toEqual({
      delaysMs: [3_600_000],
      totalMs: 3_600_000,
    });
  });
});
