// Percentiles from counts in buckets: what they tell about times that are not kept.
import fc from "fast-check";
import { bucketOf, countOf, histogramBoundsMs, newHistogram, percentileOf } from "../../src/model/histogram.ts";

const filled = (times: number[]) => {
  const histogram = newHistogram();
  for (const ms of times) histogram[bucketOf(ms)] = (histogram[bucketOf(ms)] ?? 0) + 1;
  return histogram;
};

test("every time lies in the bucket whose bounds enclose it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms);
      expect(ms <= (histogramBoundsMs[bucket] ?? 0) || bucket === histogramBoundsMs.length - 1).toBe(true);
      expect(ms).toBeGreaterThan(histogramBoundsMs[bucket - 1] ?? -1);
    }),
  );
});

test("a percentile lies in the bucket of the time that it stands for, and more of a share is never less time", () => {
  const times = fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (given, share) => {
      const histogram = filled(given);
      expect(countOf(histogram)).toBe(given.length);
      const sorted = given.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(share * sorted.length - 1e-9) - 1] ?? 0;
      const told = percentileOf(histogram, share) ?? Number.NaN;
      const bucket = bucketOf(exact);
      expect(told).toBeLessThanOrEqual(histogramBoundsMs[bucket] ?? 0);
      expect(told).toBeGreaterThanOrEqual(histogramBoundsMs[bucket - 1] ?? 0);
      expect(percentileOf(histogram, 1)).toBeGreaterThanOrEqual(told);
    }),
  );
});

test("a median above five seconds is told as such, and one below is not", () => {
  expect(percentileOf(filled([5_001, 5_200, 6_000]), 0.5)).toBeGreaterThan(5_000);
  expect(percentileOf(filled([4_000, 4_900, 5_000]), 0.5)).toBeLessThanOrEqual(5_000);
  expect(percentileOf(newHistogram(), 0.5)).toBeUndefined();
});
