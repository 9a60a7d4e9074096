// What can be read at a place in a flow? Which steps have surely run there, which may have, and which cannot have.
import type { Uses } from "../model/plan.ts";
import { didYouMean } from "./suggest.ts";

/** Whether something is there each time that a place is reached, or only sometimes. */
export type Certainty = "always" | "maybe";

/** What can be read at one place of a flow. Never changed: each place has its own. */
export type Place = {
  roots: ReadonlySet<string>;
  steps: ReadonlyMap<string, Certainty>;
  vars: ReadonlyMap<string, Certainty>;
};

/** Every name of a flow, wherever it stands. */
export type Names = {
  steps: ReadonlySet<string>;
  vars: ReadonlySet<string>;
};

/** What is wrong with a path at a place. A warning: what it reads is not always there. */
export type ReferenceFault = {
  severity: "error" | "warning";
  code: "reference.unknown" | "reference.unreachable" | "reference.maybe" | "reference.scope";
  message: string;
  suggestion?: string;
};

const filterRoots = ["event", "flow", "tenant"];
const stepRoots = ["event", "steps", "vars", "flow", "run", "tenant"];
/** What an event has, as conditions and templates see it (`ScopeEvent`). */
export const eventMembers: readonly string[] = ["id", "type", "occurredAt", "source", "data"];
/** Roots that exist at some places only, and where. */
const specialRoots: { readonly [root: string]: string } = {
  error: "only in the steps of `onError` and `onFailure`",
  output: "only in `expect`",
  steps: "only once the run has begun",
  vars: "only once the run has begun",
  run: "only once the run has begun",
};

/** Where a flow's filter is asked: there is an event, but no run yet. */
export const acceptPlace: Place = { roots: new Set(filterRoots), steps: new Map(), vars: new Map() };
/** Where the first step begins. */
export const firstPlace: Place = { roots: new Set(stepRoots), steps: new Map(), vars: new Map() };

/** The same place where one more root can be read. */
export function withRoot(place: Place, root: string): Place {
  return { ...place, roots: new Set([...place.roots, root]) };
}

/** The place after some steps and variables came to be. What was certain before stays so. */
export function withNames(place: Place, names: { steps?: string[]; vars?: string[] }, certainty: Certainty): Place {
  return {
    roots: place.roots,
    steps: added(place.steps, names.steps ?? [], certainty),
    vars: added(place.vars, names.vars ?? [], certainty),
  };
}

/** The place that is reached from `before` whether or not the way through `inside` was taken. */
export function maybeThrough(before: Place, inside: Place): Place {
  const names = { steps: [...inside.steps.keys()], vars: [...inside.vars.keys()] };
  return withNames(before, names, "maybe");
}

/** What is wrong with reading `path` (`steps.case.id`) at a place; nothing when it is there each time. */
export function faultOf(path: string, place: Place, names: Names): ReferenceFault | undefined {
  if (path === "") return wholeScope;
  const [root = "", name] = path.split(".");
  if (!place.roots.has(root)) return rootFault(path, root, place);
  if (root === "event" && name !== undefined && !eventMembers.includes(name)) return memberFault(path, name);
  if (name === undefined || (root !== "steps" && root !== "vars")) return undefined;
  const certainty = place[root].get(name);
  if (certainty === "always") return undefined;
  const read = `\`${root}.${name}\``;
  if (certainty === "maybe") {
    const message = `${read} is not always there: what sets it may be skipped or fail.`;
    return { severity: "warning", code: "reference.maybe", message };
  }
  if (!names[root].has(name)) {
    const what = root === "steps" ? "no step has this id" : "no step sets it";
    return unknown(`${read} does not exist: ${what}.`, didYouMean(name, place[root].keys()), `${root}.`);
  }
  return { severity: "error", code: "reference.unreachable", message: `${read} ${whyNot(root)}` };
}

/** What is wrong with the field of a simple filter, which is a path within the event (`data.rating`); nothing when it may be read. */
export function faultOfField(field: string): Omit<ReferenceFault, "severity"> | undefined {
  const [name = ""] = field.split(".");
  if (eventMembers.includes(name)) return undefined;
  // Everywhere else the path begins with `event`.
  if (name === "event" && field !== name) {
    const message = "A field is a path within the event, without `event` before it.";
    return { code: "reference.unknown", message, suggestion: field.slice("event.".length) };
  }
  const { severity: _, suggestion = "", ...fault } = memberFault(`event.${field}`, name);
  return { ...fault, suggestion: suggestion.slice("event.".length) };
}

/**
 * Paths as a plan carries them: of steps and variables the name, of the event the whole path, else the root; no path
 * twice. The empty path, which is the scope itself, is left out: a flow that reads it is no plan.
 */
export function usesOf(paths: string[]): Uses {
  return withoutCovered(
    paths.filter(Boolean).map((path) => {
      const segments = path.split(".");
      if (segments[0] === "event") return path;
      return segments.slice(0, segments[0] === "steps" || segments[0] === "vars" ? 2 : 1).join(".");
    }),
  );
}

/** What paths read below `event.data`: `["*"]` when one reads all of it. */
export function eventPathsOf(paths: string[]): string[] {
  if (paths.some((path) => path === "event" || path === "event.data")) return ["*"];
  const prefix = "event.data.";
  return withoutCovered(paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
}

/** Sorted, and without paths that lie below another of the list. */
function withoutCovered(paths: string[]): string[] {
  const all = new Set(paths);
  return [...all].filter((path) => !prefixesOf(path).some((prefix) => all.has(prefix))).sort();
}

function prefixesOf(path: string): string[] {
  const segments = path.split(".");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("."));
}

// All that a run knows would travel to the step and be recorded with it, other steps' answers included.
const wholeScope: ReferenceFault = {
  severity: "error",
  code: "reference.scope",
  message: "This reads everything that there is: name what you want to read.",
  suggestion: "event.data",
};

function rootFault(path: string, root: string, place: Place): ReferenceFault {
  const where = specialRoots[root];
  if (where !== undefined) {
    const message = `\`${root}\` cannot be read here: ${where}.`;
    return { severity: "error", code: "reference.unreachable", message };
  }
  const message = `\`${root}\` is nothing that can be read here. There is ${[...place.roots].join(", ")}.`;
  // The data's members without their root are what people write who come from other systems.
  if (root === "data") return unknown(message, path, "event.");
  return unknown(message, didYouMean(root, place.roots), "");
}

/** A member that no event has is one of its data, whose name was left out, or is written wrong. */
function memberFault(path: string, name: string): ReferenceFault {
  const message = `An event has no \`${name}\`: it has ${eventMembers.join(", ")}.`;
  const meant = didYouMean(name, eventMembers);
  const rest = path.slice("event.".length);
  return unknown(message, meant === undefined ? `data.${rest}` : `${meant}${rest.slice(name.length)}`, "event.");
}

function unknown(message: string, suggestion: string | undefined, prefix: string): ReferenceFault {
  const fault: ReferenceFault = { severity: "error", code: "reference.unknown", message };
  return suggestion === undefined ? fault : { ...fault, suggestion: `${prefix}${suggestion}` };
}

function whyNot(root: "steps" | "vars"): string {
  if (root === "vars") return "cannot be set yet: the step that sets it comes later or is in another branch.";
  return "cannot have run yet: it comes later, is in another branch, or is this step.";
}

function added(map: ReadonlyMap<string, Certainty>, names: string[], certainty: Certainty): Map<string, Certainty> {
  const result = new Map(map);
  for (const name of names) if (result.get(name) !== "always") result.set(name, certainty);
  return result;
}
