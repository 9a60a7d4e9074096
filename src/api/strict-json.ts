// Is this text JSON that the control plane takes? Syntax, depth, keys that stand twice, and keys that lead to prototypes.
import { childPointer, type Finding } from "../model/problem.ts";
import { endOfString, nameOf, readJsonText } from "../model/json-scan.ts";

/** `text` is what was parsed, without a byte order mark. */
export type StrictJson = { ok: true; value: unknown; text: string } | { ok: false; detail: string; errors?: Finding[] };

/** Names by which an object leads to its prototype: a merge of such a body would change every object of the process. */
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);
/** A hostile body can repeat itself without end: nobody reads more findings than these. */
const findingsMax = 100;

/** The value of a body of the control plane, or why it is refused. */
export function parseStrictJson(bytes: Buffer): StrictJson {
  const json = readJsonText(bytes);
  if (!json.ok) return json;
  const errors = checkKeys(json.text);
  if (errors.length === 0) return { ok: true, value: json.value, text: json.text };
  return { ok: false, detail: "The body has keys that cannot be read safely: `errors` says which.", errors };
}

type Level = { names: Set<string> | undefined; pointer: string; index: number; name: string | undefined };

/** Keys that stand twice in one object, and forbidden ones. The text is valid JSON: only its structure is walked. */
function checkKeys(text: string): Finding[] {
  const findings: Finding[] = [];
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let i = 0; i < text.length && findings.length < findingsMax; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfString(text, i);
      if (level?.names && level.name === undefined) {
        level.name = nameOf(text.slice(i, end));
        const finding = checkName(level.name, level.names, level.pointer);
        if (finding) findings.push(finding);
      }
      i = end - 1;
    } else if (character === "{" || character === "[") {
      const pointer = level ? childPointer(level.pointer, level.name ?? level.index) : "";
      if (level) levels.push(level);
      level = { names: character === "{" ? new Set() : undefined, pointer, index: 0, name: undefined };
    } else if (character === "}" || character === "]") {
      level = levels.pop();
    } else if (character === "," && level) {
      level.index++;
      level.name = undefined;
    }
  }
  return findings;
}

function checkName(name: string, names: Set<string>, pointer: string): Finding | undefined {
  const at = childPointer(pointer, name);
  if (forbiddenKeys.has(name)) return { pointer: at, code: "key", message: `\`${name}\` cannot be a key.` };
  if (names.has(name)) return { pointer: at, code: "duplicate", message: `\`${name}\` stands twice in one object.` };
  names.add(name);
  return undefined;
}
