// What does a function of the template language look like, and how does it read its operands?
import { deepEquals } from "../logic/coerce.ts";
import { Halt, type Meter, unitsOfText } from "../logic/meter.ts";

export type Call = { meter: Meter; option(name: string): unknown };

export type TemplateFunction = {
  /** Least and most operands. */
  operands: readonly [number, number];
  /** Named options: `zone="Europe/Kyiv"`. */
  options?: readonly string[];
  /** What it answers is escaped in this way already: a second time would change what it says. */
  escaped?: "url" | "slack";
  run(operands: readonly unknown[], call: Call): unknown;
};

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

/** Longest text that a function makes, in characters: nothing longer could be part of a rendered text. */
export const textLengthMax = 256 * 1024;

/** Handlebars' emptiness: `false`, `null`, nothing, `""`, `NaN` and empty lists, but not 0. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value !== 0 && !value;
}

/** Whether a value counts as true in `if`, `and`, `or`, `not`: neither empty nor 0. */
export function holds(value: unknown): boolean {
  return value !== 0 && !isEmpty(value);
}

/** A text operand; numbers and booleans as their text, nothing as the empty text. */
export function textOperand(value: unknown, call: Call): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw wrongType("a text", value);
  }
  const text = String(value);
  call.meter.charge(unitsOfText(text.length));
  return text;
}

/** A list operand; nothing as the empty list. */
export function listOperand(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType("a list", value);
  return value;
}

/** A whole number from 0 up, in an operand or an option. */
export function countOperand(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
    throw wrongType("a whole number from 0", value);
  return value;
}

/** Says which type was wanted and which came, without showing the value: it may be a secret. */
export function wrongType(wanted: string, value: unknown): Halt {
  return new Halt("invalid", `needs ${wanted}, not ${nameOfType(value)}`);
}

/** A text that a function made, refused when nothing could come of it. */
export function made(text: string, call: Call): string {
  checkLength(text.length);
  call.meter.charge(unitsOfText(text.length));
  return text;
}

/** Halts before a text of so many characters is built. */
export function checkLength(characters: number): void {
  if (characters > textLengthMax) throw new Halt("budget", "A function makes a text that is larger than 256 KB.");
}

export function equalOperands(a: unknown, b: unknown, call: Call): boolean {
  return deepEquals(a, b, call.meter);
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  return typeof value === "number" ? "this number" : `a ${typeof value}`;
}
