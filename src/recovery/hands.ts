// Work on many things, a few at once: each asks the database a few times in a row.

const atOnce = 8;

/** In order, a few at once. After the first that rejects no more are begun; it rejects when those under way have ended. */
export async function eachOf<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const left = things.values();
  let failed = false;
  const hands = Array.from({ length: atOnce }, async () => {
    for (const thing of left) {
      if (failed) return;
      try {
        await work(thing);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  });
  const ended = await Promise.allSettled(hands);
  const broken = ended.find((one) => one.status === "rejected");
  if (broken) throw broken.reason;
}
