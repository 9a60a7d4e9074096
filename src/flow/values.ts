// What does a tree of values, whose leaves may be templates and rules, turn into over a scope?
import type { Json } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import type { PlanMessage } from "../model/template.ts";
import { checkRule, pathsOfRule } from "./logic/check.ts";
import { evaluateLogic, logicUnitsMax } from "./logic/evaluate.ts";
import { messageOf, renderMessage } from "./message.ts";
import { matchesRegex } from "./regex.ts";
import { readPath } from "./scope-path.ts";
import { parseTemplate } from "./template/parse.ts";
import { templatePaths } from "./template/paths.ts";
import { outputBytesMax, renderTemplate, stepsMax, type RenderResult } from "./template/render.ts";
import type { Template } from "./template/tree.ts";

export type ValuesResult =
  { ok: true; value: Json } | { ok: false; code: "budget" | "template"; pointer: string; message: string };

export type ValuesOptions = {
  /** The time of `now` in rules, in milliseconds since 1970. */
  nowMs?: number;
  /** Largest result, in bytes as JSON. */
  bytes?: number;
  /** Steps and units of all templates and rules of the tree together. */
  steps?: number;
};

const depthMax = 64;
// Each template and rule has a budget of its own; a tree of many of them needs one for all.
const totalStepsMax = 5 * stepsMax;

type Rendering = {
  scope: unknown;
  nowMs: number | undefined;
  stepsLeft: number;
  bytesLeft: number;
};

class Stop extends Error {
  readonly code: "budget" | "template";
  readonly pointer: string;

  constructor(code: "budget" | "template", pointer: string, message: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

/**
 * A tree of values over a scope. A text with `{{…}}` is a template; one that is exactly one `{{path}}` keeps the value's
 * type, `null` when there is none; `{ "$logic": rule }` is the rule's value, `{ "$literal": … }` stands for itself, and
 * `{ "$message": … }`, which only plans hold, is the text of a message template. Keys are never templates. The result shares nothing with tree or scope. Never throws; an error says where it happened.
 */
export function renderValues(values: Json, scope: unknown, options: ValuesOptions = {}): ValuesResult {
  const rendering: Rendering = {
    scope,
    nowMs: options.nowMs,
    stepsLeft: options.steps ?? totalStepsMax,
    bytesLeft: options.bytes ?? outputBytesMax,
  };
  try {
    return { ok: true, value: render(values, "", 0, rendering) };
  } catch (error) {
    if (error instanceof Stop) return { ok: false, code: error.code, pointer: error.pointer, message: error.message };
    // The engine's own limits (stack, string length) end it like the budget does.
    return { ok: false, code: "budget", pointer: "", message: "The values are too large to render." };
  }
}

function render(values: Json, pointer: string, depth: number, rendering: Rendering): Json {
  if (depth > depthMax) throw new Stop("budget", pointer, `Values nest at most ${depthMax} deep.`);
  if (typeof values === "string") return renderText(values, pointer, rendering);
  if (typeof values !== "object" || values === null) return copy(values, pointer, rendering);
  if (Array.isArray(values)) {
    take(2 + values.length, pointer, rendering);
    return values.map((item, i) => render(item, childPointer(pointer, i), depth + 1, rendering));
  }
  const special = specialOf(values);
  if (special === "$literal") return copy(values.$literal, pointer, rendering);
  if (special === "$logic") return renderLogic(values.$logic ?? null, childPointer(pointer, "$logic"), rendering);
  const message = messageOf(values);
  if (message !== undefined) return renderNamed(message, pointer, rendering);
  const members = Object.entries(values).map(([key, value]): [string, Json] => {
    // The colon and the comma.
    take(2 + jsonBytes(key), pointer, rendering);
    return [key, render(value, childPointer(pointer, key), depth + 1, rendering)];
  });
  take(2, pointer, rendering);
  // Defines each member: a key such as `__proto__` becomes plain data instead of a prototype.
  return Object.fromEntries(members);
}

function renderText(text: string, pointer: string, rendering: Rendering): Json {
  if (!text.includes("{{")) return copy(text, pointer, rendering);
  const parsed = parseTemplate(text);
  if (!parsed.ok) throw new Stop("template", pointer, parsed.message);
  const path = solePath(parsed.template);
  if (path !== undefined) return copy(readPath(rendering.scope, path), pointer, rendering);
  return finish(renderTemplate(parsed.template, rendering.scope, budgetOf(rendering)), pointer, rendering);
}

/** A message is always a text, whatever it is that it holds. */
function renderNamed(message: PlanMessage, pointer: string, rendering: Rendering): Json {
  const rendered = renderMessage(message, rendering.scope, budgetOf(rendering));
  const named = rendered.ok ? rendered : { ...rendered, message: inTemplate(message, rendered.message) };
  return finish(named, pointer, rendering);
}

function inTemplate({ template }: PlanMessage, message: string): string {
  return `In the template \`${template}\`: ${message}`;
}

function budgetOf({ stepsLeft, bytesLeft }: Rendering): { steps: number; bytes: number } {
  return { steps: Math.min(stepsMax, stepsLeft), bytes: bytesLeft };
}

function finish(rendered: RenderResult, pointer: string, rendering: Rendering): Json {
  if (!rendered.ok) throw new Stop(rendered.code, pointer, rendered.message);
  rendering.stepsLeft -= rendered.steps;
  return copy(rendered.text, pointer, rendering);
}

function renderLogic(rule: Json, pointer: string, rendering: Rendering): Json {
  const result = evaluateLogic(rule, rendering.scope, {
    units: Math.min(logicUnitsMax, rendering.stepsLeft),
    matches: matchesRegex,
    ...(rendering.nowMs === undefined ? {} : { nowMs: rendering.nowMs }),
  });
  if (!result.ok) throw new Stop(result.code === "budget" ? "budget" : "template", pointer, result.message);
  rendering.stepsLeft -= result.units;
  return copy(result.value, pointer, rendering);
}

/** A copy that is plain JSON and shares nothing with its source. What JSON cannot say (`undefined`, NaN) becomes null. */
function copy(value: unknown, pointer: string, rendering: Rendering): Json {
  const text = JSON.stringify(value) ?? "null";
  take(Buffer.byteLength(text), pointer, rendering);
  if (typeof value === "string" || typeof value === "boolean") return value;
  // Safe: JSON.parse gives JSON, and keeps a key such as `__proto__` as plain data.
  return JSON.parse(text) as Json;
}

function take(bytes: number, pointer: string, rendering: Rendering): void {
  rendering.bytesLeft -= bytes;
  if (rendering.bytesLeft >= 0) return;
  throw new Stop("budget", pointer, `The values come to more than ${outputBytesMax / 1024} KB.`);
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** The path of a template that is one `{{path}}` and nothing else, `undefined` for any other. */
function solePath(template: Template): readonly string[] | undefined {
  const [node, ...others] = template.nodes;
  if (node?.type !== "output" || others.length > 0) return undefined;
  const { expression } = node;
  // Space around it would be lost by whitespace control only; then the author asked for the value alone.
  if (expression.type === "data" && expression.name === "root") return expression.parts;
  return expression.type === "path" && expression.up === 0 ? expression.parts : undefined;
}

/** `$logic` or `$literal`, when that is an object's only member. */
function specialOf(value: object): "$logic" | "$literal" | undefined {
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && (key === "$logic" || key === "$literal") ? key : undefined;
}

/**
 * Everything that keeps a tree of values from being saved; pointers are relative to the tree, and lead to `$template`
 * where a message template of a plan is wrong: that is what its author wrote.
 */
export function checkValues(values: unknown): Finding[] {
  const findings: Finding[] = [];
  walk(values, "", 0, {
    text: (text, pointer) => {
      const parsed = parseTemplate(text);
      if (parsed.ok) return;
      findings.push({ pointer, code: "template", message: parsed.message, suggestion: parsed.suggestion });
    },
    message: (message, pointer) => {
      const parsed = parseTemplate(message.text, { kind: message.kind });
      if (parsed.ok) return;
      const { suggestion } = parsed;
      findings.push({ pointer, code: "template", message: inTemplate(message, parsed.message), suggestion });
    },
    rule: (rule, pointer) => {
      for (const found of checkRule(rule)) findings.push({ ...found, pointer: pointer + found.pointer });
    },
    problem: (finding) => findings.push(finding),
  });
  return findings;
}

/** The scope paths that a tree of values reads, sorted and unique; `""` stands for the scope as a whole. */
export function pathsOfValues(values: unknown): string[] {
  const paths = new Set<string>();
  walk(values, "", 0, {
    text: (text) => {
      const parsed = parseTemplate(text);
      for (const path of parsed.ok ? templatePaths(parsed.template) : []) paths.add(path);
    },
    message: ({ text, kind }) => {
      const parsed = parseTemplate(text, { kind });
      for (const path of parsed.ok ? templatePaths(parsed.template) : []) paths.add(path);
    },
    rule: (rule) => {
      for (const path of pathsOfRule(rule)) paths.add(path);
    },
    problem: () => undefined,
  });
  return [...paths].toSorted();
}

/** Whether rendering a tree of values can give anything but the tree itself. */
export function hasTemplates(values: unknown): boolean {
  if (typeof values === "string") return values.includes("{{");
  if (typeof values !== "object" || values === null) return false;
  if (!Array.isArray(values) && (specialOf(values) !== undefined || messageOf(values) !== undefined)) return true;
  return Object.values(values).some(hasTemplates);
}

type Visitor = {
  /** A text with `{{` in it. */
  text(text: string, pointer: string): void;
  /** A message template of a plan. */
  message(message: PlanMessage, pointer: string): void;
  rule(rule: unknown, pointer: string): void;
  problem(finding: Finding): void;
};

function walk(values: unknown, pointer: string, depth: number, visitor: Visitor): void {
  if (depth > depthMax) {
    const message = `Values nest at most ${depthMax} deep.`;
    visitor.problem({ pointer, code: "values.depth", message, suggestion: "Pass the deep part as one {{path}}." });
    return;
  }
  if (typeof values === "string") {
    if (values.includes("{{")) visitor.text(values, pointer);
    return;
  }
  if (typeof values !== "object" || values === null) return;
  const message = messageOf(values);
  if (message !== undefined) {
    visitor.message(message, childPointer(pointer, "$template"));
    return;
  }
  for (const [key, value] of Object.entries(values)) {
    const special = key === "$logic" || key === "$literal";
    if (!special) walk(value, childPointer(pointer, key), depth + 1, visitor);
    else if (specialOf(values) === undefined) visitor.problem(companyOf(key, childPointer(pointer, key)));
    else if (key === "$logic") visitor.rule(value, childPointer(pointer, key));
  }
}

function companyOf(key: string, pointer: string): Finding {
  const message = `"${key}" stands alone in its object.`;
  return { pointer, code: "values.special", message, suggestion: "Move the other members out of this object." };
}
