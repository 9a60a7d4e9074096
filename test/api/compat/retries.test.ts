// Retry settings of the systems against our policies, both ways.
import fc from "fast-check";
import { retryConfigOf, retryCountsOf, withRetryConfig, withRetryCounts } from "../../../src/api/compat/retries.ts";
import { checkRetry, resolveRetry } from "../../../src/flow/retry.ts";
import type { RetryPolicy } from "../../../src/model/retry.ts";

const directory: RetryPolicy = { attempts: 5, first: "2s", factor: 2, jitter: "none", on: ["network", "http"] };
const bakhmach: RetryPolicy = { schedule: ["5m", "30m", "2h", "24h"], jitter: "none", within: "30h" };
const aqio: RetryPolicy = { attempts: 4, first: "60s", factor: 1, jitter: "none" };

const delays = (policy: RetryPolicy) => resolveRetry(policy).delaysMs.map((ms) => ms / 1_000);

test("maxRetries counts attempts: five of them end after four delays", () => {
  expect(retryConfigOf(directory)).toEqual({ maxRetries: 5, backoffMultiplier: 2, maxBackoffSeconds: 3_600 });
  expect(delays(withRetryConfig(directory, { maxRetries: 5 }))).toEqual([2, 4, 8, 16]);
});

test.each<[string, RetryPolicy, Parameters<typeof withRetryConfig>[1], number[]]>([
  ["fewer attempts", directory, { maxRetries: 3 }, [2, 4]],
  ["another growth", directory, { backoffMultiplier: 3 }, [2, 6, 18, 54]],
  ["a bound", directory, { maxBackoffSeconds: 5 }, [2, 4, 5, 5]],
  ["all of it", directory, { maxRetries: 4, backoffMultiplier: 10, maxBackoffSeconds: 60 }, [2, 20, 60]],
  ["one attempt", directory, { maxRetries: 1 }, []],
  ["fewer attempts of a schedule", bakhmach, { maxRetries: 3 }, [300, 1_800]],
  ["more attempts of a schedule", bakhmach, { maxRetries: 6 }, [300, 1_800, 7_200, 86_400, 86_400]],
  ["growth in place of a schedule", bakhmach, { backoffMultiplier: 2, maxRetries: 4 }, [300, 600, 1_200]],
])("retryConfig: %s", (_, policy, given, expected) => {
  const changed = withRetryConfig(policy, given);
  expect(delays(changed)).toEqual(expected);
  expect(checkRetry(changed)).toEqual([]);
});

test("which failures are retried, jitter and the last moment stay as they were", () => {
  expect(withRetryConfig(directory, { maxRetries: 3 })).toMatchObject({ jitter: "none", on: ["network", "http"] });
  expect(withRetryCounts(bakhmach, { retry_count: 2 })).toMatchObject({ jitter: "none", within: "30h" });
});

test.each<[Parameters<typeof withRetryCounts>[1], number[]]>([
  [{ retry_count: 0 }, []],
  [{ retry_count: 2 }, [60, 60]],
  [{ retry_delay_seconds: 5 }, [5, 5, 5]],
  [{ retry_count: 1, retry_delay_seconds: 3_600 }, [3_600]],
])("retry counts %j: the same delay before each", (given, expected) => {
  expect(delays(withRetryCounts(aqio, given))).toEqual(expected);
});

test("what is given is what is shown", () => {
  const attempts = fc.integer({ min: 1, max: 50 });
  const seconds = fc.integer({ min: 1, max: 86_400 });
  fc.assert(
    fc.property(
      attempts,
      fc.integer({ min: 1, max: 20 }),
      seconds,
      (maxRetries, backoffMultiplier, maxBackoffSeconds) => {
        const config = { maxRetries, backoffMultiplier, maxBackoffSeconds };
        expect(retryConfigOf(withRetryConfig(directory, config))).toEqual(config);
      },
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 49 }), seconds, (retry_count, retry_delay_seconds) => {
      const counts = { retry_count, retry_delay_seconds };
      expect(retryCountsOf(withRetryCounts(aqio, counts))).toEqual(counts);
    }),
  );
});

test.each<RetryPolicy>(["quick", "standard", "day", "none", { schedule: [] }, { schedule: ["0s"] }, { attempts: 1 }])(
  "every policy has a form in both systems: %j",
  (policy) => {
    const config = retryConfigOf(policy);
    expect(config.maxRetries).toBe(resolveRetry(policy).delaysMs.length + 1);
    expect(config.backoffMultiplier).toBeGreaterThanOrEqual(1);
    expect(config.maxBackoffSeconds).toBeGreaterThanOrEqual(1);
    expect(retryCountsOf(policy).retry_count).toBe(config.maxRetries - 1);
  },
);
