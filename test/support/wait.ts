// Waiting for a condition, where nothing tells of it.
import { setTimeout as delay } from "node:timers/promises";

/** Resolves when the condition holds (a condition that throws does not); throws after `limitMs`. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`The condition did not come to hold within ${limitMs} ms`, { cause: last });
}
