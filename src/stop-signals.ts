// What does a signal to end mean: stop in order, the same wish once more, or impatience?

/** Signals that follow one another within this are one wish: a terminal and `npm` both pass on a Ctrl+C. In milliseconds. */
export const sameWishMs = 1_000;

/** Answers what the next signal means; `nowMs` is a monotonic clock. */
export function createStopSignals(nowMs: () => number): () => "stop" | "ignore" | "exit" {
  let firstMs: number | undefined;
  return () => {
    if (firstMs === undefined) {
      firstMs = nowMs();
      return "stop";
    }
    return nowMs() - firstMs < sameWishMs ? "ignore" : "exit";
  };
}
