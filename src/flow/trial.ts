// What would a plan do with an event, its actions answered by mocks, nothing sent and no time passing? Not for the isolate.
import type { Failure } from "../model/failure.ts";
import type { FlowTest, Values } from "../model/flow.ts";
import type { EventId } from "../model/ids.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { Plan, PlanAction, PlanCondition, PlanStep } from "../model/plan.ts";
import type { EndedRunStatus, RunEnd } from "../model/run.ts";
import type { SettledStep } from "../model/step.ts";
import type { EffectResult, Effects } from "./effects.ts";
import { interpret } from "./interpret.ts";
import { evaluateLogic, truthy } from "./logic/evaluate.ts";
import { buildMatchIndex, matchFlows } from "./match.ts";
import { answerOf, exampleOutput, mockOf, type Mocks } from "./mock.ts";
import { matchesRegex } from "./regex.ts";
import { decideRetry } from "./retry.ts";
import type { RunStart, ScopeEvent, ScopeSlice } from "./scope.ts";
import { renderValues } from "./values.ts";

export type TrialEvent = { id?: EventId; type: string; data: Json; occurredAt?: string };

export type TrialOptions = {
  /** The known actions by name: one without a mock answers the first example of its output's schema. */
  actions: ReadonlyMap<string, { output: JsonSchema }>;
  /** When the trial happens, in milliseconds since 1970. Retries move the trial's own clock on from here. */
  nowMs: number;
};

export type TrialStep = {
  status: SettledStep["status"];
  /** What the action was given; null where nothing was rendered. */
  input: Json;
  output?: Json;
  error?: Failure;
  /** How many times the action was tried; 0 for steps that are no actions. */
  attempts: number;
};

export type Trial = {
  matched: boolean;
  /** How the run ended; null when the event made no run. */
  status: EndedRunStatus | null;
  /** Paths of the steps that ran, in the order in which they began. Skipped ones are not among them. */
  ran: string[];
  steps: { [path: string]: TrialStep };
  output: Json;
  failedStep?: string;
  error?: Failure;
};

type TrialScope = ScopeSlice & { event: ScopeEvent; output?: Json };

/** Tries a plan against an event: matching, conditions, templates and retries are real; answers come from the mocks. */
export async function tryPlan(plan: Plan, event: TrialEvent, mocks: Mocks, options: TrialOptions): Promise<Trial> {
  const start = startOf(event, options.nowMs);
  const { id, type, occurredAt } = start.event;
  const accepted = { id, type, occurredAt, dataText: JSON.stringify(event.data) };
  const match = matchFlows(buildMatchIndex([plan]), accepted, { nowMs: options.nowMs, tenant: start.tenant });
  const undecided = match.failed[0];
  if (undecided !== undefined) return { ...withoutRun(), matched: true, status: "failed", error: undecided.failure };
  if (match.matched.length === 0) return withoutRun();

  const steps = new Map<string, TrialStep>();
  const result = await interpret(plan, start, mockedEffects(start.event, mocks, steps, options));
  keepSettled(steps, result.settled);
  return asTrial(plan, result, steps);
}

/** Runs a flow's own tests; one that fails says the first difference between what it expected and what happened. */
export async function runFlowTests(
  plan: Plan,
  tests: FlowTest[],
  options: TrialOptions,
): Promise<{ name: string; passed: boolean; message?: string }[]> {
  const results = [];
  for (const { name, event, mocks, expect } of tests) {
    const trial = await tryPlan(plan, event, mocks ?? {}, options);
    const message = firstDifference(expect, trial);
    results.push(message === undefined ? { name, passed: true } : { name, passed: false, message });
  }
  return results;
}

function startOf(event: TrialEvent, nowMs: number): RunStart {
  const { id = "evt_trial", type, data, occurredAt = new Date(nowMs).toISOString() } = event;
  return { event: { id, type, occurredAt, data }, run: { id: "run_trial" }, tenant: { id: "tnt_trial" } };
}

function withoutRun(): Trial {
  return { matched: false, status: null, ran: [], steps: {}, output: null };
}

function asTrial(plan: Plan, end: RunEnd, steps: ReadonlyMap<string, TrialStep>): Trial {
  const ran = pathsInOrder([...plan.steps, ...plan.onFailure]).filter((path) => {
    const step = steps.get(path);
    return step !== undefined && step.status !== "skipped";
  });
  return {
    matched: true,
    status: end.status,
    ran,
    steps: Object.fromEntries(steps),
    output: end.output ?? null,
    ...(end.failedStep === undefined ? {} : { failedStep: end.failedStep }),
    ...(end.error === undefined ? {} : { error: end.error }),
  };
}

/** Paths of all steps as written. No step runs twice or before one that stands above it, so this is the order of a run. */
function pathsInOrder(steps: PlanStep[]): string[] {
  return steps.flatMap((step) => {
    const nested = step.kind === "choose" ? step.branches.flatMap((branch) => branch.steps) : [];
    const handling = typeof step.onError === "object" ? step.onError.steps : [];
    return [step.path, ...pathsInOrder(nested), ...pathsInOrder(handling)];
  });
}

function keepSettled(steps: Map<string, TrialStep>, settled: SettledStep[]): void {
  for (const { path, status, output, error } of settled) {
    const outcome = { ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }) };
    steps.set(path, { status, input: null, ...outcome, attempts: 0 });
  }
}

function mockedEffects(event: ScopeEvent, mocks: Mocks, steps: Map<string, TrialStep>, options: TrialOptions): Effects {
  const clock = { nowMs: options.nowMs };
  return {
    async perform(step, slice, settled) {
      keepSettled(steps, settled);
      const scope = { ...slice, event };
      const input = render(step.with, scope, clock.nowMs);
      const performed =
        input.outcome === "succeeded"
          ? performMocked(step, scope, mocks, options.actions, clock)
          : { result: input, attempts: 1 };
      const given = input.outcome === "succeeded" ? input.output : null;
      steps.set(step.path, asTrialStep(given, performed.result, performed.attempts));
      return performed.result;
    },
    render: async (values, _uses, slice) => render(values, { ...slice, event }, clock.nowMs),
    decide: async (condition, slice) => decide(condition, { ...slice, event }, clock.nowMs),
    nowMs: () => clock.nowMs,
  };
}

/** Answers an action's attempts from its mock under its declared policy; the clock jumps over the delays. */
function performMocked(
  step: PlanAction,
  scope: TrialScope,
  mocks: Mocks,
  actions: TrialOptions["actions"],
  clock: { nowMs: number },
): { result: EffectResult; attempts: number } {
  const mock = mockOf(step, mocks);
  // An example is no answer of a receiver: that it does not meet `expect` would say nothing about the flow.
  if (mock === undefined) {
    return { result: { outcome: "succeeded", output: exampleOutput(actions.get(step.use)?.output) }, attempts: 1 };
  }
  const startedMs = clock.nowMs;
  for (let attempt = 1; ; attempt++) {
    const result = meetExpectation(step.expect, answerOf(mock, attempt), scope, clock.nowMs);
    if (result.outcome !== "failed") return { result, attempts: attempt };
    const elapsedMs = clock.nowMs - startedMs;
    // The middle of the jitter: a trial goes the same way each time.
    const next = decideRetry({ plan: step.retry, attempt, failure: result.failure, elapsedMs, random: 0.5 });
    if (!next.retry) return { result, attempts: attempt };
    clock.nowMs += next.delayMs;
  }
}

/** An answer that does not meet the step's `expect` is a failed attempt. */
function meetExpectation(
  expect: PlanCondition | undefined,
  answer: EffectResult,
  scope: TrialScope,
  nowMs: number,
): EffectResult {
  if (expect === undefined || answer.outcome !== "succeeded") return answer;
  const decided = decide(expect, { ...scope, output: answer.output }, nowMs);
  if (decided.outcome !== "succeeded") return decided;
  if (truthy(decided.output)) return answer;
  const message = "The answer did not meet the step's expectation.";
  return { outcome: "failed", failure: { class: "expectation", code: "expectation", message } };
}

function render(values: Values, scope: TrialScope, nowMs: number): EffectResult {
  const rendered = renderValues(values, scope, { nowMs });
  if (rendered.ok) return { outcome: "succeeded", output: rendered.value };
  const { code, pointer, message } = rendered;
  const failureClass = code === "budget" ? "limit" : "template";
  const place = pointer === "" ? "" : `${pointer}: `;
  return { outcome: "failed", failure: { class: failureClass, code, message: place + message } };
}

function decide(condition: PlanCondition, scope: TrialScope, nowMs: number): EffectResult {
  const evaluated = evaluateLogic(condition.rule, scope, { nowMs, matches: matchesRegex });
  if (evaluated.ok) return { outcome: "succeeded", output: evaluated.value };
  return { outcome: "failed", failure: { class: "limit", code: evaluated.code, message: evaluated.message } };
}

function asTrialStep(input: Json, result: EffectResult, attempts: number): TrialStep {
  if (result.outcome === "succeeded") return { status: "succeeded", input, output: result.output, attempts };
  if (result.outcome === "failed") return { status: "failed", input, error: result.failure, attempts };
  return { status: "cancelled", input, attempts };
}

/** The first expectation that a trial does not meet, as a sentence; undefined when it meets all. */
function firstDifference(expect: FlowTest["expect"], trial: Trial): string | undefined {
  const shownMatch = (matched: boolean) => (matched ? "match" : "not match");
  if (expect.matched !== undefined && expect.matched !== trial.matched) {
    return `The event should ${shownMatch(expect.matched)} the flow, but it does${trial.matched ? "" : " not"}.`;
  }
  const why = trial.matched ? (trial.error === undefined ? "" : ` ${failureOf(trial)}`) : " The event does not match.";
  for (const name of ["status", "ran", "output"] as const) {
    const expected = expect[name];
    if (expected === undefined || sameJson(expected, trial[name])) continue;
    return `${name} should be ${JSON.stringify(expected)}, but is ${JSON.stringify(trial[name])}.${why}`;
  }
  return undefined;
}

function failureOf({ failedStep, error }: Trial): string {
  const place = failedStep === undefined ? "The run" : `The step "${failedStep}"`;
  return `${place} failed: ${error?.message ?? ""}`;
}

/** Whether two values are the same JSON; the order of members does not count. */
function sameJson(a: Json, b: Json): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  // Lists have their indexes as keys, so one comparison does for both.
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([key, value]) => {
      const other = right.get(key);
      return other !== undefined && sameJson(value, other);
    })
  );
}
