// Is a text a template of ours, and which tree does it stand for?
// Handlebars only parses here. What it parsed is copied, node by node, into a tree that holds nothing but what is allowed.
import Handlebars from "handlebars";
import { convertProgram, type ParsedProgram } from "./convert.ts";
import { scanTemplate, templateLimits } from "./scan.ts";
import { TemplateError } from "./template-error.ts";
import type { Template } from "./tree.ts";

export type ParseResult = { ok: true; template: Template } | { ok: false; message: string; suggestion: string };

export type ParseOptions = {
  /** Whether the linear scan comes before the parser. Off, the parser meets whatever the text holds. */
  scan?: boolean;
};

// Templates stay in memory so that activities do not parse them for each run. Bounded by count and by size of text.
const cachedMax = 500;
const resultByText = new Map<string, ParseResult>();

/** Parses a template, or says why it is none and what to change. Takes texts only: Handlebars would accept a tree. */
export function parseTemplate(text: unknown, options: ParseOptions = {}): ParseResult {
  if (typeof text !== "string") return refuse("A template is a text.", "Write it as one string.");
  // A text has at least as many bytes as characters, so this comes cheap before the bytes are counted.
  if (text.length > templateLimits.bytes || Buffer.byteLength(text) > templateLimits.bytes) {
    return refuse(`A template has at most ${templateLimits.bytes / 1024} KB.`, "Keep long texts in a named template.");
  }
  if (options.scan === false) return parse(text);
  const cached = resultByText.get(text);
  if (cached !== undefined) {
    // Set again, so that the least recently used one is the first to leave.
    resultByText.delete(text);
    resultByText.set(text, cached);
    return cached;
  }
  const scanned = scanTemplate(text);
  const result = scanned.ok ? parse(text) : scanned;
  resultByText.set(text, result);
  const [oldest] = resultByText.keys();
  if (resultByText.size > cachedMax && oldest !== undefined) resultByText.delete(oldest);
  return result;
}

function parse(text: string): ParseResult {
  try {
    // Safe: `ParsedProgram` says of each node what Handlebars' own types say, and the copy checks what it takes.
    const program = Handlebars.parse(text) as unknown as ParsedProgram;
    return { ok: true, template: { source: text, nodes: convertProgram(program) } };
  } catch (error) {
    if (error instanceof TemplateError) return refuse(error.message, error.suggestion);
    return refuse(`The template cannot be read: ${reasonOf(error)}`, suggestionFor(text));
  }
}

function suggestionFor(text: string): string {
  // Handlebars' lexer takes the 0 at the end of `items.0` for a number.
  if (/\.\d+[\s~})]/.test(text)) return "Write a list's index in brackets: items.[0].";
  return "Check that each {{ has its }} and each block its end.";
}

function reasonOf(error: unknown): string {
  // A parser's message shows the place over several lines; the first says where, the last what.
  const lines = (error instanceof Error ? error.message : "").split("\n");
  const last = lines.at(-1) ?? "";
  return (lines.length > 1 && last !== lines[0] ? `${lines[0]} ${last}` : (lines[0] ?? "")).slice(0, 300);
}

function refuse(message: string, suggestion: string): ParseResult {
  return { ok: false, message, suggestion };
}
