// Which rule does a condition stand for, and which part of it said no?
import type { Condition, SimpleFilter } from "../../model/flow.ts";
import type { Json } from "../../model/json.ts";
import { childPointer } from "../../model/problem.ts";
import { type LogicOptions, evaluateLogic, truthy } from "./evaluate.ts";

export const filterOperators = ["equals", "contains", "in", "exists"] as const;

/** A condition as JSON Logic: rules and booleans as they stand, simple filters compiled, a list of them joined by `and`. */
export function ruleOfCondition(condition: Condition): Json {
  if (Array.isArray(condition)) return condition.length === 0 ? true : { and: condition.map(ruleOfFilter) };
  if (typeof condition === "object" && isSimpleFilter(condition)) return ruleOfFilter(condition);
  // Safe: what is no simple filter is a boolean or a rule, both plain JSON.
  return condition as Json;
}

/** Whether a condition has the form of a simple filter: its members could not be a rule, which has only one. */
export function isSimpleFilter(condition: object): condition is SimpleFilter {
  return Object.hasOwn(condition, "field") && Object.hasOwn(condition, "operator");
}

/**
 * The JSON pointer, within the rule, of the condition that said no: the first false operand of the `and`s at its top, or
 * `""` for the rule as a whole. An operand that cannot be evaluated said no too.
 */
export function firstFalse(rule: Json, scope: unknown, options: LogicOptions = {}): string {
  let pointer = "";
  let current = rule;
  for (;;) {
    const operands = operandsOfAnd(current);
    const i = operands.findIndex((operand) => !holds(operand, scope, options));
    const next = operands[i];
    if (next === undefined) return pointer;
    pointer = childPointer(childPointer(pointer, "and"), i);
    current = next;
  }
}

function operandsOfAnd(rule: Json): Json[] {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return [];
  const operands = Object.hasOwn(rule, "and") && Object.keys(rule).length === 1 ? rule.and : undefined;
  return Array.isArray(operands) ? operands : [];
}

function holds(rule: Json, scope: unknown, options: LogicOptions): boolean {
  const result = evaluateLogic(rule, scope, options);
  return result.ok && truthy(result.value);
}

function ruleOfFilter({ field, operator, value = null }: SimpleFilter): Json {
  const path = `event.${field}`;
  const operand = { var: path };
  switch (operator) {
    case "equals":
      return { equals: [operand, literal(value)] };
    case "contains":
      return { contains: [operand, literal(value)] };
    case "in":
      // Turned round, since `in` compares list items by identity and `contains` by value.
      return { contains: [Array.isArray(value) ? listLiteral(value) : [literal(value)], operand] };
    case "exists":
      return value === false ? { "!": [{ exists: path }] } : { exists: path };
  }
}

// A value with objects in it could read as a rule.
function literal(value: Json): Json {
  return typeof value === "object" && value !== null ? { $literal: [value] } : value;
}

function listLiteral(values: Json[]): Json {
  return values.some((value) => typeof value === "object" && value !== null) ? literal(values) : values;
}
