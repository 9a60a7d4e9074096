// What will a flow do? A document compiled to a plan that the interpreter can run, or everything that is wrong with it.
import type { Flow } from "../model/flow.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { checkFlowShape } from "./check-shape.ts";
import { compileList, compileTimeout } from "./compile-steps.ts";
import { compileCondition, compileValues } from "./compile-values.ts";
import { beginWalk, type CompileContext, type Walk } from "./compile-walk.ts";
import { durationMsMax } from "./duration.ts";
import { noTemplates, resolveTemplates } from "./message-nodes.ts";
import { acceptPlace, eventPathsOf, firstPlace, maybeThrough, withRoot } from "./references.ts";
import { salvageFlow } from "./salvage.ts";
import { didYouMean } from "./suggest.ts";

export type { ActionSchemas, CompileContext } from "./compile-walk.ts";
export { checkFlowShape } from "./check-shape.ts";

export type Compiled =
  { ok: true; plan: Plan; warnings: Finding[] } | { ok: false; errors: Finding[]; warnings: Finding[] };

/**
 * Compiles a document: defaults applied, policies resolved, references analysed. Errors are what publishing refuses,
 * every one at once; warnings are what a person should look at. Never throws, whatever the document is.
 */
export function compileFlow(document: unknown, context: CompileContext): Compiled {
  const shape = checkFlowShape(document);
  if (shape.length > 0) {
    const { errors, warnings } = judgeRest(document, shape, context);
    return { ok: false, errors: distinct([...shape, ...errors]), warnings };
  }
  // Safe: a document that the flow schema finds nothing in is a flow.
  const { plan, walk } = compileChecked(document as Flow, context);
  const { errors, warnings } = walk;
  return errors.length === 0 ? { ok: true, plan, warnings } : { ok: false, errors, warnings };
}

/** One wrong member must not hide the other mistakes until it is mended: what can still be read is judged too. */
function judgeRest(document: unknown, shape: Finding[], context: CompileContext): Pick<Walk, "errors" | "warnings"> {
  const rest = salvageFlow(document, shape);
  if (rest === undefined) return { errors: [], warnings: [] };
  const { errors, warnings } = compileChecked(rest.flow, context).walk;
  // What refers to a step that could not be read is not wrong for that.
  const isFair = ({ code }: Finding) => !rest.lossy || !/^(reference|test)\./.test(code);
  return { errors: errors.filter(isFair), warnings: warnings.filter(isFair) };
}

function compileChecked(document: Flow, context: CompileContext): { plan: Plan; walk: Walk } {
  const { flow, findings } = resolveTemplates(document, context.templates ?? noTemplates);
  const walk = beginWalk(flow, context);
  walk.errors.push(...findings);
  const filter =
    flow.filter === undefined ? {} : { filter: compileCondition(flow.filter, "/filter", acceptPlace, walk) };
  if (flow.steps.length === 0) {
    walk.errors.push({ pointer: "/steps", code: "range", message: "A flow needs at least one step." });
  }
  const main = compileList(flow.steps, { pointer: "/steps", prefix: "", depth: 1 }, firstPlace, walk);
  // Any step may be the one that failed: of what the others made, nothing is certain.
  const failed = withRoot(maybeThrough(firstPlace, main.after), "error");
  const handler = compileList(flow.onFailure ?? [], { pointer: "/onFailure", prefix: "", depth: 1 }, failed, walk);
  const output =
    flow.output === undefined
      ? {}
      : { output: { values: flow.output, uses: compileValues(flow.output, "/output", main.after, walk) } };
  const timeoutMs = compileTimeout(flow.timeout, "/timeout", durationMsMax, walk);
  const plan: Plan = {
    planVersion: 1,
    flow: { ...context.flow, name: flow.name },
    events: [...new Set([flow.on].flat().flatMap((trigger) => trigger.event))],
    ...filter,
    steps: main.steps,
    onFailure: handler.steps,
    ...output,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    eventPaths: eventPathsOf(walk.workflowPaths),
  };
  checkTests(flow, plan, walk);
  return { plan, walk };
}

/** A mock or an expectation of a step that does not exist tests nothing. */
function checkTests(flow: Flow, plan: Plan, walk: Walk): void {
  const known = new Set(namesOf([...plan.steps, ...plan.onFailure]));
  for (const [index, test] of (flow.tests ?? []).entries()) {
    const mocks = Object.keys(test.mocks ?? {}).map((name) => ({ name, at: childPointer("/mocks", name) }));
    const ran = (test.expect.ran ?? []).map((name, place) => ({ name, at: `/expect/ran/${place}` }));
    for (const { name, at } of [...mocks, ...ran]) {
      if (known.has(name)) continue;
      const finding = { pointer: `/tests/${index}${at}`, code: "test.step", message: `There is no step \`${name}\`.` };
      const suggestion = didYouMean(name, known);
      walk.warnings.push(suggestion === undefined ? finding : { ...finding, suggestion });
    }
  }
}

/** Paths and ids of steps: a test may name a step by either. */
function namesOf(steps: PlanStep[]): string[] {
  return steps.flatMap((step) => {
    const branches = step.kind === "choose" ? step.branches.flatMap((branch) => namesOf(branch.steps)) : [];
    const handler = typeof step.onError === "object" ? namesOf(step.onError.steps) : [];
    return [step.id, step.path, ...branches, ...handler];
  });
}

function distinct(findings: Finding[]): Finding[] {
  const seen = new Map(findings.toReversed().map((finding) => [`${finding.pointer} ${finding.code}`, finding]));
  return [...seen.values()].toReversed();
}
