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
  if (isSimpleFilter(condition)) return checkFilter(condition, "");
  return isRuleForm(condition) ? checkRule(condition) : checkNearlyFilter(condition, "");
}

/** Whether an object has the one member that makes a rule. As data it would be true, whatever the event is. */
function isRuleForm(condition: object): boolean {
  return Object.keys(condition).length === 1;
}

/** An object that is neither a rule nor a simple filter: somebody left a member out, or wrote its name wrong. */
function checkNearlyFilter(condition: object, pointer: string): Finding[] {
  const names = Object.keys(condition);
  if (!names.some((name) => didYouMean(name, members) !== undefined)) {
    const message = "A condition is a rule, which has one member, or a simple filter with `field` and `operator`.";
    return [{ pointer, code: "condition", message, suggestion: 'Join rules with { "and": [ … ] }.' }];
  }
  return ["field", "operator"]
    .filter((member) => !names.includes(member))
    .map((member) => {
      const meant = names.find((name) => !members.includes(name) && didYouMean(name, [member]) !== undefined);
      const example = 'Write it like { "field": "data.rating", "operator": "equals", "value": 1 }.';
      const suggestion = meant === undefined ? example : `Write "${member}" in place of "${meant}".`;
      const message = `A simple filter needs the member \`${member}\`.`;
      return { pointer: childPointer(pointer, member), code: "required", message, suggestion };
    });
}

function checkFilters(filters: unknown[]): Finding[] {
  if (filters.length > ruleLimits.items) {
    const message = `A list of filters has at most ${ruleLimits.items} items.`;
    return [{ pointer: "", code: "rule.limit", message, suggestion: "Use the operator `in` with a list of values." }];
  }
  const findings = filters.flatMap((filter: unknown, i) => {
    if (typeof filter === "object" && filter !== null && isSimpleFilter(filter))
      return checkFilter(filter, childPointer("", i));
    if (typeof filter === "object" && filter !== null && !Array.isArray(filter) && !isRuleForm(filter))
      return checkNearlyFilter(filter, childPointer("", i));
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
