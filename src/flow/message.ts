// What keeps a text from being a message template of its kind, and which text does a message give over a scope?
import { type PlanMessage, type TemplateKind, templateKinds } from "../model/template.ts";
import type { Finding } from "../model/problem.ts";
import { faultOf, type Place } from "./references.ts";
import { parseTemplate } from "./template/parse.ts";
import { templatePaths } from "./template/paths.ts";
import { renderTemplate, type Escape, type RenderOptions, type RenderResult } from "./template/render.ts";

/**
 * What is done to each `{{value}}`. Slack reads `<!channel>` and its like in what others wrote; a mail's plain text and a
 * case's description have nothing that a value could mean.
 */
const escapeByKind: { readonly [kind in TemplateKind]: Escape } = { slack: "slack", email: "none", text: "none" };

/** Everything that any place of a flow can read: a template does not know yet where it will stand. */
const roots = new Set(["event", "steps", "vars", "flow", "run", "tenant", "error", "output"]);
const anyPlace: Place = { roots, steps: new Map(), vars: new Map() };
const noNames = { steps: new Set<string>(), vars: new Set<string>() };

/** What keeps a text from being saved as a message of a kind. Pointers are empty; messages say the line. */
export function checkMessage(kind: TemplateKind, text: string): Finding[] {
  const parsed = parseTemplate(text, { kind });
  if (!parsed.ok) {
    const { message, suggestion, at } = parsed;
    const place = at === undefined ? "" : `Line ${at.line}, column ${at.column}: `;
    return [{ pointer: "", code: "template", message: `${place}${message}`, suggestion }];
  }
  return templatePaths(parsed.template).flatMap((path) => {
    // Which steps and variables there are is for each flow to say.
    if (/^(steps|vars)\b/.test(path)) return [];
    const fault = faultOf(path, anyPlace, noNames);
    if (fault === undefined) return [];
    const { severity: _, ...finding } = fault;
    return [{ pointer: "", ...finding }];
  });
}

/** The text of a message over a scope. Never throws, like `renderTemplate`; a text that is no template is an answer too. */
export function renderMessage(
  { kind, text }: Pick<PlanMessage, "kind" | "text">,
  scope: unknown,
  options: RenderOptions = {},
): RenderResult {
  const parsed = parseTemplate(text, { kind });
  if (!parsed.ok) return { ok: false, code: "template", message: parsed.message };
  return renderTemplate(parsed.template, scope, { ...options, escape: escapeByKind[kind] });
}

/** The message that an object of a plan's values stands for: `{ "$message": { kind, text, template } }`, and nothing else. */
export function messageOf(value: object): PlanMessage | undefined {
  const [key, ...others] = Object.keys(value);
  if (key !== "$message" || others.length > 0) return undefined;
  const { $message: message } = value as { $message: unknown }; // Its only member, as just seen.
  if (typeof message !== "object" || message === null) return undefined;
  const { kind, text, template } = message as { [name: string]: unknown }; // Members of anything may be read.
  const known = templateKinds.find((one) => one === kind);
  if (known === undefined || typeof text !== "string" || typeof template !== "string") return undefined;
  return { kind: known, text, template };
}
