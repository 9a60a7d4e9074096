import { type LogicOptions, evaluateLogic } from "../../../src/flow/logic/evaluate.ts";
import { matchesRegex } from "../../../src/flow/regex.ts";
import type { Json } from "../../../src/model/json.ts";

const nowMs = Date.UTC(2026, 10, 22, 8);

function valueOf(rule: Json, scope: unknown = {}, options: LogicOptions = {}): Json {
  const result = evaluateLogic(rule, scope, { nowMs, matches: matchesRegex, ...options });
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

function codeOf(rule: unknown, scope: unknown = {}, options: LogicOptions = {}): string {
  // Safe: hostile rules are JSON too.
  const result = evaluateLogic(rule as Json, scope, options);
  return result.ok ? "ok" : result.code;
}

describe("the operators beyond JSON Logic's own", () => {
  const scope = {
    event: { data: { name: "Ann Lee", tags: ["vip", { id: 1 }], none: null, at: "2026-11-21T10:00:00Z" } },
  };
  test.each<[Json, Json]>([
    [{ exists: "event.data.name" }, true],
    [{ exists: ["event.data.name", "event.data.tags.1.id"] }, true],
    [{ exists: "event.data.none" }, true],
    [{ exists: "event.data.other" }, false],
    [{ exists: ["event.data.name", "event.data.other"] }, false],
    [{ exists: [] }, false],
    [{ exists: { var: "event.data.none" } }, true],
    [{ exists: [{ var: "event.data.other" }] }, false],
    [{ exists: { var: "event.data.name" } }, true],
    [{ exists: { var: ["event.data.other", 1] } }, true],
    [{ matches: [{ var: "event.data.name" }, "^Ann\\b"] }, true],
    [{ matches: [{ var: "event.data.other" }, ".*"] }, false],
    [{ matches: [12, "^1"] }, true],
    [{ startsWith: [{ var: "event.data.name" }, "Ann"] }, true],
    [{ startsWith: [{ var: "event.data.other" }, ""] }, false],
    [{ endsWith: [{ var: "event.data.name" }, "Lee"] }, true],
    [{ endsWith: ["Lee", "LongLee"] }, false],
    [{ contains: [{ var: "event.data.name" }, "n L"] }, true],
    [{ contains: ["2026", 26] }, true],
    [{ contains: ["null", null] }, false],
    [{ contains: [{ var: "event.data.tags" }, "vip"] }, true],
    [{ contains: [{ var: "event.data.tags" }, { $literal: [{ id: 1 }] }] }, true],
    [{ contains: [{ var: "event.data.tags" }, "v"] }, false],
    [{ contains: [{ var: "event.data.none" }, "v"] }, false],
    [{ equals: [{ var: "event.data.tags" }, { $literal: [["vip", { id: 1 }]] }] }, true],
    [{ equals: [1, "1"] }, false],
    [{ equals: [{ var: "event.data.none" }, null] }, true],
    [{ equals: [{ $literal: [{ a: 1, b: 2 }] }, { $literal: [{ b: 2, a: 1 }] }] }, true],
    [{ equals: [{ $literal: [{ a: 1, b: 2 }] }, { $literal: [{ a: 1, c: 2 }] }] }, false],
    [{ equals: [{ $literal: [[1, 2]] }, { $literal: [[1]] }] }, false],
    [{ equals: [{ $literal: [[]] }, { $literal: [{}] }] }, false],
    [{ before: [{ var: "event.data.at" }, { now: [] }] }, true],
    [{ after: [{ var: "event.data.at" }, { now: [] }] }, false],
    [{ after: [{ var: "event.data.at" }, "2026-11-21"] }, true],
    [{ before: ["2026-11-21T10:00:00+02:00", "2026-11-21T10:00:00Z"] }, true],
    [{ before: [{ var: "event.data.other" }, { now: [] }] }, false],
    [{ after: ["tomorrow", { now: [] }] }, false],
    [{ now: [] }, "2026-11-22T08:00:00.000Z"],
    [{ lower: "ÀB" }, "àb"],
    [{ lower: [{ var: "event.data.none" }] }, null],
    [{ $literal: [{ var: "x" }] }, { var: "x" }],
  ])("%j is %j", (rule, expected) => {
    expect(valueOf(rule, scope)).toEqual(expected);
  });

  test("the clock and regular expressions come from the caller, or the rule is invalid", () => {
    expect(codeOf({ now: [] })).toBe("invalid");
    expect(codeOf({ matches: ["a", "a"] })).toBe("invalid");
    expect(codeOf({ matches: ["a", "(a"] }, {}, { matches: matchesRegex })).toBe("invalid");
    expect(codeOf({ matches: ["a", 5] }, {}, { matches: matchesRegex })).toBe("invalid");
  });

  test("an unknown operator is invalid, with its name", () => {
    expect(evaluateLogic({ fubar: [] }, {})).toEqual({
      ok: false,
      code: "invalid",
      message: 'There is no operator "fubar".',
    });
    expect(
      ["log", "method", "var.call", "cat.bind", "constructor", "toString", "*"].map((name) => codeOf({ [name]: [] })),
    ).toEqual(Array.from({ length: 7 }, () => "invalid"));
    expect(codeOf(JSON.parse('{"__proto__":["x"]}'))).toBe("invalid");
  });
});

describe("a rule reads own members only", () => {
  const scope = { user: { items: [1, 2], name: "Ann" } };
  test.each(
    [
      "__proto__",
      "constructor",
      "prototype",
      "constructor.constructor",
      "user.items.map",
      "user.toString",
      "user.name.at",
    ].map((path) => [path]),
  )("%s is null, false, missing and absent", (path) => {
    expect(valueOf({ var: path }, scope)).toBeNull();
    expect(valueOf({ "!!": { var: path } }, scope)).toBe(false);
    expect(valueOf({ missing: [path] }, scope)).toEqual([path]);
    expect(valueOf({ missing_some: [1, [path]] }, scope)).toEqual([path]);
    expect(valueOf({ exists: path }, scope)).toBe(false);
    expect(valueOf({ cat: [{ var: path }] }, scope)).toBe("");
  });

  test("members that imitate methods are never called", () => {
    const imitation = { toString: "x", valueOf: 1, indexOf: true, join: [], length: 3, concat: 1, toJSON: "y" };
    for (const name of ["==", "<", "in", "cat", "+", "-", "merge", "substr", "contains", "equals", "before", "max"]) {
      expect(codeOf({ [name]: [{ var: "a" }, { var: "a" }] }, { a: imitation })).toBe("ok");
      expect(codeOf({ [name]: ["a", { var: "a" }] }, { a: imitation })).toBe("ok");
    }
  });

  test("data is never run as a rule", () => {
    const hostile = { paths: [{ var: "secret" }, { fubar: 1 }], secret: "s" };
    expect(valueOf({ missing: [{ var: "paths" }] }, hostile)).toEqual(hostile.paths);
    expect(valueOf({ missing_some: [2, { var: "paths" }] }, hostile)).toEqual(hostile.paths);
  });
});

/** `{ op: [inner, inner] }` upon itself: each level doubles what the operator makes. */
function doubling(name: string, seed: Json, levels: number): Json {
  // `reduce` over a list of `levels` items doubles its accumulator without the rule itself growing.
  const body = { [name]: [{ var: "accumulator" }, { var: "accumulator" }] };
  return { reduce: [Array.from({ length: levels }, () => 1), body, seed] };
}

const hundred = Array.from({ length: 100 }, (_, i) => i);
const nestedSome: Json = {
  some: [
    { var: "l" },
    {
      some: [{ $literal: [hundred] }, { some: [{ $literal: [hundred] }, { some: [{ $literal: [hundred] }, false] }] }],
    },
  ],
};
const long = "a".repeat(256 * 1024);

describe("a rule that would take all the machine's time or memory ends over its budget", () => {
  test.each<[string, unknown, unknown]>([
    ["four nested loops over 100 items", nestedSome, { l: hundred }],
    ["a text that doubles 40 times", doubling("cat", "0123456789abcdef", 40), {}],
    ["a list that doubles 30 times", doubling("merge", [1, 2], 30), {}],
    [
      "2,400 searches in a long text",
      { map: [{ var: "l" }, { in: ["b", { var: "" }] }] },
      { l: Array.from({ length: 2400 }, () => long) },
    ],
    [
      "a search for a long text in a longer one",
      { in: [{ cat: ["b", { var: "n" }] }, { var: "t" }] },
      { n: long, t: long + long },
    ],
    [
      "a loop whose body holds a long list",
      { map: [{ var: "l" }, Array.from({ length: 20_000 }, () => 1)] },
      { l: hundred },
    ],
    ["a literal of 110 KB", Array.from({ length: 30_000 }, () => 1), {}],
    [
      "comparing long lists again and again",
      { map: [{ var: "l" }, { equals: [{ var: "a" }, { var: "b" }] }] },
      { l: Array.from({ length: 300 }, () => ({ a: [...hundred], b: [...hundred] })) },
    ],
    [
      "the text of a list within a list, again and again",
      { filter: [{ var: "l" }, { "==": [{ var: "" }, "x"] }] },
      { l: Array.from({ length: 2000 }, () => Array.from({ length: 500 }, () => "ab")) },
    ],
    [
      "missing over many long paths",
      { missing: [{ var: "l" }] },
      { l: Array.from({ length: 1000 }, () => "a.".repeat(40)) },
    ],
    ["a path that is a text of 1 MB", { var: { var: "p" } }, { p: "a.".repeat(500_000) }],
    [
      "cutting long texts again and again",
      { map: [{ var: "l" }, { substr: [{ var: "" }, 1] }] },
      { l: Array.from({ length: 300 }, () => long) },
    ],
    [
      "lowering long texts again and again",
      { map: [{ var: "l" }, { lower: [{ var: "" }] }] },
      { l: Array.from({ length: 300 }, () => long) },
    ],
  ])("%s", (_name, rule, scope) => {
    expect(codeOf(rule, scope)).toBe("budget");
  });

  test("without a budget the same attacks succeed", () => {
    const unbounded = { units: Infinity };
    expect(codeOf(nestedSome, { l: [1] })).toBe("budget");
    expect(valueOf({ some: [{ var: "l" }, { some: [{ var: "l" }, false] }] }, { l: hundred }, unbounded)).toBe(false);
    const text = valueOf(doubling("cat", "0123456789abcdef", 18), {}, unbounded);
    expect(text).toHaveLength(16 * 2 ** 18);
    expect(codeOf(doubling("cat", "0123456789abcdef", 19))).toBe("budget");
    expect(valueOf(doubling("merge", [1, 2], 16), {}, unbounded)).toHaveLength(2 ** 17);
    expect(codeOf(doubling("merge", [1, 2], 17))).toBe("budget");
  });

  test("10,000 nested operators or lists are refused, not run into the stack's end", () => {
    let rule: unknown = true;
    let list: unknown = 1;
    for (let i = 0; i < 10_000; i++) [rule, list] = [{ "!": [rule] }, [list]];
    expect(codeOf(rule)).toBe("budget");
    expect(codeOf(list)).toBe("budget");
    // Off, the rule is followed as far as the stack goes; even that is an answer and not an exception.
    expect(codeOf(rule, {}, { depth: Infinity, units: Infinity })).toBe("budget");
  });

  test("data that nests 10,000 deep is refused where it is read", () => {
    let [deep, twin]: unknown[] = [1, 1];
    for (let i = 0; i < 10_000; i++) [deep, twin] = [[deep], [twin]];
    expect(codeOf({ cat: [{ var: "d" }] }, { d: deep })).toBe("budget");
    expect(codeOf({ equals: [{ var: "d" }, { var: "e" }] }, { d: deep, e: twin })).toBe("budget");
  });

  test("what a rule costs is told, and a limit of that many units is enough", () => {
    const rule: Json = { ">": [{ var: "event.data.rating" }, 2] };
    const result = evaluateLogic(rule, { event: { data: { rating: 3 } } });
    expect(result).toMatchObject({ ok: true, value: true });
    const units = result.ok ? result.units : 0;
    expect(units).toBeGreaterThan(3);
    expect(codeOf(rule, {}, { units })).toBe("ok");
    expect(codeOf(rule, {}, { units: units - 1 })).toBe("budget");
  });

  test("an ordinary condition over the largest event stays within it", () => {
    const scope = { event: { data: { text: "x".repeat(512 * 1024), name: "Ann" } } };
    expect(valueOf({ and: [{ contains: [{ var: "event.data.text" }, "needle"] }] }, scope)).toBe(false);
    expect(valueOf({ in: ["needle", { var: "event.data.text" }] }, scope)).toBe(false);
  });

  test("whatever comes as a rule or from the caller, nothing is thrown", () => {
    const throwing = (): boolean => {
      throw new Error("broken");
    };
    expect(codeOf({ matches: ["a", "a"] }, {}, { matches: throwing })).toBe("invalid");
    for (const odd of [undefined, Symbol("x"), () => 1, new Map(), new Date(0), Object.create(null)]) {
      expect(["ok", "invalid"]).toContain(codeOf(odd, odd));
      expect(["ok", "invalid"]).toContain(codeOf({ cat: [odd] }, odd));
    }
  });
});
