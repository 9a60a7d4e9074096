// Spans of top-level values and depth, by table and against JSON.parse.
import fc from "fast-check";
import { readJsonText, scanJson } from "../../src/model/json-scan.ts";

const membersOf = (text: string) => {
  const scan = scanJson(text);
  if (scan.kind !== "object") throw new Error("no object");
  return Object.fromEntries([...scan.members].map(([name, { start, end }]) => [name, text.slice(start, end)]));
};

test.each([
  ["white space around", ' { "a" : [ 1 , 2 ] , "b":\n{ "c" : 1 }\t} ', { a: "[ 1 , 2 ]", b: '{ "c" : 1 }' }],
  ["structure inside strings", '{"a":"}],{\\"\\\\","b":"x"}', { a: '"}],{\\"\\\\"', b: '"x"' }],
  ["scalars", '{"a":-1.50e+3,"b":null,"c":true}', { a: "-1.50e+3", b: "null", c: "true" }],
  ["the last of a name wins", '{"a":1,"a":{"b":2},"a":[3]}', { a: "[3]" }],
  ["escaped names", '{"d\\u0061ta":1}', { data: "1" }],
  ["nothing", "{}", {}],
  ["names of the prototype", '{"__proto__":{"x":1},"a":1}', { ["__proto__"]: '{"x":1}', a: "1" }],
])("members stand exactly where they stand: %s", (_, text, expected) => {
  expect(Object.entries(membersOf(text))).toEqual(Object.entries(expected));
});

test("items of a list stand exactly where they stand", () => {
  const text = ' [ {"a":1} ,2,"x,y", [3,[4]] ] ';
  const scan = scanJson(text);
  if (scan.kind !== "array") throw new Error("no list");
  expect(scan.items.map(({ start, end }) => text.slice(start, end))).toEqual(['{"a":1}', "2", '"x,y"', "[3,[4]]"]);
});

test("each span parses to the member that JSON.parse finds", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 4), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const parsed: unknown = JSON.parse(text);
      const spans = membersOf(text);
      expect(Object.keys(spans)).toEqual(Object.keys(parsed as object));
      for (const [name, part] of Object.entries(spans)) {
        expect(JSON.parse(part)).toEqual(Object.getOwnPropertyDescriptor(parsed, name)?.value);
      }
    }),
  );
});

test("any text can be scanned, JSON or not", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", " ", "1", "a") }), (text) =>
      expect(["object", "array", "other"]).toContain(scanJson(text).kind),
    ),
  );
});

test("128 levels are read, 129 are refused before the parser sees them", () => {
  const nested = (levels: number) => Buffer.from("[".repeat(levels) + "]".repeat(levels));
  expect(readJsonText(nested(128)).ok).toBe(true);
  expect(readJsonText(nested(129))).toEqual({ ok: false, detail: "The body is nested more than 128 levels deep." });
});

test("without the limit a deep body would get through", () => {
  const deep = Buffer.from("[".repeat(5_000) + "]".repeat(5_000));
  expect(readJsonText(deep, Number.POSITIVE_INFINITY).ok).toBe(true);
  expect(readJsonText(deep).ok).toBe(false);
});

test.each([
  ["empty", "", "empty"],
  ["white space", "  \n", "empty"],
  ["broken", '{"a":', "not valid JSON"],
  ["two values", "1 2", "not valid JSON"],
  ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22]), "UTF-8"],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le"), "not valid JSON"],
])("%s is refused with a reason", (_, body, reason) => {
  const read = readJsonText(Buffer.from(body));
  expect(read).toMatchObject({ ok: false, detail: expect.stringContaining(reason) });
});

test("a byte order mark is passed over", () => {
  expect(readJsonText(Buffer.from('\uFEFF{"a":1}'))).toMatchObject({ ok: true, value: { a: 1 } });
});
