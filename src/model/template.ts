// A message template: a text for people with a kind, kept apart from the flows that name it; and what it becomes in a plan.
import { eventTypeSchema } from "./event.ts";
import type { Json, JsonSchema } from "./json.ts";

/** What a message is made for: it decides which functions a template may call, and how values are escaped. */
export const templateKinds = ["slack", "email", "text"] as const;
export type TemplateKind = (typeof templateKinds)[number];

/** An event that a preview uses when none is given. */
export type TemplateSample = { type: string; data: Json };

/** What a person writes of a template. */
export type TemplateDraft = {
  slug?: string;
  name: string;
  kind: TemplateKind;
  description?: string;
  text: string;
  sample?: TemplateSample;
};

/** A template with its newest text. */
export type MessageTemplate = Required<Pick<TemplateDraft, "slug" | "name" | "kind" | "text">> & {
  description: string;
  sample: TemplateSample | null;
  /** Grows with each change of kind or text, from 1. A version never changes. */
  version: number;
};

export type TemplateVersion = Pick<MessageTemplate, "kind" | "text" | "version">;

/** A template as a flow names it: `review-alert`, or `review-alert@2` for one version. */
export type TemplateName = { slug: string; version?: number };

/** What stands in a plan for a template that a flow names: nothing is looked up when the flow runs. */
export type PlanMessage = {
  kind: TemplateKind;
  text: string;
  /** Slug and version: `review-alert@2`. */
  template: string;
};

/** Largest text of a template, and of all templates that one flow names, in bytes of UTF-8. */
export const templateBytesMax = 16 * 1024;
export const flowTemplatesBytesMax = 128 * 1024;

const slugPattern = "[a-z0-9]+(-[a-z0-9]+)*";
const namePattern = new RegExp(`^(${slugPattern})(?:@([1-9]\\d{0,8}))?$`);

/** The parts of a template's name as a flow writes it; undefined for what is no such name. */
export function parseTemplateName(text: string): TemplateName | undefined {
  const match = text.length > 80 ? null : namePattern.exec(text);
  const slug = match?.[1];
  if (slug === undefined || slug.length > 64) return undefined;
  return match?.[3] === undefined ? { slug } : { slug, version: Number(match[3]) };
}

export const templateSlugSchema: JsonSchema = {
  type: "string",
  maxLength: 64,
  pattern: `^${slugPattern}$`,
  description: "Lower-case letters and digits in words parted by `-`, 64 at most.",
};

export const templateKindSchema: JsonSchema = { type: "string", enum: templateKinds };

/** The length in characters only keeps out what cannot be 16 KB; the bytes are counted where the text is judged. */
export const templateTextSchema: JsonSchema = {
  type: "string",
  maxLength: templateBytesMax,
  description: "Handlebars, 16 KB at most: see /docs/message-templates.",
};

const sampleSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["type", "data"],
  properties: { type: eventTypeSchema, data: {} },
};

/** The body that makes or replaces a template. */
export const templateDraftSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "kind", "text"],
  properties: {
    slug: templateSlugSchema,
    name: { type: "string", minLength: 1, maxLength: 200 },
    kind: templateKindSchema,
    description: { type: "string", maxLength: 2_000 },
    text: templateTextSchema,
    sample: { ...sampleSchema, description: "An event for previews." },
  },
};

export const templateDraftExamples: TemplateDraft[] = [
  { name: "Alert", kind: "slack", text: ":warning: {{event.data.title}}" },
  {
    slug: "order-shipped",
    name: "Order shipped",
    kind: "email",
    description: "Told to customers when the parcel leaves.",
    text: "Dear {{default event.data.customer.name 'customer'}},\n\nyour order is on its way.\n",
    sample: { type: "order.shipped", data: { customer: { name: "Ann" } } },
  },
];

/** Drafts that are refused, each for one reason. */
export const templateDraftCounterExamples: { why: string; template: unknown; pointer: string; code: string }[] = [
  { why: "no name", template: { kind: "text", text: "" }, pointer: "/name", code: "required" },
  { why: "an unknown kind", template: { name: "A", kind: "sms", text: "" }, pointer: "/kind", code: "value" },
  {
    why: "a slug with a space",
    template: { name: "A", kind: "text", text: "", slug: "a b" },
    pointer: "/slug",
    code: "format",
  },
  {
    why: "a sample without data",
    template: { name: "A", kind: "text", text: "", sample: { type: "a" } },
    pointer: "/sample/data",
    code: "required",
  },
];
