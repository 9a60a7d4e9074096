import { checkCondition } from "../../../src/flow/logic/check-condition.ts";
import { firstFalse, ruleOfCondition } from "../../../src/flow/logic/condition.ts";
import { evaluateLogic } from "../../../src/flow/logic/evaluate.ts";
import type { Condition } from "../../../src/model/flow.ts";
import type { Json } from "../../../src/model/json.ts";

const scope = {
  event: { type: "review.created", data: { rating: 2, tags: ["bad"], city: { name: "Kyiv" }, gone: null } },
};

test("rules and booleans stand as they are", () => {
  const rule = { "<=": [{ var: "event.data.rating" }, 2] };
  expect(ruleOfCondition(rule)).toBe(rule);
  expect(ruleOfCondition(true)).toBe(true);
  expect(ruleOfCondition(false)).toBe(false);
});

test("a simple filter is compiled to a rule over the event", () => {
  expect(ruleOfCondition({ field: "data.rating", operator: "equals", value: 2 })).toEqual({
    equals: [{ var: "event.data.rating" }, 2],
  });
  expect(ruleOfCondition({ field: "data.x", operator: "exists", value: false })).toEqual({
    "!": [{ exists: "event.data.x" }],
  });
});

test.each<[Condition, boolean]>([
  [{ field: "data.rating", operator: "equals", value: 2 }, true],
  [{ field: "data.rating", operator: "equals", value: "2" }, false],
  [{ field: "data.city", operator: "equals", value: { name: "Kyiv" } }, true],
  [{ field: "data.city", operator: "equals", value: { var: "event.data.city" } }, false],
  [{ field: "data.gone", operator: "equals" }, true],
  [{ field: "type", operator: "contains", value: "review" }, true],
  [{ field: "data.tags", operator: "contains", value: "bad" }, true],
  [{ field: "data.tags", operator: "contains", value: "good" }, false],
  [{ field: "data.rating", operator: "in", value: [1, 2] }, true],
  [{ field: "data.rating", operator: "in", value: [] }, false],
  [{ field: "data.city", operator: "in", value: [{ name: "Lviv" }, { name: "Kyiv" }] }, true],
  [{ field: "data.rating", operator: "exists" }, true],
  [{ field: "data.rating", operator: "exists", value: true }, true],
  [{ field: "data.rating", operator: "exists", value: false }, false],
  [{ field: "data.nothing", operator: "exists", value: false }, true],
  [{ field: "data.nothing", operator: "exists", value: true }, false],
  [[], true],
  [
    [
      { field: "type", operator: "equals", value: "review.created" },
      { field: "data.rating", operator: "in", value: [1] },
    ],
    false,
  ],
])("%j holds: %j", (condition, expected) => {
  expect(evaluateLogic(ruleOfCondition(condition), scope)).toMatchObject({ ok: true, value: expected });
  expect(checkCondition(condition)).toEqual([]);
});

test.each<[Json, string]>([
  [false, ""],
  [{ "==": [1, 2] }, ""],
  [{ and: [true, { "==": [1, 2] }, false] }, "/and/1"],
  [{ and: [true, { and: [1, { ">": [{ var: "event.data.rating" }, 4] }] }] }, "/and/1/and/1"],
  [{ and: [{ or: [false, { and: [false] }] }] }, "/and/0"],
  [{ and: [{ fubar: [] }, true] }, "/and/0"],
  [{ and: { "==": [1, 2] } }, ""],
])("the condition that said no in %j is at %j", (rule, pointer) => {
  expect(firstFalse(rule, scope)).toBe(pointer);
});

test.each<[unknown, string]>([
  ["yes", ""],
  [null, ""],
  [{ field: "data.__proto__.x", operator: "exists" }, "/field"],
  [{ field: "", operator: "exists" }, "/field"],
  [{ field: "data.x", operator: "equal", value: 1 }, "/operator"],
  [{ field: "data.x", operator: "in", value: "a" }, "/value"],
  [{ field: "data.x", operator: "equals", valu: "a" }, "/valu"],
  [[{ field: "data.x", operator: "exists" }, { "==": [1, 1] }], "/1"],
  [[{ field: 5, operator: "exists" }], "/0/field"],
  [{ "<>": [1, 2] }, "/<>"],
  // Two members are no rule: as data they would hold for every event.
  [{ field: "data.x", operater: "equals", value: 1 }, "/operator"],
  [{ operator: "equals", value: 1 }, "/field"],
  [{ "==": [1, 1], "!=": [1, 2] }, ""],
  [{}, ""],
  [[{ field: "data.x", operater: "equals", value: 1 }], "/0/operator"],
])("%j is refused at %j, with a suggestion", (condition, pointer) => {
  const [finding] = checkCondition(condition);
  expect(finding).toMatchObject({ pointer, suggestion: expect.stringMatching(/\w/) as string });
});

test("a simple filter cannot smuggle in more than a rule may hold", () => {
  const value = Array.from({ length: 5_000 }, () => 1);
  expect(checkCondition({ field: "data.x", operator: "in", value })).not.toEqual([]);
  expect(checkCondition([{ field: "data.x", operator: "in", value }])).not.toEqual([]);
});
