import { checkRule, operatorNames, pathsOfRule, usesRegex } from "../../../src/flow/logic/check.ts";

function nested(levels: number): unknown {
  let rule: unknown = true;
  for (let i = 0; i < levels; i++) rule = { "!": [rule] };
  return rule;
}

describe("checkRule", () => {
  test.each([
    true,
    null,
    "text",
    { "<=": [{ var: "event.data.rating" }, 2] },
    { and: [{ exists: "event.data.a" }, { "!": { var: "event.data.b" } }] },
    { in: [{ var: "event.type" }, ["a", "b"]] },
    { "/": [{ var: ["event.data.total", 0] }, 2] },
    { missing: { merge: ["vin", { if: [{ var: "financing" }, ["apr"], []] }] } },
    { var: [{ "?:": [{ var: "event.data.x" }, "event.data.a", "event.data.b"] }] },
    { missing_some: [1, ["a", "b"]] },
    { some: [{ var: "event.data.items" }, { matches: [{ var: "sku" }, "^[A-Z]{3}"] }] },
    { equals: [{ var: "event.data.address" }, { $literal: [{ fubar: { var: 1 } }] }] },
    { a: 1, b: 2 },
    nested(32),
    { in: [1, Array.from({ length: 500 }, () => 1)] },
  ])("accepts %j", (rule) => {
    expect(checkRule(rule)).toEqual([]);
  });

  test.each<[string, unknown, string, string]>([
    ["unknown operator", { and: [{ startWith: ["a", "b"] }] }, "/and/0/startWith", "rule.operator"],
    ["log", { log: "x" }, "/log", "rule.operator"],
    ["method", { method: [{ var: "a" }, "at"] }, "/method", "rule.operator"],
    ["a dotted operator", { "var.call": ["a"] }, "/var.call", "rule.operator"],
    ["constructor", { constructor: ["a"] }, "/constructor", "rule.operator"],
    ["__proto__ as operator", JSON.parse('{"__proto__":["a"]}'), "/__proto__", "rule.operator"],
    ["an operator with a slash", { "a/b~c": 1 }, "/a~1b~0c", "rule.operator"],
    ["a calculated path", { var: { cat: ["a", "b"] } }, "/var", "rule.path"],
    ["a path from data", { "!!": [{ var: [{ var: "event.data.path" }] }] }, "/!!/0/var/0", "rule.path"],
    ["calculated missing", { missing: [{ var: "event.data.paths" }] }, "/missing/0", "rule.path"],
    ["calculated missing_some", { missing_some: [1, { var: "event.data.paths" }] }, "/missing_some/1", "rule.path"],
    ["__proto__ in a path", { var: "event.__proto__.x" }, "/var", "rule.path"],
    ["constructor in missing", { missing: ["a", "constructor"] }, "/missing/1", "rule.path"],
    ["prototype in exists", { exists: "a.prototype" }, "/exists", "rule.path"],
    ["a forbidden path in a loop's body", { map: [{ var: "a" }, { var: "constructor" }] }, "/map/1/var", "rule.path"],
    ["33 segments", { var: "a.".repeat(32) + "a" }, "/var", "rule.path"],
    ["a pattern that is not RE2", { matches: [{ var: "a" }, "a(?=b)"] }, "/matches/1", "rule.pattern"],
    ["a pattern of 257 characters", { matches: [{ var: "a" }, "a".repeat(257)] }, "/matches/1", "rule.pattern"],
    ["a pattern from data", { matches: ["x", { var: "event.data.pattern" }] }, "/matches/1", "rule.pattern"],
    ["no pattern", { matches: ["x"] }, "/matches/1", "rule.pattern"],
    ["501 items", { in: [1, Array.from({ length: 501 }, () => 1)] }, "/in/1", "rule.limit"],
    ["501 operands", { and: Array.from({ length: 501 }, () => true) }, "/and", "rule.limit"],
    ["501 items in a literal", { $literal: [Array.from({ length: 501 }, () => 1)] }, "/$literal/0", "rule.limit"],
    ["1,001 nodes", { and: Array.from({ length: 500 }, () => ({ "!": 1 })) }, "", "rule.limit"],
    ["1,001 nodes in literals", { $literal: [Array.from({ length: 500 }, () => [1])] }, "", "rule.limit"],
    ["33 KB", { "==": [{ var: "a" }, "x".repeat(33 * 1024)] }, "", "rule.limit"],
    ["no JSON", undefined, "", "rule.operand"],
    ["a function", { "!": [() => 1] }, "/!/0", "rule.operand"],
  ])("refuses %s where it stands, and says what to do", (_name, rule, pointer, code) => {
    const findings = checkRule(rule);
    expect(findings[0]).toMatchObject({ pointer, code, suggestion: expect.stringMatching(/\w/) as string });
  });

  test("33 levels are too deep; 10,000 of operators, lists or literals are refused without being followed", () => {
    expect(checkRule(nested(33))).toMatchObject([{ code: "rule.limit" }]);
    expect(checkRule(nested(10_000))).toMatchObject([{ code: "rule.limit" }]);
    const lists: unknown = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`);
    expect(checkRule(lists)).toMatchObject([{ code: "rule.limit" }]);
    expect(checkRule({ $literal: [lists] })).toMatchObject([{ code: "rule.limit" }]);
  });

  test.each([
    ["startWith", "startsWith"],
    ["cta", "cat"],
    ["eq", "equals"],
    ["=", "=="],
    ["regex", "matches"],
    ["Lower", "lower"],
  ])("for %s it suggests %s", (written, meant) => {
    expect(checkRule({ [written]: ["a", "b"] })[0]?.suggestion).toBe(`Did you mean "${meant}"?`);
  });

  test("all mistakes are found at once", () => {
    expect(
      checkRule({ or: [{ x1: 1 }, { var: "__proto__" }, { "!": { x2: 1 } }] }).map(({ pointer }) => pointer),
    ).toEqual(["/or/0/x1", "/or/1/var", "/or/2/!/x2"]);
  });

  test("every operator of JSON Logic and of the flow language is there, and log and method are not", () => {
    const own = [
      "==",
      "===",
      "!=",
      "!==",
      ">",
      ">=",
      "<",
      "<=",
      "!",
      "!!",
      "%",
      "in",
      "cat",
      "substr",
      "+",
      "*",
      "-",
      "/",
    ];
    const more = ["min", "max", "merge", "var", "missing", "missing_some", "if", "?:", "and", "or", "filter", "map"];
    const extra = [
      "reduce",
      "all",
      "none",
      "some",
      "exists",
      "matches",
      "startsWith",
      "endsWith",
      "contains",
      "equals",
    ];
    const rest = ["before", "after", "now", "lower", "$literal"];
    expect(operatorNames).toEqual([...own, ...more, ...extra, ...rest].toSorted());
  });
});

describe("what a rule reads", () => {
  test.each<[unknown, string[]]>([
    [true, []],
    [
      { "<=": [{ var: "event.data.rating" }, { var: ["steps.case.id", { var: "vars.x" }] }] },
      ["event.data.rating", "steps.case.id", "vars.x"],
    ],
    [{ missing: ["a.b", { if: [{ var: "c" }, "d", "e"] }] }, ["a.b", "c", "d", "e"]],
    [{ exists: ["event.data.x", { var: "event.data.y" }] }, ["event.data.x", "event.data.y"]],
    [{ some: [{ var: "event.data.items" }, { ">": [{ var: "price" }, 3] }] }, ["event.data.items"]],
    [
      { reduce: [{ var: "a" }, { "+": [{ var: "current" }, { var: "accumulator" }] }, { var: "start" }] },
      ["a", "start"],
    ],
    [{ var: "" }, [""]],
    [{ $literal: [{ var: "no" }] }, []],
    [{ x: { var: "no" }, y: 1 }, []],
    [
      [{ var: "b" }, { var: "a" }, { var: "b" }],
      ["a", "b"],
    ],
  ])("%j reads %j", (rule, paths) => {
    expect(pathsOfRule(rule)).toEqual(paths);
  });

  test("regular expressions are seen wherever they stand, and only where they are", () => {
    expect(usesRegex({ and: [true, { some: [{ var: "a" }, { matches: [{ var: "" }, "x"] }] }] })).toBe(true);
    expect(usesRegex({ in: ["matches", { var: "a" }] })).toBe(false);
    expect(usesRegex({ $literal: [{ matches: ["a", "b"] }] })).toBe(false);
  });
});
