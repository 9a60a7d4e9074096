// Which message templates do a flow's values name, and what stands in their place when the flow is compiled?
// A template is looked up once, here. The plan holds its text, so that a published version never changes.
import type { ChooseBranch, Flow, Step, Values } from "../model/flow.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import {
  flowTemplatesBytesMax,
  parseTemplateName,
  type PlanMessage,
  type TemplateName,
  type TemplateVersion,
} from "../model/template.ts";
import { didYouMean } from "./suggest.ts";

/** The message templates of a tenant, as far as a flow may name them. */
export type TemplateLookup = {
  /** The version that is named, or the newest. */
  find(name: TemplateName): TemplateVersion | "archived" | undefined;
  /** What could have been meant by a name that is none. */
  slugs: Iterable<string>;
};

export const noTemplates: TemplateLookup = { find: () => undefined, slugs: [] };

type Resolving = { templates: TemplateLookup; findings: Finding[]; bytesLeft: number };

/**
 * The flow with `{ "$message": … }` where its values name a template by `{ "$template": … }`. What cannot be resolved is
 * a finding, and an empty message in the flow, so that the rest is judged as if it were there.
 */
export function resolveTemplates(flow: Flow, templates: TemplateLookup): { flow: Flow; findings: Finding[] } {
  const resolving: Resolving = { templates, findings: [], bytesLeft: flowTemplatesBytesMax };
  const resolved: Flow = { ...flow, steps: resolveSteps(flow.steps, "/steps", resolving) };
  if (flow.onFailure !== undefined) resolved.onFailure = resolveSteps(flow.onFailure, "/onFailure", resolving);
  if (flow.output !== undefined) resolved.output = resolveValues(flow.output, "/output", resolving);
  return { flow: resolved, findings: resolving.findings };
}

/** The templates that a flow names, each as it names it and once. */
export function templatesNamedBy(flow: Flow): string[] {
  const named = new Set<string>();
  const record = ({ slug, version }: TemplateName): TemplateVersion => {
    named.add(version === undefined ? slug : `${slug}@${version}`);
    return { kind: "text", text: "", version: version ?? 1 };
  };
  resolveTemplates(flow, { find: record, slugs: [] });
  return [...named];
}

/** Every name of a template anywhere in a document that may be anything; more than the flow in it names, never less. */
export function templateNamesIn(document: unknown): TemplateName[] {
  const found = new Map<string, TemplateName>();
  // A list instead of the stack: the depth of the document is the stranger's choice.
  const open: unknown[] = [document];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      const name = key === "$template" && typeof member === "string" ? parseTemplateName(member) : undefined;
      if (name !== undefined) found.set(`${name.slug}@${name.version ?? ""}`, name);
      else open.push(member);
    }
  }
  return [...found.values()];
}

function resolveSteps(steps: Step[], pointer: string, resolving: Resolving): Step[] {
  return steps.map((step, index) => resolveStep(step, childPointer(pointer, index), resolving));
}

function resolveStep(step: Step, pointer: string, resolving: Resolving): Step {
  const handled =
    typeof step.onError === "object"
      ? { onError: { steps: resolveSteps(step.onError.steps, `${pointer}/onError/steps`, resolving) } }
      : {};
  if ("use" in step) {
    if (step.with === undefined) return { ...step, ...handled };
    return { ...step, ...handled, with: resolveMembers(step.with, `${pointer}/with`, resolving) };
  }
  if ("set" in step) return { ...step, ...handled, set: resolveMembers(step.set, `${pointer}/set`, resolving) };
  if ("choose" in step) {
    const choose = step.choose.map((branch, index) => resolveBranch(branch, `${pointer}/choose/${index}`, resolving));
    return { ...step, ...handled, choose };
  }
  if (!("stop" in step) || step.reason === undefined) return { ...step, ...handled };
  return { ...step, ...handled, reason: resolveValues(step.reason, `${pointer}/reason`, resolving) };
}

function resolveBranch(branch: ChooseBranch, pointer: string, resolving: Resolving): ChooseBranch {
  if ("else" in branch) return { else: resolveSteps(branch.else, `${pointer}/else`, resolving) };
  return { ...branch, steps: resolveSteps(branch.steps, `${pointer}/steps`, resolving) };
}

type Members = { [key: string]: Values };

/** The members of values that have to be an object: a template in the place of all of them would be a text. */
function resolveMembers(values: Members, pointer: string, resolving: Resolving): Members {
  if (!Object.hasOwn(values, "$template")) {
    return isPlanForm(values) ? refusePlanForm(pointer, resolving) : mapMembers(values, pointer, resolving);
  }
  const message = "A template gives a text, and here must be an object.";
  const suggestion = 'Put it in one of the members: { "text": { "$template": "…" } }.';
  resolving.findings.push({ pointer: `${pointer}/$template`, code: "type", message, suggestion });
  return {};
}

function resolveValues(values: Values, pointer: string, resolving: Resolving): Values {
  if (typeof values !== "object" || values === null) return values;
  if (Array.isArray(values)) {
    return values.map((item, index) => resolveValues(item, childPointer(pointer, index), resolving));
  }
  // Rules and literals are not values: what looks like a template in them is data.
  if (Object.hasOwn(values, "$literal") || Object.hasOwn(values, "$logic")) return values;
  if (isPlanForm(values)) return refusePlanForm(pointer, resolving);
  if (!Object.hasOwn(values, "$template")) return mapMembers(values, pointer, resolving);
  const at = `${pointer}/$template`;
  if (Object.keys(values).length > 1) {
    const message = '"$template" stands alone in its object.';
    const suggestion = "Move the other members out of this object.";
    resolving.findings.push({ pointer: at, code: "values.special", message, suggestion });
    return emptyMessage;
  }
  const found = findTemplate(values["$template"] ?? null, resolving);
  if ("kind" in found) return { $message: found };
  resolving.findings.push({ pointer: at, ...found });
  return emptyMessage;
}

function mapMembers(values: Members, pointer: string, resolving: Resolving): Members {
  return Object.fromEntries(
    Object.entries(values).map(([key, child]) => [key, resolveValues(child, childPointer(pointer, key), resolving)]),
  );
}

function findTemplate(named: Values, resolving: Resolving): PlanMessage | Omit<Finding, "pointer"> {
  const name = typeof named === "string" ? parseTemplateName(named) : undefined;
  if (name === undefined) {
    const message = "A template is named by its slug, or by slug and version: `review-alert`, `review-alert@2`.";
    return { code: "format", message };
  }
  const found = resolving.templates.find(name);
  if (found === undefined) return unknownTemplate(name, resolving.templates);
  if (found === "archived") {
    const message = `The message template \`${name.slug}\` is archived, and so not for new versions of flows: restore it, or name another one.`;
    return { code: "template.unknown", message };
  }
  resolving.bytesLeft -= Buffer.byteLength(found.text);
  if (resolving.bytesLeft < 0) {
    const message = `The templates that a flow names come to ${flowTemplatesBytesMax / 1024} KB at most, each counted where it is named.`;
    return { code: "limit", message, suggestion: "Render a template once, in a `set` step, and read its variable." };
  }
  const { kind, text, version } = found;
  return { kind, text, template: `${name.slug}@${version}` };
}

function unknownTemplate({ slug, version }: TemplateName, templates: TemplateLookup): Omit<Finding, "pointer"> {
  const newest = version === undefined ? undefined : templates.find({ slug });
  if (typeof newest === "object") {
    const message = `The message template \`${slug}\` has no version ${version}; its newest is ${newest.version}.`;
    return { code: "template.unknown", message, suggestion: `${slug}@${newest.version}` };
  }
  const finding = { code: "template.unknown", message: `There is no message template \`${slug}\`.` };
  const suggestion = didYouMean(slug, templates.slugs);
  return suggestion === undefined ? finding : { ...finding, suggestion };
}

const emptyMessage: Members = { $message: { kind: "text", text: "", template: "" } };

function isPlanForm(values: Members): boolean {
  return Object.hasOwn(values, "$message");
}

function refusePlanForm(pointer: string, resolving: Resolving): Members {
  const message = '"$message" is what a plan holds; a flow names a template.';
  const suggestion = '{ "$template": "review-alert" }';
  resolving.findings.push({ pointer: `${pointer}/$message`, code: "values.special", message, suggestion });
  return emptyMessage;
}
