// What can a step of a run read, and which part of it has to travel to the place where the step is carried out?
import type { StepFailure } from "../model/failure.ts";
import type { EventId, RunId, TenantId } from "../model/ids.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Plan, Uses } from "../model/plan.ts";

/** The event as conditions and templates see it. */
export type ScopeEvent = { id: EventId; type: string; occurredAt: string; source?: string; data: Json };

export type RunScope = {
  event: ScopeEvent;
  /** Outputs of the steps that succeeded, by the author's ids. */
  steps: JsonObject;
  vars: JsonObject;
  flow: Plan["flow"];
  run: { id: RunId };
  tenant: { id: TenantId };
  /** The tenant's settings that are no secrets. */
  env: JsonObject;
  /** The failure that is being handled, inside `onError` and `onFailure` steps. */
  error?: StepFailure;
};

/** The parts of a scope that a step uses, without the event: the effect has that already. */
export type ScopeSlice = Partial<Omit<RunScope, "event">>;

/** What a run is started with beside its plan. */
export type RunStart = { event: ScopeEvent; run: { id: RunId }; tenant: { id: TenantId } };

/** The scope of a run before its first step. */
export function openScope(plan: Plan, start: RunStart): RunScope {
  return {
    event: start.event,
    steps: emptyObject(),
    vars: emptyObject(),
    flow: plan.flow,
    run: start.run,
    tenant: start.tenant,
    env: emptyObject(),
  };
}

/**
 * The parts of the scope that `uses` names, as a copy that later steps do not change: of `steps` and `vars` only the
 * named entries, whole; what the event holds and what does not exist is left out.
 */
export function sliceScope(scope: RunScope, uses: Uses): ScopeSlice {
  const slice: ScopeSlice = {};
  for (const use of uses) {
    const [root, name] = use.split(".");
    if (root === "steps") slice.steps = copyEntries(slice.steps, scope.steps, name);
    else if (root === "vars") slice.vars = copyEntries(slice.vars, scope.vars, name);
    else if (root === "env") slice.env = scope.env;
    else if (root === "flow") slice.flow = scope.flow;
    else if (root === "run") slice.run = scope.run;
    else if (root === "tenant") slice.tenant = scope.tenant;
    else if (root === "error" && scope.error !== undefined) slice.error = scope.error;
  }
  return slice;
}

/** Copies one entry, or all when no name is given. */
function copyEntries(into: JsonObject | undefined, from: JsonObject, name: string | undefined): JsonObject {
  const copy = into ?? emptyObject();
  for (const key of name === undefined ? Object.keys(from) : [name]) {
    const value = Object.hasOwn(from, key) ? from[key] : undefined;
    if (value !== undefined) copy[key] = value;
  }
  return copy;
}

/** An object without a prototype: authors choose the keys, and one named `__proto__` or `constructor` is only a key. */
function emptyObject(): JsonObject {
  // Object.create answers `any`; an object without properties is a JsonObject.
  return Object.create(null) as JsonObject;
}
