// What is left of a flow when the parts that cannot be read are taken out, so that the rest can still be judged?
import type { Flow } from "../model/flow.ts";
import type { Finding } from "../model/problem.ts";
import { checkFlowShape } from "./check-shape.ts";

/** Members of a step that it can be without. */
const optionalOfStep = new Set("name if onError connection retry timeout expect onAmbiguous mode reason".split(" "));

/** `lossy`: steps are gone whole, and with them names that other steps may refer to. */
export type Salvaged = { flow: Flow; lossy: boolean };

/**
 * The document without what `findings` of its shape are about: unknown and wrong optional members are left out, a step
 * that cannot be read is replaced by one that does nothing, so that the pointers to its neighbours stay true. Nothing
 * when even that is no flow. The document itself is not changed.
 */
export function salvageFlow(document: unknown, findings: Finding[]): Salvaged | undefined {
  // Too large, too deep or with keys that no code of ours should meet: such a document is not looked at further.
  if (!isRecord(document) || findings.some(({ code }) => code === "limit" || code === "key")) return undefined;
  // Without its steps, whatever else refers to them would be judged wrongly.
  if (findings.some(({ pointer }) => pointer === "/steps")) return undefined;
  const copy = structuredClone(document);
  const lost = findings.map((finding) => takeOut(copy, finding));
  // Safe: a document that the flow schema finds nothing in is a flow.
  return checkFlowShape(copy).length === 0 ? { flow: copy as Flow, lossy: lost.includes("step") } : undefined;
}

/** What had to go. */
type Lost = "member" | "step";

type Record = { [key: string]: unknown };

function takeOut(copy: Record, finding: Finding): Lost {
  const keys = finding.pointer.split("/").slice(1).map(unescaped);
  if (finding.code === "unknown") {
    const holder = valueAt(copy, keys.slice(0, -1));
    const key = keys.at(-1);
    if (isRecord(holder) && key !== undefined) delete holder[key];
    return "member";
  }
  const depth = keys.findLastIndex((key, index) => /^\d+$/.test(key) && isStepList(keys[index - 1], keys[index - 2]));
  if (depth !== -1) return mendStep(copy, keys.slice(0, depth + 1), keys[depth + 1]);
  mendFlow(copy, keys[0]);
  return "member";
}

function mendFlow(copy: Record, member: string | undefined): void {
  if (member === "name") copy["name"] = "flow";
  else if (member === "on") copy["on"] = { event: "*" };
  else if (member !== undefined) delete copy[member];
}

function mendStep(copy: Record, keys: string[], member: string | undefined): Lost {
  const list = valueAt(copy, keys.slice(0, -1));
  const index = Number(keys.at(-1));
  if (!Array.isArray(list)) return "step";
  const step: unknown = list[index];
  if (isRecord(step) && member !== undefined && optionalOfStep.has(member)) {
    delete step[member];
    return "member";
  }
  const id = isRecord(step) && typeof step["id"] === "string" ? step["id"] : "";
  const valid = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(id) && !Object.hasOwn(Object.prototype, id);
  const name = valid ? id : `unreadable${keys.join("-")}`.slice(0, 64);
  // Only the id is wrong: the rest of the step can be judged under another.
  if (member === "id" && isRecord(step)) step["id"] = name;
  else list[index] = { id: name, filter: true };
  return "step";
}

/** Whether a key holds a list of steps: `tests`, `choose` and the lists inside values do not. */
function isStepList(key: string | undefined, parent: string | undefined): boolean {
  if (key === "onFailure") return parent === undefined;
  return key === "steps" || key === "else";
}

function valueAt(root: unknown, keys: string[]): unknown {
  let value = root;
  for (const key of keys) {
    // An index of a list is a member of it too.
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record)[key] : undefined;
  }
  return value;
}

function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isRecord(value: unknown): value is Record {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
