// Are these bytes JSON of a bearable depth, and where in the text does each top-level value stand?
import { isUtf8 } from "node:buffer";

/** A part of a text: from `start` up to, but without, `end`. */
export type Span = { start: number; end: number };

export type JsonScan =
  | { kind: "object"; tooDeep: boolean; members: Map<string, Span> }
  | { kind: "array"; tooDeep: boolean; items: Span[] }
  | { kind: "other"; tooDeep: boolean };

/** Deepest nesting that any body may have. A rule of depth 32 takes 64 levels of JSON. */
export const jsonDepthMax = 128;

export type JsonText = { ok: true; text: string; value: unknown; scan: JsonScan } | { ok: false; detail: string };

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The text of UTF-8 bytes that are JSON (RFC 8259), what it parses to, and its scan; or a sentence that says why not.
 * The depth is checked before the parser sees the text. A byte order mark is passed over.
 */
export function readJsonText(bytes: Buffer, depthMax = jsonDepthMax): JsonText {
  if (!isUtf8(bytes)) return { ok: false, detail: "The body is not valid UTF-8." };
  const decoded = bytes.toString("utf8");
  const text = decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
  const scan = scanJson(text, 0, depthMax);
  if (scan.tooDeep) return { ok: false, detail: `The body is nested more than ${depthMax} levels deep.` };
  try {
    return { ok: true, text, value: JSON.parse(text), scan };
  } catch (error) {
    if (text.trim() === "") return { ok: false, detail: "The body is empty: JSON is expected." };
    // The parser says where, and quotes a few characters of the sender's own text.
    return { ok: false, detail: `The body is not valid JSON: ${error instanceof Error ? error.message : "refused"}.` };
  }
}

/**
 * Scans the value that begins at `at`: the exact spans of its members (the last one of a name wins, as in JSON.parse) or
 * items, and whether it nests deeper than `depthMax`. Linear in the text. It judges no syntax: spans mean something only
 * for a text that JSON.parse takes.
 */
export function scanJson(text: string, at = 0, depthMax = jsonDepthMax): JsonScan {
  const start = skipSpace(text, at);
  const opening = text.charCodeAt(start);
  const members = new Map<string, Span>();
  const items: Span[] = [];
  let depth = 0;
  let tooDeep = false;
  let key: string | undefined;
  let valueStart = -1;
  let valueEnd = -1;

  const endValue = () => {
    if (valueStart >= 0) {
      const span = { start: valueStart, end: valueEnd };
      if (opening === openBracket) items.push(span);
      else if (key !== undefined) members.set(key, span);
    }
    key = undefined;
    valueStart = -1;
  };
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20) continue;
    // At depth 1 each character is part of a name, part of a value, or what parts them; deeper it is part of a value.
    if (depth === 1) {
      if (code === comma) {
        endValue();
        continue;
      }
      if (code === colon) continue;
      if (code === closeBrace || code === closeBracket) break;
      if (opening === openBrace && key === undefined) {
        const end = code === quote ? endOfString(text, i) : i + 1;
        key = code === quote ? nameOf(text.slice(i, end)) : "";
        i = end - 1;
        continue;
      }
      if (valueStart < 0) valueStart = i;
    }
    if (code === quote) i = endOfString(text, i) - 1;
    else if (code === openBrace || code === openBracket) tooDeep = ++depth > depthMax || tooDeep;
    else if (code === closeBrace || code === closeBracket) depth--;
    if (depth <= 0) break;
    valueEnd = i + 1;
  }
  endValue();
  if (opening === openBrace) return { kind: "object", tooDeep, members };
  return opening === openBracket ? { kind: "array", tooDeep, items } : { kind: "other", tooDeep };
}

/** The first position from `at` on that holds no JSON white space. */
function skipSpace(text: string, at: number): number {
  let i = at;
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++;
  return i;
}

/** The position after the string that begins at `at`; the text's end when it is not closed. */
export function endOfString(text: string, at: number): number {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    // A quote behind an odd number of backslashes is part of the string.
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

/** The name that a quoted text stands for; one with a broken escape stays as it is, since JSON.parse will refuse it. */
export function nameOf(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    // A JSON string parses to a string.
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
