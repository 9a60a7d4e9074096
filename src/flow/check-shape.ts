// May this document be saved as a flow? Its size, its keys and its schema; what it means is the compiler's to judge.
import { flowBytesMax, flowSchema } from "../model/flow.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { createSchemaCheck } from "./schema-findings.ts";

/** Deeper documents are refused unread: whatever walks them later may recurse. */
export const documentDepthMax = 128;

/** Names by which an object leads to its prototype: no document has an honest use for them as keys. */
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

const checkSchema = createSchemaCheck(flowSchema);

/**
 * What saving refuses in a flow document: everything at once, in the document's order of rules. Empty for a document
 * that is a `Flow`. Codes: those of the schema check, `limit` for size and depth, `key` for forbidden keys.
 */
export function checkFlowShape(document: unknown): Finding[] {
  const hostile = checkPlainJson(document);
  if (hostile.length > 0) return hostile;
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes > flowBytesMax) {
    const message = `The flow is ${bytes} bytes long; at most ${flowBytesMax} are possible.`;
    return [{ pointer: "", code: "limit", message }];
  }
  return checkSchema(document).map(({ keyword: _, ...finding }) => finding);
}

/** Walks with a list of its own instead of the stack: the depth of the document is the stranger's choice. */
function checkPlainJson(document: unknown): Finding[] {
  const findings: Finding[] = [];
  const waiting: { value: unknown; pointer: string; depth: number }[] = [{ value: document, pointer: "", depth: 0 }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { value, pointer, depth } = at;
    if (!isJsonNode(value)) {
      findings.push({ pointer, code: "type", message: "This is nothing that JSON can hold." });
    } else if (typeof value !== "object" || value === null) {
      continue;
    } else if (depth > documentDepthMax) {
      // One is enough, and going on could be endless: a document that contains itself has no bottom.
      return [{ pointer, code: "limit", message: `The flow is more than ${documentDepthMax} levels deep.` }];
    } else {
      for (const [key, child] of Object.entries(value)) {
        const childAt = childPointer(pointer, key);
        if (forbiddenKeys.has(key))
          findings.push({ pointer: childAt, code: "key", message: `\`${key}\` cannot be a key.` });
        waiting.push({ value: child, pointer: childAt, depth: depth + 1 });
      }
    }
  }
  return findings;
}

function isJsonNode(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "object";
}
