// What does a flow look like, and what is refused? The examples are documentation and tests at once.
import { stepsMax, type Flow } from "./flow.ts";

const send = { id: "send", use: "webhook.post", with: { url: "https://hooks.example.com/in" } };

/** A flow around some steps, or whatever stands there instead of them. */
function around(...steps: unknown[]): unknown {
  return { name: "Example", on: { event: "review.created" }, steps };
}

export const flowExamples: Flow[] = [
  { name: "Forward", on: { event: "review.created" }, steps: [send] },
  {
    schemaVersion: 1,
    name: "Escalate bad reviews",
    slug: "escalate-bad-reviews",
    description: "Tells the right people about a bad review.",
    on: [{ event: "review.created" }, { event: ["review.*", "audit.review.changed"] }],
    filter: { "<=": [{ var: "event.data.rating" }, 2] },
    steps: [
      {
        id: "prepare",
        set: { total: "{{event.data.total}}", vip: { $logic: { "==": [{ var: "event.data.tier" }, 1] } } },
      },
      {
        id: "case",
        name: "Open a case",
        use: "http.request",
        with: { method: "POST", url: "https://crm.example.com/cases", body: { title: "{{event.data.title}}" } },
        retry: { attempts: 8, first: "5s", factor: 3, max: "1h", never: ["400", "401"] },
        timeout: "10s",
        expect: { "==": [{ var: "output.body.ok" }, true] },
      },
      {
        id: "route",
        choose: [
          { when: { var: "vars.vip" }, steps: [{ ...send, id: "call" }] },
          {
            when: [{ field: "data.rating", operator: "equals", value: 1 }],
            steps: [{ ...send, id: "mail", if: { field: "data.email", operator: "exists" } }],
          },
          { else: [{ id: "enough", stop: "succeeded", reason: "Nobody to tell about {{event.id}}" }] },
        ],
        mode: "first",
      },
      { id: "only-open", filter: { "!=": [{ var: "steps.case.body.state" }, "closed"] } },
      {
        id: "tell",
        use: "webhook.post",
        with: { url: "https://hooks.example.com/tell", data: { case: "{{steps.case.body.id}}" } },
        retry: "quick",
        onError: { steps: [{ id: "note", set: { why: "{{error.message}}" } }] },
      },
    ],
    onFailure: [{ ...send, id: "alarm", onError: "continue", retry: "none" }],
    output: { case: "{{steps.case.body.id}}" },
    timeout: "2h",
    tests: [
      {
        name: "two stars opens a case",
        event: { type: "review.created", data: { rating: 2 } },
        mocks: { case: { status: 200, headers: {}, body: { id: "c1", ok: true } } },
        expect: { status: "succeeded" },
      },
      {
        name: "five stars does nothing",
        event: { type: "review.created", data: { rating: 5 } },
        expect: { matched: false },
      },
    ],
  },
  { name: "Nothing yet", on: { event: "*" }, steps: [] },
];

/** Documents that saving refuses: each breaks one rule of the schema, reported at `pointer` as `code`. */
export const flowCounterExamples: { why: string; pointer: string; code: string; flow: unknown }[] = [
  { why: "a flow is an object", pointer: "", code: "type", flow: [] },
  { why: "the name is missing", pointer: "/name", code: "required", flow: { on: { event: "a" }, steps: [send] } },
  { why: "the trigger is missing", pointer: "/on", code: "required", flow: { name: "x", steps: [send] } },
  { why: "the steps are missing", pointer: "/steps", code: "required", flow: { name: "x", on: { event: "a" } } },
  { why: "a name is empty", pointer: "/name", code: "range", flow: { name: "", on: { event: "a" }, steps: [] } },
  {
    why: "a slug has capitals",
    pointer: "/slug",
    code: "format",
    flow: { name: "x", slug: "Ab", on: { event: "a" }, steps: [] },
  },
  {
    why: "a version of the language from elsewhere",
    pointer: "/schemaVersion",
    code: "value",
    flow: { name: "x", schemaVersion: 2, on: { event: "a" }, steps: [] },
  },
  { why: "a trigger is a text", pointer: "/on", code: "type", flow: { name: "x", on: "review.created", steps: [] } },
  { why: "no trigger at all", pointer: "/on", code: "range", flow: { name: "x", on: [], steps: [] } },
  { why: "a trigger of no kind", pointer: "/on/event", code: "required", flow: { name: "x", on: {}, steps: [] } },
  {
    why: "a wildcard in the middle",
    pointer: "/on/event",
    code: "format",
    flow: { name: "x", on: { event: "a.*.b" }, steps: [] },
  },
  {
    why: "one of several types is wrong",
    pointer: "/on/event/1",
    code: "type",
    flow: { name: "x", on: { event: ["a", 1] }, steps: [] },
  },
  {
    why: "a member of the flow is misspelt",
    pointer: "/filtre",
    code: "unknown",
    flow: { name: "x", on: { event: "a" }, filtre: true, steps: [] },
  },
  {
    why: "a condition is a text",
    pointer: "/filter",
    code: "type",
    flow: { name: "x", on: { event: "a" }, filter: "yes", steps: [] },
  },
  {
    why: "a simple filter has an operator of its own",
    pointer: "/filter/operator",
    code: "value",
    flow: { name: "x", on: { event: "a" }, filter: { field: "x", operator: "equal", value: 1 }, steps: [] },
  },
  {
    why: "a simple filter has nothing to compare with",
    pointer: "/filter/value",
    code: "required",
    flow: { name: "x", on: { event: "a" }, filter: { field: "x", operator: "equals" }, steps: [] },
  },
  {
    why: "a simple filter of a list is incomplete",
    pointer: "/filter/0/operator",
    code: "required",
    flow: { name: "x", on: { event: "a" }, filter: [{ field: "x", value: 1 }], steps: [] },
  },
  {
    why: "a timeout has no unit",
    pointer: "/timeout",
    code: "format",
    flow: { name: "x", on: { event: "a" }, timeout: "10", steps: [] },
  },
  {
    why: "steps are a list",
    pointer: "/steps",
    code: "type",
    flow: { name: "x", on: { event: "a" }, steps: { send } },
  },
  { why: "a step is a text", pointer: "/steps/0", code: "type", flow: around("send") },
  { why: "a step has no id", pointer: "/steps/0/id", code: "required", flow: around({ stop: "failed" }) },
  { why: "a step is of no kind", pointer: "/steps/0", code: "required", flow: around({ id: "a" }) },
  {
    why: "a step's kind is misspelt",
    pointer: "/steps/0/uses",
    code: "unknown",
    flow: around({ id: "a", uses: "webhook.post" }),
  },
  { why: "a step is of two kinds", pointer: "/steps/0/set", code: "unknown", flow: around({ ...send, set: { a: 1 } }) },
  {
    why: "an id begins with a digit",
    pointer: "/steps/0/id",
    code: "format",
    flow: around({ id: "1a", stop: "failed" }),
  },
  { why: "an id has a dot", pointer: "/steps/0/id", code: "format", flow: around({ id: "a.b", stop: "failed" }) },
  {
    why: "an id is too long",
    pointer: "/steps/0/id",
    code: "format",
    flow: around({ id: "a".repeat(65), stop: "failed" }),
  },
  {
    why: "an id is a name that every object has",
    pointer: "/steps/0/id",
    code: "value",
    flow: around({ id: "toString", stop: "failed" }),
  },
  {
    why: "an action has no connector",
    pointer: "/steps/0/use",
    code: "format",
    flow: around({ id: "a", use: "post" }),
  },
  { why: "an action's input is a list", pointer: "/steps/0/with", code: "type", flow: around({ ...send, with: [] }) },
  { why: "a retry is a number", pointer: "/steps/0/retry", code: "type", flow: around({ ...send, retry: 3 }) },
  {
    why: "a retry's name is misspelt",
    pointer: "/steps/0/retry",
    code: "value",
    flow: around({ ...send, retry: "standrad" }),
  },
  {
    why: "a retry's member is misspelt",
    pointer: "/steps/0/retry/atempts",
    code: "unknown",
    flow: around({ ...send, retry: { attempts: 2, atempts: 3 } }),
  },
  {
    why: "onError is no word of the language",
    pointer: "/steps/0/onError",
    code: "value",
    flow: around({ ...send, onError: "ignore" }),
  },
  {
    why: "onError's steps are missing",
    pointer: "/steps/0/onError/steps",
    code: "required",
    flow: around({ ...send, onError: {} }),
  },
  {
    why: "a variable's name has a dash",
    pointer: "/steps/0/set/a-b",
    code: "format",
    flow: around({ id: "a", set: { "a-b": 1 } }),
  },
  { why: "nothing is set", pointer: "/steps/0/set", code: "range", flow: around({ id: "a", set: {} }) },
  { why: "nothing to choose from", pointer: "/steps/0/choose", code: "range", flow: around({ id: "a", choose: [] }) },
  {
    why: "a branch has no condition",
    pointer: "/steps/0/choose/0/when",
    code: "required",
    flow: around({ id: "a", choose: [{ steps: [send] }] }),
  },
  {
    why: "an else has a condition",
    pointer: "/steps/0/choose/0/when",
    code: "unknown",
    flow: around({ id: "a", choose: [{ when: true, else: [send] }] }),
  },
  {
    why: "a mode is not known",
    pointer: "/steps/0/mode",
    code: "value",
    flow: around({ id: "a", choose: [{ else: [send] }], mode: "any" }),
  },
  {
    why: "a step inside a branch is wrong",
    pointer: "/steps/0/choose/0/else/0/id",
    code: "required",
    flow: around({ id: "a", choose: [{ else: [{ stop: "failed" }] }] }),
  },
  {
    why: "a stop is neither good nor bad",
    pointer: "/steps/0/stop",
    code: "value",
    flow: around({ id: "a", stop: "done" }),
  },
  {
    why: "too many steps in one list",
    pointer: "/steps",
    code: "range",
    flow: around(...Array.from({ length: stepsMax + 1 }, (_, i) => ({ id: `s${i}`, stop: "failed" }))),
  },
  {
    why: "a test expects what cannot be",
    pointer: "/tests/0/expect/status",
    code: "value",
    flow: {
      name: "x",
      on: { event: "a" },
      steps: [],
      tests: [{ name: "t", event: { type: "a", data: 1 }, expect: { status: "done" } }],
    },
  },
  {
    why: "a test has no event",
    pointer: "/tests/0/event",
    code: "required",
    flow: { name: "x", on: { event: "a" }, steps: [], tests: [{ name: "t", expect: {} }] },
  },
];
