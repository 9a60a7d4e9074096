// A Ctrl+C stops in order, servers and all, although it comes twice; a person who loses patience is obeyed.
import { createStopSignals, sameWishMs } from "../src/stop-signals.ts";

test.each([
  ["the first signal stops in order", [5_000], ["stop"]],
  [
    "a terminal's Ctrl+C that npm passes on once more stops in order still",
    [5_000, 5_000, 5_003],
    ["stop", "ignore", "ignore"],
  ],
  ["another one later ends at once", [5_000, 5_003, 5_000 + sameWishMs], ["stop", "ignore", "exit"]],
])("%s", (_what, timesMs, meanings) => {
  let atMs = 0;
  const meaning = createStopSignals(() => atMs);
  const found = timesMs.map((ms) => {
    atMs = ms;
    return meaning();
  });
  expect(found).toEqual(meanings);
});
