// Which operators compare two values, or ask for a value's truth?
import { deepEquals, isNothing, primitiveOf, truthy } from "../coerce.ts";
import { type Meter, unitsOfText } from "../meter.ts";
import type { OperatorTable } from "../operator.ts";

export const comparisonOperators: OperatorTable = new Map([
  ["==", ([a, b], { meter }) => looselyEqual(a, b, meter)],
  ["!=", ([a, b], { meter }) => !looselyEqual(a, b, meter)],
  ["===", ([a, b], { meter }) => strictlyEqual(a, b, meter)],
  ["!==", ([a, b], { meter }) => !strictlyEqual(a, b, meter)],
  ["equals", ([a, b], { meter }) => deepEquals(a, b, meter)],
  ["<", ([a, b, c], { meter }) => isLess(a, b, meter) && (c === undefined || isLess(b, c, meter))],
  ["<=", ([a, b, c], { meter }) => isAtMost(a, b, meter) && (c === undefined || isAtMost(b, c, meter))],
  [">", ([a, b], { meter }) => isLess(b, a, meter)],
  [">=", ([a, b], { meter }) => isAtMost(b, a, meter)],
  ["!", ([a]) => !truthy(a)],
  ["!!", ([a]) => truthy(a)],
]);

/** JavaScript's `==` for JSON: two lists or objects are equal only when they are the same one. */
function looselyEqual(a: unknown, b: unknown, meter: Meter): boolean {
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (typeof a === "object" && typeof b === "object") return a === b;
  const [left, right] = [primitiveOf(a, meter), primitiveOf(b, meter)];
  chargeTexts(left, right, meter);
  // Booleans, numbers and texts of different types are compared as numbers (ECMA-262, IsLooselyEqual).
  return typeof left === typeof right ? left === right : Number(left) === Number(right);
}

function strictlyEqual(a: unknown, b: unknown, meter: Meter): boolean {
  chargeTexts(a, b, meter);
  return a === b;
}

function isLess(a: unknown, b: unknown, meter: Meter): boolean {
  const [left, right] = [primitiveOf(a, meter), primitiveOf(b, meter)];
  chargeTexts(left, right, meter);
  // Safe: `<` is defined for all primitives, TypeScript only wants them to be of one type.
  return (left as number) < (right as number);
}

function isAtMost(a: unknown, b: unknown, meter: Meter): boolean {
  const [left, right] = [primitiveOf(a, meter), primitiveOf(b, meter)];
  chargeTexts(left, right, meter);
  // Safe: as above.
  return (left as number) <= (right as number);
}

function chargeTexts(a: unknown, b: unknown, meter: Meter): void {
  // A text beside a number is read as a number, so its whole length counts.
  if (typeof a === "string") meter.charge(unitsOfText(a.length));
  if (typeof b === "string") meter.charge(unitsOfText(b.length));
}
