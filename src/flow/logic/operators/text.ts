// Which operators read and build text?
import { deepEquals, isNothing, numberOf, primitiveOf, textOf } from "../coerce.ts";
import { Halt, type Meter, unitsOfItems, unitsOfSearch, unitsOfText } from "../meter.ts";
import type { Evaluation, OperatorTable } from "../operator.ts";

export const textOperators: OperatorTable = new Map([
  ["in", ([sought, container], { meter }) => isIn(sought, container, meter)],
  ["cat", (operands, { meter }) => concatenate(operands, meter)],
  ["substr", ([source, start, end], { meter }) => cut(source, start, end, meter)],
  ["contains", ([container, sought], { meter }) => contains(container, sought, meter)],
  ["startsWith", ([text, start], { meter }) => bothTexts(text, start, meter, (a, b) => a.startsWith(b))],
  ["endsWith", ([text, end], { meter }) => bothTexts(text, end, meter, (a, b) => a.endsWith(b))],
  ["lower", ([text], { meter }) => lower(text, meter)],
  ["matches", ([text, pattern], evaluation) => matches(text, pattern, evaluation)],
]);

function isIn(sought: unknown, container: unknown, meter: Meter): boolean {
  if (typeof container === "string") {
    const text = textOf(sought, meter);
    meter.charge(unitsOfSearch(container.length, text.length));
    // As json-logic-js has it: nothing is in an empty text, not even the empty one.
    return container !== "" && container.includes(text);
  }
  if (!Array.isArray(container)) return false;
  meter.charge(unitsOfItems(container.length));
  return container.some((item: unknown) => {
    if (typeof item === "string" && typeof sought === "string" && item.length === sought.length) {
      meter.charge(unitsOfText(item.length));
    }
    return item === sought;
  });
}

function contains(container: unknown, sought: unknown, meter: Meter): boolean {
  if (Array.isArray(container)) return container.some((item: unknown) => deepEquals(item, sought, meter));
  if (typeof container !== "string" || isNothing(sought) || typeof sought === "object") return false;
  const text = textOf(sought, meter);
  meter.charge(unitsOfSearch(container.length, text.length));
  return container.includes(text);
}

function concatenate(operands: readonly unknown[], meter: Meter): string {
  let text = "";
  for (const operand of operands) {
    const part = isNothing(operand) ? "" : textOf(operand, meter);
    // Charged before it is built: a text that doubles must not exist once too often.
    meter.charge(unitsOfText(part.length));
    text += part;
  }
  return text;
}

/** PHP's substr, as json-logic-js has it: a negative start counts from the end, a negative end cuts characters off. */
function cut(source: unknown, start: unknown, end: unknown, meter: Meter): string {
  const text = textOf(source, meter);
  const rest = text.slice(firstIndex(numberOf(start, meter), text.length));
  const count = primitiveOf(end, meter);
  if (count === undefined) return charged(rest, meter);
  let length = Number(count);
  if (length < 0) length = typeof count === "string" ? Number(`${rest.length}${count}`) : rest.length + length;
  return charged(rest.slice(0, length > 0 ? length : 0), meter);
}

function firstIndex(start: number, length: number): number {
  if (Number.isNaN(start)) return 0;
  return start < 0 ? Math.max(0, length + Math.trunc(start)) : start;
}

function charged(text: string, meter: Meter): string {
  meter.charge(unitsOfText(text.length));
  return text;
}

function bothTexts(a: unknown, b: unknown, meter: Meter, test: (a: string, b: string) => boolean): boolean {
  if (typeof a !== "string" || typeof b !== "string") return false;
  meter.charge(unitsOfText(Math.min(a.length, b.length)));
  return test(a, b);
}

function lower(value: unknown, meter: Meter): unknown {
  return typeof value === "string" ? charged(value, meter).toLowerCase() : value;
}

// An automaton takes more work per character than a comparison does.
const regexCharactersPerUnit = 16;

function matches(value: unknown, pattern: unknown, evaluation: Evaluation): boolean {
  if (evaluation.matches === undefined) throw new Halt("invalid", "Regular expressions cannot be evaluated here.");
  if (typeof pattern !== "string") throw new Halt("invalid", 'The pattern of "matches" is not a text.');
  if (isNothing(value) || typeof value === "object") return false;
  const text = textOf(value, evaluation.meter);
  evaluation.meter.charge(Math.ceil(text.length / regexCharactersPerUnit));
  return evaluation.matches(pattern, text);
}
