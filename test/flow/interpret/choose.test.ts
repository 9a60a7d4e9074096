// Which branches of a choose step run, what it answers, and how its nested steps end it or the run.
import { interpret } from "../../../src/flow/interpret.ts";
import type { Json } from "../../../src/model/json.ts";
import type { PlanBranch } from "../../../src/model/plan.ts";
import {
  aChoose,
  aCondition,
  aFilter,
  anAction,
  aPlan,
  aStart,
  aStop,
  cancelled,
  effectsOf,
  failure,
  performed,
} from "../../support/plans.ts";

/** Branches with one action each: a number's branch holds for ratings up to it, "else" has no condition. */
function branchesOf(bounds: (number | "else")[]): PlanBranch[] {
  return bounds.map((bound, index) => {
    const steps = [anAction(`n${index}`, { path: `route.n${index}` })];
    if (bound === "else") return { steps };
    return { when: aCondition({ "<=": [{ var: "event.data.rating" }, bound] }), steps };
  });
}

test.each<[mode: "first" | "all", bounds: (number | "else")[], rating: number, taken: Json[], ran: string[]]>([
  ["first", [1, 3, 5], 3, [1], ["route.n1"]],
  ["first", [3, 3, "else"], 3, [0], ["route.n0"]],
  ["first", [1, 2, "else"], 3, ["else"], ["route.n2"]],
  ["first", ["else", 1, 5], 3, [1 + 1], ["route.n2"]],
  ["first", ["else", 1, 2], 3, ["else"], ["route.n0"]],
  ["first", [1, 2], 3, [], []],
  ["all", [1, 3, 5], 3, [1, 2], ["route.n1", "route.n2"]],
  ["all", [1, 3, 5, "else"], 3, [1, 2], ["route.n1", "route.n2"]],
  ["all", [1, 2, "else"], 3, ["else"], ["route.n2"]],
  ["all", [1, 2], 3, [], []],
  ["all", ["else"], 3, ["else"], ["route.n0"]],
])("mode %s with branches %j for rating %i takes %j", async (mode, bounds, rating, taken, ran) => {
  const effects = effectsOf();
  const result = await interpret(aPlan([aChoose("route", branchesOf(bounds), { mode })]), aStart({ rating }), effects);
  expect(performed(effects)).toEqual(ran);
  expect(result.settled).toMatchObject([{ path: "route", status: "succeeded", output: { taken } }]);
});

test("later steps read what was taken and what the nested steps answered", async () => {
  const effects = effectsOf();
  const after = anAction("after", { uses: ["steps.route.taken", "steps.n0"] });
  await interpret(aPlan([aChoose("route", branchesOf([5])), after]), aStart({ rating: 3 }), effects);
  expect(effects.asked[1]?.scope).toEqual({ steps: { route: { taken: [0] }, n0: { from: "route.n0" } } });
});

test("the run's output is that of the last step that ran: the nested one, or the choose step when no nested one ran", async () => {
  const outputOf = async (bounds: (number | "else")[]) =>
    (await interpret(aPlan([anAction("a"), aChoose("route", branchesOf(bounds))]), aStart({ rating: 3 }), effectsOf()))
      .output;
  expect(await outputOf([3])).toEqual({ from: "route.n0" });
  expect(await outputOf([1])).toEqual({ taken: [] });
});

test("with mode all a later branch's condition sees what earlier branches did", async () => {
  const effects = effectsOf();
  const second = { when: aCondition({ "==": [{ var: "steps.n0.from" }, "route.n0"] }), steps: [anAction("m")] };
  await interpret(
    aPlan([aChoose("route", [...branchesOf([5]), second], { mode: "all" })]),
    aStart({ rating: 3 }),
    effects,
  );
  expect(performed(effects)).toEqual(["route.n0", "m"]);
});

test("a skipped choose step is recorded alone, without its nested steps", async () => {
  const effects = effectsOf();
  const step = aChoose("route", branchesOf([5]), { if: aCondition(false) });
  const result = await interpret(aPlan([step]), aStart({ rating: 3 }), effects);
  expect(result.settled).toEqual([{ path: "route", id: "route", status: "skipped", atMs: expect.any(Number) }]);
});

describe("a nested failure", () => {
  const plan = (onError: "fail" | "continue") =>
    aPlan([aChoose("route", branchesOf([5, 5]), { mode: "all", onError }), anAction("after")]);

  test("fails the choose step and the run, under the path of the step that failed", async () => {
    const effects = effectsOf({ "route.n0": failure() });
    const result = await interpret(plan("fail"), aStart({ rating: 3 }), effects);
    expect(performed(effects)).toEqual(["route.n0"]);
    expect(result).toMatchObject({
      status: "failed",
      failedStep: "route.n0",
      settled: [{ path: "route", status: "failed", output: { taken: [0] }, error: { code: "http_503" } }],
    });
  });

  test("is handled by the choose step's onError", async () => {
    const effects = effectsOf({ "route.n0": failure() });
    const result = await interpret(plan("continue"), aStart({ rating: 3 }), effects);
    expect(performed(effects)).toEqual(["route.n0", "after"]);
    expect(result.status).toBe("succeeded");
  });
});

describe("an end of the run inside nested branches unwinds through all of them", () => {
  const nested = (steps: PlanBranch["steps"]) =>
    aPlan(
      [
        aChoose("outer", [{ steps: [aChoose("inner", [{ steps: [anAction("x"), ...steps, anAction("y")] }])] }], {
          onError: "continue",
        }),
        anAction("after"),
      ],
      { onFailure: [anAction("alarm")] },
    );

  test.each([
    ["filtered", aFilter("end", false), "filtered", ["x"], "succeeded"],
    ["stopped as succeeded", aStop("end", "succeeded"), "succeeded", ["x"], "succeeded"],
    ["stopped as failed", aStop("end", "failed", { reason: "No" }), "failed", ["x", "alarm"], "failed"],
  ] as const)("%s", async (_, step, status, ran, recorded) => {
    const effects = effectsOf();
    const result = await interpret(nested([step]), aStart(), effects);
    expect(result.status).toBe(status);
    expect(performed(effects)).toEqual(ran);
    const settled = [
      ...effects.asked.flatMap((asked) => (asked.effect === "perform" ? asked.settled : [])),
      ...result.settled,
    ];
    expect(settled).toMatchObject([
      { path: "end", status: recorded },
      { path: "inner", status: recorded, output: { taken: ["else"] } },
      { path: "outer", status: recorded, output: { taken: ["else"] } },
    ]);
  });

  test("cancelled", async () => {
    const effects = effectsOf({ end: cancelled });
    const result = await interpret(nested([anAction("end")]), aStart(), effects);
    expect(performed(effects)).toEqual(["x", "end"]);
    expect(result).toMatchObject({
      status: "cancelled",
      settled: [
        { path: "inner", status: "cancelled" },
        { path: "outer", status: "cancelled" },
      ],
    });
  });

  test("a nested stop keeps the output of the last step that ran", async () => {
    const result = await interpret(nested([aStop("end", "succeeded")]), aStart(), effectsOf());
    expect(result.output).toEqual({ from: "x" });
  });
});
