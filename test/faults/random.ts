// Where does a trial's randomness come from? From its seed alone, so that a bad one can be run again.

export type Random = {
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number between the two, both included. */
  between(low: number, high: number): number;
  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[];
};

/** Mulberry32 (T. Ettinger, public domain): 32 bits of state, good enough to pick faults by. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: next() }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ item }) => item),
  };
}
