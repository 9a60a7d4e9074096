// Which template functions put a value into another alphabet?
import { createHash } from "node:crypto";
import { type Call, type FunctionTable, countOperand, made, textOperand } from "../function.ts";

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
  return JSON.stringify(value, undefined, spaces) ?? "null";
}

function base64(value: unknown, call: Call): string {
  return Buffer.from(textOperand(value, call), "utf8").toString("base64");
}

/** SHA-256 of the text's UTF-8, in hexadecimal. */
function sha256(value: unknown, call: Call): string {
  return createHash("sha256").update(textOperand(value, call), "utf8").digest("hex");
}
