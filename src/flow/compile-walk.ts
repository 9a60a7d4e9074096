// What does compiling a flow carry along from part to part? What it knows of the flow, and what it has found.
import { type Flow, type Step, nestingMax, stepsMax } from "../model/flow.ts";
import type { FlowId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import type { TemplateLookup } from "./message-nodes.ts";
import { faultOf, type Names, type Place } from "./references.ts";

export type ActionSchemas = {
  input: JsonSchema;
  output: JsonSchema;
  title: string;
  /** Whether a step has to name a connection; `optional` when absent. */
  connection?: "required" | "optional" | "none";
};

/**
 * What a flow is compiled for: its identity, the actions that there are, and of its tenant the connections (slugs and
 * ids) and the message templates.
 */
export type CompileContext = {
  flow: { id: FlowId; slug: string; version: number };
  actions: ReadonlyMap<string, ActionSchemas>;
  /** The connector that each connection is for. */
  connections?: ReadonlyMap<string, string>;
  templates?: TemplateLookup;
};

export type Walk = {
  context: CompileContext;
  names: Names;
  errors: Finding[];
  warnings: Finding[];
  /** Paths that conditions inside the workflow read. */
  workflowPaths: string[];
};

/** What judging a value or a condition needs: the names that there are, and where findings go. */
export type Reading = Pick<Walk, "names" | "errors" | "warnings">;

/** A walk at its beginning; what the names of the flow's steps alone show to be wrong is found here. */
export function beginWalk(flow: Flow, context: CompileContext): Walk {
  const steps = new Set<string>();
  const vars = new Set<string>();
  const walk: Walk = { context, names: { steps, vars }, errors: [], warnings: [], workflowPaths: [] };
  let count = 0;
  for (const { step, pointer } of stepsOf(flow)) {
    count += 1;
    if (steps.has(step.id)) {
      const message = `There is another step with the id \`${step.id}\`.`;
      walk.errors.push({ pointer: `${pointer}/id`, code: "id.duplicate", message });
    }
    steps.add(step.id);
    if ("set" in step) for (const name of Object.keys(step.set)) vars.add(name);
  }
  if (count > stepsMax) {
    const message = `The flow has ${count} steps; at most ${stepsMax} are possible.`;
    walk.errors.push({ pointer: "/steps", code: "limit", message });
  }
  return walk;
}

/** Adds findings whose pointers are relative to a part of the flow. */
export function report(into: Finding[], pointer: string, findings: Finding[]): void {
  for (const finding of findings) into.push({ ...finding, pointer: `${pointer}${finding.pointer}` });
}

/** Judges a path that is read at a place of the flow; `template` is the message template that reads it there. */
export function checkReference(path: string, pointer: string, place: Place, walk: Reading, template?: string): void {
  const fault = faultOf(path, place, walk.names);
  if (fault === undefined) return;
  const { severity, message, ...finding } = fault;
  const named = template === undefined ? message : `In the template \`${template}\`: ${message}`;
  (severity === "error" ? walk.errors : walk.warnings).push({ pointer, ...finding, message: named });
}

type FoundStep = { step: Step; pointer: string };

/** Every step of a flow in the order of the document, as deep as steps may nest. */
function* stepsOf(flow: Flow): Generator<FoundStep> {
  yield* stepsOfList(flow.steps, "/steps", 1);
  yield* stepsOfList(flow.onFailure ?? [], "/onFailure", 1);
}

function* stepsOfList(steps: Step[], pointer: string, depth: number): Generator<FoundStep> {
  if (depth > nestingMax) return;
  for (const [index, step] of steps.entries()) {
    const at = childPointer(pointer, index);
    yield { step, pointer: at };
    if ("choose" in step) {
      for (const [branch, list] of step.choose.entries()) {
        const [member, inner] = "else" in list ? ["else", list.else] : ["steps", list.steps];
        yield* stepsOfList(inner, `${at}/choose/${branch}/${member}`, depth + 1);
      }
    }
    if (typeof step.onError === "object") yield* stepsOfList(step.onError.steps, `${at}/onError/steps`, depth + 1);
  }
}
