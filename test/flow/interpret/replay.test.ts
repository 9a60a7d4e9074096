// The law that durable runs rest on: the same answers lead to the same calls in the same order, and to the same end.
import fc from "fast-check";
import type { EffectResult, Effects } from "../../../src/flow/effects.ts";
import { interpret, type RunResult } from "../../../src/flow/interpret.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { planArbitrary } from "../../support/any-plan.ts";
import {
  type Asked,
  anAction,
  aPlan,
  aStart,
  cancelled,
  failure,
  scriptedEffects,
  success,
} from "../../support/plans.ts";

/** Mostly successes, true and false, some failures, seldom a cancel. */
const answersArbitrary: fc.Arbitrary<EffectResult[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(success({ v: 1 }), success(0), success(null), success({})) },
    { weight: 2, arbitrary: fc.constant(failure()) },
    { weight: 1, arbitrary: fc.constant(cancelled) },
  ),
  { minLength: 8, maxLength: 24 },
);

type Recording = { asked: Asked[]; answers: EffectResult[]; result: RunResult };

/** Runs a plan; the n-th call gets the n-th recorded answer, and calls beyond the record get what `live` says. */
async function record(
  plan: Plan,
  recorded: EffectResult[],
  live: (count: number) => EffectResult,
  run: (plan: Plan, effects: Effects) => Promise<RunResult> = (p, effects) => interpret(p, aStart(), effects),
): Promise<Recording> {
  const answers: EffectResult[] = [];
  const effects = scriptedEffects((_, count) => {
    const answer = recorded[count] ?? live(count);
    answers.push(answer);
    return answer;
  });
  const result = await run(plan, effects);
  return { asked: effects.asked, answers, result };
}

test("a run resumed from any prefix of its record asks for the same things and ends the same", async () => {
  await fc.assert(
    fc.asyncProperty(planArbitrary, answersArbitrary, fc.nat(), async (plan, given, at) => {
      const live = (count: number) => given[count % given.length] ?? cancelled;
      const first = await record(plan, [], live);
      // JSON is the way that a record takes through a history.
      const text = JSON.stringify(first.answers.slice(0, at % (first.answers.length + 1)));
      const again = await record(plan, JSON.parse(text) as EffectResult[], live);
      expect(again).toEqual(first);
    }),
    { numRuns: 300 },
  );
});

test("the law has teeth: an interpreter that keeps something between runs breaks it", async () => {
  let runs = 0;
  const forgetful = (plan: Plan, effects: Effects) =>
    interpret(runs++ === 0 ? plan : aPlan(plan.steps.slice(1)), aStart(), effects);
  const plan = aPlan([anAction("a"), anAction("b")]);
  const first = await record(plan, [], () => success(1), forgetful);
  const again = await record(plan, first.answers, () => success(1), forgetful);
  expect(again).not.toEqual(first);
});

test("every run ends, records a step at most once, and says why it failed when it failed", async () => {
  await fc.assert(
    fc.asyncProperty(planArbitrary, answersArbitrary, async (plan, given) => {
      const { asked, result } = await record(plan, [], (count) => given[count % given.length] ?? cancelled);
      const settled = asked.flatMap((one) => (one.effect === "perform" ? one.settled : []));
      const performed = asked.flatMap((one) => (one.effect === "perform" ? [one.path] : []));
      const recorded = [...settled, ...result.settled].map(({ path }) => path).concat(performed);
      expect(new Set(recorded).size).toBe(recorded.length);
      expect(result.error !== undefined).toBe(result.status === "failed");
      expect(result.output === undefined || result.status === "succeeded").toBe(true);
    }),
    { numRuns: 300 },
  );
});
