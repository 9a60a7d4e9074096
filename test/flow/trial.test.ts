// What a trial answers: real matching, conditions, templates and retries, mocked answers, nothing sent, no time passed.
import { tryPlan, type TrialOptions } from "../../src/flow/trial.ts";
import type { Mock } from "../../src/model/flow.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { RetryPlan } from "../../src/model/retry.ts";
import { aChoose, aCondition, aFilter, anAction, aPlan, aSet, aStop } from "../support/plans.ts";

const nowMs = Date.UTC(2026, 0, 2);
const options: TrialOptions = {
  nowMs,
  actions: new Map([
    ["webhook.post", { output: { type: "object", examples: [{ status: 200, body: "ok" }, { status: 204 }] } }],
    ["slack.postMessage", { output: { type: "object" } }],
  ]),
};
const badReview = { id: "e1", type: "review.created", data: { rating: 2, content: "Cold" } };
const retry: RetryPlan = { delaysMs: [1_000, 2_000], jitter: "none" };
const down: Mock = { $fail: { class: "transient", message: "Down.", status: 503 } };

const tryIt = (plan: Plan, mocks: { [path: string]: Mock } = {}, event = badReview) =>
  tryPlan(plan, event, mocks, options);

test("a trial answers each step's rendered input and output, the steps that ran, and the run's end", async () => {
  const steps = [
    anAction("case", {
      with: { subject: "{{event.data.rating}} stars", review: "{{event.data}}" },
      uses: ["event.data"],
    }),
    anAction("tell", { use: "slack.postMessage", with: { id: "{{steps.case.id}}" }, uses: ["steps.case.id"] }),
  ];
  expect(await tryIt(aPlan(steps), { case: { id: "500x1" } })).toEqual({
    matched: true,
    status: "succeeded",
    ran: ["case", "tell"],
    steps: {
      case: {
        status: "succeeded",
        input: { subject: "2 stars", review: { rating: 2, content: "Cold" } },
        output: { id: "500x1" },
        attempts: 1,
      },
      tell: { status: "succeeded", input: { id: "500x1" }, output: null, attempts: 1 },
    },
    output: null,
  });
});

test("the same trial answers the same each time", async () => {
  const plan = aPlan([anAction("a", { with: { at: "{{event.occurredAt}}" }, uses: ["event"], retry })]);
  expect(await tryIt(plan, { a: down })).toEqual(await tryIt(plan, { a: down }));
});

describe("matching", () => {
  const unmatched = { matched: false, status: null, ran: [], steps: {}, output: null };

  test("an event of another type makes no run", async () => {
    expect(await tryIt(aPlan([anAction("a")]), {}, { ...badReview, type: "order.paid" })).toEqual(unmatched);
  });

  test("an event that does not pass the filter makes no run", async () => {
    const plan = aPlan([anAction("a")], { filter: aCondition({ ">": [{ var: "event.data.rating" }, 2] }) });
    expect(await tryIt(plan)).toEqual(unmatched);
  });

  test("an event that passes the filter makes one", async () => {
    const plan = aPlan([anAction("a")], { filter: aCondition({ "<=": [{ var: "event.data.rating" }, 2] }) });
    expect(await tryIt(plan)).toMatchObject({ matched: true, ran: ["a"] });
  });

  test("a filter over its budget makes a run that has failed: it is never silent", async () => {
    const list = { var: "event.data.list" };
    const filter = aCondition({ some: [list, { some: [list, { in: ["y", { var: "" }] }] }] });
    const event = { ...badReview, data: { rating: 2, content: "", list: Array.from({ length: 5_000 }, () => "x") } };
    const trial = await tryIt(aPlan([anAction("a")], { filter }), {}, event);
    expect(trial).toMatchObject({ matched: true, status: "failed", ran: [], steps: {}, error: { class: "limit" } });
  });
});

describe("mocks", () => {
  test("an action without a mock answers the first example of its output's schema, or null", async () => {
    const steps = [anAction("a"), anAction("b", { use: "slack.postMessage" }), anAction("c", { use: "no.such" })];
    const trial = await tryIt(aPlan(steps));
    expect(["a", "b", "c"].map((path) => trial.steps[path]?.output)).toEqual([{ status: 200, body: "ok" }, null, null]);
  });

  test("a mock stands under its step's path, or its id", async () => {
    const nested = [anAction("a", { path: "route.a" }), anAction("b", { path: "route.b" })];
    const trial = await tryIt(aPlan([aChoose("route", [{ steps: nested }])]), { "route.a": 1, b: 2 });
    expect([trial.steps["route.a"]?.output, trial.steps["route.b"]?.output]).toEqual([1, 2]);
  });

  test("a failure is retried under the declared policy until it is spent", async () => {
    const trial = await tryIt(aPlan([anAction("a", { retry })]), { a: down });
    const error = { class: "transient", code: "http_503", message: "Down.", status: 503 };
    expect(trial).toMatchObject({
      status: "failed",
      failedStep: "a",
      error,
      steps: { a: { status: "failed", error, attempts: 3 } },
    });
  });

  test("a failure that the policy does not retry is final", async () => {
    const trial = await tryIt(aPlan([anAction("a", { retry })]), {
      a: { $fail: { class: "validation", message: "No." } },
    });
    expect(trial.steps["a"]).toMatchObject({
      attempts: 1,
      error: { class: "validation", code: "validation", message: "No." },
    });
  });

  test.each<[string, Mock[], number, string]>([
    ["a success after a failure", [down, { id: 1 }], 2, "succeeded"],
    ["a success after two failures", [down, down, { id: 1 }], 3, "succeeded"],
    ["a success too late", [down, down, down, { id: 1 }], 3, "failed"],
    ["a list that ends is continued by its last answer", [down], 3, "failed"],
    ["what follows a success is not asked", [{ id: 1 }, down], 1, "succeeded"],
  ])("answers by attempt: %s", async (_, attempts, count, status) => {
    const trial = await tryIt(aPlan([anAction("a", { retry })]), { a: { $attempts: attempts } });
    expect(trial.steps["a"]).toMatchObject({ status, attempts: count });
  });

  test("the time of retries is skipped on the trial's own clock", async () => {
    const isLater = { ">": [{ now: [] }, new Date(nowMs + 2_500).toISOString()] };
    const steps = [
      anAction("early", { if: aCondition(isLater) }),
      anAction("a", { retry }),
      anAction("late", { if: aCondition(isLater) }),
    ];
    const trial = await tryIt(aPlan(steps), { a: { $attempts: [down, down, 1] } });
    expect(trial.ran).toEqual(["a", "late"]);
  });

  test.each<[string, Mock]>([
    ["an unknown class", { $fail: { class: "oops", message: "x" } }],
    ["a class that every object has", { $fail: { class: "constructor", message: "x" } }],
    ["no class", { $fail: "down" }],
    ["no answer", { $attempts: [] }],
  ])("a mock with %s fails the step and says so", async (_, mock) => {
    const trial = await tryIt(aPlan([anAction("a", { retry })]), { a: mock });
    expect(trial.steps["a"]).toMatchObject({ attempts: 1, error: { class: "validation", code: "mock" } });
  });

  test("a step named like something that objects inherit has no mock unless one is given", async () => {
    const trial = await tryIt(aPlan([anAction("toString")]));
    expect(trial.steps["toString"]?.output).toEqual({ status: 200, body: "ok" });
  });

  test("a mock that does not meet the step's expectation is a failed attempt", async () => {
    const expectation = aCondition({ "==": [{ var: "output.ok" }, true] });
    const plan = aPlan([anAction("a", { retry, expect: expectation })]);
    const met = await tryIt(plan, { a: { $attempts: [{ ok: false }, { ok: true }] } });
    expect(met.steps["a"]).toMatchObject({ status: "succeeded", attempts: 2 });
    const missed = await tryIt(plan, { a: { ok: false } });
    expect(missed.steps["a"]).toMatchObject({ status: "failed", attempts: 3, error: { class: "expectation" } });
    expect((await tryIt(plan)).status).toBe("succeeded");
  });
});

test("a template that cannot be rendered fails the step with class template and no second attempt", async () => {
  const plan = aPlan([anAction("a", { retry, with: { id: "{{number event.data.content}}" }, uses: ["event.data"] })]);
  const trial = await tryIt(plan);
  expect(trial).toMatchObject({
    status: "failed",
    steps: { a: { status: "failed", input: null, attempts: 1, error: { class: "template" } } },
  });
});

test("conditions with regular expressions are decided", async () => {
  const matching = (pattern: string) =>
    aCondition({ matches: [{ var: "event.data.content" }, pattern] }, { regex: true, uses: ["event.data.content"] });
  const trial = await tryIt(
    aPlan([anAction("a", { if: matching("^C.ld$") }), anAction("b", { if: matching("^Warm$") })]),
  );
  expect(trial.ran).toEqual(["a"]);
  expect(trial.steps["b"]).toEqual({ status: "skipped", input: null, attempts: 0 });
});

test("steps that ran are listed in the order in which they began, with nested and handling steps in their places", async () => {
  const steps = [
    aSet("name", { n: "{{event.data.rating}}" }, { uses: ["event.data.rating"] }),
    aChoose("route", [
      { when: aCondition(false), steps: [anAction("no")] },
      { steps: [anAction("try", { onError: { steps: [anAction("rescue")] } })] },
    ]),
    aFilter("pass", true),
    aStop("end", "failed", { reason: "{{vars.n}} stars", uses: ["vars.n"] }),
    anAction("never"),
  ];
  const trial = await tryIt(aPlan(steps, { onFailure: [anAction("alarm")] }), {
    try: { $fail: { class: "not_found" } },
  });
  expect(trial.ran).toEqual(["name", "route", "try", "rescue", "pass", "end", "alarm"]);
  expect(trial.steps).toMatchObject({
    name: { status: "succeeded", output: { n: 2 }, attempts: 0 },
    route: { status: "succeeded", output: { taken: ["else"] } },
    try: { status: "failed", error: { class: "not_found" } },
    end: { status: "failed", error: { class: "stopped", message: "2 stars" } },
  });
  expect(trial).toMatchObject({ status: "failed", failedStep: "end" });
});

test("a filtered run says so", async () => {
  expect(await tryIt(aPlan([aFilter("f", false), anAction("a")]))).toMatchObject({
    matched: true,
    status: "filtered",
    ran: ["f"],
  });
});

test("a declared output is rendered", async () => {
  const plan = aPlan([anAction("a")], { output: { values: { got: "{{steps.a.id}}" }, uses: ["steps.a.id"] } });
  expect((await tryIt(plan, { a: { id: 7 } })).output).toEqual({ got: 7 });
});
