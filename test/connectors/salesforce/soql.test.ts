// Values in SOQL: whatever they hold, they are read as values again, and the query around them stays as it is.
import fc from "fast-check";
import { bindValues } from "../../../connectors/salesforce/soql.ts";
import type { SoqlValue } from "../../../connectors/salesforce/soql.ts";
import { parseSoql } from "./fake-soql.ts";

const frame = "SELECT Id FROM Case WHERE Subject = :a AND Status = 'New'";
const rest = { field: "Status", operator: "=", value: "New" };

function bound(soql: string, values: { [name: string]: SoqlValue }): string {
  const result = bindValues(soql, values);
  if (!result.ok) throw new Error(result.message);
  return result.soql;
}

test("any text stays that text, and nothing of it becomes part of the query", () => {
  const pieces = fc.constantFrom(
    "'",
    "\\",
    "\\'",
    "\n",
    '"',
    " OR ",
    ":a",
    "--",
    "\u0000",
    "\u2028",
    "%",
    "_",
    "\\u0027",
  );
  const hostile = fc
    .array(fc.oneof(pieces, fc.string({ unit: "grapheme" })), { maxLength: 12 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(hostile, (a) => {
      expect(parseSoql(bound(frame, { a })).where).toEqual([{ field: "Subject", operator: "=", value: a }, rest]);
    }),
    { numRuns: 500 },
  );
});

test("a text that was only put between quotes would change the query", () => {
  const naive = frame.replace(":a", "'x' OR Id != ''");
  expect(() => parseSoql(naive)).toThrow("OR");
});

test.each<[SoqlValue, string]>([
  ['Bob\'s "BBQ" \\ Grill', "'Bob\\'s \\\"BBQ\\\" \\\\ Grill'"],
  ["a\nb\tc", "'a\\nb\\tc'"],
  ["\u0007", "'\\u0007'"],
  [12.5, "12.5"],
  [-3, "-3"],
  [true, "true"],
  [null, "null"],
  [["a'b", 1, false], "('a\\'b', 1, false)"],
  [{ date: "2026-01-31" }, "2026-01-31"],
  [{ dateTime: "2026-01-31T10:00:00.5+02:00" }, "2026-01-31T10:00:00.5+02:00"],
])("%j is written %s", (value, written) => {
  expect(bound("WHERE x = :v", { v: value })).toBe(`WHERE x = ${written}`);
});

test("only what stands outside of quotes, and is no part of a date, is a placeholder", () => {
  const soql = "SELECT Id FROM Case WHERE Subject = 'a :v \\' :v' AND CreatedDate > 2026-01-01T10:00:00Z AND x = :v";
  expect(bound(soql, { v: 1 })).toBe(soql.replace(/:v$/, "1"));
  expect(bound("WHERE CreatedDate = LAST_N_DAYS:30", {})).toBe("WHERE CreatedDate = LAST_N_DAYS:30");
});

test("a value is not read again for placeholders", () => {
  expect(bound("WHERE x = :a AND y = :b", { a: ":b", b: "z" })).toBe("WHERE x = ':b' AND y = 'z'");
});

test.each<[string, string, { [name: string]: SoqlValue }, string]>([
  ["a placeholder without a value", "WHERE x = :name", { nme: 1 }, '`values` has no "name"'],
  ["a name that every object has", "WHERE x = :toString", {}, '`values` has no "toString"'],
  ["a value that is named nowhere", "WHERE x = 1", { a: 1 }, 'names the value "a" nowhere'],
  ["a value that is named in quotes only", "WHERE x = ':a'", { a: 1 }, 'names the value "a" nowhere'],
  ["a value inside a date literal", "WHERE x = LAST_N_DAYS:n", { n: 30 }, 'names the value "n" nowhere'],
  ["a quote that is not closed", "WHERE x = 'a AND y = :b", { b: 1 }, "not closed"],
  ["half of a character", "WHERE x = :a", { a: "\ud800" }, "cannot be written"],
  ["half of a character in the query", "WHERE x = '\udfff'", {}, "half of a character"],
  ["a number that SOQL cannot write", "WHERE x = :a", { a: 1e21 }, "cannot be written"],
  ["an empty list", "WHERE x IN :a", { a: [] }, "cannot be written"],
  ["a date that goes on", "WHERE x = :a", { a: { date: "2026-01-01 OR Id != null" } }, "cannot be written"],
])("%s is refused, and the refusal says where", (_, soql, values, message) => {
  expect(bindValues(soql, values)).toEqual({ ok: false, message: expect.stringContaining(message) });
});
