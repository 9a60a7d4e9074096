// Which template functions lay out plain text, as mails hold it?
import { Halt, unitsOfItems } from "../../logic/meter.ts";
import { type Call, type FunctionTable, checkLength, countOperand, made, textOperand } from "../function.ts";

export const plainFunctions: FunctionTable = new Map([
  ["wrap", { operands: [1, 2], run: ([text, width = 72], call) => wrap(text, width, call) }],
  ["indent", { operands: [1, 2], run: ([text, mark = "> "], call) => indent(text, mark, call) }],
  ["pad", { operands: [2, 2], options: ["align"], run: ([text, width], call) => pad(text, width, call) }],
]);

/** Widest line that can be asked for: RFC 5322, section 2.1.1 has 998 characters as the most of a mail's line. */
const widthMax = 998;

/** Breaks lines at spaces so that none is longer than `width` code units, except where one word is. */
function wrap(value: unknown, width: unknown, call: Call): string {
  const max = checkedWidth(width);
  const lines = linesOf(value, call).flatMap((line) => wrapLine(line, max));
  return made(lines.join("\n"), call);
}

function wrapLine(line: string, max: number): string[] {
  if (line.length <= max) return [line];
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current === "") current = word;
    else if (current.length + 1 + word.length <= max) current += ` ${word}`;
    else {
      lines.push(current);
      current = word;
    }
  }
  return [...lines, current];
}

/** Puts a mark before each line: `> ` as mails quote, or as many spaces as a number says. */
function indent(value: unknown, mark: unknown, call: Call): string {
  const put = typeof mark === "number" ? " ".repeat(checkedWidth(mark)) : textOperand(mark, call).slice(0, widthMax);
  const lines = linesOf(value, call);
  // Counted before it is built: there may be many lines.
  checkLength(lines.reduce((sum, line) => sum + line.length + 1 + put.length, 0));
  // A mail's readers trim what ends in spaces; an empty quoted line is the mark alone.
  return made(lines.map((line) => (line === "" ? put.trimEnd() : put + line)).join("\n"), call);
}

/** Fills a text with spaces up to `width` characters (code points), so that columns stand below each other. */
function pad(value: unknown, width: unknown, call: Call): string {
  const align = call.option("align") ?? "left";
  if (align !== "left" && align !== "right") throw new Halt("invalid", 'knows the alignments "left" and "right" only');
  const text = textOperand(value, call);
  const spaces = " ".repeat(Math.max(0, checkedWidth(width) - Array.from(text).length));
  return made(align === "left" ? text + spaces : spaces + text, call);
}

function linesOf(value: unknown, call: Call): string[] {
  const text = textOperand(value, call);
  if (text === "") return [];
  const lines = text.split(/\r\n|\r|\n/);
  call.meter.charge(unitsOfItems(lines.length));
  return lines;
}

function checkedWidth(value: unknown): number {
  const width = countOperand(value);
  if (width > widthMax) throw new Halt("invalid", `takes a width of at most ${widthMax}`);
  return width;
}
