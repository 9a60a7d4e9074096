// How do a profile's templates become text? `{{variable}}` from a fixed list, compiled once into parts.
import type { Json } from "../model/json.ts";
import { profileVariables } from "./profile.ts";
import type { ProfileVariable } from "./profile.ts";

/** Text as it stands, a variable as text inside a JSON string or header, or a variable as a JSON value. */
type Part = { text: string } | { variable: ProfileVariable; as: "text" | "value" };
export type ProfileTemplate = readonly Part[];
export type ProfileValues = { readonly [name in ProfileVariable]?: string | number | boolean };

/** Compiles a line of text. Throws a TypeError for an unknown variable. */
export function compileText(template: string): ProfileTemplate {
  return template
    .split(/(\{\{[^{}]*\}\})/)
    .filter((piece) => piece !== "")
    .map((piece) => (piece.startsWith("{{") ? { variable: variableOf(piece), as: "text" } : { text: piece }));
}

/** Compiles an envelope into the parts of its JSON text. Throws a TypeError for an unknown variable. */
export function compileEnvelope(tree: Json): ProfileTemplate {
  const parts: Part[] = [];
  const add = (text: string): number => parts.push({ text });
  const walk = (node: Json): void => {
    if (typeof node === "string" && /^\{\{[^{}]*\}\}$/.test(node)) {
      parts.push({ variable: variableOf(node), as: "value" });
    } else if (typeof node === "string" && node.includes("{{")) {
      add('"');
      parts.push(...compileText(node));
      add('"');
    } else if (Array.isArray(node)) {
      add("[");
      node.forEach((item, index) => {
        if (index > 0) add(",");
        walk(item);
      });
      add("]");
    } else if (typeof node === "object" && node !== null) {
      add("{");
      Object.entries(node).forEach(([key, value], index) => {
        add(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`);
        walk(value);
      });
      add("}");
    } else {
      add(JSON.stringify(node));
    }
  };
  walk(tree);
  return parts;
}

/** The text of a compiled line. */
export function renderText(template: ProfileTemplate, values: ProfileValues): string {
  let text = "";
  for (const part of template) text += "text" in part ? part.text : String(values[part.variable] ?? "");
  return text;
}

/** The JSON text of a compiled envelope. `data` is JSON already and goes in byte by byte. */
export function renderEnvelope(template: ProfileTemplate, values: ProfileValues, dataText: string): string {
  let text = "";
  for (const part of template) {
    if ("text" in part) text += part.text;
    else if (part.variable === "data") text += dataText;
    else if (part.as === "value") text += JSON.stringify(values[part.variable] ?? null);
    else text += JSON.stringify(String(values[part.variable] ?? "")).slice(1, -1);
  }
  return text;
}

function variableOf(piece: string): ProfileVariable {
  const name = piece.slice(2, -2).trim();
  const known = profileVariables.find((variable) => variable === name);
  if (known === undefined) throw new TypeError(`A profile knows no variable "${name}".`);
  return known;
}
