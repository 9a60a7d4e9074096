// Which flows does an event start, and which condition said no? Asked for every event that is accepted: the hot path.
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Plan, PlanCondition } from "../model/plan.ts";
import { buildEventIndex, listenersTo, type EventIndex } from "./event-index.ts";
import { firstFalse } from "./logic/condition.ts";
import { evaluateLogic, truthy } from "./logic/evaluate.ts";
import { matchesRegex } from "./regex.ts";

/** Plans by the event types that they listen to. Made once for many events, when a tenant's flows change. */
export type MatchIndex = EventIndex<Plan>;

/** `nowMs` is the `now` of conditions; `tenant` what they read under this name. */
export type MatchOptions = { nowMs: number; tenant?: { id: string } };

export type Matches = {
  matched: Plan[];
  /** The filter said no; `condition` points at the part of the flow document that did: `/filter/and/0`. */
  missed: { plan: Plan; condition: string }[];
  /** The filter could not be decided. Such a flow's run is made and ends failed: it is never passed over in silence. */
  failed: { plan: Plan; failure: Failure }[];
};

export const buildMatchIndex: (plans: Plan[]) => MatchIndex = buildEventIndex;

/**
 * Sorts the plans that listen to the event's type into those it starts, those whose filter says no, and those whose
 * filter fails. `review.*` takes types with one or more further segments, not `review` itself. Each plan comes once.
 */
export function matchFlows(
  index: MatchIndex,
  event: Pick<Event, "type" | "dataText"> & Partial<Event>,
  options: MatchOptions,
): Matches {
  const matches: Matches = { matched: [], missed: [], failed: [] };
  let scope: JsonObject | Failure | undefined;
  for (const plan of listenersTo(index, event.type)) {
    if (plan.filter === undefined) {
      matches.matched.push(plan);
      continue;
    }
    // Parsed only here: most flows have no filter, and most events no flow that has one.
    scope ??= scopeOf(event, options);
    decide(plan, plan.filter, scope, options, matches);
  }
  return matches;
}

/** The same for one plan, whatever types of events it listens to. */
export function askFilter(
  plan: Plan,
  event: Pick<Event, "type" | "dataText"> & Partial<Event>,
  options: MatchOptions,
): Matches {
  const matches: Matches = { matched: [], missed: [], failed: [] };
  if (plan.filter === undefined) matches.matched.push(plan);
  else decide(plan, plan.filter, scopeOf(event, options), options, matches);
  return matches;
}

function decide(plan: Plan, filter: PlanCondition, scope: JsonObject | Failure, options: MatchOptions, into: Matches) {
  if (isFailure(scope)) {
    into.failed.push({ plan, failure: scope });
    return;
  }
  const own: Json = { ...scope, flow: plan.flow };
  const evaluated = evaluateLogic(filter.rule, own, { nowMs: options.nowMs, matches: matchesRegex });
  if (!evaluated.ok) {
    into.failed.push({ plan, failure: { class: "limit", code: evaluated.code, message: evaluated.message } });
  } else if (truthy(evaluated.value)) {
    into.matched.push(plan);
  } else {
    const within = firstFalse(filter.rule, own, { nowMs: options.nowMs, matches: matchesRegex });
    into.missed.push({ plan, condition: `/filter${asWritten(filter, within)}` });
  }
}

/** A pointer into the compiled rule as one into what the author wrote: of simple filters only the list is theirs. */
function asWritten(filter: PlanCondition, pointer: string): string {
  if (filter.simple === "one") return "";
  if (filter.simple === "list") return /^\/and(\/\d+)/.exec(pointer)?.[1] ?? "";
  return pointer;
}

/** What conditions read of an event, or why they cannot be asked: its data is parsed here. */
export function scopeOf(
  event: Pick<Event, "type" | "dataText"> & Partial<Event>,
  options: MatchOptions,
): JsonObject | Failure {
  let data: Json;
  try {
    // What JSON.parse returns is JSON by its definition.
    data = JSON.parse(event.dataText) as Json;
  } catch {
    return { class: "limit", code: "data", message: "The filter could not be asked: the event's data is not JSON." };
  }
  const { id = "", type, occurredAt = "", source } = event;
  const read: JsonObject = { id, type, occurredAt, data };
  if (source !== undefined) read["source"] = source;
  const scope: JsonObject = { event: read };
  if (options.tenant !== undefined) scope["tenant"] = options.tenant;
  return scope;
}

export function isFailure(scope: JsonObject | Failure): scope is Failure {
  return "class" in scope;
}
