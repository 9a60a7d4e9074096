// Which parts of the scope does a template read?
import type { Block, Expression, Template, TemplateNode } from "./tree.ts";

/** What stands between a place in a template and the scope: one entry for each context that a block put on top. */
type Place = { contexts: number; names: readonly string[] };

/**
 * The scope paths that a template reads, sorted and unique. A block over a value reads all of it, so that what its body
 * reads of the value is covered. `""` stands for the scope as a whole.
 */
export function templatePaths(template: Template): string[] {
  const paths = new Set<string>();
  readNodes(template.nodes, { contexts: 0, names: [] }, paths);
  return [...paths].toSorted();
}

function readNodes(nodes: readonly TemplateNode[], place: Place, paths: Set<string>): void {
  for (const node of nodes) {
    if (node.type === "output") readExpression(node.expression, place, paths);
    if (node.type === "block") readBlock(node, place, paths);
  }
}

function readBlock(block: Block, place: Place, paths: Set<string>): void {
  readExpression(block.argument, place, paths);
  if (block.includeZero !== undefined) readExpression(block.includeZero, place, paths);
  const changes = block.helper === "each" || block.helper === "with";
  const contexts = changes ? place.contexts + 1 : place.contexts;
  readNodes(block.body, { contexts, names: [...place.names, ...block.names] }, paths);
  readNodes(block.otherwise, place, paths);
}

function readExpression(expression: Expression, place: Place, paths: Set<string>): void {
  switch (expression.type) {
    case "literal":
      return;
    case "call":
      for (const operand of expression.operands) readExpression(operand, place, paths);
      for (const option of expression.options) readExpression(option.value, place, paths);
      return;
    case "data":
      if (expression.name === "root") paths.add(pathOf(expression.parts));
      return;
    case "path": {
      const [first] = expression.parts;
      const isName = expression.up === 0 && !expression.scoped && first !== undefined && place.names.includes(first);
      if (expression.up === place.contexts && !isName) paths.add(pathOf(expression.parts));
    }
  }
}

/** A segment with a dot in it has no place in a dotted path, so the path ends before it and covers it. */
function pathOf(parts: readonly string[]): string {
  const dotted = parts.findIndex((part) => part.includes("."));
  return parts.slice(0, dotted < 0 ? parts.length : dotted).join(".");
}
