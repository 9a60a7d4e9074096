// The law of recovery: a run that was cut off anywhere, or is begun with any of its steps, ends as the whole run did.
import fc from "fast-check";
import type { EffectResult } from "../../src/flow/effects.ts";
import { interpret, type KeptSteps, type RunResult } from "../../src/flow/interpret.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Run } from "../../src/model/run.ts";
import type { SettledStep, StepRecord } from "../../src/model/step.ts";
import { planRetry, type RetryQuestion } from "../../src/recovery/plan-retry.ts";
import { planArbitrary } from "../support/any-plan.ts";
import { type Asked, aPlan, aStart, anAction, failure, scriptedEffects, success } from "../support/plans.ts";

/** What the world answers, mostly successes: the same question gets the same answer, whenever it is asked. */
const worldArbitrary = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(success({ v: 1 }), success(0), success(null), success({})) },
      { weight: 3, arbitrary: fc.constant(failure()) },
    ),
    { minLength: 5, maxLength: 24 },
  )
  .map((answers) => (asked: Asked): EffectResult => {
    const question = JSON.stringify(asked.effect === "perform" ? [asked.path, asked.scope] : asked);
    let hash = 7;
    for (const character of question) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
    return answers[hash % answers.length] ?? success(null);
  });
type World = (asked: Asked) => EffectResult;

type Told = { result: Omit<RunResult, "settled">; records: StepRecord[]; performed: string[] };

/** Runs a plan, and answers its end and what it recorded, in the order of the steps' ends. */
async function run(plan: Plan, world: World, kept?: KeptSteps): Promise<Told> {
  const records: StepRecord[] = [];
  const settle = (settled: SettledStep[]) => records.push(...settled.map(recordOf));
  const effects = scriptedEffects((asked) => {
    if (asked.effect === "perform") settle(asked.settled);
    const answer = world(asked);
    if (asked.effect === "perform" && answer.outcome !== "cancelled") {
      const end = answer.outcome === "failed" ? { error: answer.failure } : { output: answer.output };
      records.push({
        ...about,
        attempts: [],
        path: asked.path,
        id: asked.path,
        use: "webhook.post",
        status: answer.outcome,
        ...end,
      });
    }
    return answer;
  });
  const { settled, ...result } = await interpret(plan, aStart(), effects, kept);
  settle(settled);
  const performed = effects.asked.flatMap((asked) => (asked.effect === "perform" ? [asked.path] : []));
  return { result, records, performed };
}

const about = { tenantId: "tnt_1", runId: "run_1" } as const;
const recordOf = ({ atMs: _, ...step }: SettledStep): StepRecord => ({ ...about, attempts: [], ...step });

function question(plan: Plan, end: Pick<Run, "status" | "failedStep">, records: StepRecord[]): RetryQuestion {
  return {
    runId: "run_2",
    earlier: {
      id: "run_1",
      tenantId: "tnt_1",
      flow: plan.flow,
      version: 1,
      event: { id: "e1", type: "review.created" },
      createdAt: new Date(0),
      ...end,
    },
    records,
    earlierPlan: plan,
    plan,
    from: "failed",
    eventEdited: false,
    inputs: {},
    happenedElsewhere: new Set(),
    actions: new Map(),
  };
}

/** Plans the retry and carries it out; undefined when it is refused. */
async function resume(asked: RetryQuestion, world: World): Promise<(Told & { kept: KeptSteps }) | undefined> {
  const planned = planRetry(asked);
  if (!planned.ok) return undefined;
  const byPath = new Map(asked.records.map((record) => [record.path, record]));
  const kept = new Map(
    [...planned.kept].map(([path, { status }]) => {
      const { output, error } = byPath.get(path)!;
      const body = { ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }) };
      return [path, { path, status, ...body }] as const;
    }),
  );
  // As it travels: JSON.
  const carried: KeptSteps = new Map(JSON.parse(JSON.stringify([...kept])));
  return { ...(await run(asked.plan, world, carried)), kept };
}

const byPath = (records: Iterable<StepRecord>) =>
  Object.fromEntries([...records].map((record) => [record.path, record]));

test("a run that was cut off after any of its steps is resumed to the end that it would have had", async () => {
  let keptAny = 0;
  await fc.assert(
    fc.asyncProperty(planArbitrary, worldArbitrary, fc.nat(), async (plan, world, at) => {
      const whole = await run(plan, world);
      const records = whole.records.slice(0, at % (whole.records.length + 1));
      const resumed = await resume(question(plan, { status: "cancelled" }, records), world);
      expect(resumed?.result).toEqual(whole.result);
      expect(resumed!.performed.filter((path) => resumed!.kept.has(path))).toEqual([]);
      expect(byPath([...records, ...resumed!.records])).toEqual(byPath(whole.records));
      keptAny += resumed!.kept.size;
    }),
    { numRuns: 500 },
  );
  expect(keptAny).toBeGreaterThan(100);
});

test("a run that is begun with any step that it had begun ends as it did, and repeats nothing before that step", async () => {
  let begun = 0;
  await fc.assert(
    fc.asyncProperty(planArbitrary, worldArbitrary, fc.nat(), async (plan, world, at) => {
      const whole = await run(plan, world);
      const { status, failedStep } = whole.result;
      const from = whole.records[at % Math.max(1, whole.records.length)]?.path ?? "start";
      const end = { status, ...(failedStep === undefined ? {} : { failedStep }) };
      const resumed = await resume({ ...question(plan, end, whole.records), from }, world);
      // Only where the flow's own output failed, and no step: nothing leads to its `onFailure` but that.
      expect(resumed !== undefined || (failedStep === undefined && status === "failed")).toBe(true);
      if (resumed === undefined) return;
      begun++;
      expect(resumed.result).toEqual(whole.result);
      expect(resumed.performed.filter((path) => resumed.kept.has(path))).toEqual([]);
      expect(byPath([...whole.records, ...resumed.records])).toEqual(byPath(whole.records));
    }),
    { numRuns: 500 },
  );
  expect(begun).toBeGreaterThan(300);
});

test("the law has teeth: a plan of retries that keeps a failure which nothing handled breaks it", async () => {
  const plan = aPlan([anAction("a"), anAction("b")]);
  const world: World = (asked) => (asked.effect === "perform" && asked.path === "a" ? failure() : success(1));
  const whole = await run(plan, world);
  const kept: KeptSteps = new Map([["a", { path: "a", status: "skipped" }]]);
  expect((await run(plan, world, kept)).result).not.toEqual(whole.result);
});
