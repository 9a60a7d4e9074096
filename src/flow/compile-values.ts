// What do the values and conditions of a flow read, and may they read it where they stand?
import type { Condition, SimpleFilter, Values } from "../model/flow.ts";
import type { Json } from "../model/json.ts";
import type { PlanCondition, Uses } from "../model/plan.ts";
import { childPointer } from "../model/problem.ts";
import { checkReference, report, type Reading, type Walk } from "./compile-walk.ts";
import { checkCondition } from "./logic/check-condition.ts";
import { pathsOfRule, usesRegex } from "./logic/check.ts";
import { isSimpleFilter, ruleOfCondition } from "./logic/condition.ts";
import { iterationOperators } from "./logic/operators/list.ts";
import { messageOf } from "./message.ts";
import { faultOfField, type Place, usesOf } from "./references.ts";
import { checkValues, pathsOfValues } from "./values.ts";

/** A condition ready for the interpreter. What is wrong with it or with what it reads is reported to the walk. */
export function compileCondition(condition: Condition, pointer: string, place: Place, walk: Reading): PlanCondition {
  const findings = checkCondition(condition);
  report(walk.errors, pointer, findings);
  const rule = ruleOfCondition(condition);
  // A rule that is none has no paths to speak of, and may be too deep to look for them.
  if (findings.length > 0) return { rule, uses: [] };
  const compiled: PlanCondition = { rule, uses: usesOf(pathsOfRule(rule)) };
  if (usesRegex(rule)) compiled.regex = true;
  if (Array.isArray(condition)) compiled.simple = "list";
  else if (typeof condition === "object" && isSimpleFilter(condition)) compiled.simple = "one";
  if (compiled.simple === undefined) checkRuleReferences(rule, pointer, place, walk);
  else checkFields(condition, pointer, walk);
  return compiled;
}

/** Simple filters read the event only, which is there wherever a condition stands; but not every member is one of it. */
function checkFields(condition: Condition, pointer: string, walk: Reading): void {
  for (const [at, { field }] of filtersIn(condition)) {
    const fault = faultOfField(field);
    if (fault !== undefined) walk.errors.push({ pointer: `${pointer}${at}/field`, ...fault });
  }
}

function filtersIn(condition: Condition): [at: string, filter: SimpleFilter][] {
  if (Array.isArray(condition)) return condition.map((filter, index) => [`/${index}`, filter]);
  return typeof condition === "object" && isSimpleFilter(condition) ? [["", condition]] : [];
}

/** The same for a condition that the workflow itself evaluates: it needs what it reads of the event there. */
export function compileWorkflowCondition(
  condition: Condition,
  pointer: string,
  place: Place,
  walk: Walk,
): PlanCondition {
  const compiled = compileCondition(condition, pointer, place, walk);
  // Regular expressions are left to an activity, which has the whole event.
  if (compiled.regex === undefined) walk.workflowPaths.push(...compiled.uses);
  return compiled;
}

/** What values read. What is wrong with them or with what they read is reported to the walk, at the leaf that it is in. */
export function compileValues(values: Values, pointer: string, place: Place, walk: Reading): Uses {
  const findings = checkValues(values);
  report(walk.errors, pointer, findings);
  if (findings.length > 0) {
    // Wrong leaves are known; those beside them are still judged for what they read.
    const wrong = findings.map((finding) => finding.pointer);
    checkLeaves(values, "", { pointer, place, walk, wrong });
    return [];
  }
  checkLeaves(values, "", { pointer, place, walk, wrong: [] });
  return usesOf(pathsOfValues(values));
}

type Leaves = { pointer: string; place: Place; walk: Reading; wrong: string[] };

function checkLeaves(value: Values, at: string, leaves: Leaves): void {
  if (typeof value === "string") {
    if (!value.includes("{{") || isWrong(at, leaves.wrong)) return;
    for (const path of pathsOfValues(value)) checkReference(path, `${leaves.pointer}${at}`, leaves.place, leaves.walk);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkLeaves(item, childPointer(at, index), leaves);
    return;
  }
  const message = messageOf(value);
  if (message !== undefined) {
    const pointer = `${leaves.pointer}${childPointer(at, "$template")}`;
    const read = isWrong(at, leaves.wrong) ? [] : pathsOfValues(value);
    for (const path of read) checkReference(path, pointer, leaves.place, leaves.walk, message.template);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const inside = childPointer(at, key);
    if (key === "$logic") {
      if (!isWrong(at, leaves.wrong))
        checkRuleReferences(child, `${leaves.pointer}${inside}`, leaves.place, leaves.walk);
    } else if (key !== "$literal") {
      checkLeaves(child, inside, leaves);
    }
  }
}

/** Whether a finding stands at a place or inside it, or is about all of the values. */
function isWrong(at: string, wrong: string[]): boolean {
  return wrong.some((pointer) => pointer === at || pointer.startsWith(`${at}/`) || pointer === "");
}

function checkRuleReferences(rule: Json, pointer: string, place: Place, walk: Reading): void {
  for (const path of pathsOfRule(rule)) {
    checkReference(path, `${pointer}${whereRead(rule, path, "") ?? ""}`, place, walk);
  }
}

/** Where a rule names a path: the first text in it that is the path and stands in an operator that reads. */
function whereRead(rule: Json, path: string, pointer: string): string | undefined {
  if (typeof rule !== "object" || rule === null) return undefined;
  for (const [key, operand] of Object.entries(rule)) {
    const at = childPointer(pointer, key);
    // JSON Logic's other way to write the empty path.
    const names = (written: Json) => written === path || (written === null && path === "");
    if (names(operand) && !Array.isArray(rule) && readers.has(key)) return at;
    if (readers.has(key) && Array.isArray(operand) && operand.some(names))
      return childPointer(at, operand.findIndex(names));
    // The body of `map` and its kin reads items, not the scope.
    const inScope = iterationOperators.has(key) && Array.isArray(operand) ? operand.toSpliced(1, 1, null) : operand;
    const deeper = key === "$literal" ? undefined : whereRead(inScope, path, at);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

const readers = new Set(["var", "exists", "missing", "missing_some"]);
