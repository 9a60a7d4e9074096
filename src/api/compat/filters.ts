// How do the systems' filters and our conditions say the same? Both ways: what was written is shown again as it was.
import { isSimpleFilter, ruleOfCondition } from "../../flow/logic/condition.ts";
import { eventMembers } from "../../flow/references.ts";
import type { Condition, SimpleFilter } from "../../model/flow.ts";
import type { Json, JsonObject } from "../../model/json.ts";

const dataPrefix = "event.data.";
/** The member of `event_filters` that carries a condition which the system itself could not say. */
export const wholeFilter = "$filter";

/**
 * The condition of a list of `{ field, operator, value }`, all of which must hold; undefined for none. A field is a path
 * within the event (`data.rating`, `type`), or within its data (`rating`).
 */
export function conditionOfFilters(filters: readonly SimpleFilter[]): Condition | undefined {
  if (filters.length === 0) return undefined;
  if (filters.every(({ field }) => isEventPath(field))) return [...filters];
  // As a rule, so that reading it again tells such fields from paths of the event.
  const full = filters.map((one) => (isEventPath(one.field) ? one : { ...one, field: `data.${one.field}` }));
  return ruleOfCondition(full) as JsonObject; // A list of at least one filter becomes an `and`.
}

/** A condition as such a list; undefined when there is none, or it says more than such a list can. */
export function filtersOf(condition: Condition | undefined): SimpleFilter[] | undefined {
  if (typeof condition !== "object") return undefined;
  if (Array.isArray(condition)) return condition;
  if (isSimpleFilter(condition)) return [condition];
  const parts = partsOf(condition);
  if (parts === undefined || parts.some(({ operator }) => operator === "min")) return undefined;
  return parts.map(({ path, operator, value }) => {
    const inData = path.startsWith(dataPrefix) ? path.slice(dataPrefix.length) : undefined;
    // A field of the data that is called like a member of the event keeps its whole path.
    const field = inData === undefined || isEventPath(inData) ? path.slice("event.".length) : inData;
    // `min` was sent away above.
    return { field, operator: operator as SimpleFilter["operator"], ...(value === undefined ? {} : { value }) };
  });
}

/**
 * The condition of `event_filters`, over the event's data: a list means one of, `min_<field>` at least, anything else
 * equal. Undefined for one without members.
 */
export function conditionOfEventFilters(filters: JsonObject): Condition | undefined {
  const { [wholeFilter]: whole, ...members } = filters;
  const parts = Object.entries(members).map(([key, value]): Json => {
    if (key.startsWith("min_")) return { ">=": [{ var: dataPrefix + key.slice("min_".length) }, value] };
    const operand = { var: dataPrefix + key };
    return Array.isArray(value) ? { contains: [value, operand] } : { equals: [operand, value] };
  });
  if (whole === undefined) return parts.length === 0 ? undefined : { and: parts };
  const rule = ruleOfCondition(whole as Condition); // The endpoint's desk refuses what is no condition.
  return parts.length === 0 ? (whole as Condition) : { and: [...parts, rule] };
}

/** A condition as `event_filters`; null when there is none. One that they cannot say stands whole in `$filter`. */
export function eventFiltersOf(condition: Condition | undefined): JsonObject | null {
  if (condition === undefined) return null;
  const whole = { [wholeFilter]: condition as Json };
  const rule = ruleOfCondition(condition);
  const parts = typeof rule === "object" && rule !== null && !Array.isArray(rule) ? partsOf(rule) : undefined;
  const members = parts?.map(memberOf);
  if (members === undefined || members.some((one) => one === undefined)) return whole;
  const entries = members.flatMap((one) => (one ? [one] : []));
  // Two conditions on one field are more than an object can hold.
  return new Set(entries.map(([key]) => key)).size === entries.length ? Object.fromEntries(entries) : whole;
}

function memberOf({ path, operator, value }: Part): [string, Json] | undefined {
  const key = path.startsWith(dataPrefix) ? path.slice(dataPrefix.length) : undefined;
  if (key === undefined || value === undefined) return undefined;
  if (operator === "min") return [`min_${key}`, value];
  if (key.startsWith("min_") || key === wholeFilter) return undefined;
  if (operator === "in") return [key, value];
  return operator === "equals" && !Array.isArray(value) ? [key, value] : undefined;
}

/** One condition on one path. */
type Part = { path: string; operator: SimpleFilter["operator"] | "min"; value?: Json };

/** The parts of an `and` (or of a rule that is one part); undefined when one of them is nothing of this kind. */
function partsOf(rule: JsonObject): Part[] | undefined {
  const operands = Array.isArray(rule["and"]) && Object.keys(rule).length === 1 ? rule["and"] : [rule];
  const parts = operands.map(partOf);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(rule: Json): Part | undefined {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return undefined;
  const [[operator, operands] = ["", null], ...more] = Object.entries(rule);
  if (more.length > 0) return undefined;
  if (operator === "exists" && typeof operands === "string") return onEvent({ path: operands, operator: "exists" });
  if (!Array.isArray(operands)) return undefined;
  if (operator === "!") return absenceOf(operands);
  const [left, right] = operands;
  if (operands.length !== 2 || left === undefined || right === undefined) return undefined;
  const [leftPath, rightPath] = [pathOf(left), pathOf(right)];
  if (operator === "contains" && rightPath !== undefined) {
    const value = valueOf(left);
    return Array.isArray(value) ? onEvent({ path: rightPath, operator: "in", value }) : undefined;
  }
  const value = valueOf(right);
  if (leftPath === undefined || value === undefined) return undefined;
  if (operator === "equals" || operator === "contains") return onEvent({ path: leftPath, operator, value });
  return operator === ">=" && typeof value === "number"
    ? onEvent({ path: leftPath, operator: "min", value })
    : undefined;
}

/** `{ "!": [{ exists: path }] }` */
function absenceOf([only, ...more]: Json[]): Part | undefined {
  const part = only === undefined || more.length > 0 ? undefined : partOf(only);
  return part?.operator === "exists" && part.value === undefined ? { ...part, value: false } : undefined;
}

function onEvent(part: Part): Part | undefined {
  return part.path.startsWith("event.") ? part : undefined;
}

function pathOf(operand: Json): string | undefined {
  if (typeof operand !== "object" || operand === null || Array.isArray(operand)) return undefined;
  return typeof operand["var"] === "string" && Object.keys(operand).length === 1 ? operand["var"] : undefined;
}

/** The value that an operand stands for; undefined when it is a rule. */
function valueOf(operand: Json): Json | undefined {
  if (typeof operand !== "object" || operand === null) return operand;
  if (Array.isArray(operand)) {
    return operand.some((item) => typeof item === "object" && item !== null) ? undefined : operand;
  }
  const literal = operand["$literal"];
  return Array.isArray(literal) && Object.keys(operand).length === 1 ? literal[0] : undefined;
}

/** Any other path is one within the event's data. */
function isEventPath(field: string): boolean {
  return eventMembers.includes(field.split(".", 1)[0] ?? "");
}
