// What is a message template in the API, and how is it found, named and changed?
import { checkMessage } from "../flow/message.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { AppError } from "../model/errors.ts";
import type { TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import {
  templateDraftSchema,
  templateKindSchema,
  type MessageTemplate,
  type TemplateDraft,
} from "../model/template.ts";
import type { NewTemplate, TemplateChange, TemplateRecord, TemplateStore } from "../store/templates.ts";
import { revisionTag, stale } from "./precondition.ts";
import type { Answer } from "./route.ts";
import { shippedTemplates } from "./shipped-templates.ts";

/** A template of the tenant's own, or one that Millrace ships. */
export type FoundTemplate = { own: TemplateRecord } | { shipped: MessageTemplate };

const time: JsonSchema = { type: ["string", "null"], format: "date-time" };
const rowProperties: { [name: string]: JsonSchema } = {
  id: { type: ["string", "null"], description: "Null for a template that Millrace ships: it is read by its slug." },
  slug: { type: "string", description: "What flows name it by." },
  name: { type: "string" },
  kind: templateKindSchema,
  description: { type: "string" },
  version: { type: "integer", description: "The newest." },
  shipped: { type: "boolean", description: "Whether it comes with Millrace, and cannot be changed." },
  archived: { type: "boolean", description: "Whether it is hidden from new versions of flows." },
  createdAt: time,
  updatedAt: time,
};
const required = Object.keys(rowProperties);

/** A template in a list: without its text. */
export const templateRowSchema: JsonSchema = { type: "object", required, properties: rowProperties };

/** A template with its newest text. */
export const templateViewSchema: JsonSchema = {
  type: "object",
  required: [...required, "text", "sample"],
  properties: {
    ...rowProperties,
    text: { type: "string" },
    sample: { type: ["object", "null"], description: "An event for previews." },
  },
};

export function templateRow(found: FoundTemplate) {
  if ("own" in found) {
    const { id, slug, name, kind, description, version, archived, createdAt, updatedAt } = found.own;
    return { id, slug, name, kind, description, version, shipped: false, archived, createdAt, updatedAt };
  }
  const { slug, name, kind, description, version } = found.shipped;
  const never = { archived: false, createdAt: null, updatedAt: null };
  return { id: null, slug, name, kind, description, version, shipped: true, ...never };
}

/** The answer that shows a template, with the ETag that a change of it has to name. */
export function templateAnswer(found: FoundTemplate, status = 200, headers: Answer["headers"] = {}): Answer {
  const { text, sample } = "own" in found ? found.own : found.shipped;
  const etag = "own" in found ? { etag: revisionTag(found.own.revision) } : {};
  return { status, body: { ...templateRow(found), text, sample }, headers, ...etag };
}

/** The template by id or slug; a tenant's own first. Throws AppError `resource.not_found`, also for another tenant's. */
export async function findTemplate(store: TemplateStore, tenantId: TenantId, idOrSlug: string): Promise<FoundTemplate> {
  const own = await store.find(tenantId, idOrSlug);
  if (own) return { own };
  const shipped = shippedTemplates.get(idOrSlug);
  if (!shipped) throw unknownTemplate();
  return { shipped };
}

/** The tenant's own template by id or slug. Throws AppError, `state.conflict` for one that Millrace ships. */
export async function findOwn(store: TemplateStore, tenantId: TenantId, idOrSlug: string): Promise<TemplateRecord> {
  const found = await findTemplate(store, tenantId, idOrSlug);
  if ("own" in found) return found.own;
  const detail = `Millrace ships this template, and nobody changes it: save one of your own with the slug \`${found.shipped.slug}\`, and flows get yours.`;
  throw new AppError("state.conflict", { detail });
}

/** The template after a change. Throws AppError: somebody else was first, it is gone, or its slug is taken. */
export function changedTemplate(change: TemplateChange): TemplateRecord {
  if (change.outcome === "changed") return change.template;
  if (change.outcome === "stale") throw stale("template");
  throw change.outcome === "unknown" ? unknownTemplate() : slugTaken();
}

const checkShape = createSchemaCheck(templateDraftSchema);

/** Everything that keeps a body from being saved as a template. */
export function checkTemplateDraft(value: unknown): Finding[] {
  const shape = checkShape(value).map(({ keyword: _, ...finding }) => finding);
  // A text whose kind is not known has no rules to be judged by.
  if (shape.some(({ pointer }) => pointer === "" || /^\/(kind|text)/.test(pointer))) return shape;
  const { kind, text } = value as TemplateDraft; // Both have just been seen to be there and right.
  return [...shape, ...checkMessage(kind, text).map((finding) => ({ ...finding, pointer: "/text" }))];
}

/** What is stored of a checked body. Line breaks become those of Unix: an editor's are no part of a message. */
export function storedDraft(draft: TemplateDraft, slug: string): NewTemplate {
  const { name, kind, description = "", text } = draft;
  return { slug, name, kind, description, text: text.replace(/\r\n?/g, "\n"), sample: draft.sample ?? null };
}

export function unknownTemplate(): AppError {
  return new AppError("resource.not_found", { detail: "There is no message template with this id or slug." });
}

export function slugTaken(): AppError {
  const detail = "Another message template has this slug, or it is reserved: choose another one.";
  return new AppError("state.conflict", { detail });
}
