import { isForbiddenKey, readPath } from "../../src/flow/scope-path.ts";

describe("readPath", () => {
  const scope = { event: { data: { items: [{ sku: "a" }, { sku: "b" }], name: "Ann" } }, "": "empty" };

  test.each([
    ["event.data.items.1.sku", "b"],
    ["event.data.items.length", 2],
    ["event.data.name.0", "A"],
    ["event.data.items.9.sku", undefined],
    ["event.nothing.at.all", undefined],
    ["", scope],
    [["event", "data", "name"], "Ann"],
    [[], scope],
  ])("finds under %j what stands there", (path, expected) => {
    expect(readPath(scope, path)).toEqual(expected);
  });

  test.each([
    "constructor",
    "__proto__",
    "event.toString",
    "event.data.items.map",
    "event.data.name.at",
    "hasOwnProperty",
  ])("does not find what %s inherits", (path) => {
    expect(readPath(scope, path)).toBeUndefined();
  });

  test("does not read the three names even where they are plain data", () => {
    const hostile: unknown = JSON.parse('{"__proto__":{"admin":true},"constructor":1,"a":{"prototype":2}}');
    expect(readPath(hostile, "__proto__.admin")).toBeUndefined();
    expect(readPath(hostile, ["constructor"])).toBeUndefined();
    expect(readPath(hostile, "a.prototype")).toBeUndefined();
  });

  test("knows the three names, and no other", () => {
    expect(["__proto__", "constructor", "prototype", "toString", "proto"].map(isForbiddenKey)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
