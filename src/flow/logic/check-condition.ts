// Is a condition, in any of its forms, one that may be saved?
import { childPointer, type Finding } from "../../model/problem.ts";
import { isForbiddenKey, splitPath } from "../scope-path.ts";
import { checkRule, ruleLimits } from "./check.ts";
import { filterOperators, isSimpleFilter } from "./condition.ts";
import { didYouMean } from "../suggest.ts";

const members = ["field", "operator", "value"];

/** Everything that keeps a condition (boolean, JSON Logic, simple filters) from being saved; pointers relative to it. */
export function checkCondition(condition: unknown): Finding[] {
  if (typeof condition === "boolean") return [];
  if (Array.isArray(condition)) return checkFilters(condition);
  if (typeof condition !== "object" || condition === null) {
    const message = "A condition is a boolean, a JSON Logic rule or a simple filter.";
    return [{ pointer: "", code: "condition", message, suggestion: 'Write { "==": [{ "var": "event.type" }, "…"] }.' }];
  }
  return isSimpleFilter(condition) ? checkFilter(condition, "") : checkRule(condition);
}

function checkFilters(filters: unknown[]): Finding[] {
  if (filters.length > ruleLimits.items) {
    const message = `A list of filters has at most ${ruleLimits.items} items.`;
    return [{ pointer: "", code: "rule.limit", message, suggestion: "Use the operator `in` with a list of values." }];
  }
  const findings = filters.flatMap((filter: unknown, i) => {
    if (typeof filter === "object" && filter !== null && isSimpleFilter(filter))
      return checkFilter(filter, childPointer("", i));
    const message = "A list of conditions holds simple filters only.";
    return [
      { pointer: childPointer("", i), code: "condition", message, suggestion: 'Join rules with { "and": [ … ] }.' },
    ];
  });
  return findings.length > 0
    ? findings
    : checkRule({ $literal: [filters] }).map((finding) => ({ ...finding, pointer: "" }));
}

function checkFilter(filter: object, pointer: string): Finding[] {
  const findings: Finding[] = [];
  for (const [key, value] of Object.entries(filter)) {
    const problem = problemOf(key, value, filter);
    if (problem !== undefined) findings.push({ pointer: childPointer(pointer, key), code: "condition", ...problem });
  }
  return findings.length > 0 ? findings : checkRule({ $literal: [filter] }).map((finding) => ({ ...finding, pointer }));
}

function problemOf(key: string, value: unknown, filter: object): { message: string; suggestion: string } | undefined {
  if (key === "field" && !isField(value)) {
    const message = "A field is a path within the event, without __proto__, constructor and prototype.";
    return { message, suggestion: 'Write it like "data.rating" or "type".' };
  }
  if (key === "operator" && !filterOperators.some((name) => name === value)) {
    const meant = typeof value === "string" ? didYouMean(value, filterOperators) : undefined;
    const known = `The operators are ${filterOperators.join(", ")}.`;
    return { message: "A simple filter has no such operator.", suggestion: meant ? `Did you mean "${meant}"?` : known };
  }
  if (key === "value" && "operator" in filter && filter.operator === "in" && !Array.isArray(value)) {
    return { message: "The value of `in` is a list.", suggestion: 'Use the operator "equals" for one value.' };
  }
  if (members.includes(key)) return undefined;
  return { message: "A simple filter has no such member.", suggestion: "Its members are field, operator and value." };
}

function isField(value: unknown): boolean {
  if (typeof value !== "string" || value === "") return false;
  const segments = splitPath(value);
  return segments.length < ruleLimits.segments && !segments.some(isForbiddenKey);
}
