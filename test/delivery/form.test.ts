// Bodies as forms: every value under its path, in the spelling in which it was published.
import fc from "fast-check";
import { formOf } from "../../src/delivery/form.ts";
import { built, withData } from "./deliveries.ts";

const pairs = (json: string): [string, string][] => [...new URLSearchParams(formOf(json))];

test.each<[string, [string, string][]]>([
  ['{"a":1,"b":"x"}', [["a", "1"], ["b", "x"]]], // prettier-ignore
  ['{"n":12345678901234567890,"x":1.10,"e":1E2}', [["n", "12345678901234567890"], ["x", "1.10"], ["e", "1E2"]]], // prettier-ignore
  ['{"t":true,"f":false,"z":null}', [["t", "true"], ["f", "false"], ["z", ""]]], // prettier-ignore
  ['{"d":{"o":{"id":"r"},"l":[1,{"k":2},[]]}}', [["d[o][id]", "r"], ["d[l][0]", "1"], ["d[l][1][k]", "2"], ["d[l][2]", ""]]], // prettier-ignore
  ['{"d":{}}', [["d", ""]]],
  ["{}", []],
  ['{ "\\u00e9 &=": "a\\n\\"{,}[:] \\ud83d\\ude00+ " }', [["é &=", 'a\n"{,}[:] 😀+ ']]],
  ['{"a":1,"a":2}', [["a", "1"], ["a", "2"]]], // prettier-ignore
])("%s is the pairs %j", (json, expected) => {
  expect(pairs(json)).toEqual(expected);
});

test("whatever is published, every value that is no list and no object stands in the form once", () => {
  const count = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const inner = Object.values(value);
    return inner.length === 0 ? 1 : inner.reduce((sum: number, one) => sum + count(one), 0);
  };
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(pairs(`{"data":${json}}`)).toHaveLength(count(JSON.parse(json)));
    }),
  );
});

test("aqio sends a form to those who choose it, signed over its bytes", () => {
  const type = "application/x-www-form-urlencoded";
  const { headers, body } = built("aqio", { ...withData('{"id":"reg_789","n":1.10}'), contentType: type });
  expect(headers["content-type"]).toBe(type);
  expect([...new URLSearchParams(body)]).toEqual([
    ["id", "wh_evt_1"],
    ["type", "review.created"],
    ["created", "1795255200"],
    ["data[object][id]", "reg_789"],
    ["data[object][n]", "1.10"],
    ["organization_id", "tnt_1"],
  ]);
});
