// Which steps of a flow name which connection?
import { nestingMax, type Flow, type Step } from "../model/flow.ts";

/** A step that names a connection. `path` is the one that the plan gives it. */
export type ConnectionUse = { path: string; connection: string };

/** Every step of a document that names a connection, in the document's order. */
export function connectionUses(flow: Flow): ConnectionUse[] {
  return [...usesIn(flow.steps, "", 1), ...usesIn(flow.onFailure ?? [], "", 1)];
}

function usesIn(steps: Step[], prefix: string, depth: number): ConnectionUse[] {
  if (depth > nestingMax) return [];
  return steps.flatMap((step) => {
    const path = `${prefix}${step.id}`;
    const own = "use" in step && step.connection !== undefined ? [{ path, connection: step.connection }] : [];
    const branches = "choose" in step ? step.choose : [];
    const inner = branches.flatMap((branch, index) =>
      "else" in branch
        ? usesIn(branch.else, `${path}.else.`, depth + 1)
        : usesIn(branch.steps, `${path}[${index}].`, depth + 1),
    );
    const handler = typeof step.onError === "object" ? usesIn(step.onError.steps, `${path}.onError.`, depth + 1) : [];
    return [...own, ...inner, ...handler];
  });
}
