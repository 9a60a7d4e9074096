// Is a text a template of ours, and which tree does it stand for?
// Handlebars only parses here. What it parsed is copied, node by node, into a tree that holds nothing but what is allowed.
import Handlebars from "handlebars";
import type { TemplateKind } from "../../model/template.ts";
import { convertProgram, type Language, type ParsedProgram } from "./convert.ts";
import { functions, functionsByKind } from "./functions/index.ts";
import { scanTemplate, templateLimits } from "./scan.ts";
import { positionOf, TemplateError, type Position } from "./template-error.ts";
import type { Template } from "./tree.ts";

export type ParseResult =
  | { ok: true; template: Template }
  /** `at`: where the wrong mustache stands, when the message does not say it already. */
  | { ok: false; message: string; suggestion: string; at?: Position };

export type ParseOptions = {
  /** The kind of the message that the text is; absent for a value of a flow. */
  kind?: TemplateKind | undefined;
  /** Whether the linear scan comes before the parser. Off, the parser meets whatever the text holds. */
  scan?: boolean;
};

// Templates stay in memory so that activities do not parse them for each run. Bounded by count and by size of text.
const cachedMax = 500;
const resultByText = new Map<string, ParseResult>();

const languages: { readonly [kind in TemplateKind | "value"]: Language } = {
  value: { functions },
  slack: { functions: new Map([...functions, ...functionsByKind.slack]) },
  email: { functions: new Map([...functions, ...functionsByKind.email]) },
  text: { functions: new Map([...functions, ...functionsByKind.text]) },
};

/** Parses a template, or says why it is none and what to change. Takes texts only: Handlebars would accept a tree. */
export function parseTemplate(text: unknown, options: ParseOptions = {}): ParseResult {
  if (typeof text !== "string") return refuse("A template is a text.", "Write it as one string.");
  // A text has at least as many bytes as characters, so this comes cheap before the bytes are counted.
  if (text.length > templateLimits.bytes || Buffer.byteLength(text) > templateLimits.bytes) {
    const hint = options.kind === undefined ? "Keep long texts in a message template." : "Split it into two.";
    return refuse(`A template has at most ${templateLimits.bytes / 1024} KB.`, hint);
  }
  const language = options.kind ?? "value";
  if (options.scan === false) return parse(text, languages[language]);
  // The same text may be a template of one kind and none of another.
  const key = `${language}:${text}`;
  const cached = resultByText.get(key);
  if (cached !== undefined) {
    // Set again, so that the least recently used one is the first to leave.
    resultByText.delete(key);
    resultByText.set(key, cached);
    return cached;
  }
  const result = scanned(text) ?? parse(text, languages[language]);
  resultByText.set(key, result);
  const [oldest] = resultByText.keys();
  if (resultByText.size > cachedMax && oldest !== undefined) resultByText.delete(oldest);
  return result;
}

/** Why the linear scan refuses a text; undefined when it does not. */
function scanned(text: string): ParseResult | undefined {
  const result = scanTemplate(text);
  if (result.ok) return undefined;
  const { index, ...refusal } = result;
  return { ...refusal, at: positionOf(text, index) };
}

function parse(text: string, language: Language): ParseResult {
  try {
    // Safe: `ParsedProgram` says of each node what Handlebars' own types say, and the copy checks what it takes.
    const program = Handlebars.parse(text) as unknown as ParsedProgram;
    return { ok: true, template: { source: text, nodes: convertProgram(program, language) } };
  } catch (error) {
    if (error instanceof TemplateError) {
      const { message, suggestion, at } = error;
      return at === undefined ? refuse(message, suggestion) : { ok: false, message, suggestion, at };
    }
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
  // Its list of what it expected instead says nothing to who forgot to close a block.
  const last = (lines.at(-1) ?? "").replace(/^Expecting .*, got 'EOF'$/, "a block is not closed.");
  return (lines.length > 1 && last !== lines[0] ? `${lines[0]} ${last}` : (lines[0] ?? "")).slice(0, 300);
}

function refuse(message: string, suggestion: string): ParseResult {
  return { ok: false, message, suggestion };
}
