// How do a profile's templates become text? `{{variable}}` from a fixed list, compiled once into parts.
import type { Json } from "../model/json.ts";
import { spelled } from "./percent.ts";
import type { Spelling } from "./percent.ts";
import { findVariable, profileVariables, withPrefix } from "./profile-variables.ts";
import type { ProfileVariable, Scene } from "./profile-variables.ts";

/** Text as it stands, the event's data, or a variable: as text, as a JSON value, or spelled for the place where it goes. */
export type TemplatePart = { text: string } | { data: true } | VariablePart;
type VariablePart = { variable: ProfileVariable; prefix: string; as: "text" | "value" | Spelling };
export type ProfileTemplate = readonly TemplatePart[];

/** A template that names what is not there. `pointer` leads to the text inside an envelope. */
export class TemplateFault extends TypeError {
  readonly pointer: string;
  constructor(message: string, pointer = "") {
    super(message);
    this.pointer = pointer;
  }
}

/** Compiles a line of text. `{{eventId:evt_}}` is the event's id behind `evt_`. Throws TemplateFault for an unknown variable. */
export function compileText(template: string): ProfileTemplate {
  return template
    .split(/(\{\{[^{}]*\}\})/)
    .filter((piece) => piece !== "")
    .map((piece) => (piece.startsWith("{{") ? { ...variableOf(piece), as: "text" } : { text: piece }));
}

/** Compiles an envelope into the parts of its JSON text. Throws TemplateFault for an unknown variable. */
export function compileEnvelope(tree: Json): ProfileTemplate {
  const parts: TemplatePart[] = [];
  const add = (text: string): void => {
    const last = parts.at(-1);
    // Neighbouring texts become one: an envelope is rendered thousands of times a second.
    if (last !== undefined && "text" in last) last.text += text;
    else parts.push({ text });
  };
  const addText = (template: string): void => {
    add('"');
    for (const part of compileText(template)) {
      if ("text" in part) add(JSON.stringify(part.text).slice(1, -1));
      else parts.push(part);
    }
    add('"');
  };
  const walk = (node: Json, pointer: string): void => {
    if (typeof node === "string") {
      try {
        if (/^\{\{ *data *\}\}$/.test(node)) parts.push({ data: true });
        else if (/^\{\{[^{}]*\}\}$/.test(node)) parts.push({ ...variableOf(node), as: "value" });
        else addText(node);
      } catch (error) {
        throw error instanceof TemplateFault ? new TemplateFault(error.message, pointer) : error;
      }
    } else if (Array.isArray(node)) {
      add("[");
      node.forEach((item, index) => {
        if (index > 0) add(",");
        walk(item, `${pointer}/${index}`);
      });
      add("]");
    } else if (typeof node === "object" && node !== null) {
      add("{");
      Object.entries(node).forEach(([key, value], index) => {
        add(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`);
        walk(value, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
      });
      add("}");
    } else {
      add(JSON.stringify(node));
    }
  };
  walk(tree, "");
  return parts;
}

/** The text of a compiled line. */
export function renderText(template: ProfileTemplate, scene: Scene): string {
  let text = "";
  for (const part of template) text += "text" in part ? part.text : "data" in part ? "" : textOf(part, scene);
  return text;
}

/** The JSON text of a compiled envelope. `dataText` is JSON already and goes in byte by byte. */
export function renderEnvelope(template: ProfileTemplate, scene: Scene, dataText: string): string {
  let text = "";
  for (const part of template) {
    if ("text" in part) text += part.text;
    else if ("data" in part) text += dataText;
    else if (part.as === "value" && part.prefix === "") text += valueOf(part.variable, scene);
    else if (part.as === "value") text += JSON.stringify(textOf(part, scene));
    else text += JSON.stringify(textOf(part, scene)).slice(1, -1);
  }
  return text;
}

function textOf(part: VariablePart, scene: Scene): string {
  const value = String(profileVariables[part.variable](scene) ?? "");
  const text = part.prefix === "" ? value : withPrefix(value, part.prefix);
  return part.as === "text" || part.as === "value" ? text : spelled(text, part.as);
}

function valueOf(variable: ProfileVariable, scene: Scene): string {
  return JSON.stringify(profileVariables[variable](scene) ?? null);
}

function variableOf(piece: string): { variable: ProfileVariable; prefix: string } {
  const [, name = "", prefix = ""] = /^\{\{ *([A-Za-z]*)(?::([A-Za-z0-9_-]{1,40}))? *\}\}$/.exec(piece) ?? [];
  const variable = findVariable(name);
  if (variable !== undefined) return { variable, prefix };
  const known = Object.keys(profileVariables).join(", ");
  throw new TemplateFault(
    name === "data"
      ? "The data is JSON: it can be one whole value of the envelope only."
      : `A profile knows no variable "${piece.slice(2, -2).trim()}". Known: data, ${known}.`,
  );
}
