// Which template functions put a value into another alphabet?
import { createHash } from "node:crypto";
import { type Call, type FunctionTable, checkLength, countOperand, made, textOperand } from "../function.ts";

export const encodeFunctions: FunctionTable = new Map([
  ["json", { operands: [1, 2], run: ([value, indent], call) => made(jsonOf(value, indent), call) }],
  ["url", { operands: [1, 1], escaped: "url", run: ([text], call) => made(encodeUrl(textOperand(text, call)), call) }],
  ["base64", { operands: [1, 1], run: ([text], call) => made(base64(text, call), call) }],
  ["sha256", { operands: [1, 1], run: ([text], call) => sha256(text, call) }],
]);

/** A text as one component of a URL (RFC 3986). A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD. */
export function encodeUrl(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD")).replace(
    // What encodeURIComponent leaves alone although RFC 3986 reserves it.
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** JSON text, with an indent of up to eight spaces. A missing value is `null`. */
export function jsonOf(value: unknown, indent?: unknown): string {
  const spaces = indent === undefined ? 0 : Math.min(8, countOperand(indent));
  const compact = JSON.stringify(value) ?? "null";
  if (spaces === 0) return compact;
  // Counted before it is built: each line of a deep value begins with hundreds of spaces.
  checkLength(indentedLength(compact, spaces));
  return JSON.stringify(value, undefined, spaces) ?? "null";
}

/** How long JSON becomes with an indent; a little more where something is empty. */
function indentedLength(compact: string, spaces: number): number {
  let [length, depth, isText] = [compact.length, 0, false];
  for (let at = 0; at < compact.length; at++) {
    const character = compact[at];
    if (isText && character === "\\") at++;
    else if (character === '"') isText = !isText;
    else if (!isText && (character === "{" || character === "[")) length += 1 + spaces * ++depth;
    else if (!isText && (character === "}" || character === "]")) length += 1 + spaces * --depth;
    else if (!isText && character === ",") length += 1 + spaces * depth;
    else if (!isText && character === ":") length++;
  }
  return length;
}

function base64(value: unknown, call: Call): string {
  return Buffer.from(textOperand(value, call), "utf8").toString("base64");
}

/** SHA-256 of the text's UTF-8, in hexadecimal. */
function sha256(value: unknown, call: Call): string {
  return createHash("sha256").update(textOperand(value, call), "utf8").digest("hex");
}
