import { instantOf } from "../../../src/flow/logic/instant.ts";

test.each<[unknown, string]>([
  ["2026-11-22", "2026-11-22T00:00:00.000Z"],
  ["2026-11-22T08:30", "2026-11-22T08:30:00.000Z"],
  ["2026-11-22T08:30:15.25Z", "2026-11-22T08:30:15.250Z"],
  ["2026-11-22 08:30:15+02:00", "2026-11-22T06:30:15.000Z"],
  ["2026-11-22T08:30:15-0330", "2026-11-22T12:00:15.000Z"],
  ["2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000Z"],
  ["0099-01-01", "0099-01-01T00:00:00.000Z"],
  [0, "1970-01-01T00:00:00.000Z"],
])("%j is the moment %s", (value, expected) => {
  expect(new Date(instantOf(value) ?? NaN).toISOString()).toBe(expected);
});

test.each([
  "",
  "now",
  "2026-13-01",
  "2026-02-29",
  "2026-11-22T24:00Z",
  "2026-11-22T08:61Z",
  "22.11.2026",
  "1700000000",
  "2026-11-22T08:30:15+25:00",
  null,
  undefined,
  true,
  {},
  [],
  NaN,
  Infinity,
  1e20,
  "2".repeat(1000),
])("%j is no moment", (value) => {
  expect(instantOf(value)).toBeUndefined();
});
