// Which text does a template give over a scope? The tree is interpreted; no code is ever generated from it.
import { Halt, type Meter, createMeter, unitsOfText } from "../logic/meter.ts";
import { readOwn, readPath } from "../scope-path.ts";
import { type Call, isEmpty } from "./function.ts";
import { encodeUrl, jsonOf } from "./functions/encode.ts";
import { allFunctions } from "./functions/index.ts";
import { escapeSlack } from "./functions/slack.ts";
import type { Block, Expression, Template, TemplateNode } from "./tree.ts";

export type RenderOptions = {
  /** What is done to each `{{value}}`; never to `{{{value}}}` or to the template's own text. Default: nothing. */
  escape?: Escape;
  /** Budget of steps: nodes, iterations and function calls, and operands by their size. */
  steps?: number;
  /** Largest output, in bytes of UTF-8. */
  bytes?: number;
};

export type Escape = keyof typeof escapes;

export type RenderResult =
  { ok: true; text: string; steps: number } | { ok: false; code: "budget" | "template"; message: string };

export const stepsMax = 20_000;
export const outputBytesMax = 256 * 1024;

/** Where the renderer stands: contexts from the scope inwards, one frame a loop, named block values, innermost last. */
type Place = {
  contexts: readonly unknown[];
  frames: readonly Frame[];
  names: readonly { name: string; value: unknown }[];
};
type Frame = { index: number; key: string | number; first: boolean; last: boolean };

type Rendering = { meter: Meter; escape: Escape; write(text: string): void };

/** The text of a template over a scope. Never throws: a budget overrun or a bad value is an answer with its reason. */
export function renderTemplate(template: Template, scope: unknown, options: RenderOptions = {}): RenderResult {
  const bytesMax = options.bytes ?? outputBytesMax;
  const meter = createMeter(options.steps ?? stepsMax, "template");
  const pieces: string[] = [];
  let bytes = 0;
  const write = (text: string): void => {
    bytes += Buffer.byteLength(text);
    if (bytes > bytesMax) throw new Halt("budget", `The text is larger than ${Math.floor(bytesMax / 1024)} KB.`);
    pieces.push(text);
  };
  const rendering: Rendering = { meter, escape: options.escape ?? "none", write };
  return guarded(() => {
    renderNodes(template.nodes, { contexts: [scope], frames: [], names: [] }, rendering);
    return { ok: true, text: pieces.join(""), steps: meter.spent() };
  });
}

/** Runs a rendering and turns what ends it early into an answer. */
function guarded<T>(run: () => T): T | Extract<RenderResult, { ok: false }> {
  try {
    return run();
  } catch (error) {
    if (error instanceof Halt) {
      return { ok: false, code: error.code === "budget" ? "budget" : "template", message: error.message };
    }
    // The engine's own limits (stack, string length) end a template like the budget does.
    if (error instanceof RangeError)
      return { ok: false, code: "budget", message: "The template makes too large a text." };
    const reason = error instanceof Error ? error.message : "unknown reason";
    return { ok: false, code: "template", message: `The template could not be rendered: ${reason}` };
  }
}

function renderNodes(nodes: readonly TemplateNode[], place: Place, rendering: Rendering): void {
  for (const node of nodes) {
    rendering.meter.charge(1);
    switch (node.type) {
      case "text":
        rendering.write(node.text);
        break;
      case "output":
        renderOutput(node, place, rendering);
        break;
      case "block":
        renderBlock(node, place, rendering);
    }
  }
}

function renderOutput(node: { expression: Expression; escaped: boolean }, place: Place, rendering: Rendering): void {
  const text = textOf(evaluate(node.expression, place, rendering.meter));
  rendering.meter.charge(unitsOfText(text.length));
  const made = node.expression.type === "call" ? allFunctions.get(node.expression.name)?.escaped : undefined;
  rendering.write(node.escaped && made !== rendering.escape ? escapes[rendering.escape](text) : text);
}

function renderBlock(block: Block, place: Place, rendering: Rendering): void {
  const value = evaluate(block.argument, place, rendering.meter);
  switch (block.helper) {
    case "if":
    case "unless": {
      const zero = block.includeZero === undefined ? false : evaluate(block.includeZero, place, rendering.meter);
      // As Handlebars has it: 0 is false unless `includeZero` says otherwise.
      const holds = (Boolean(zero) || Boolean(value)) && !isEmpty(value);
      return renderNodes(holds === (block.helper === "if") ? block.body : block.otherwise, place, rendering);
    }
    case "with":
      if (isEmpty(value)) return renderNodes(block.otherwise, place, rendering);
      return renderNodes(block.body, inside(place, block, value), rendering);
    case "each":
      return renderEach(block, value, place, rendering);
  }
}

function renderEach(block: Block, value: unknown, place: Place, rendering: Rendering): void {
  const isList = Array.isArray(value);
  const keys = typeof value === "object" && value !== null && !isList ? Object.keys(value) : [];
  const count = isList ? value.length : keys.length;
  if (count === 0) return renderNodes(block.otherwise, place, rendering);
  for (let index = 0; index < count; index++) {
    rendering.meter.charge(1);
    const key = isList ? index : (keys[index] ?? "");
    const item: unknown = isList ? value[index] : readOwn(value, String(key));
    const frame: Frame = { index, key, first: index === 0, last: index === count - 1 };
    renderNodes(block.body, inside(place, block, item, frame), rendering);
  }
}

/** The place inside a block: its value is the context, and has the names that the block gives to it and its key. */
function inside(place: Place, block: Block, value: unknown, frame?: Frame): Place {
  const [valueName, keyName] = block.names;
  const names = [...place.names];
  if (valueName !== undefined) names.push({ name: valueName, value });
  if (keyName !== undefined && frame !== undefined) names.push({ name: keyName, value: frame.key });
  return {
    contexts: [...place.contexts, value],
    frames: frame === undefined ? place.frames : [...place.frames, frame],
    names,
  };
}

function evaluate(expression: Expression, place: Place, meter: Meter): unknown {
  meter.charge(1);
  switch (expression.type) {
    case "literal":
      return expression.value;
    case "path":
      return readContext(expression, place);
    case "data":
      if (expression.name === "root") return readPath(place.contexts[0], expression.parts);
      return readPath(place.frames.at(-1 - expression.up)?.[expression.name], expression.parts);
    case "call":
      return callFunction(expression, place, meter);
  }
}

function readContext(path: Expression & { type: "path" }, place: Place): unknown {
  const [first, ...rest] = path.parts;
  if (path.up === 0 && !path.scoped && first !== undefined) {
    const named = place.names.findLast(({ name }) => name === first);
    if (named !== undefined) return readPath(named.value, rest);
  }
  return readPath(place.contexts.at(-1 - path.up), path.parts);
}

function callFunction(expression: Expression & { type: "call" }, place: Place, meter: Meter): unknown {
  const operands = expression.operands.map((operand) => evaluate(operand, place, meter));
  const options = new Map(expression.options.map(({ name, value }) => [name, evaluate(value, place, meter)]));
  const call: Call = { meter, option: (name) => options.get(name) };
  try {
    return allFunctions.get(expression.name)?.run(operands, call);
  } catch (error) {
    // Functions say what they need; the budget speaks for itself.
    if (!(error instanceof Halt) || error.code === "budget") throw error;
    throw new Halt("invalid", `\`${expression.name}\` ${error.message}.`);
  }
}

/** A value as a template shows it: nothing as the empty text, lists and objects as JSON. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : jsonOf(value);
}

const htmlEntities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#x27;"],
  ["`", "&#x60;"],
  ["=", "&#x3D;"],
]);

const escapes = {
  none: (text: string) => text,
  html: (text: string) => text.replace(/[&<>"'`=]/g, (character) => htmlEntities.get(character) ?? ""),
  url: encodeUrl,
  slack: escapeSlack,
};
