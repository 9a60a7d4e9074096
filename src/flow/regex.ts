// Does a text match a pattern, in time that grows with the text alone? RE2 syntax (https://github.com/google/re2/wiki/Syntax).
import { RE2JS } from "re2js";

export type CompiledRegex = { ok: true; test(text: string): boolean } | { ok: false; message: string };

/** Longest pattern, in characters. */
export const patternLengthMax = 256;
// Work per character grows with the automaton, and repetitions such as (a{100}){10} make a large one of a short pattern.
const programSizeMax = 1_000;
const cachedMax = 200;

// The least recently used pattern leaves first: a Map keeps the order in which its keys were set.
const compiledByPattern = new Map<string, CompiledRegex>();

/** The pattern, ready to test texts (anywhere in them, unless it is anchored), or why it is refused. */
export function compileRegex(pattern: string): CompiledRegex {
  const cached = compiledByPattern.get(pattern);
  if (cached !== undefined) {
    compiledByPattern.delete(pattern);
    compiledByPattern.set(pattern, cached);
    return cached;
  }
  const compiled = compile(pattern);
  // Long refused patterns would fill memory without being of use again.
  if (pattern.length > patternLengthMax) return compiled;
  compiledByPattern.set(pattern, compiled);
  const [oldest] = compiledByPattern.keys();
  if (compiledByPattern.size > cachedMax && oldest !== undefined) compiledByPattern.delete(oldest);
  return compiled;
}

/** Whether a text matches a pattern. Throws an Error with a readable message when the pattern is refused. */
export function matchesRegex(pattern: string, text: string): boolean {
  const compiled = compileRegex(pattern);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.test(text);
}

function compile(pattern: string): CompiledRegex {
  if (pattern.length > patternLengthMax) {
    return { ok: false, message: `The pattern is longer than ${patternLengthMax} characters.` };
  }
  try {
    const regex = RE2JS.compile(pattern);
    if (regex.programSize() > programSizeMax) {
      return { ok: false, message: "The pattern's repetitions make it too large." };
    }
    return { ok: true, test: (text) => regex.test(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown reason";
    return { ok: false, message: `The pattern is not valid RE2 syntax: ${reason}` };
  }
}
