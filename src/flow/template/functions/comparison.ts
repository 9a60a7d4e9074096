// Which template functions compare and decide?
import { readOwn } from "../../scope-path.ts";
import { unitsOfText } from "../../logic/meter.ts";
import { type Call, type FunctionTable, equalOperands, holds, wrongType } from "../function.ts";

export const comparisonFunctions: FunctionTable = new Map([
  ["eq", { operands: [2, 2], run: ([a, b], call) => equalOperands(a, b, call) }],
  ["ne", { operands: [2, 2], run: ([a, b], call) => !equalOperands(a, b, call) }],
  ["gt", { operands: [2, 2], run: ([a, b], call) => ordered(a, b, call, (order) => order > 0) }],
  ["gte", { operands: [2, 2], run: ([a, b], call) => ordered(a, b, call, (order) => order >= 0) }],
  ["lt", { operands: [2, 2], run: ([a, b], call) => ordered(a, b, call, (order) => order < 0) }],
  ["lte", { operands: [2, 2], run: ([a, b], call) => ordered(a, b, call, (order) => order <= 0) }],
  // `and` and `or` answer the value that decided, as in JavaScript.
  ["and", { operands: [1, 50], run: (operands) => firstOrLast(operands, (item) => !holds(item)) }],
  ["or", { operands: [1, 50], run: (operands) => firstOrLast(operands, holds) }],
  ["not", { operands: [1, 1], run: ([value]) => !holds(value) }],
  ["default", { operands: [2, 50], run: (operands) => firstOrLast(operands, (item) => !isMissing(item)) }],
  ["lookup", { operands: [2, 2], run: ([value, key]) => lookup(value, key) }],
]);

function firstOrLast(operands: readonly unknown[], decides: (item: unknown) => boolean): unknown {
  const index = operands.findIndex(decides);
  return index < 0 ? operands.at(-1) : operands[index];
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

/** What is missing is neither more nor less than anything. */
function ordered(a: unknown, b: unknown, call: Call, test: (order: number) => boolean): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return false;
  if (typeof a === "number" && typeof b === "number") return test(a < b ? -1 : a > b ? 1 : 0);
  if (typeof a === "string" && typeof b === "string") {
    call.meter.charge(unitsOfText(Math.min(a.length, b.length)));
    return test(a < b ? -1 : a > b ? 1 : 0);
  }
  if (typeof a !== "number" && typeof a !== "string") throw wrongType("numbers or texts", a);
  throw wrongType(`a ${typeof a === "number" ? "number" : "text"} on both sides`, b);
}

/** An own member of a value by a name that is known only when the template is rendered. */
function lookup(value: unknown, key: unknown): unknown {
  // As Handlebars has it: looking into nothing gives the nothing that was looked into.
  if (!value) return value;
  if (typeof key !== "string" && typeof key !== "number") return undefined;
  return readOwn(value, String(key));
}
