// json-logic-js is the oracle: on everything that it defines, the evaluator answers the same.
import fc from "fast-check";
import { evaluateLogic, truthy } from "../../../src/flow/logic/evaluate.ts";
import type { Json } from "../../../src/model/json.ts";

type Oracle = { apply(rule: unknown, data?: unknown): unknown; truthy(value: unknown): boolean };
// The package has no types of its own.
const oracle = jest.requireActual<Oracle>("json-logic-js");

function ours(rule: unknown, data: unknown): unknown {
  // Safe: the tests build rules of plain JSON only.
  const result = evaluateLogic(rule as Json, data, { units: 1_000_000 });
  return result.ok ? result.value : result;
}

function theirs(rule: unknown, data: unknown): unknown {
  return oracle.apply(rule, data) ?? null;
}

const operands: unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  2.5,
  100,
  "",
  "0",
  "1",
  "-1",
  "2.5",
  "a",
  "abc",
  "b",
  "1,2",
  "[object Object]",
  " 7 ",
  [],
  [1],
  [1, 2],
  ["a", "b"],
  [null],
  [[1], [2]],
  {},
  { a: 1 },
  { a: { b: null } },
];
const binary = [
  "==",
  "===",
  "!=",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "min",
  "max",
  "in",
  "cat",
  "merge",
];

test.each([...binary, "and", "or", "substr", "missing_some"])("%s answers like the oracle for every pair", (name) => {
  for (const a of operands) {
    for (const b of operands) {
      if (name === "missing_some" && !Array.isArray(b)) continue;
      const rule = { [name]: [{ var: "a" }, { var: "b" }] };
      expect({ a, b, value: ours(rule, { a, b }) }).toEqual({ a, b, value: theirs(rule, { a, b }) });
    }
  }
});

test.each(["!", "!!", "+", "-", "cat", "min", "max", "merge", "missing", "and", "or", "if", "?:", "var"])(
  "%s answers like the oracle for every single operand",
  (name) => {
    for (const a of operands) {
      // The oracle runs an object of the data as a rule here, which ours never does.
      if (name === "missing" && typeof a === "object" && a !== null) continue;
      const rule = { [name]: [{ var: "a" }] };
      expect({ a, value: ours(rule, { a, "1": "one" }) }).toEqual({ a, value: theirs(rule, { a, "1": "one" }) });
    }
  },
);

test.each(["<", "<=", "if", "?:", "substr", "min", "merge"])(
  "%s answers like the oracle for three operands",
  (name) => {
    const few = operands.filter((_, i) => i % 2 === 0);
    for (const a of few) {
      for (const b of few) {
        for (const c of few) {
          const rule = { [name]: [{ var: "0" }, { var: "1" }, { var: "2" }] };
          expect({ a, b, c, value: ours(rule, [a, b, c]) }).toEqual({ a, b, c, value: theirs(rule, [a, b, c]) });
        }
      }
    }
  },
);

const list = [{ n: 1, tag: "x" }, { n: 2 }, { n: 3, tag: "" }];
test.each<[unknown, unknown]>([
  [{ var: "" }, { a: 1 }],
  [{ var: [] }, "scope"],
  [{ var: null }, 7],
  [{ var: 1 }, ["a", "b"]],
  [{ var: ["a.b", "fallback"] }, { a: {} }],
  [{ var: ["a", "fallback"] }, { a: null }],
  [{ var: "a.length" }, { a: "four" }],
  [{ var: [{ if: [{ var: "pick" }, "a", "b"] }] }, { pick: true, a: 1, b: 2 }],
  [{ missing: ["a", "b.c"] }, { a: "", b: { c: 0 } }],
  [{ missing: [["a", "z"]] }, { a: 1 }],
  [{ missing: { merge: ["a", { if: [true, ["b"], []] }] } }, { a: 1 }],
  [{ missing_some: [1, ["a", "b"]] }, { b: 1 }],
  [{ missing_some: [2, ["a", "b", "c"]] }, { b: 1 }],
  [{ map: [{ var: "l" }, { "*": [{ var: "n" }, 2] }] }, { l: list }],
  [{ map: [{ var: "none" }, 1] }, { l: list }],
  [{ filter: [{ var: "l" }, { var: "tag" }] }, { l: list }],
  [{ reduce: [{ var: "l" }, { "+": [{ var: "current.n" }, { var: "accumulator" }] }, 10] }, { l: list }],
  [{ reduce: [{ var: "none" }, 1, { var: "l.0.n" }] }, { l: list }],
  [{ all: [{ var: "l" }, { ">": [{ var: "n" }, 0] }] }, { l: list }],
  [{ all: [[], true] }, null],
  [{ some: [{ var: "l" }, { "==": [{ var: "n" }, 2] }] }, { l: list }],
  [{ none: [{ var: "l" }, { "==": [{ var: "n" }, 9] }] }, { l: list }],
  [{ none: [[], true] }, null],
  [{ if: [false, 1, false, 2] }, null],
  [{ if: [false, 1, true, 2, 3] }, null],
  [{ if: [] }, null],
  [{ and: [] }, null],
  [{ cat: ["I love ", { var: "food" }, " pie"] }, { food: "apple" }],
  [{ substr: ["jsonlogic", -5, -2] }, null],
  [{ "<": [1, { var: "n" }, 10] }, { n: 5 }],
  [{ a: 1, b: 2 }, null],
  [[1, { var: "x" }], { x: 2 }],
])("%j over %j answers like the oracle", (rule, data) => {
  expect(ours(rule, data)).toEqual(theirs(rule, data));
});

// Objects as JSON.parse makes them, with the usual prototype.
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true });
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string({ maxLength: 6 }),
  fc.double({ noNaN: true }),
);
const path = fc.constantFrom("a", "b", "a.b", "l", "l.0", "l.1.n", "n", "", "current", "accumulator");
const { rule: anyRule } = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    record({ var: path }),
    fc
      .tuple(fc.constantFrom(...binary, "and", "or", "if"), fc.array(tie("rule"), { minLength: 2, maxLength: 3 }))
      .map(([name, rules]) => ({ [name]: rules })),
    fc.tuple(fc.constantFrom("!", "!!"), tie("rule")).map(([name, rule]) => ({ [name]: [rule] })),
    fc
      .tuple(fc.constantFrom("map", "filter", "all", "some", "none"), path, tie("rule"))
      .map(([name, list, body]) => ({ [name]: [{ var: list }, body] })),
    fc.tuple(path, tie("rule"), tie("rule")).map(([list, body, start]) => ({ reduce: [{ var: list }, body, start] })),
    fc.array(path, { maxLength: 3 }).map((paths) => ({ missing: paths })),
  ),
}));
const anyData = record({
  a: fc.oneof(scalar, record({ b: scalar })),
  b: scalar,
  l: fc.array(fc.oneof(scalar, record({ n: scalar })), { maxLength: 3 }),
  n: scalar,
});

test("any rule over any data answers like the oracle", () => {
  fc.assert(
    fc.property(anyRule, anyData, (rule, data) => {
      expect(JSON.stringify(ours(rule, data))).toBe(JSON.stringify(theirs(rule, data)));
    }),
    { numRuns: 1_500 },
  );
});

test("truth is JSON Logic's", () => {
  for (const value of operands) expect(truthy(value)).toBe(oracle.truthy(value));
});
