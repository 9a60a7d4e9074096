// Does an event start the flows that listen to it, and say of the others why not?
import { compileFlow } from "../../src/flow/compile.ts";
import { buildMatchIndex, matchFlows } from "../../src/flow/match.ts";
import type { Json } from "../../src/model/json.ts";
import type { Plan } from "../../src/model/plan.ts";

function planOf(name: string, events: string | string[], filter?: Json): Plan {
  const document = {
    name,
    on: { event: events },
    steps: [{ id: "s", stop: "succeeded" }],
    ...(filter === undefined ? {} : { filter }),
  };
  const compiled = compileFlow(document, { flow: { id: `flow_${name}`, slug: name, version: 1 }, actions: new Map() });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  return compiled.plan;
}

const names = (plans: Plan[]) => plans.map(({ flow }) => flow.name);
const match = (plans: Plan[], type: string, data: Json = {}) =>
  matchFlows(buildMatchIndex(plans), { type, dataText: JSON.stringify(data) }, { nowMs: 0 });

test.each([
  ["review.created", "review.created", true],
  ["review.created", "review.created.late", false],
  ["review.created", "review", false],
  ["review.*", "review.created", true],
  ["review.*", "review.reply.created", true],
  ["review.*", "review", false],
  ["review.*", "reviews.created", false],
  ["review.reply.*", "review.reply.created", true],
  ["review.reply.*", "review.created", false],
  ["*", "anything.at.all", true],
])("whether %s takes %s: %j", (pattern, type, taken) => {
  expect(names(match([planOf("a", pattern)], type).matched)).toEqual(taken ? ["a"] : []);
});

test("a flow that listens several times over is started once, and flows keep their order", () => {
  const plans = [
    planOf("a", "*"),
    planOf("b", "x.y"),
    planOf("c", ["x.*", "x.y", "*"]),
    planOf("d", "other"),
    planOf("e", "x.*"),
  ];
  expect(names(match(plans, "x.y").matched)).toEqual(["a", "b", "c", "e"]);
});

test.each<[string, Json, string]>([
  ["the rule as a whole", { "<=": [{ var: "event.data.rating" }, 2] }, "/filter"],
  ["the part of an `and`", { and: [{ "==": [1, 1] }, { "<=": [{ var: "event.data.rating" }, 2] }] }, "/filter/and/1"],
  ["a simple filter", { field: "data.rating", operator: "equals", value: 1 }, "/filter"],
  [
    "one of several simple filters",
    [
      { field: "data.rating", operator: "exists" },
      { field: "data.rating", operator: "equals", value: 1 },
    ],
    "/filter/1",
  ],
  ["false", false, "/filter"],
])("an event that does not pass is told what said no: %s", (_, filter, condition) => {
  const plan = planOf("a", "review.created", filter);
  expect(match([plan], "review.created", { rating: 5 })).toEqual({
    matched: [],
    missed: [{ plan, condition }],
    failed: [],
  });
});

test("a filter reads the event, the flow, the tenant and the time", () => {
  const filter = {
    and: [
      { "==": [{ var: "event.type" }, "a.b"] },
      { "==": [{ var: "event.id" }, "e1"] },
      { "==": [{ var: "event.source" }, "shop"] },
      { "==": [{ var: "flow.slug" }, "a"] },
      { "==": [{ var: "tenant.id" }, "tnt_1"] },
      { before: [{ var: "event.occurredAt" }, { now: [] }] },
    ],
  };
  const event = { type: "a.b", id: "e1", source: "shop", occurredAt: "2026-01-01T00:00:00Z", dataText: "{}" };
  const options = { nowMs: Date.parse("2026-01-02T00:00:00Z"), tenant: { id: "tnt_1" } };
  const found = matchFlows(buildMatchIndex([planOf("a", "a.b", filter)]), event, options);
  expect(found).toMatchObject({ matched: [{ flow: { name: "a" } }], missed: [], failed: [] });
});

test("a filter may use regular expressions", () => {
  const plans = [planOf("a", "x", { matches: [{ var: "event.data.name" }, "^A"] })];
  expect(names(match(plans, "x", { name: "Ann" }).matched)).toEqual(["a"]);
  expect(match(plans, "x", { name: "Bob" }).missed).toHaveLength(1);
});

test("a filter that goes over its budget is neither yes nor no", () => {
  const grow = {
    reduce: [{ var: "event.data.list" }, { merge: [{ var: "accumulator" }, { var: "accumulator" }, 1] }, []],
  };
  const plans = [planOf("a", "x", grow), planOf("b", "x")];
  const found = match(plans, "x", { list: Array.from({ length: 400 }, (_, index) => index) });
  expect(names(found.matched)).toEqual(["b"]);
  expect(found.missed).toEqual([]);
  expect(found.failed).toEqual([
    { plan: plans[0], failure: expect.objectContaining({ class: "limit", code: "budget" }) },
  ]);
});

test("data that is not JSON fails flows with a filter, and starts those without", () => {
  const plans = [planOf("a", "x", { var: "event.data.a" }), planOf("b", "x")];
  const found = matchFlows(buildMatchIndex(plans), { type: "x", dataText: "{" }, { nowMs: 0 });
  expect(names(found.matched)).toEqual(["b"]);
  expect(found.failed).toMatchObject([{ failure: { class: "limit", code: "data" } }]);
});

test("data is parsed once, and not at all when no flow has a filter", () => {
  const parse = jest.spyOn(JSON, "parse");
  const index = (filter?: Json) => buildMatchIndex([planOf("a", "x", filter), planOf("b", "x", filter)]);
  const [without, withFilter] = [index(), index({ var: "event.data.a" })];
  parse.mockClear();
  matchFlows(without, { type: "x", dataText: '{"a":1}' }, { nowMs: 0 });
  expect(parse).toHaveBeenCalledTimes(0);
  matchFlows(withFilter, { type: "x", dataText: '{"a":1}' }, { nowMs: 0 });
  expect(parse).toHaveBeenCalledTimes(1);
  parse.mockRestore();
});

test("a type that is the name of a member of every object matches nothing", () => {
  expect(match([planOf("a", "x")], "constructor").matched).toEqual([]);
  expect(match([planOf("a", "x")], "__proto__.x").matched).toEqual([]);
});
