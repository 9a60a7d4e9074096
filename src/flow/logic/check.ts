// Is a rule one that may be saved, and what does it read?
import { childPointer, type Finding } from "../../model/problem.ts";
import { compileRegex, patternLengthMax } from "../regex.ts";
import { isForbiddenKey, splitPath } from "../scope-path.ts";
import { didYouMean } from "../suggest.ts";
import { lazyOperators, operators } from "./operators/index.ts";
import { literalPaths, pathOperands } from "./rule-paths.ts";

export { pathsOfRule, usesRegex } from "./rule-paths.ts";

/** All operators that a rule may use, sorted. */
export const operatorNames: readonly string[] = [...operators.keys(), ...lazyOperators.keys()].toSorted();

/** Limits of a rule: bytes as JSON, nodes, nesting, items of one list, segments of one path. */
export const ruleLimits = { bytes: 32 * 1024, nodes: 1_000, depth: 32, items: 500, segments: 32 } as const;

// What people who know other languages write.
const knownElsewhere: ReadonlyMap<string, string> = new Map([
  ["=", "=="],
  ["eq", "equals"],
  ["ne", "!="],
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
  ["not", "!"],
  ["&&", "and"],
  ["||", "or"],
  ["regex", "matches"],
  ["includes", "contains"],
  ["concat", "cat"],
  ["method", "contains"],
]);

type Walk = { findings: Finding[]; nodes: number; stopped: boolean };

/** Everything that keeps a rule from being saved; pointers are relative to the rule. An empty list: it may be. */
export function checkRule(rule: unknown): Finding[] {
  const walk: Walk = { findings: [], nodes: 0, stopped: false };
  visit(rule, "", 0, walk);
  // A rule that is too deep or too large is not turned into text: that is what the limits guard.
  if (walk.findings.some((finding) => finding.code === "rule.limit")) return walk.findings;
  if (new TextEncoder().encode(JSON.stringify(rule)).length > ruleLimits.bytes) {
    report(
      walk,
      "",
      "rule.limit",
      `The rule is larger than ${ruleLimits.bytes / 1024} KB.`,
      "Split it over several steps.",
    );
  }
  return walk.findings;
}

function visit(rule: unknown, pointer: string, depth: number, walk: Walk): void {
  if (!enter(rule, pointer, depth, walk)) return;
  if (typeof rule !== "object" || rule === null) return;
  const keys = Object.keys(rule);
  const [name] = keys;
  if (Array.isArray(rule) || keys.length !== 1 || name === undefined) {
    for (const [key, item] of Object.entries(rule)) visit(item, childPointer(pointer, key), depth + 1, walk);
    return;
  }
  // Safe: `name` is the own and only member of the rule.
  visitOperator(name, (rule as Record<string, unknown>)[name], childPointer(pointer, name), depth, walk);
}

/** Counts one node. False when there is nothing to look at below it. */
function enter(rule: unknown, pointer: string, depth: number, walk: Walk): boolean {
  if (walk.stopped) return false;
  if (++walk.nodes > ruleLimits.nodes) {
    walk.stopped = true;
    report(walk, "", "rule.limit", `The rule has more than ${ruleLimits.nodes} nodes.`, "Split it over several steps.");
    return false;
  }
  if (depth > ruleLimits.depth) {
    const message = `The rule nests deeper than ${ruleLimits.depth} levels.`;
    report(walk, pointer, "rule.limit", message, "Compute a part of it in a `set` step before.");
    return false;
  }
  if (Array.isArray(rule) && rule.length > ruleLimits.items) {
    const message = `A list in a rule has at most ${ruleLimits.items} items; this one has ${rule.length}.`;
    report(walk, pointer, "rule.limit", message, "Keep long lists in the flow's settings or in the event.");
    return false;
  }
  if (!["object", "string", "number", "boolean"].includes(typeof rule)) {
    report(
      walk,
      pointer,
      "rule.operand",
      "This is not JSON.",
      "Use null, a boolean, a number, a text, a list or a rule.",
    );
    return false;
  }
  return true;
}

function visitOperator(name: string, written: unknown, pointer: string, depth: number, walk: Walk): void {
  if (!operators.has(name) && !lazyOperators.has(name)) {
    const message = `There is no operator ${JSON.stringify(name.slice(0, 64))}.`;
    report(walk, pointer, "rule.operator", message, suggestOperator(name));
    return;
  }
  if (Array.isArray(written) && written.length > ruleLimits.items) {
    enter(written, pointer, depth, walk);
    return;
  }
  const operands: unknown[] = Array.isArray(written) ? written : [written];
  const pointerOf = (i: number): string => (Array.isArray(written) ? childPointer(pointer, i) : pointer);
  if (name === "$literal") {
    operands.forEach((operand, i) => visitLiteral(operand, pointerOf(i), depth + 1, walk));
    return;
  }
  checkPaths(name, operands, pointerOf, walk);
  if (name === "matches") checkPattern(operands[1], pointerOf(1), walk);
  operands.forEach((operand, i) => visit(operand, pointerOf(i), depth + 1, walk));
}

function visitLiteral(value: unknown, pointer: string, depth: number, walk: Walk): void {
  if (!enter(value, pointer, depth, walk) || typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) visitLiteral(item, childPointer(pointer, key), depth + 1, walk);
}

function checkPaths(name: string, operands: unknown[], pointerOf: (i: number) => string, walk: Walk): void {
  const checked = pathOperands(name, operands);
  for (const i of checked) {
    const paths = literalPaths(operands[i], name);
    if (paths === undefined) {
      const message = `A path in "${name}" is written out, so that it is known before the flow runs.`;
      report(walk, pointerOf(i), "rule.path", message, 'Write the path as a text, like "event.data.rating".');
    }
    for (const path of paths ?? []) checkPath(path, pointerOf(i), walk);
  }
}

function checkPath(path: string, pointer: string, walk: Walk): void {
  const segments = splitPath(path);
  if (segments.length > ruleLimits.segments) {
    const message = `A path has at most ${ruleLimits.segments} segments; this one has ${segments.length}.`;
    report(walk, pointer, "rule.path", message, "Read a member nearer to the root.");
  }
  const forbidden = segments.find(isForbiddenKey);
  if (forbidden !== undefined) {
    const message = `A path cannot lead through "${forbidden}".`;
    report(walk, pointer, "rule.path", message, "Name a member of the event's data or of a step's output.");
  }
}

function checkPattern(pattern: unknown, pointer: string, walk: Walk): void {
  if (typeof pattern !== "string") {
    const message = 'The second operand of "matches" is a pattern, written out as a text.';
    report(walk, pointer, "rule.pattern", message, 'Write { "matches": [{ "var": "event.data.name" }, "^A"] }.');
    return;
  }
  const compiled = compileRegex(pattern);
  if (compiled.ok) return;
  const shorter = pattern.length > patternLengthMax ? "Split it into several patterns with `or`." : undefined;
  const hint = "RE2 has no backreferences and no lookaround; repetitions stay below 1,000.";
  report(walk, pointer, "rule.pattern", compiled.message, shorter ?? hint);
}

function suggestOperator(name: string): string {
  if (name === "log") return "Rules write no logs; every step's input is recorded already.";
  const meant = knownElsewhere.get(name) ?? didYouMean(name, operatorNames);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return 'An object with one member is a rule; write { "$literal": … } around data.';
}

function report(walk: Walk, pointer: string, code: string, message: string, suggestion: string): void {
  walk.findings.push({ pointer, code, message, suggestion });
}
