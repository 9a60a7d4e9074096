// Builders of plans and of effects for tests: each takes what a test is about and fills in the rest.
import type { Failure } from "../../src/model/failure.ts";
import type { Json } from "../../src/model/json.ts";
import type {
  Plan,
  PlanAction,
  PlanBranch,
  PlanChoose,
  PlanCondition,
  PlanFilter,
  PlanSet,
  PlanStep,
  PlanStop,
} from "../../src/model/plan.ts";
import type { SettledStep } from "../../src/model/step.ts";
import type { EffectResult, Effects } from "../../src/flow/effects.ts";
import type { RunStart, ScopeSlice } from "../../src/flow/scope.ts";

type Common = Partial<Pick<PlanStep, "path" | "name" | "if" | "onError">>;

/** A plan of these steps, started by `review.created`. */
export function aPlan(steps: PlanStep[], rest: Partial<Omit<Plan, "steps">> = {}): Plan {
  return {
    planVersion: 1,
    flow: { id: "flow_1", slug: "bad-reviews", name: "Escalate bad reviews", version: 1 },
    events: ["review.created"],
    onFailure: [],
    eventPaths: [],
    ...rest,
    steps,
  };
}

/** An action without retries. */
export function anAction(id: string, rest: Common & Partial<Omit<PlanAction, "kind" | "id">> = {}): PlanAction {
  return {
    kind: "action",
    id,
    path: id,
    onError: "fail",
    use: "webhook.post",
    with: {},
    uses: [],
    retry: { delaysMs: [], jitter: "none" },
    timeoutMs: 10_000,
    ...rest,
  };
}

export function aSet(id: string, set: PlanSet["set"], rest: Common & { uses?: string[] } = {}): PlanSet {
  return { kind: "set", id, path: id, onError: "fail", uses: [], ...rest, set };
}

export function aFilter(id: string, rule: Json, rest: Common = {}): PlanFilter {
  return { kind: "filter", id, path: id, onError: "fail", ...rest, filter: aCondition(rule) };
}

export function aChoose(
  id: string,
  branches: PlanBranch[],
  rest: Common & { mode?: "first" | "all" } = {},
): PlanChoose {
  return { kind: "choose", id, path: id, onError: "fail", mode: "first", ...rest, branches };
}

export function aStop(
  id: string,
  stop: PlanStop["stop"],
  rest: Common & { reason?: string; uses?: string[] } = {},
): PlanStop {
  return { kind: "stop", id, path: id, onError: "fail", uses: [], ...rest, stop };
}

export function aCondition(rule: Json, rest: Partial<PlanCondition> = {}): PlanCondition {
  return { rule, uses: [], ...rest };
}

/** A run's start for a bad review. */
export function aStart(data: Json = { rating: 2, content: "Cold" }): RunStart {
  return {
    event: { id: "e1", type: "review.created", occurredAt: "2026-01-02T03:04:05.000Z", data },
    run: { id: "run_1" },
    tenant: { id: "tnt_1" },
  };
}

export function success(output: Json): EffectResult {
  return { outcome: "succeeded", output };
}

/** A failure for good, as a receiver that answers 503 to the last attempt leaves it. */
export function failure(rest: Partial<Failure> = {}): EffectResult {
  return {
    outcome: "failed",
    failure: { class: "transient", code: "http_503", message: "The receiver answered 503.", status: 503, ...rest },
  };
}

export const cancelled: EffectResult = { outcome: "cancelled" };

/** One thing that the interpreter asked for. */
export type Asked =
  | { effect: "perform"; path: string; scope: ScopeSlice; settled: SettledStep[] }
  | { effect: "render"; values: Json; scope: ScopeSlice }
  | { effect: "decide"; rule: Json; scope: ScopeSlice };

/** Effects whose actions answer what stands under their path, or else `{ from: path }`; the rest see `scriptedEffects`. */
export function effectsOf(answerByPath: { [path: string]: EffectResult } = {}): Effects & { asked: Asked[] } {
  return scriptedEffects((asked) => {
    if (asked.effect === "perform") return answerByPath[asked.path] ?? success({ from: asked.path });
    return asked.effect === "render" ? success(asked.values) : success(true);
  });
}

/** The paths of the actions that were performed, in order. */
export function performed(effects: { asked: Asked[] }): string[] {
  return effects.asked.flatMap((asked) => (asked.effect === "perform" ? [asked.path] : []));
}

/**
 * Effects that answer what `answer` says and keep what they were asked. The clock moves on by one millisecond each
 * time that it is read.
 */
export function scriptedEffects(answer: (asked: Asked, count: number) => EffectResult): Effects & { asked: Asked[] } {
  const asked: Asked[] = [];
  let nowMs = Date.UTC(2026, 0, 1);
  const ask = async (question: Asked): Promise<EffectResult> => {
    asked.push(question);
    return answer(question, asked.length - 1);
  };
  return {
    asked,
    perform: (step, scope, settled) => ask({ effect: "perform", path: step.path, scope, settled }),
    render: (values, _uses, scope) => ask({ effect: "render", values, scope }),
    decide: (condition, scope) => ask({ effect: "decide", rule: condition.rule, scope }),
    nowMs: () => nowMs++,
  };
}
