// How does a list of steps become a plan's, and what can be read before and after each of them?
import {
  nestingMax,
  stepTimeoutMsDefault,
  stepTimeoutMsMax,
  type ActionStep,
  type ChooseStep,
  type OnError,
  type Step,
} from "../model/flow.ts";
import type { PlanAction, PlanBranch, PlanOnError, PlanStep } from "../model/plan.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import type { Duration, RetryPlan } from "../model/retry.ts";
import { checkInput } from "./check-input.ts";
import { compileCondition, compileValues, compileWorkflowCondition } from "./compile-values.ts";
import { report, type CompileContext, type Walk } from "./compile-walk.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { maybeThrough, withNames, withRoot, type Place } from "./references.ts";
import { checkRetry, failureWords, resolveRetry, unknownFailureWords } from "./retry.ts";
import { didYouMean } from "./suggest.ts";

/**
 * Where a list stands: its pointer in the document, what step paths in it begin with, and how deep steps are nested.
 * The path of a top-level step is its id, also in `onFailure`; below a `choose` it is `route[0].send` or
 * `route.else.send`, in a handler `case.onError.alarm`.
 */
export type ListSite = { pointer: string; prefix: string; depth: number };

type StepSite = { pointer: string; path: string; depth: number };

export type CompiledList = { steps: PlanStep[]; after: Place };

/** Compiles the steps of a list that is reached at `place`, in order; `after` is what can be read behind the last. */
export function compileList(steps: Step[], site: ListSite, place: Place, walk: Walk): CompiledList {
  if (site.depth > nestingMax) {
    const message = `Steps are nested ${nestingMax} levels deep at most.`;
    walk.errors.push({ pointer: site.pointer, code: "limit", message });
    return { steps: [], after: place };
  }
  const compiled: PlanStep[] = [];
  let here = place;
  for (const [index, step] of steps.entries()) {
    const at = { pointer: childPointer(site.pointer, index), path: `${site.prefix}${step.id}`, depth: site.depth };
    const { plan, after } = compileStep(step, at, here, walk);
    compiled.push(plan);
    here = after;
  }
  const stop = steps.findIndex((step) => "stop" in step && step.if === undefined);
  if (stop !== -1 && stop < steps.length - 1) {
    const message = `Nothing after \`${steps[stop]?.id}\` runs: it always stops the run.`;
    walk.warnings.push({ pointer: childPointer(site.pointer, stop + 1), code: "step.unreachable", message });
  }
  return { steps: compiled, after: here };
}

function compileStep(step: Step, site: StepSite, before: Place, walk: Walk): { plan: PlanStep; after: Place } {
  const gate =
    step.if === undefined ? {} : { if: compileWorkflowCondition(step.if, `${site.pointer}/if`, before, walk) };
  const { body, inside } = compileBody(step, site, before, walk);
  const handler = compileOnError(step.onError, site, inside, walk);
  const name = step.name === undefined ? {} : { name: step.name };
  const plan: PlanStep = { ...body, id: step.id, path: site.path, ...name, ...gate, onError: handler.onError };
  const mayBeMissing = step.if !== undefined || plan.onError !== "fail";
  const own = { steps: [step.id], vars: "set" in step ? Object.keys(step.set) : [] };
  const after = withNames(inside, own, mayBeMissing ? "maybe" : "always");
  return { plan, after: maybeThrough(after, handler.after) };
}

/** Omit over each variant of a union. */
type WithoutCommon<S> = S extends PlanStep ? Omit<S, "id" | "path" | "name" | "if" | "onError"> : never;
/** `inside`: what can be read once the step has done what it did, before its own output counts. */
type CompiledBody = { body: WithoutCommon<PlanStep>; inside: Place };

function compileBody(step: Step, site: StepSite, before: Place, walk: Walk): CompiledBody {
  const { pointer } = site;
  if ("use" in step) return { body: compileAction(step, pointer, before, walk), inside: before };
  if ("set" in step) {
    const uses = compileValues(step.set, `${pointer}/set`, before, walk);
    return { body: { kind: "set", set: step.set, uses }, inside: before };
  }
  if ("filter" in step) {
    const filter = compileWorkflowCondition(step.filter, `${pointer}/filter`, before, walk);
    return { body: { kind: "filter", filter }, inside: before };
  }
  if ("choose" in step) return compileChoose(step, site, before, walk);
  const uses = step.reason === undefined ? [] : compileValues(step.reason, `${pointer}/reason`, before, walk);
  const reason = step.reason === undefined ? {} : { reason: step.reason };
  return { body: { kind: "stop", stop: step.stop, ...reason, uses }, inside: before };
}

function compileAction(step: ActionStep, pointer: string, before: Place, walk: Walk): WithoutCommon<PlanAction> {
  const values = step.with ?? {};
  const action: WithoutCommon<PlanAction> = {
    kind: "action",
    use: step.use,
    with: values,
    uses: compileValues(values, `${pointer}/with`, before, walk),
    retry: compileRetry(step, `${pointer}/retry`, walk),
    timeoutMs: compileTimeout(step.timeout, `${pointer}/timeout`, stepTimeoutMsMax, walk) ?? stepTimeoutMsDefault,
  };
  const known = walk.context.actions.get(step.use);
  if (known === undefined) {
    const message = `There is no action \`${step.use}\`.`;
    const meant = didYouMean(step.use, walk.context.actions.keys());
    walk.errors.push(suggesting({ pointer: `${pointer}/use`, code: "action.unknown", message }, meant));
  } else {
    report(walk.errors, `${pointer}/with`, checkInput(values, known.input));
  }
  if (step.connection !== undefined) action.connection = step.connection;
  const fault = connectionFault(step, walk.context);
  if (fault !== undefined) walk.errors.push({ pointer: `${pointer}/connection`, ...fault });
  if (step.expect !== undefined) {
    action.expect = compileCondition(step.expect, `${pointer}/expect`, withRoot(before, "output"), walk);
  }
  if (step.onAmbiguous === "repeat") action.onAmbiguous = "repeat";
  return action;
}

/** What is wrong with the connection that an action's step names, or does not name. */
function connectionFault(
  { use, connection }: ActionStep,
  context: CompileContext,
): Omit<Finding, "pointer"> | undefined {
  const { actions, connections = new Map<string, string>() } = context;
  // Of an action that does not exist nobody knows which connections it would take.
  if (!actions.has(use)) return undefined;
  const takes = actions.get(use)?.connection;
  if (connection === undefined) {
    if (takes !== "required") return undefined;
    const message = `\`${use}\` needs a connection: name one by its slug or id.`;
    return { code: "connection.required", message };
  }
  if (takes === "none") return { code: "connection.unused", message: `\`${use}\` takes no connection.` };
  const connector = connections.get(connection);
  const own = use.split(".", 1)[0];
  if (connector === own) return undefined;
  // Meant is one that would do.
  const meant = didYouMean(
    connection,
    [...connections].flatMap(([name, of]) => (of === own ? [name] : [])),
  );
  const suggestion = meant === undefined ? {} : { suggestion: meant };
  if (connector === undefined) {
    return { code: "connection.unknown", message: `There is no connection \`${connection}\`.`, ...suggestion };
  }
  const message = `The connection \`${connection}\` is one of \`${connector}\`, and \`${use}\` needs one of \`${own}\`.`;
  return { code: "connection.mismatch", message, ...suggestion };
}

function compileRetry(step: ActionStep, pointer: string, walk: Walk): RetryPlan {
  if (step.retry === undefined) return resolveRetry(undefined);
  for (const { pointer: at, word } of unknownFailureWords(step.retry)) {
    const message = `No failure is known as \`${word}\`: this has no effect unless an action uses the word.`;
    const meant = didYouMean(word, failureWords);
    walk.warnings.push(suggesting({ pointer: `${pointer}${at}`, code: "retry.word", message }, meant));
  }
  const findings = checkRetry(step.retry);
  report(walk.errors, pointer, findings);
  return resolveRetry(findings.length === 0 ? step.retry : undefined);
}

/** Milliseconds of a timeout, if it is there and possible: more than nothing, and no more than `maxMs`. */
export function compileTimeout(
  text: Duration | undefined,
  pointer: string,
  maxMs: number,
  walk: Walk,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= maxMs) return ms;
  const message = `A timeout here is from 1ms to ${formatDuration(maxMs)}, not \`${text}\`.`;
  walk.errors.push({ pointer, code: "range", message });
  return undefined;
}

function compileChoose(step: ChooseStep, site: StepSite, before: Place, walk: Walk): CompiledBody {
  const mode = step.mode ?? "first";
  const branches: PlanBranch[] = [];
  // In mode `all` a branch is asked after those before it have run; in mode `first` none of them has.
  let asked = before;
  let after = before;
  for (const [index, branch] of step.choose.entries()) {
    const pointer = `${site.pointer}/choose/${index}`;
    const depth = site.depth + 1;
    if ("else" in branch) {
      const list = { pointer: `${pointer}/else`, prefix: `${site.path}.else.`, depth };
      const compiled = compileList(branch.else, list, before, walk);
      branches.push({ steps: compiled.steps });
      after = maybeThrough(after, compiled.after);
      if (index === step.choose.length - 1) continue;
      const message = "`else` comes last, and once.";
      walk.errors.push({ pointer: `${pointer}/else`, code: "choose.else", message });
    } else {
      const when = compileWorkflowCondition(branch.when, `${pointer}/when`, asked, walk);
      const list = { pointer: `${pointer}/steps`, prefix: `${site.path}[${index}].`, depth };
      const compiled = compileList(branch.steps, list, asked, walk);
      branches.push({ when, steps: compiled.steps });
      after = maybeThrough(after, compiled.after);
      if (mode === "all") asked = maybeThrough(asked, compiled.after);
    }
  }
  return { body: { kind: "choose", branches, mode }, inside: after };
}

function compileOnError(
  onError: OnError | undefined,
  site: StepSite,
  inside: Place,
  walk: Walk,
): { onError: PlanOnError; after: Place } {
  if (typeof onError !== "object") return { onError: onError ?? "fail", after: inside };
  const list = { pointer: `${site.pointer}/onError/steps`, prefix: `${site.path}.onError.`, depth: site.depth + 1 };
  const compiled = compileList(onError.steps, list, withRoot(inside, "error"), walk);
  return { onError: { steps: compiled.steps }, after: compiled.after };
}

function suggesting(finding: Finding, suggestion: string | undefined): Finding {
  return suggestion === undefined ? finding : { ...finding, suggestion };
}
