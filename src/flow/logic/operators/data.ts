// Which operators read the scope?
import { readPath } from "../../scope-path.ts";
import { numberOf, textOf } from "../coerce.ts";
import { type Meter, unitsOfText } from "../meter.ts";
import type { Evaluation, LazyOperatorTable, OperatorTable } from "../operator.ts";

export const dataOperators: OperatorTable = new Map([
  [
    "var",
    ([path, fallback], { meter }, data) => {
      const value = read(path, data, meter);
      return value === undefined ? (fallback ?? null) : value;
    },
  ],
  ["missing", (operands, { meter }, data) => missing(operands, meter, data)],
  [
    "missing_some",
    ([needed, paths], { meter }, data) => {
      const wanted = Array.isArray(paths) ? (paths as unknown[]) : paths === undefined ? [] : [paths];
      const absent = missing(wanted, meter, data);
      return wanted.length - absent.length >= numberOf(needed, meter) ? [] : absent;
    },
  ],
]);

/** Lazy, so that `{ "exists": { "var": "a.b" } }` can ask for the member instead of its value. */
export const existenceOperators: LazyOperatorTable = new Map([
  ["exists", (rules, evaluation, data) => rules.length > 0 && rules.every((rule) => exists(rule, evaluation, data))],
]);

function exists(rule: unknown, evaluation: Evaluation, data: unknown): boolean {
  const path = pathOfExists(rule);
  if (path !== undefined) return read(path, data, evaluation.meter) !== undefined;
  const value = evaluation.apply(rule, data);
  return value !== null && value !== undefined;
}

/** The path that an operand of `exists` names: a text, or a `var` without a fallback. */
export function pathOfExists(rule: unknown): string | undefined {
  if (typeof rule === "string") return rule;
  if (typeof rule !== "object" || rule === null || Object.keys(rule).length !== 1) return undefined;
  // Safe: a rule is plain JSON, and only its own member is asked for.
  const operand = Object.hasOwn(rule, "var") ? (rule as { var: unknown }).var : undefined;
  const path: unknown = Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
  return typeof path === "string" ? path : undefined;
}

/** Those of the paths whose value is absent, `null` or an empty text. A list as first operand holds the paths. */
function missing(operands: readonly unknown[], meter: Meter, data: unknown): unknown[] {
  const [first] = operands;
  const paths: readonly unknown[] = Array.isArray(first) ? first : operands;
  return paths.filter((path) => {
    const value = read(path, data, meter);
    return value === undefined || value === null || value === "";
  });
}

function read(path: unknown, data: unknown, meter: Meter): unknown {
  meter.charge(1);
  if (path === undefined || path === null || path === "") return data;
  const text = textOf(path, meter);
  meter.charge(unitsOfText(text.length));
  const segments = text.split(".");
  meter.charge(segments.length);
  return readPath(data, segments);
}
