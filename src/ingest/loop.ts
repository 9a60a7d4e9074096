// A loop that looks for work: again after a fixed time, or sooner when somebody knows of some.

export type Loop = {
  /** Whether the loop is asked to end: long work looks at it. */
  isClosing(): boolean;
  /** Ends the pause that is on. */
  wake(): void;
  /** Resolves when the work that is on has ended; there will be no more. */
  close(): Promise<void>;
};

/** Starts the loop at once. What `work` rejects with goes to `failed`, and the loop goes on. */
export function startLoop(everyMs: number, work: () => Promise<void>, failed: (error: unknown) => void): Loop {
  let closing = false;
  let wake: () => void = () => {};
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const running = (async () => {
    // Whoever starts the loop has its handle before the work begins.
    await Promise.resolve();
    while (!closing) {
      await work().catch(failed);
      if (!closing) await pause();
    }
  })();
  return {
    isClosing: () => closing,
    wake: () => wake(),
    async close(): Promise<void> {
      closing = true;
      wake();
      await running;
    },
  };
}
