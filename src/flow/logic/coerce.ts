// How does a rule read a value as truth, text, number or plain primitive?
// These are JavaScript's own conversions as json-logic-js uses them, but they call no method of the data: an object with
// a member named `toString` or `valueOf` is an object like any other.
import { Halt, type Meter, unitsOfItems, unitsOfText } from "./meter.ts";

export type Primitive = null | undefined | boolean | number | string;

/** Nesting of data beyond this is not followed; accepted events stay far below. */
const dataDepthMax = 256;

/** JSON Logic's truth (https://jsonlogic.com/truthy): `false`, `0`, `""`, `null` and empty lists are false. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

/** The primitive that a value stands for in comparisons and arithmetic: lists as their text, objects as a fixed text. */
export function primitiveOf(value: unknown, meter: Meter): Primitive {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
    case "undefined":
      return value;
    default:
      return value === null ? null : textOf(value, meter);
  }
}

/** The text of a value, as `String(value)` gives it for JSON. */
export function textOf(value: unknown, meter: Meter, depth = 0): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    checkDepth(depth);
    meter.charge(unitsOfItems(value.length));
    const text = value.map((item: unknown) => (isNothing(item) ? "" : textOf(item, meter, depth + 1))).join(",");
    meter.charge(unitsOfText(text.length));
    return text;
  }
  if (typeof value === "object" && value !== null) return "[object Object]";
  return String(value);
}

export function numberOf(value: unknown, meter: Meter): number {
  return Number(primitiveOf(value, meter));
}

/** The number at the start of a value's text: `"12 apples"` is 12. */
export function leadingNumberOf(value: unknown, meter: Meter): number {
  if (typeof value === "number") return value;
  const text = textOf(value, meter);
  meter.charge(unitsOfText(text.length));
  return Number.parseFloat(text);
}

/** Whether two values are the same JSON, whatever the order of members. */
export function deepEquals(a: unknown, b: unknown, meter: Meter, depth = 0): boolean {
  meter.charge(1);
  if (typeof a === "string" && typeof b === "string") {
    meter.charge(a.length === b.length ? unitsOfText(a.length) : 0);
    return a === b;
  }
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  checkDepth(depth);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: unknown, i) => deepEquals(item, b[i], meter, depth + 1));
  }
  const keys = Object.keys(a);
  meter.charge(unitsOfItems(keys.length));
  if (keys.length !== Object.keys(b).length) return false;
  // Safe: both are objects, and only members that are their own are read.
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return keys.every((key) => Object.hasOwn(right, key) && deepEquals(left[key], right[key], meter, depth + 1));
}

export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function checkDepth(depth: number): void {
  if (depth > dataDepthMax) throw new Halt("budget", `The data nests deeper than ${dataDepthMax} levels.`);
}
