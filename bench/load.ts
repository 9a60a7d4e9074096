// A closed loop: so many in flight, the next begins when one is through.

export type Timed = { acknowledgedMs: number; arrivedMs: number };
export type LoadResult = { count: number; perSecond: number; acknowledged: Percentiles; arrived: Percentiles };
export type Percentiles = { p50: number; p95: number; p99: number };

/** So many units, or as many as are begun in so many seconds. */
export type Amount = number | { seconds: number };

/** Runs units with `inFlight` at once. The rate counts from the first start to the last end. */
export async function runLoad(amount: Amount, inFlight: number, unit: () => Promise<Timed>): Promise<LoadResult> {
  const times: Timed[] = [];
  const startedAt = performance.now();
  let begun = 0;
  const isMore = () =>
    typeof amount === "number" ? begun < amount : performance.now() - startedAt < amount.seconds * 1_000;
  const lane = async () => {
    while (isMore()) {
      begun++;
      times.push(await unit());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    count: times.length,
    perSecond: times.length / seconds,
    acknowledged: percentiles(times.map((one) => one.acknowledgedMs)),
    arrived: percentiles(times.map((one) => one.arrivedMs)),
  };
}

/** Percentiles of any number of values. */
export function percentiles(values: number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The middle one of an odd number of values. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
