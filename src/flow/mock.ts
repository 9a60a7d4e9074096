// What does an action answer in a trial: its mock, by attempt, or the example of its output's schema?
import { type Failure, type FailureClass, failureClasses } from "../model/failure.ts";
import type { Mock } from "../model/flow.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";
import type { PlanAction } from "../model/plan.ts";
import type { EffectResult } from "./effects.ts";

/** Mocks by path or id of the action: `{ $fail }`, `{ $attempts: [mock, …] }`, and anything else is the output itself. */
export type Mocks = { [step: string]: Mock };

/** The mock of an action: under its path, or else its id, which is unique in a flow. */
export function mockOf(step: PlanAction, mocks: Mocks): Mock | undefined {
  if (Object.hasOwn(mocks, step.path)) return mocks[step.path];
  return Object.hasOwn(mocks, step.id) ? mocks[step.id] : undefined;
}

/**
 * What a mock answers at an attempt, counted from 1. Beyond the end of `$attempts` its last answer is repeated. A mock
 * that names no failure class fails with class `validation`, code `mock`: nothing is guessed, and nothing is retried.
 */
export function answerOf(mock: Mock, attempt: number): EffectResult {
  const attempts = memberOf(mock, "$attempts");
  if (Array.isArray(attempts)) {
    const answer = attempts[Math.min(attempt, attempts.length) - 1];
    // One level is all there is: an attempt is answered once.
    return answer === undefined ? mistake("$attempts must list at least one answer.") : singleAnswer(answer);
  }
  return singleAnswer(mock);
}

/** The first example in the schema of an action's output; null when there is none. */
export function exampleOutput(schema: JsonSchema | undefined): Json {
  const examples = schema?.["examples"];
  // Schemas are plain JSON data, so their examples are.
  return Array.isArray(examples) && examples.length > 0 ? (examples[0] as Json) : null;
}

function singleAnswer(mock: Mock): EffectResult {
  const fail = memberOf(mock, "$fail");
  if (fail === undefined) return { outcome: "succeeded", output: mock };
  const named = memberOf(fail, "class");
  if (typeof named !== "string" || !isFailureClass(named)) {
    return mistake(`$fail must name a failure class: ${Object.keys(failureClasses).join(", ")}.`);
  }
  const message = memberOf(fail, "message");
  const status = memberOf(fail, "status");
  const failure: Failure = {
    class: named,
    code: typeof status === "number" ? `http_${status}` : named,
    message: typeof message === "string" ? message : failureClasses[named].meaning,
    ...(typeof status === "number" ? { status } : {}),
  };
  return { outcome: "failed", failure };
}

function mistake(rule: string): EffectResult {
  return {
    outcome: "failed",
    failure: { class: "validation", code: "mock", message: `The step's mock is wrong: ${rule}` },
  };
}

function isFailureClass(name: string): name is FailureClass {
  return Object.hasOwn(failureClasses, name);
}

/** A member of a value that may be anything; undefined where there is none. */
function memberOf(value: Json, key: string): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const object: JsonObject = value;
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
