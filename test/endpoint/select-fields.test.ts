// What field selection keeps of an event's data: what stands at the paths, in the sender's own spelling.
import fc from "fast-check";
import { selectFields } from "../../src/endpoint/select-fields.ts";

const select = (dataText: string, ...paths: string[]) => selectFields(dataText, JSON.parse(dataText), paths);

test.each<[string, string, string[], string]>([
  ["a number beyond a double", '{"id":12345678901234567890,"b":1}', ["id"], '{"id":12345678901234567890}'],
  ["a trailing zero", '{"price":{"net":1.10,"tax":0.20}}', ["price.net"], '{"price":{"net":1.10}}'],
  ["an exponent", '{"n":1E5}', ["n"], '{"n":1E5}'],
  ["escapes", '{"name":"J\\u00fcrgen\\/x"}', ["name"], '{"name":"J\\u00fcrgen\\/x"}'],
  ["white space within a value", '{ "a" : { "b" : [1, 2] } , "c":1}', ["a"], '{"a":{ "b" : [1, 2] }}'],
  ["the order in which the paths stand", '{"a":1,"b":2}', ["b", "a"], '{"b":2,"a":1}'],
  ["members of one object together", '{"a":{"b":1,"c":2,"d":3}}', ["a.b", "a.d"], '{"a":{"b":1,"d":3}}'],
  ["an item of a list by its index", '{"items":[{"id":1.0},{"id":2.0}]}', ["items.1.id"], '{"items":{"1":{"id":2.0}}}'],
  ["a list's length", '{"items":[1,2,3]}', ["items.length"], '{"items":{"length":3}}'],
  ["the last of two members of one name", '{"a":1,"a":2.50}', ["a"], '{"a":2.50}'],
  ["a name with an escape", '{"n\\u0061me":1.0}', ["name"], '{"name":1.0}'],
  ["false, null and empty texts", '{"a":false,"b":null,"c":""}', ["a", "b", "c"], '{"a":false,"b":null,"c":""}'],
])("keeps %s", (_what, dataText, paths, expected) => {
  expect(select(dataText, ...paths)).toBe(expected);
});

test.each<[string, string, string[]]>([
  ["what is not there", '{"a":1}', ["b", "a.b", "a.b.c"]],
  ["an index in another spelling", '{"a":[1,2]}', ["a.01", "a.-1", "a.1e0", "a.9"]],
  [
    "names that lead to prototypes",
    '{"__proto__":{"x":1},"constructor":1}',
    ["__proto__", "__proto__.x", "constructor"],
  ],
  ["anything of data that is no object", "7", ["a", "0"]],
])("leaves out %s", (_what, dataText, paths) => {
  expect(select(dataText, ...paths)).toBe("{}");
});

test("what is there whole stays whole, in whichever order the paths stand", () => {
  expect(select('{"a":{"b":1.0,"c":2}}', "a", "a.b")).toBe('{"a":{"b":1.0,"c":2}}');
  expect(select('{"a":{"b":1.0,"c":2}}', "a.b", "a")).toBe('{"a":{"b":1.0,"c":2}}');
});

test("law: every value that is selected is the one that the path reads, whatever the data holds", () => {
  const name = fc.constantFrom("a", "b", "c", "0", "1", 'q"', "é");
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(name, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  const path = fc.array(name, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.dictionary(name, value), path, fc.constantFrom(0, 1, 2), (data, keys, indent) => {
      const text = JSON.stringify(data, undefined, indent);
      const parsed: unknown = JSON.parse(text);
      const chosen = JSON.parse(select(text, keys.join(".")));
      expect(reach(chosen, keys)).toEqual(reach(parsed, keys));
    }),
  );
});

function reach(value: unknown, keys: string[]): unknown {
  return keys.reduce<unknown>((at, key) => {
    if (at === null || at === undefined || !Object.hasOwn(Object(at), key)) return undefined;
    return (at as Record<string, unknown>)[key]; // Has it, as the line above says.
  }, value);
}
