// Order, outputs, conditions and the record of steps: what a run does when nothing fails.
import { interpret } from "../../../src/flow/interpret.ts";
import {
  aCondition,
  aFilter,
  anAction,
  aPlan,
  aSet,
  aStart,
  aStop,
  effectsOf,
  failure,
  performed,
  scriptedEffects,
  success,
} from "../../support/plans.ts";

test("steps run in the order in which they are written, and the last one's output is the run's", async () => {
  const effects = effectsOf({ c: success({ id: 3 }) });
  const result = await interpret(aPlan([anAction("a"), anAction("b"), anAction("c")]), aStart(), effects);
  expect(performed(effects)).toEqual(["a", "b", "c"]);
  expect(result).toEqual({ status: "succeeded", output: { id: 3 }, settled: [] });
});

test("a later action sees the outputs and variables that it uses, and nothing else", async () => {
  const effects = effectsOf({ case: success({ id: "500x1" }) });
  const steps = [
    anAction("case"),
    anAction("other"),
    aSet("total", { total: 7, secret: 8 }),
    anAction("tell", { uses: ["steps.case.id", "vars.total", "event.data", "run.id"] }),
  ];
  await interpret(aPlan(steps), aStart(), effects);
  const asked = effects.asked.at(-1);
  expect(asked?.scope).toEqual({ steps: { case: { id: "500x1" } }, vars: { total: 7 }, run: { id: "run_1" } });
});

test("a declared output is rendered at the end from the scope that it uses", async () => {
  const effects = scriptedEffects((asked) =>
    asked.effect === "render" ? success({ caseId: asked.scope.steps?.["case"] ?? null }) : success("500x1"),
  );
  const output = { values: { caseId: "{{steps.case}}" }, uses: ["steps.case"] };
  const result = await interpret(aPlan([anAction("case"), anAction("tell")], { output }), aStart(), effects);
  expect(result).toMatchObject({ status: "succeeded", output: { caseId: "500x1" } });
});

test("a declared output without templates costs no effect", async () => {
  const effects = effectsOf();
  const result = await interpret(aPlan([], { output: { values: { ok: true }, uses: [] } }), aStart(), effects);
  expect(result).toEqual({ status: "succeeded", output: { ok: true }, settled: [] });
  expect(effects.asked).toEqual([]);
});

test("an output that cannot be rendered fails the run without a failed step, and onFailure hears of it", async () => {
  const effects = scriptedEffects((asked) =>
    asked.effect === "render" ? failure({ class: "template", code: "unknown_path" }) : success(null),
  );
  const plan = aPlan([anAction("a")], {
    output: { values: "{{steps.b.id}}", uses: ["steps.b"] },
    onFailure: [anAction("alarm", { uses: ["error"] })],
  });
  const result = await interpret(plan, aStart(), effects);
  expect(result).toMatchObject({ status: "failed", error: { class: "template", code: "unknown_path" } });
  expect(result).not.toHaveProperty("failedStep");
  expect(effects.asked.at(-1)?.scope.error).toMatchObject({ step: "output", code: "unknown_path" });
});

test("an output of null is an output: an earlier step's does not stand in for it", async () => {
  const result = await interpret(aPlan([anAction("a"), anAction("b")]), aStart(), effectsOf({ b: success(null) }));
  expect(result.output).toBeNull();
});

test("a run whose steps have no output ends without one", async () => {
  const result = await interpret(aPlan([aFilter("pass", true)]), aStart(), effectsOf());
  expect(result).toMatchObject({ status: "succeeded" });
  expect(result).not.toHaveProperty("output");
});

describe("if", () => {
  test("a step whose condition does not hold is skipped, recorded as such, and has no output", async () => {
    const effects = effectsOf();
    const steps = [
      anAction("a", { name: "Tell them", if: aCondition({ ">": [{ var: "event.data.rating" }, 3] }) }),
      anAction("b", { uses: ["steps.a"] }),
    ];
    const result = await interpret(aPlan(steps), aStart({ rating: 2 }), effects);
    expect(performed(effects)).toEqual(["b"]);
    expect(effects.asked[0]).toMatchObject({
      scope: {},
      settled: [{ path: "a", id: "a", use: "webhook.post", name: "Tell them", status: "skipped" }],
    });
    expect(result.settled).toEqual([]);
  });

  test("a step whose condition holds runs", async () => {
    const effects = effectsOf();
    const steps = [anAction("a", { if: aCondition({ "==": [{ var: "event.data.rating" }, 2] }) })];
    await interpret(aPlan(steps), aStart({ rating: 2 }), effects);
    expect(performed(effects)).toEqual(["a"]);
  });

  test("a condition reads outputs of earlier steps and variables", async () => {
    const effects = effectsOf({ a: success({ n: 1 }) });
    const rule = { and: [{ "==": [{ var: "steps.a.n" }, 1] }, { "==": [{ var: "vars.v" }, "x"] }] };
    await interpret(
      aPlan([anAction("a"), aSet("s", { v: "x" }), anAction("b", { if: aCondition(rule) })]),
      aStart(),
      effects,
    );
    expect(performed(effects)).toEqual(["a", "b"]);
  });

  test("a condition with regular expressions is decided outside, from the parts that it uses", async () => {
    const effects = scriptedEffects((asked) => success(asked.effect === "decide" ? "" : { n: 1 }));
    const rule = { matches: [{ var: "steps.a.n" }, "^1$"] };
    const guarded = anAction("b", { if: aCondition(rule, { regex: true, uses: ["steps.a.n", "event.type"] }) });
    const result = await interpret(aPlan([anAction("a"), guarded]), aStart(), effects);
    expect(effects.asked.at(-1)).toEqual({ effect: "decide", rule, scope: { steps: { a: { n: 1 } } } });
    expect(result.settled).toMatchObject([{ path: "b", status: "skipped" }]);
  });
});

describe("filter", () => {
  test("a run that does not pass ends as filtered, without error or output, and nothing after it runs", async () => {
    const effects = effectsOf();
    const plan = aPlan([anAction("a"), aFilter("bad", { "<": [{ var: "event.data.rating" }, 2] }), anAction("b")], {
      output: { values: "{{steps.a}}", uses: ["steps.a"] },
      onFailure: [anAction("alarm")],
    });
    const result = await interpret(plan, aStart({ rating: 2 }), effects);
    expect(performed(effects)).toEqual(["a"]);
    const settled = [{ path: "bad", id: "bad", status: "succeeded", output: false, atMs: expect.any(Number) }];
    expect(result).toEqual({ status: "filtered", settled });
  });

  test("a run that passes goes on, and keeps the output that it had", async () => {
    const result = await interpret(aPlan([anAction("a"), aFilter("f", true)]), aStart(), effectsOf());
    expect(result).toMatchObject({ status: "succeeded", output: { from: "a" } });
  });
});

describe("set", () => {
  test("plain values cost no effect and are read as variables", async () => {
    const effects = effectsOf();
    const values = { a: 1, deep: { list: ["x", null] } };
    const result = await interpret(aPlan([aSet("s", values), anAction("b", { uses: ["vars"] })]), aStart(), effects);
    expect(effects.asked).toHaveLength(1);
    expect(effects.asked[0]).toMatchObject({
      scope: { vars: values },
      settled: [{ path: "s", status: "succeeded", output: values }],
    });
    expect(result.status).toBe("succeeded");
  });

  test.each([
    ["a template", { v: "{{event.data.rating}}" }],
    ["a template deep down", { v: [{ w: ["a {{b}} c"] }] }],
    ["a rule", { v: { $logic: { var: "event.id" } } }],
    ["a literal node", { v: { $literal: "x" } }],
  ])("values with %s are rendered by the effect", async (_, values) => {
    const effects = scriptedEffects(() => success({ v: "rendered" }));
    const result = await interpret(aPlan([aSet("s", values)]), aStart(), effects);
    expect(effects.asked).toEqual([{ effect: "render", values, scope: {} }]);
    expect(result.output).toEqual({ v: "rendered" });
  });

  test("a variable keeps its newest value", async () => {
    const effects = effectsOf();
    const steps = [aSet("s", { n: 1 }), aSet("t", { n: 2 }), anAction("a", { uses: ["vars.n"] })];
    await interpret(aPlan(steps), aStart(), effects);
    expect(effects.asked[0]?.scope).toEqual({ vars: { n: 2 } });
  });

  test("values nested a hundred thousand deep do not exhaust the stack", async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    // Built of lists and a number, so it is JSON.
    const result = await interpret(aPlan([aSet("s", { deep: deep as number })]), aStart(), effectsOf());
    expect(result.status).toBe("succeeded");
  });

  test("values that do not render to an object fail the step", async () => {
    const effects = scriptedEffects(() => success(["not", "an", "object"]));
    const result = await interpret(aPlan([aSet("s", { v: "{{x}}" })]), aStart(), effects);
    expect(result).toMatchObject({ status: "failed", failedStep: "s", error: { class: "internal" } });
  });
});

describe("stop", () => {
  test("ends the run as succeeded with the output it had; later steps do not run", async () => {
    const effects = effectsOf();
    const result = await interpret(aPlan([anAction("a"), aStop("s", "succeeded"), anAction("b")]), aStart(), effects);
    expect(performed(effects)).toEqual(["a"]);
    expect(result).toMatchObject({ status: "succeeded", output: { from: "a" } });
    expect(result.settled).toMatchObject([{ path: "s", status: "succeeded" }]);
  });

  test("a run that stopped as succeeded still answers its declared output", async () => {
    const plan = aPlan([aStop("s", "succeeded", { reason: "done" }), anAction("b")], {
      output: { values: { ok: true }, uses: [] },
    });
    const result = await interpret(plan, aStart(), effectsOf());
    expect(result).toMatchObject({ status: "succeeded", output: { ok: true } });
    expect(result.settled).toMatchObject([{ path: "s", output: { reason: "done" } }]);
  });

  test("ends the run as failed with its reason, and onFailure runs", async () => {
    const effects = effectsOf();
    const plan = aPlan([aStop("s", "failed", { reason: "No such customer" }), anAction("b")], {
      onFailure: [anAction("alarm", { uses: ["error.message"] })],
    });
    const error = { class: "stopped", code: "stopped", message: "No such customer" };
    const result = await interpret(plan, aStart(), effects);
    expect(performed(effects)).toEqual(["alarm"]);
    expect(effects.asked[0]).toMatchObject({
      scope: { error: { step: "s", ...error } },
      settled: [{ path: "s", status: "failed", error }],
    });
    expect(result).toEqual({ status: "failed", failedStep: "s", error, settled: [] });
  });

  test.each([
    ["a reason with a template", "No customer {{event.data.id}}", "No customer 7", "No customer 7"],
    ["a reason that is one value", "{{event.data}}", { id: 7 }, '{"id":7}'],
    ["a reason that renders to nothing", "{{event.data.none}}", null, 'The step "s" stopped the run.'],
    ["a reason without end", "{{event.data.long}}", "x".repeat(5_000), `${"x".repeat(999)}…`],
  ])("%s is rendered by the effect", async (_, reason, rendered, message) => {
    const effects = scriptedEffects(() => success(rendered));
    const plan = aPlan([aStop("s", "failed", { reason, uses: ["event.data"] })]);
    const result = await interpret(plan, aStart(), effects);
    expect(effects.asked).toEqual([{ effect: "render", values: reason, scope: {} }]);
    expect(result.error).toEqual({ class: "stopped", code: "stopped", message });
  });

  test("is no failure of its own: its onError does not swallow it", async () => {
    const plan = aPlan([aStop("s", "failed", { onError: "continue" }), anAction("b")]);
    const effects = effectsOf();
    expect(await interpret(plan, aStart(), effects)).toMatchObject({ status: "failed", failedStep: "s" });
    expect(performed(effects)).toEqual([]);
  });

  test("a reason that cannot be rendered fails the step, and then onError applies", async () => {
    const effects = scriptedEffects((asked) =>
      asked.effect === "render" ? failure({ class: "template" }) : success(1),
    );
    const plan = aPlan([aStop("s", "succeeded", { reason: "{{x}}", onError: "continue" }), anAction("b")]);
    expect(await interpret(plan, aStart(), effects)).toMatchObject({ status: "succeeded", output: 1 });
  });
});

test("each settled step is handed out once, in the order of their ends, with the run's clock", async () => {
  const effects = effectsOf();
  const steps = [
    aSet("s", { n: 1 }),
    aFilter("f", true),
    anAction("a"),
    aSet("t", { n: 2 }),
    anAction("b"),
    aSet("u", {}),
  ];
  const result = await interpret(aPlan(steps), aStart(), effects);
  const handed = effects.asked.map((asked) => (asked.effect === "perform" ? asked.settled : []));
  expect(handed.map((settled) => settled.map(({ path }) => path))).toEqual([["s", "f"], ["t"]]);
  expect(result.settled.map(({ path }) => path)).toEqual(["u"]);
  const times = [...handed.flat(), ...result.settled].map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
});
