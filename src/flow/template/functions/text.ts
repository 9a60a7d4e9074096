// Which template functions work on text?
import { Halt, unitsOfItems, unitsOfSearch } from "../../logic/meter.ts";
import {
  type Call,
  type FunctionTable,
  checkLength,
  countOperand,
  listOperand,
  made,
  textLengthMax,
  textOperand,
} from "../function.ts";

export const textFunctions: FunctionTable = new Map([
  ["upper", { operands: [1, 1], run: ([text], call) => made(textOperand(text, call).toUpperCase(), call) }],
  ["lower", { operands: [1, 1], run: ([text], call) => made(textOperand(text, call).toLowerCase(), call) }],
  ["trim", { operands: [1, 1], run: ([text], call) => made(textOperand(text, call).trim(), call) }],
  ["truncate", { operands: [2, 3], run: ([text, length, end], call) => truncate(text, length, end, call) }],
  ["replace", { operands: [3, 3], run: ([text, from, to], call) => replace(text, from, to, call) }],
  ["split", { operands: [2, 2], run: ([text, separator], call) => split(text, separator, call) }],
  ["join", { operands: [1, 2], run: ([list, separator = ", "], call) => join(list, separator, call) }],
]);

/** At most `length` characters (code points), the last of them `end` where something was cut off. */
function truncate(value: unknown, length: unknown, end: unknown, call: Call): string {
  const [text, max] = [textOperand(value, call), countOperand(length)];
  const mark = Array.from(end === undefined ? "…" : textOperand(end, call).slice(0, 100)).slice(0, max);
  // No code point has more than two code units: what lies beyond cannot be needed.
  const points = Array.from(text.slice(0, 2 * Math.min(max, textLengthMax) + 2));
  if (points.length <= max) return made(text, call);
  return made([...points.slice(0, max - mark.length), ...mark].join(""), call);
}

/** Every occurrence of a text, which is no pattern. */
function replace(value: unknown, from: unknown, to: unknown, call: Call): string {
  const [text, sought, put] = [textOperand(value, call), textOperand(from, call), textOperand(to, call)];
  if (sought === "") throw new Halt("invalid", "needs a text to look for, not an empty one");
  const parts = pieces(text, sought, call);
  // Counted before it is built: each occurrence may bring a long text.
  checkLength(text.length + (parts.length - 1) * (put.length - sought.length));
  return made(parts.join(put), call);
}

function split(value: unknown, separator: unknown, call: Call): string[] {
  const text = textOperand(value, call);
  return text === "" ? [] : pieces(text, textOperand(separator, call), call);
}

function pieces(text: string, separator: string, call: Call): string[] {
  call.meter.charge(unitsOfSearch(text.length, separator.length));
  const parts = text.split(separator);
  call.meter.charge(unitsOfItems(parts.length));
  return parts;
}

function join(value: unknown, separator: unknown, call: Call): string {
  const [list, between] = [listOperand(value), textOperand(separator, call)];
  call.meter.charge(unitsOfItems(list.length));
  const parts = list.map((item) => textOperand(item, call));
  // Counted before it is built: the separator may be long.
  checkLength(parts.reduce((sum, part) => sum + part.length, 0) + between.length * Math.max(0, parts.length - 1));
  return made(parts.join(between), call);
}
