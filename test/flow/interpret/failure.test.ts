// What follows a failure or a cancel: onError, onFailure, budgets, and what the run says in the end.
import { interpret } from "../../../src/flow/interpret.ts";
import type { Json } from "../../../src/model/json.ts";
import type { PlanStep } from "../../../src/model/plan.ts";
import {
  aChoose,
  aCondition,
  aFilter,
  anAction,
  aPlan,
  aSet,
  aStart,
  aStop,
  cancelled,
  effectsOf,
  failure,
  performed,
  scriptedEffects,
  success,
} from "../../support/plans.ts";

const http503 = { class: "transient", code: "http_503", message: "The receiver answered 503.", status: 503 };

describe("onError", () => {
  test("a failed step fails the run with its path and failure, and nothing after it runs", async () => {
    const effects = effectsOf({ "route.a": failure() });
    const result = await interpret(aPlan([anAction("a", { path: "route.a" }), anAction("b")]), aStart(), effects);
    expect(performed(effects)).toEqual(["route.a"]);
    expect(result).toEqual({ status: "failed", failedStep: "route.a", error: http503, settled: [] });
  });

  test("continue lets the next steps run without the failed step's output and without an error in scope", async () => {
    const effects = effectsOf({ a: failure() });
    const steps = [anAction("a", { onError: "continue" }), anAction("b", { uses: ["steps.a", "error"] })];
    const result = await interpret(aPlan(steps), aStart(), effects);
    expect(effects.asked[1]?.scope).toEqual({ steps: {} });
    expect(result).toEqual({ status: "succeeded", output: { from: "b" }, settled: [] });
  });

  test("steps handle the error, then the run goes on with the next step", async () => {
    const effects = effectsOf({ a: failure() });
    const handler = anAction("h", { uses: ["error"] });
    const steps = [anAction("a", { onError: { steps: [handler] } }), anAction("b", { uses: ["error", "steps.h"] })];
    const result = await interpret(aPlan(steps), aStart(), effects);
    expect(performed(effects)).toEqual(["a", "h", "b"]);
    expect(effects.asked[1]?.scope).toEqual({ error: { step: "a", ...http503 } });
    expect(effects.asked[2]?.scope).toEqual({ steps: { h: { from: "h" } } });
    expect(result.status).toBe("succeeded");
  });

  test("the error's condition decides inside the handling steps", async () => {
    const effects = effectsOf({ a: failure() });
    const isDown: Json = { "==": [{ var: "error.status" }, 503] };
    const handling = [
      anAction("down", { if: aCondition(isDown) }),
      anAction("up", { if: aCondition({ "!": [isDown] }) }),
    ];
    await interpret(aPlan([anAction("a", { onError: { steps: handling } })]), aStart(), effects);
    expect(performed(effects)).toEqual(["a", "down"]);
  });

  test("a failure of a handling step is the run's", async () => {
    const effects = effectsOf({ a: failure(), h: failure({ class: "permission", code: "http_403", status: 403 }) });
    const result = await interpret(
      aPlan([anAction("a", { onError: { steps: [anAction("h")] } }), anAction("b")]),
      aStart(),
      effects,
    );
    expect(result).toMatchObject({ status: "failed", failedStep: "h", error: { class: "permission" } });
    expect(performed(effects)).toEqual(["a", "h"]);
  });

  test("a handling step's own handler sees the inner error, and the outer one stands again after it", async () => {
    const effects = effectsOf({ a: failure(), h: failure({ message: "inner" }) });
    const inner = anAction("h", { onError: { steps: [anAction("i", { uses: ["error"] })] } });
    const handling = [inner, anAction("j", { uses: ["error"] })];
    await interpret(aPlan([anAction("a", { onError: { steps: handling } })]), aStart(), effects);
    expect(effects.asked.map(({ scope }) => scope.error?.step)).toEqual([undefined, undefined, "h", "a"]);
  });

  test("a filter or stop among the handling steps ends the run", async () => {
    const handled = (step: PlanStep) => aPlan([anAction("a", { onError: { steps: [step] } }), anAction("b")]);
    const ends = [];
    for (const step of [aFilter("f", false), aStop("s", "succeeded"), aStop("t", "failed")]) {
      ends.push((await interpret(handled(step), aStart(), effectsOf({ a: failure() }))).status);
    }
    expect(ends).toEqual(["filtered", "succeeded", "failed"]);
  });
});

describe("onFailure", () => {
  const plan = aPlan([anAction("a"), anAction("b")], {
    onFailure: [anAction("alarm", { uses: ["error.class"] }), anAction("after")],
  });

  test("runs with the error in scope, and the run ends failed all the same", async () => {
    const effects = effectsOf({ a: failure() });
    const result = await interpret(plan, aStart(), effects);
    expect(performed(effects)).toEqual(["a", "alarm", "after"]);
    expect(effects.asked[1]?.scope).toEqual({ error: { step: "a", ...http503 } });
    expect(result).toEqual({ status: "failed", failedStep: "a", error: http503, settled: [] });
  });

  test("does not run when the run succeeds", async () => {
    const effects = effectsOf();
    await interpret(plan, aStart(), effects);
    expect(performed(effects)).toEqual(["a", "b"]);
  });

  test("a failure inside it does not hide the first error", async () => {
    const effects = effectsOf({ a: failure(), alarm: failure({ class: "network", code: "refused" }) });
    const result = await interpret(plan, aStart(), effects);
    expect(performed(effects)).toEqual(["a", "alarm"]);
    expect(result).toMatchObject({ status: "failed", failedStep: "a", error: { code: "http_503" } });
  });

  test.each([
    ["a stop as succeeded", aStop("end", "succeeded")],
    ["a stop as failed", aStop("end", "failed", { reason: "other" })],
    ["a filter", aFilter("end", false)],
  ])("%s inside it ends only the onFailure steps", async (_, step) => {
    const effects = effectsOf({ a: failure() });
    const result = await interpret(aPlan([anAction("a")], { onFailure: [step, anAction("after")] }), aStart(), effects);
    expect(performed(effects)).toEqual(["a"]);
    expect(result).toMatchObject({ status: "failed", failedStep: "a", error: { code: "http_503" } });
  });
});

describe("cancel", () => {
  const guarded = { onFailure: [anAction("alarm")] };

  test("ends the run as cancelled: no later step, no handling steps, no onFailure, no failed step", async () => {
    const effects = effectsOf({ a: cancelled });
    const steps = [anAction("a", { onError: { steps: [anAction("h")] } }), anAction("b")];
    const result = await interpret(aPlan(steps, guarded), aStart(), effects);
    expect(performed(effects)).toEqual(["a"]);
    expect(result).toEqual({ status: "cancelled", settled: [] });
  });

  test.each<[string, PlanStep]>([
    ["rendering a set step", aSet("s", { v: "{{x}}" })],
    ["rendering a reason", aStop("s", "failed", { reason: "{{x}}" })],
    ["deciding a filter", { ...aFilter("s", true), filter: aCondition(true, { regex: true }) }],
    ["deciding an if", anAction("s", { if: aCondition(true, { regex: true }) })],
    ["deciding a branch", aChoose("s", [{ when: aCondition(true, { regex: true }), steps: [] }])],
  ])("while %s leaves the step recorded as cancelled", async (_, step) => {
    const effects = scriptedEffects(() => cancelled);
    const result = await interpret(
      aPlan([{ ...step, onError: "continue" }, anAction("b")], guarded),
      aStart(),
      effects,
    );
    expect(performed(effects)).toEqual([]);
    expect(result).toMatchObject({ status: "cancelled", settled: [{ path: "s", status: "cancelled" }] });
  });

  test("while the declared output is rendered ends the run as cancelled", async () => {
    const plan = aPlan([], { output: { values: "{{x}}", uses: [] }, ...guarded });
    expect(
      await interpret(
        plan,
        aStart(),
        scriptedEffects(() => cancelled),
      ),
    ).toEqual({ status: "cancelled", settled: [] });
  });

  test("during onFailure ends the run as cancelled", async () => {
    const effects = effectsOf({ a: failure(), alarm: cancelled });
    expect(await interpret(aPlan([anAction("a")], guarded), aStart(), effects)).toEqual({
      status: "cancelled",
      settled: [],
    });
  });
});

describe("a condition that cannot be decided", () => {
  const endless = {
    reduce: [{ var: "event.data.list" }, { cat: [{ var: "accumulator" }, { var: "event.data.text" }] }, ""],
  };
  const data = { list: Array.from({ length: 20_000 }, () => 0), text: "x".repeat(10_000) };

  test.each<[string, PlanStep]>([
    ["an if", anAction("s", { if: aCondition(endless) })],
    ["a filter", aFilter("s", endless)],
    ["a branch", aChoose("s", [{ when: aCondition(endless), steps: [anAction("n")] }, { steps: [anAction("m")] }])],
  ])("%s over its budget fails the step: it is neither true nor skipped", async (_, step) => {
    const effects = effectsOf();
    const result = await interpret(aPlan([step, anAction("b")]), aStart(data), effects);
    expect(performed(effects)).toEqual([]);
    const error = { class: "limit", code: "budget" };
    expect(result).toMatchObject({
      status: "failed",
      failedStep: "s",
      error,
      settled: [{ path: "s", status: "failed", error }],
    });
  });

  test("a rule that is none fails the step", async () => {
    const result = await interpret(aPlan([aFilter("s", { noSuch: [] })]), aStart(), effectsOf());
    expect(result).toMatchObject({ status: "failed", failedStep: "s", error: { class: "limit", code: "invalid" } });
  });

  test("onError applies to it as to any failure", async () => {
    const effects = effectsOf();
    const steps = [anAction("s", { if: aCondition(endless), onError: "continue" }), anAction("b")];
    expect(await interpret(aPlan(steps), aStart(data), effects)).toMatchObject({ status: "succeeded" });
    expect(performed(effects)).toEqual(["b"]);
  });

  test("a decision that fails outside fails the step with that failure", async () => {
    const effects = scriptedEffects(() => failure({ class: "limit", code: "budget" }));
    const result = await interpret(
      aPlan([anAction("s", { if: aCondition(true, { regex: true }) })]),
      aStart(),
      effects,
    );
    expect(result).toMatchObject({ status: "failed", failedStep: "s", error: { class: "limit", code: "budget" } });
    expect(performed(effects)).toEqual([]);
  });

  test("a value's failed rendering fails the set step, which assigns nothing", async () => {
    const effects = scriptedEffects((asked) =>
      asked.effect === "render" ? failure({ class: "template" }) : success(1),
    );
    const steps = [aSet("s", { v: "{{x}}" }, { onError: "continue" }), anAction("b", { uses: ["vars.v", "steps.s"] })];
    await interpret(aPlan(steps), aStart(), effects);
    expect(effects.asked.at(-1)).toMatchObject({
      settled: [{ path: "s", status: "failed", error: { class: "template" } }],
    });
    expect(effects.asked.at(-1)?.scope).toEqual({ vars: {}, steps: {} });
  });
});

test("an effect that throws rejects the run at once: what it means is decided at the rim", async () => {
  const effects = effectsOf();
  effects.perform = () => Promise.reject(new Error("worker lost"));
  await expect(interpret(aPlan([anAction("a", { onError: "continue" })]), aStart(), effects)).rejects.toThrow(
    "worker lost",
  );
});
