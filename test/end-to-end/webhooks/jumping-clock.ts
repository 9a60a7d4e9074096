// A wall clock that a test can set, as an administrator or a time server sets a machine's: everything that asks for the date
// is told the new one. The monotonic clock and timers go on, as they do there.

export type JumpingClock = {
  /** Sets the clock so far ahead of the real one, in milliseconds; negative: behind it. */
  setAhead(ms: number): void;
  /** The real one again, for good. */
  [Symbol.dispose](): void;
};

/** Puts itself in place of the test's `Date`. To be made before what is to be told the time. */
export function installJumpingClock(): JumpingClock {
  const RealDate = globalThis.Date;
  let aheadMs = 0;
  class JumpingDate extends RealDate {
    constructor(...given: unknown[]) {
      // The one constructor that asks for the time; all others are passed on as they were called.
      if (given.length === 0) super(RealDate.now() + aheadMs);
      else super(...(given as [number]));
    }

    static override now(): number {
      return RealDate.now() + aheadMs;
    }

    /** What was made by the real one, in native code, is a date too. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Object.prototype.toString.call(value) === "[object Date]";
    }
  }
  // The same members as the real one, but that it cannot be called without `new`, which nobody does.
  globalThis.Date = JumpingDate as DateConstructor;
  return {
    setAhead(ms) {
      aheadMs = ms;
    },
    [Symbol.dispose]() {
      globalThis.Date = RealDate;
    },
  };
}
