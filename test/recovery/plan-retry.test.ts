// What a retry keeps, under which keys its effects happen, and which questions are refused.
import type { RunId } from "../../src/model/ids.ts";
import type { Plan, PlanStep } from "../../src/model/plan.ts";
import type { Run } from "../../src/model/run.ts";
import type { StepRecord } from "../../src/model/step.ts";
import { keyRunOf, planRetry, type RetryQuestion } from "../../src/recovery/plan-retry.ts";
import { aChoose, anAction, aFilter, aPlan, aSet, aStop } from "../support/plans.ts";

const error = { class: "transient", code: "http_503", message: "The receiver answered 503." } as const;

function aRecord(path: string, status: StepRecord["status"] = "succeeded", rest: Partial<StepRecord> = {}): StepRecord {
  return { tenantId: "tnt_1", runId: "run_1", path, id: path, status, attempts: [], ...rest };
}

function aRun(rest: Partial<Run> = {}): Run {
  return {
    id: "run_1",
    tenantId: "tnt_1",
    flow: { id: "flow_1", slug: "f", name: "F" },
    version: 1,
    status: "failed",
    event: { id: "e1", type: "t" },
    createdAt: new Date(0),
    ...rest,
  };
}

function ask(plan: Plan, records: StepRecord[], rest: Partial<RetryQuestion> = {}) {
  return planRetry({
    runId: "run_9",
    earlier: aRun(),
    records,
    earlierPlan: plan,
    plan,
    from: "failed",
    eventEdited: false,
    inputs: {},
    happenedElsewhere: new Set(),
    actions: new Map(),
    ...rest,
  });
}

function keptOf(...asked: Parameters<typeof ask>): string[] {
  const planned = ask(...asked);
  if (!planned.ok) throw new Error(JSON.stringify(planned.findings));
  return [...planned.kept].map(([path, { run, status }]) => `${path} ${status} ${run}`);
}

const linear = aPlan([aSet("s", {}), anAction("a", { if: { rule: true, uses: [] } }), anAction("b"), anAction("c")]);
const ended = [aRecord("s"), aRecord("a", "skipped"), aRecord("b"), aRecord("c", "failed", { error })];
const failedAtC = { earlier: aRun({ failedStep: "c" }) };

test.each<[string, Partial<RetryQuestion>, string[]]>([
  ["the failed step", failedAtC, ["s succeeded run_1", "a skipped run_1", "b succeeded run_1"]],
  ["the start", { ...failedAtC, from: "start" }, []],
  ["a step", { ...failedAtC, from: "b" }, ["s succeeded run_1", "a skipped run_1"]],
  ["the end, where no step failed", {}, ["s succeeded run_1", "a skipped run_1", "b succeeded run_1"]],
  [
    "a step, over another event: only what was done outside",
    { ...failedAtC, eventEdited: true },
    ["b succeeded run_1"],
  ],
])("begun with %s, what stands before and has ended is kept", (_, rest, kept) => {
  expect(keptOf(linear, ended, rest)).toEqual(kept);
});

test("under another version only actions of the same path and use are kept", () => {
  const newer: Plan = {
    ...aPlan([aSet("s", {}), anAction("a", { use: "http.request" }), anAction("b"), anAction("new"), anAction("c")]),
    flow: { ...linear.flow, version: 2 },
  };
  const records = [aRecord("s"), aRecord("a"), aRecord("b"), aRecord("c", "failed", { error })];
  expect(keptOf(linear, records, { ...failedAtC, plan: newer })).toEqual(["b succeeded run_1"]);
  expect(keptOf(linear, records, { ...failedAtC, plan: newer, earlierPlan: undefined })).toEqual([
    "a succeeded run_1",
    "b succeeded run_1",
  ]);
});

test("what a run kept itself is kept with the run in which it happened", () => {
  const records = [
    aRecord("s", "kept", { keptFrom: { run: "run_0", status: "succeeded" } }),
    aRecord("a", "kept", { keptFrom: { run: "run_0", status: "skipped" } }),
    aRecord("b"),
  ];
  expect(keptOf(linear, records)).toEqual(["s succeeded run_0", "a skipped run_0", "b succeeded run_1"]);
});

test.each<[string, StepRecord["status"]]>([
  ["under way", "running"],
  ["cancelled", "cancelled"],
])("a step that was %s is not kept", (_, status) => {
  expect(keptOf(aPlan([anAction("a")]), [aRecord("a", status)])).toEqual([]);
});

describe("a failure before the beginning", () => {
  const failed = (path: string) => aRecord(path, "failed", { error });
  const handled = (onError: PlanStep["onError"]) => aPlan([anAction("a", { onError }), anAction("b")]);

  test("is kept where it was handled, and runs again where it was not", () => {
    const records = [failed("a"), aRecord("h")];
    expect(keptOf(handled("continue"), records, { from: "b" })).toEqual(["a failed run_1"]);
    expect(keptOf(handled("fail"), records, { from: "b" })).toEqual([]);
    expect(keptOf(handled({ steps: [anAction("h")] }), records, { from: "b" })).toEqual([
      "a failed run_1",
      "h succeeded run_1",
    ]);
  });

  test("that runs again brings its handler with it", () => {
    const plan = aPlan([anAction("a", { onError: { steps: [anAction("h")] } }), anAction("b")]);
    const newer = {
      ...plan,
      steps: [anAction("a", { use: "x.y", onError: { steps: [anAction("h")] } }), anAction("b")],
    };
    expect(keptOf(plan, [failed("a"), aRecord("h")], { plan: newer, from: "b" })).toEqual([]);
  });

  test("inside a branch is handled by the step around it, unless the beginning is in there too", () => {
    const inside = [anAction("x", { path: "r.x" }), anAction("y", { path: "r.y" })];
    const plan = aPlan([aChoose("r", [{ steps: inside }], { onError: "continue" }), anAction("b")]);
    const records = [failed("r.x"), aRecord("r", "failed", { error, output: { taken: ["else"] } })];
    expect(keptOf(plan, records, { from: "b" })).toEqual(["r failed run_1", "r.x failed run_1"]);
    expect(keptOf(plan, records, { from: "r.y" })).toEqual([]);
  });

  test("is kept wherever it led to the beginning in onFailure", () => {
    const plan = aPlan([anAction("a")], { onFailure: [anAction("n"), anAction("m")] });
    const records = [failed("a"), aRecord("n"), failed("m")];
    const earlier = aRun({ failedStep: "a" });
    expect(keptOf(plan, records, { earlier, from: "m" })).toEqual(["a failed run_1", "n succeeded run_1"]);
    expect(keptOf(plan, records, { earlier })).toEqual([]);
    expect(ask(plan, [aRecord("a")], { earlier: aRun({ status: "succeeded" }), from: "m" })).toMatchObject({
      ok: false,
      findings: [{ pointer: "/from", code: "unreachable" }],
    });
  });
});

describe("a write of which nobody knows whether it happened", () => {
  const plan = aPlan([anAction("a"), anAction("b"), anAction("c")]);
  const doubtful = aRecord("b", "failed", { error: { ...error, class: "ambiguous" } });
  const earlier = aRun({ failedStep: "b" });

  test("is passed by who begins behind it, also in the retries of that retry", () => {
    expect(keptOf(plan, [aRecord("a"), doubtful], { earlier, from: "c" })).toEqual([
      "a succeeded run_1",
      "b passed run_1",
    ]);
    const records = [
      aRecord("a", "kept", { keptFrom: { run: "run_0", status: "succeeded" } }),
      aRecord("b", "kept", { keptFrom: { run: "run_0", status: "passed" }, error: { ...error, class: "ambiguous" } }),
      aRecord("c", "failed", { error }),
    ];
    const again = { earlier: aRun({ failedStep: "c" }) };
    for (const edited of [false, true])
      expect(keptOf(plan, records, { ...again, eventEdited: edited })).toEqual(["a succeeded run_0", "b passed run_0"]);
    expect(keptOf(plan, records, { ...again, from: "b" })).toEqual(["a succeeded run_0"]);
  });

  test("is passed inside a branch that the run failed in", () => {
    const inside = anAction("x", { path: "r.x" });
    const choosing = aPlan([aChoose("r", [{ steps: [inside] }]), anAction("c")]);
    const records = [
      aRecord("r.x", "failed", { error: { ...error, class: "ambiguous" } }),
      aRecord("r", "failed", { error: { ...error, class: "ambiguous" }, output: { taken: ["else"] } }),
    ];
    expect(keptOf(choosing, records, { earlier: aRun({ failedStep: "r.x" }), from: "c" })).toEqual([
      "r.x passed run_1",
    ]);
  });

  test("is repeated by who begins with it, and with another action in its place", () => {
    expect(keptOf(plan, [aRecord("a"), doubtful], { earlier })).toEqual(["a succeeded run_1"]);
    const newer = aPlan([anAction("a"), anAction("b", { use: "x.y" }), anAction("c")]);
    expect(keptOf(plan, [aRecord("a"), doubtful], { earlier, from: "c", plan: newer })).toEqual(["a succeeded run_1"]);
  });

  test("is still the failure that leads into onFailure, where the beginning is there", () => {
    const alarmed = aPlan([anAction("b")], { onFailure: [anAction("n"), anAction("m")] });
    const records = [doubtful, aRecord("n"), aRecord("m", "failed", { error })];
    expect(keptOf(alarmed, records, { earlier, from: "m" })).toEqual(["b failed run_1", "n succeeded run_1"]);
  });
});

test("a step of onFailure that failed runs again before a later one that is begun with", () => {
  const plan = aPlan([anAction("a")], { onFailure: [anAction("n"), anAction("m")] });
  const records = [aRecord("a", "failed", { error }), aRecord("n", "failed", { error })];
  expect(keptOf(plan, records, { earlier: aRun({ failedStep: "a" }), from: "m" })).toEqual(["a failed run_1"]);
});

test("a filter or stop that ended the run is passed only by who begins behind it", () => {
  const plan = aPlan([aFilter("f", false), aStop("s", "succeeded"), anAction("a")]);
  const records = [aRecord("f", "succeeded", { output: false }), aRecord("s")];
  expect(keptOf(plan, records, { from: "a" })).toEqual(["f succeeded run_1", "s succeeded run_1"]);
  expect(keptOf(plan, records)).toEqual([]);
  expect(keptOf(plan, [aRecord("f", "succeeded", { output: true })])).toEqual(["f succeeded run_1"]);
});

describe("the keys of effects", () => {
  const keysOf = (rest: Partial<RetryQuestion>, records = ended) => {
    const planned = ask(linear, records, { ...failedAtC, ...rest });
    if (!planned.ok) throw new Error(JSON.stringify(planned.findings));
    const run: Pick<Run, "id" | "recovery"> = {
      id: "run_9",
      recovery: { from: "failed", inputs: {}, keeps: true, keyRun: planned.keyRun, keys: planned.keys },
    };
    return ["a", "b", "c"].map((path) => keyRunOf(run, path));
  };

  test.each<[string, Partial<RetryQuestion>, RunId[]]>([
    ["stay where nothing has succeeded", {}, ["run_1", "run_1", "run_1"]],
    ["are new for a success that is asked for once more", { from: "start" }, ["run_1", "run_9", "run_1"]],
    ["are new over another event, but for what is kept", { eventEdited: true }, ["run_9", "run_1", "run_9"]],
    ["are new for an edited input", { inputs: { c: { url: "x" } } }, ["run_1", "run_1", "run_9"]],
    ["are new where another retry has succeeded", { happenedElsewhere: new Set(["c"]) }, ["run_1", "run_1", "run_9"]],
    [
      "are new where an edited input was tried, and is not any more",
      {
        earlier: aRun({
          failedStep: "c",
          recovery: { from: "x", keyRun: "run_1", keys: { c: "run_5" }, inputs: { c: { url: "x" } }, keeps: true },
        }),
      },
      ["run_1", "run_1", "run_9"],
    ],
    [
      "are those that the earlier run had",
      {
        earlier: aRun({
          failedStep: "c",
          recovery: { from: "x", keyRun: "run_0", keys: { c: "run_5" }, inputs: {}, keeps: true },
        }),
      },
      ["run_0", "run_0", "run_5"],
    ],
  ])("%s", (_, rest, keys) => expect(keysOf(rest)).toEqual(keys));

  test("are new where the version gives the action something else", () => {
    const steps = linear.steps.map((step) => (step.path === "c" ? anAction("c", { with: { url: "new" } }) : step));
    expect(keysOf({ plan: { ...linear, steps } })).toEqual(["run_1", "run_1", "run_9"]);
  });
});
