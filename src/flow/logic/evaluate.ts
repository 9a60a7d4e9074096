// What does a rule say about a scope? JSON Logic with the semantics of json-logic-js 2.0.5, its reads and its work bounded.
// Runs inside the workflow isolate: no Node built-ins, no state that outlives a call, nothing heavy imported.
import type { Json } from "../../model/json.ts";
import { Halt, createMeter } from "./meter.ts";
import type { Evaluation } from "./operator.ts";
import { lazyOperators, operators } from "./operators/index.ts";

export { truthy } from "./coerce.ts";

export type LogicResult =
  { ok: true; value: Json; units: number } | { ok: false; code: "budget" | "invalid"; message: string };

export type LogicOptions = {
  /** The time of `now`, in milliseconds since 1970. A rule that uses `now` without it is invalid. */
  nowMs?: number;
  /** Tests a text against a regular expression. A rule that uses `matches` without it is invalid. */
  matches?: (pattern: string, text: string) => boolean;
  /** The budget: operations, plus operands by their size. */
  units?: number;
  /** How deep rules may nest. */
  depth?: number;
};

/** Units that a rule may spend. */
export const logicUnitsMax = 20_000;
// Checked rules nest to 32 at most; this is the evaluator's own bound for those that nobody checked.
const depthMax = 64;

/** The value of a rule over a scope, with the units it cost. Never throws: a budget overrun and a bad rule are answers. */
export function evaluateLogic(rule: Json, scope: unknown, options: LogicOptions = {}): LogicResult {
  const meter = createMeter(options.units ?? logicUnitsMax, "rule");
  try {
    const evaluation = createEvaluation(options, meter);
    // Safe: operators build JSON from the JSON of rule and scope.
    const value = (evaluation.apply(rule, scope) ?? null) as Json;
    return { ok: true, value, units: meter.spent() };
  } catch (error) {
    if (error instanceof Halt) return { ok: false, code: error.code, message: error.message };
    // The engine's own limits (stack, string length) end a rule like the budget does.
    if (error instanceof RangeError)
      return { ok: false, code: "budget", message: "The rule is too large to evaluate." };
    const reason = error instanceof Error ? error.message : "unknown reason";
    return { ok: false, code: "invalid", message: `The rule could not be evaluated: ${reason}` };
  }
}

function createEvaluation(options: LogicOptions, meter: Evaluation["meter"]): Evaluation {
  const limit = options.depth ?? depthMax;
  let depth = 0;
  const evaluation: Evaluation = {
    meter,
    nowMs: options.nowMs,
    matches: options.matches,
    apply(rule, data) {
      meter.charge(1);
      if (typeof rule !== "object" || rule === null) return rule;
      if (++depth > limit) throw new Halt("budget", `The rule nests deeper than ${limit} levels.`);
      const value = Array.isArray(rule)
        ? rule.map((item: unknown) => evaluation.apply(item, data) ?? null)
        : applyObject(rule, data, evaluation);
      depth--;
      return value;
    },
  };
  return evaluation;
}

function applyObject(rule: object, data: unknown, evaluation: Evaluation): unknown {
  const keys = Object.keys(rule);
  const [name] = keys;
  // An object is a rule when it has exactly one member; any other is a literal.
  if (keys.length !== 1 || name === undefined) return rule;
  // Safe: `name` is an own member of the rule.
  const written = (rule as Record<string, unknown>)[name];
  const operands: readonly unknown[] = Array.isArray(written) ? written : [written];
  const lazy = lazyOperators.get(name);
  if (lazy !== undefined) return lazy(operands, evaluation, data);
  const operator = operators.get(name);
  if (operator === undefined) throw new Halt("invalid", `There is no operator ${JSON.stringify(name.slice(0, 64))}.`);
  return operator(
    operands.map((operand) => evaluation.apply(operand, data)),
    evaluation,
    data,
  );
}
