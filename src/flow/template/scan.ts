// Is a text small and flat enough to be parsed as a template?
// Handlebars' parser takes seconds for 16 KB of nested brackets, so this scan comes first and takes linear time. It reads
// mustaches by the same rules as Handlebars' lexer, or it would count what the lexer does not see.

export type ScanResult =
  | { ok: true }
  /** `index`: of the mustache that is refused. */
  | { ok: false; message: string; suggestion: string; index: number };

/** Limits of a template: bytes, mustaches, nested sub-expressions, nested blocks, `else if` branches. */
export const templateLimits = { bytes: 16 * 1024, mustaches: 500, calls: 4, blocks: 8, branches: 50 } as const;

// The lexer's own tokens for quoted texts and bracketed path segments: inside them, brackets and braces are plain characters.
const quoted = /"(?:\\"|[^"])*"|'(?:\\'|[^'])*'|\[(?:\\\]|[^\]])*\]/y;
// `{{^}}` is an else, `{{^if}}` opens a block.
const bareElse = /\^\s*~?\}\}/y;
// `{{else if …}}`, but not the plain `{{else}}`.
const elseBranch = /\s*else\b(?!\s*~?\}\})/y;

/** Counts mustaches, sub-expressions and blocks of a text without parsing it. */
export function scanTemplate(text: string): ScanResult {
  let [mustaches, blocks, branches, from] = [0, 0, 0, 0];
  for (;;) {
    const open = text.indexOf("{{", from);
    if (open < 0) return { ok: true };
    if (isEscaped(text, from, open)) {
      from = open + 2;
      continue;
    }
    if (++mustaches > templateLimits.mustaches) {
      return refuse(
        open,
        `A template has at most ${templateLimits.mustaches} mustaches.`,
        "Repeat parts with {{#each}}.",
      );
    }
    const kind = kindOf(text, open);
    if (kind === "raw")
      return refuse(open, "Raw blocks ({{{{…}}}}) are not part of templates.", "Write \\{{ for a literal {{.");
    if (kind === "open" && ++blocks > templateLimits.blocks) {
      return refuse(
        open,
        `Blocks nest at most ${templateLimits.blocks} deep.`,
        "Compute a part in a `set` step before.",
      );
    }
    if (kind === "close") blocks--;
    if (kind === "branch" && ++branches > templateLimits.branches) {
      return refuse(
        open,
        `A template has at most ${templateLimits.branches} \`else if\` branches.`,
        "Use a `choose` step.",
      );
    }
    const end = kind === "comment" ? endOfComment(text, open) : endOfMustache(text, open);
    if (typeof end !== "number") return end;
    from = end;
  }
}

type Kind = "raw" | "comment" | "open" | "close" | "branch" | "other";

function kindOf(text: string, open: number): Kind {
  if (text.startsWith("{{{{", open)) return "raw";
  const start = text[open + 2] === "~" ? open + 3 : open + 2;
  switch (text[start]) {
    case "!":
      return "comment";
    case "#":
      return "open";
    case "/":
      return "close";
    case "^":
      return isAt(bareElse, text, start) ? "other" : "open";
    default:
      return isAt(elseBranch, text, start) ? "branch" : "other";
  }
}

/** Where the mustache ends, or why it is refused. */
function endOfMustache(text: string, open: number): number | ScanResult {
  let calls = 0;
  for (let i = open + 2; i < text.length; i++) {
    const character = text[i];
    if (character === "(" && ++calls > templateLimits.calls) {
      return refuse(open, `Calls nest at most ${templateLimits.calls} deep.`, "Compute a part in a `set` step before.");
    }
    if (character === ")") calls--;
    if (character === '"' || character === "'" || character === "[") {
      if (!isAt(quoted, text, i)) return refuse(open, `A ${character} is never closed.`, "Close it before the }}.");
      i = quoted.lastIndex - 1;
    }
    if (character === "}" && text[i + 1] === "}") return text[i + 2] === "}" ? i + 3 : i + 2;
  }
  return refuse(open, "A {{ is never closed.", "Close it with }}, or write \\{{ for a literal {{.");
}

function endOfComment(text: string, open: number): number | ScanResult {
  const long = /^\{\{~?!--/.test(text.slice(open, open + 6));
  const close = long ? text.slice(open).search(/--~?\}\}/) : text.slice(open).indexOf("}}");
  if (close < 0) return refuse(open, "A comment is never closed.", long ? "Close it with --}}." : "Close it with }}.");
  return text.indexOf("}}", open + close) + 2;
}

/** One backslash before a mustache makes it text; two are a backslash and a mustache. */
function isEscaped(text: string, from: number, open: number): boolean {
  return open > from && text[open - 1] === "\\" && !(open - 1 > from && text[open - 2] === "\\");
}

function isAt(sticky: RegExp, text: string, index: number): boolean {
  sticky.lastIndex = index;
  return sticky.test(text);
}

function refuse(index: number, message: string, suggestion: string): ScanResult & { ok: false } {
  return { ok: false, message, suggestion, index };
}
