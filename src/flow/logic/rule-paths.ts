// Which parts of the scope does a rule read, as far as the rule says it?
import { iterationOperators } from "./operators/list.ts";

/**
 * The scope paths that a rule reads, sorted and unique: `event.data.rating`. The bodies of `map`, `filter` and their kin
 * read list items, not the scope. `""` stands for the scope as a whole.
 */
export function pathsOfRule(rule: unknown): string[] {
  const paths = new Set<string>();
  eachOperator(rule, (name, operands) => {
    for (const i of pathOperands(name, operands)) {
      for (const path of literalPaths(operands[i], name) ?? []) paths.add(path);
    }
    return iterationOperators.has(name) ? "scope" : "all";
  });
  return [...paths].toSorted();
}

/** Whether a rule tests regular expressions: such rules are never evaluated inside the workflow. */
export function usesRegex(rule: unknown): boolean {
  let found = false;
  eachOperator(rule, (name) => {
    found ||= name === "matches";
    return "all";
  });
  return found;
}

/** Which operands of an operator are paths. Those of `exists` may also be rules, whose value is asked for. */
export function pathOperands(name: string, operands: readonly unknown[]): number[] {
  if (name === "var") return [0];
  if (name === "missing_some") return [1];
  if (name === "missing") return operands.map((_, i) => i);
  if (name === "exists") return operands.flatMap((operand, i) => (typeof operand === "string" ? [i] : []));
  return [];
}

/** The paths that an operand can turn out to be, or `undefined` when they are not all written in the rule. */
export function literalPaths(operand: unknown, name: string): string[] | undefined {
  if (operand === null || operand === undefined) return name === "var" ? [""] : [];
  if (typeof operand === "string") return [operand];
  if (typeof operand === "number") return [String(operand)];
  if (typeof operand !== "object") return undefined;
  return literalPathsOfList(operand, name);
}

// `missing` is made to work with lists that `merge` and `if` put together from written paths, `var` to choose by `if`.
function literalPathsOfList(operand: object, name: string): string[] | undefined {
  if (Array.isArray(operand)) return name === "var" ? undefined : allLiteral(operand, name);
  const [[key, written] = [], ...others] = Object.entries(operand);
  if (others.length > 0) return undefined;
  const inner: unknown[] = Array.isArray(written) ? written : [written];
  if (key === "merge" && name !== "var") return allLiteral(inner, name);
  if (key === "if" || key === "?:")
    return allLiteral(
      inner.filter((_, i) => i % 2 === 1 || i === inner.length - 1),
      name,
    );
  return undefined;
}

function allLiteral(items: readonly unknown[], name: string): string[] | undefined {
  const paths: string[] = [];
  for (const item of items) {
    const found = literalPaths(item, name);
    if (found === undefined) return undefined;
    paths.push(...found);
  }
  return paths;
}

/** Calls `see` for each operator of a rule, outside in. It answers whether item bodies (`all`) are of interest too. */
function eachOperator(rule: unknown, see: (name: string, operands: readonly unknown[]) => "all" | "scope"): void {
  if (typeof rule !== "object" || rule === null) return;
  if (Array.isArray(rule)) {
    for (const item of rule as unknown[]) eachOperator(item, see);
    return;
  }
  const [[name, written] = [], ...others] = Object.entries(rule);
  // An object with no or several members, and what `$literal` holds, is data.
  if (name === undefined || others.length > 0 || name === "$literal") return;
  const operands: unknown[] = Array.isArray(written) ? written : [written];
  const seen = see(name, operands);
  operands.forEach((operand, i) => {
    if (seen === "all" || i !== 1) eachOperator(operand, see);
  });
}
