// Do durations mean what people write?
import fc from "fast-check";
import { durationMsMax, formatDuration, parseDuration } from "../../src/flow/duration.ts";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["0s", 0],
  ["365d", durationMsMax],
])("%s is %d milliseconds", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  "",
  "5",
  "s",
  "1.5h",
  "-5s",
  "+5s",
  " 5s",
  "5s ",
  "5 s",
  "5S",
  "5min",
  "1h30m",
  "1e3s",
  "٣s",
  "5s\n",
  "366d",
  "9".repeat(400) + "s",
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, "0s"],
  [1, "1ms"],
  [1_000, "1s"],
  [90_000, "90s"],
  [300_000, "5m"],
  [86_400_000, "1d"],
  [0.4, "0s"],
])("%d milliseconds are written %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("what is formatted is read back as the same time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: durationMsMax }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});
