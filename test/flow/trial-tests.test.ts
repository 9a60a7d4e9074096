// A flow's own tests: what passes, and the first difference that a failing one tells.
import { runFlowTests } from "../../src/flow/trial.ts";
import type { FlowTest } from "../../src/model/flow.ts";
import { aCondition, anAction, aPlan } from "../support/plans.ts";

const plan = aPlan([anAction("case"), anAction("tell")], {
  filter: aCondition({ "<=": [{ var: "event.data.rating" }, 2] }),
});
const bad: FlowTest["event"] = { type: "review.created", data: { rating: 2 } };
const good: FlowTest["event"] = { type: "review.created", data: { rating: 5 } };
const failing = { case: { $fail: { class: "not_found", message: "No such object." } } };
const output = { b: [1, { c: null }], a: 1 };

const run = async (test: Omit<FlowTest, "name">) => {
  const results = await runFlowTests(plan, [{ name: "it works", ...test }], { actions: new Map(), nowMs: 0 });
  return results[0];
};

test.each<[string, Omit<FlowTest, "name">]>([
  ["the steps that ran", { event: bad, expect: { ran: ["case", "tell"] } }],
  ["no match", { event: good, expect: { matched: false } }],
  ["a match and an end", { event: bad, expect: { matched: true, status: "succeeded" } }],
  ["a failure", { event: bad, mocks: failing, expect: { status: "failed", ran: ["case"] } }],
  [
    "an output, whatever the order of its members",
    { event: bad, mocks: { tell: output }, expect: { output: { a: 1, b: [1, { c: null }] } } },
  ],
  ["an output of null", { event: bad, expect: { output: null } }],
  ["nothing in particular", { event: good, expect: {} }],
])("a test that expects %s passes when it is so", async (_, test) => {
  expect(await run(test)).toEqual({ name: "it works", passed: true });
});

test.each<[string, Omit<FlowTest, "name">]>([
  ["The event should match the flow, but it does not.", { event: good, expect: { matched: true, ran: ["case"] } }],
  ["The event should not match the flow, but it does.", { event: bad, expect: { matched: false } }],
  [
    'status should be "succeeded", but is "failed". The step "case" failed: No such object.',
    { event: bad, mocks: failing, expect: { status: "succeeded", ran: ["case", "tell"] } },
  ],
  ['ran should be ["tell","case"], but is ["case","tell"].', { event: bad, expect: { ran: ["tell", "case"] } }],
  ['ran should be ["case"], but is []. The event does not match.', { event: good, expect: { ran: ["case"] } }],
  [
    'output should be {"a":1}, but is {"a":2}.',
    { event: bad, mocks: { tell: { a: 2 } }, expect: { output: { a: 1 } } },
  ],
  [
    'output should be {"a":1}, but is {"a":1,"b":1}.',
    { event: bad, mocks: { tell: { a: 1, b: 1 } }, expect: { output: { a: 1 } } },
  ],
  ["output should be {}, but is [].", { event: bad, mocks: { tell: [] }, expect: { output: {} } }],
  [
    'output should be {"a":null}, but is {"b":null}.',
    { event: bad, mocks: { tell: { b: null } }, expect: { output: { a: null } } },
  ],
  ['output should be null, but is "null".', { event: bad, mocks: { tell: "null" }, expect: { output: null } }],
])("a test that fails says: %s", async (message, test) => {
  expect(await run(test)).toEqual({ name: "it works", passed: false, message });
});

test("every test of a flow is run, also after one that fails", async () => {
  const tests = [
    { name: "a", event: bad, expect: { matched: false } },
    { name: "b", event: good, expect: { matched: false } },
  ];
  const results = await runFlowTests(plan, tests, { actions: new Map(), nowMs: 0 });
  expect(results.map(({ name, passed }) => [name, passed])).toEqual([
    ["a", false],
    ["b", true],
  ]);
});
