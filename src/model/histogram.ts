// How long do answers take? Counts in buckets, from which averages and percentiles are told without keeping each answer.

/**
 * Upper bounds of the buckets, in milliseconds; the last bucket ends at the longest time that an attempt may take. Counts
 * are stored by a bucket's place, so bounds never change. 5 s and four fifths of it are among them: alerts ask for these.
 */
export const histogramBoundsMs = [
  1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 750, 1_000, 1_500, 2_500, 4_000, 5_000, 7_500, 10_000, 30_000,
  120_000,
] as const;

/** One count a bucket. */
export type Histogram = number[];

export function newHistogram(): Histogram {
  return histogramBoundsMs.map(() => 0);
}

/** The bucket of a time. A bound belongs to the bucket that ends with it; what is longer than all lies in the last one. */
export function bucketOf(durationMs: number): number {
  let low = 0;
  let high = histogramBoundsMs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (durationMs <= (histogramBoundsMs[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, count) => sum + count, 0);
}

/**
 * The time that a share of the answers stays within, in milliseconds, taken to lie evenly in its bucket; nothing without
 * answers.
 */
export function percentileOf(histogram: Histogram, share: number): number | undefined {
  const total = countOf(histogram);
  if (total === 0) return undefined;
  const wanted = share * total;
  let below = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (count > 0 && below + count >= wanted) {
      const from = bucket === 0 ? 0 : (histogramBoundsMs[bucket - 1] ?? 0);
      const to = histogramBoundsMs[bucket] ?? from;
      return from + ((to - from) * Math.max(0, wanted - below)) / count;
    }
    below += count;
  }
  return histogramBoundsMs.at(-1);
}
