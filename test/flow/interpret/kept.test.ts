// A run that keeps steps of an earlier one: what they left is there, and nothing of them is done, asked or recorded again.
import { interpret, type KeptSteps } from "../../../src/flow/interpret.ts";
import type { KeptStep } from "../../../src/model/step.ts";
import {
  aChoose,
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
} from "../../support/plans.ts";

const keeping = (...steps: KeptStep[]): KeptSteps => new Map(steps.map((step) => [step.path, step]));
const done = (path: string, output: KeptStep["output"] = null): KeptStep => ({ path, status: "succeeded", output });
const error = { class: "transient", code: "http_503", message: "The receiver answered 503." } as const;
const failed = (path: string, rest: Partial<KeptStep> = {}): KeptStep => ({ path, status: "failed", error, ...rest });

test("outputs and variables of kept steps are read by later ones", async () => {
  const effects = effectsOf();
  const plan = aPlan([
    anAction("a"),
    aSet("s", { v: "{{x}}" }),
    anAction("b", { uses: ["steps.a", "steps.s", "vars.v"] }),
  ]);
  const result = await interpret(plan, aStart(), effects, keeping(done("a", { n: 1 }), done("s", { v: 2 })));
  expect(effects.asked).toEqual([
    { effect: "perform", path: "b", scope: { steps: { a: { n: 1 }, s: { v: 2 } }, vars: { v: 2 } }, settled: [] },
  ]);
  expect(result).toEqual({ status: "succeeded", output: { from: "b" }, settled: [] });
});

test("the output of a run whose last step is kept is that step's", async () => {
  const effects = effectsOf();
  const plan = aPlan([anAction("a"), anAction("b")]);
  const result = await interpret(plan, aStart(), effects, keeping(done("a"), done("b", { n: 2 })));
  expect([result, performed(effects)]).toEqual([{ status: "succeeded", output: { n: 2 }, settled: [] }, []]);
});

test("a skipped step stays skipped, whatever its condition says now", async () => {
  const effects = effectsOf();
  const plan = aPlan([anAction("a", { if: aCondition(true) }), anAction("b", { uses: ["steps"] })]);
  await interpret(plan, aStart(), effects, keeping({ path: "a", status: "skipped" }));
  expect(effects.asked).toMatchObject([{ path: "b", scope: { steps: {} }, settled: [] }]);
});

test("a step that is passed lets the run go on without its output", async () => {
  const effects = effectsOf();
  const plan = aPlan([anAction("a"), anAction("b", { uses: ["steps"] })], { onFailure: [anAction("alarm")] });
  const result = await interpret(plan, aStart(), effects, keeping(failed("a", { status: "passed" })));
  expect(effects.asked).toMatchObject([{ path: "b", scope: { steps: {} }, settled: [] }]);
  expect(result).toMatchObject({ status: "succeeded" });
});

test("a kept failure is handled as it was, and its handler reads it", async () => {
  const effects = effectsOf();
  const handler = anAction("h", { uses: ["error"] });
  const plan = aPlan([anAction("a", { onError: { steps: [handler] } }), anAction("b", { onError: "continue" })]);
  const result = await interpret(plan, aStart(), effects, keeping(failed("a"), failed("b")));
  expect(performed(effects)).toEqual(["h"]);
  expect(effects.asked[0]?.scope.error).toEqual({ ...error, step: "a" });
  expect(result.status).toBe("succeeded");
});

test("a kept failure that nothing handles fails the run as it did", async () => {
  const effects = effectsOf();
  const plan = aPlan([anAction("a"), anAction("b")], { onFailure: [anAction("alarm")] });
  const result = await interpret(plan, aStart(), effects, keeping(failed("a")));
  expect(performed(effects)).toEqual(["alarm"]);
  expect(result).toEqual({ status: "failed", failedStep: "a", error, settled: [] });
});

test("a kept filter or stop lets the run go on; a stop that failed itself does not", async () => {
  const effects = effectsOf();
  const plan = aPlan([aFilter("f", false), aStop("s", "succeeded"), anAction("a")]);
  await interpret(plan, aStart(), effects, keeping(done("f", false), done("s")));
  const stopped = { class: "stopped", code: "stopped", message: "No" } as const;
  await interpret(plan, aStart(), effects, keeping(done("f", true), failed("s", { error: stopped })));
  expect(performed(effects)).toEqual(["a", "a"]);
  const result = await interpret(plan, aStart(), effects, keeping(done("f", true), failed("s")));
  expect(result).toMatchObject({ status: "failed", failedStep: "s" });
});

describe("a kept choose step", () => {
  const branch = (id: string) => ({ when: aCondition({ "==": [1, 2] }), steps: [anAction(id)] });
  const plan = (onError: "fail" | "continue" = "fail") =>
    aPlan([aChoose("r", [branch("x"), { steps: [anAction("y")] }], { onError }), anAction("b", { uses: ["steps"] })]);

  test("goes into the branches that were taken then, without asking", async () => {
    const effects = effectsOf();
    await interpret(plan(), aStart(), effects, keeping(done("r", { taken: [0] }), done("x", { n: 1 })));
    expect(effects.asked).toMatchObject([{ path: "b", scope: { steps: { r: { taken: [0] }, x: { n: 1 } } } }]);
  });

  test("whose branch's steps are not kept runs them", async () => {
    const effects = effectsOf();
    await interpret(plan(), aStart(), effects, keeping(done("r", { taken: ["else"] })));
    expect(performed(effects)).toEqual(["y", "b"]);
  });

  test("fails by the failure inside it, or by its own", async () => {
    const effects = effectsOf({ b: failure() });
    const inside = keeping(failed("r", { output: { taken: [0] } }), failed("x"));
    expect(await interpret(plan(), aStart(), effects, inside)).toMatchObject({ status: "failed", failedStep: "x" });
    const own = keeping(failed("r", { output: { taken: [] } }));
    expect(await interpret(plan(), aStart(), effects, own)).toMatchObject({ status: "failed", failedStep: "r" });
    expect(performed(effects)).toEqual([]);
    await interpret(plan("continue"), aStart(), effects, inside);
    expect(performed(effects)).toEqual(["b"]);
  });

  test("with an output that is none takes no branch", async () => {
    const effects = effectsOf();
    await interpret(plan(), aStart(), effects, keeping(done("r", ["odd"])));
    expect(performed(effects)).toEqual(["b"]);
  });
});
