// What settings become under a patch: the rules of RFC 7396, but for members that mean one thing as a whole.
import fc from "fast-check";
import { mergePatch } from "../../src/endpoint/merge-patch.ts";
import type { JsonObject } from "../../src/model/json.ts";

// RFC 7396, appendix A: the rows whose target and patch are objects.
test.each<[JsonObject, JsonObject, JsonObject]>([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("%j under %j is %j", (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected);
});

test.each(["filter", "transform", "retry", "encryption"])("%s is replaced whole", (member) => {
  expect(mergePatch({ [member]: { a: 1 } }, { [member]: { b: 2 } })).toEqual({ [member]: { b: 2 } });
});

test("a key that leads to the prototype stays plain data", () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}') as JsonObject);
  expect([Object.keys(merged), Object.getPrototypeOf(merged)]).toEqual([["__proto__"], Object.prototype]);
});

test("a patch twice is the patch once, and an empty one changes nothing", () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = mergePatch(target, patch);
      expect(mergePatch(once, patch)).toEqual(once);
      expect(mergePatch(target, {})).toEqual(target);
    }),
  );
});
