// How are message templates written and read? Saving, versions, archiving, and which flows name them.
import { AppError } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import type { TemplateId, TenantId } from "../model/ids.ts";
import { templateDraftSchema, templateKindSchema, templateKinds, type TemplateDraft } from "../model/template.ts";
import type { TemplateRecord, TemplateStore } from "../store/templates.ts";
import type { ApiDeps } from "./deps.ts";
import { slugOf } from "./flow-drafts.ts";
import { requireIfMatch } from "./precondition.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Route } from "./route.ts";
import { shippedTemplates } from "./shipped-templates.ts";
import { templateList } from "./template-list.ts";
import { previewRoute } from "./template-preview.ts";
import { templateVersionRoutes } from "./template-versions.ts";
import {
  changedTemplate,
  checkTemplateDraft,
  findOwn,
  findTemplate,
  slugTaken,
  storedDraft,
  templateAnswer,
  templateRowSchema,
  templateViewSchema,
} from "./template-views.ts";

/** Paths below `/v1/templates` that are no templates. */
const reservedSlugs = new Set(["preview"]);
const slugCharsMax = 64;
const slugTriesMax = 50;

const draftBody = () =>
  jsonBody<TemplateDraft>(templateDraftSchema, { check: checkTemplateDraft, invalidCode: "template.invalid" });
const templateResponse = { description: "The template, with its ETag.", schema: templateViewSchema, etag: true };

type Deps = Pick<ApiDeps, "store">;

/** `/v1/templates/preview` comes before `/v1/templates/{id}`, which would take it for an id. */
export function templateRoutes(deps: Deps): Route[] {
  return [
    previewRoute(deps),
    listRoute(deps),
    createRoute(deps),
    readRoute(deps),
    replaceRoute(deps),
    ...templateVersionRoutes(deps),
    archiveRoute(deps, true),
    archiveRoute(deps, false),
    usageRoute(deps),
  ];
}

function listRoute({ store: { templates } }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/templates",
    scope: "templates:read",
    tag: "Message templates",
    summary: "List message templates without their texts: your own, newest first, then those that Millrace ships",
    query: { ...pageQuery, kind: { ...templateKindSchema, description: "Only those of this kind." } },
    responses: { 200: { description: "A page.", schema: listSchema(templateRowSchema) } },
    async handler({ tenantId, query }) {
      const kind = templateKinds.find((one) => one === query["kind"]);
      const page = await templateList(templates, tenantId, kind, pageOf(query, "tmpl"));
      return pageAnswer(page.items, page.nextCursor);
    },
  });
}

function createRoute({ store: { templates } }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/templates",
    scope: "templates:write",
    tag: "Message templates",
    summary: "Save a new message template, as version 1",
    description:
      "Without `slug` one is made from the name. With the slug of a template that Millrace ships, yours takes its place in your flows.",
    body: draftBody(),
    responses: { 201: templateResponse },
    async handler({ tenantId, body, newId }) {
      const own = await createTemplate(templates, tenantId, newId("tmpl"), body);
      return templateAnswer({ own }, 201, { location: `/v1/templates/${own.id}` });
    },
  });
}

/** Makes a template with this id, under its own slug or under one that is made from its name and free. */
async function createTemplate(
  templates: TemplateStore,
  tenantId: TenantId,
  id: TemplateId,
  draft: TemplateDraft,
): Promise<TemplateRecord> {
  if (draft.slug !== undefined) {
    if (reservedSlugs.has(draft.slug)) throw slugTaken();
    const made = await templates.create(tenantId, id, storedDraft(draft, draft.slug));
    if (made === "slug_taken") throw slugTaken();
    return made;
  }
  const base = slugOf(draft.name, "template");
  for (let number = 1; number <= slugTriesMax; number++) {
    const slug = number === 1 ? base : `${base.slice(0, slugCharsMax - 4)}-${number}`;
    // Who does not ask for the slug of one of ours does not mean to take its place.
    if (reservedSlugs.has(slug) || shippedTemplates.has(slug)) continue;
    const made = await templates.create(tenantId, id, storedDraft(draft, slug));
    if (made !== "slug_taken") return made;
  }
  throw slugTaken();
}

function readRoute({ store: { templates } }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/templates/{id}",
    scope: "templates:read",
    tag: "Message templates",
    summary: "A message template and its newest text, by id or slug",
    responses: { 200: templateResponse },
    handler: async ({ tenantId, params }) => templateAnswer(await findTemplate(templates, tenantId, params.id)),
  });
}

function replaceRoute({ store: { templates } }: Deps): Route {
  return route({
    method: "put",
    path: "/v1/templates/{id}",
    scope: "templates:write",
    tag: "Message templates",
    summary: "Replace a message template: a new kind or text is a new version",
    description:
      "Published flows keep the version that they were published with. Without `slug` the template keeps the one it has.",
    headers: {
      "if-match": "The template's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it.",
    },
    body: draftBody(),
    responses: { 200: templateResponse },
    async handler({ tenantId, params, body, headers }) {
      const seen = await findOwn(templates, tenantId, params.id);
      const isSure = requireIfMatch(headers, seen.revision, "template") !== undefined;
      const slug = body.slug ?? seen.slug;
      if (reservedSlugs.has(slug)) throw slugTaken();
      let change = await templates.replace(tenantId, refuseArchived(seen), storedDraft(body, slug));
      // Under `*` nobody is stale: the change goes onto whatever the other one left.
      for (let tries = 1; change.outcome === "stale" && !isSure && tries < 5; tries++) {
        const newer = await findOwn(templates, tenantId, seen.id);
        change = await templates.replace(tenantId, refuseArchived(newer), storedDraft(body, slug));
      }
      return templateAnswer({ own: changedTemplate(change) });
    },
  });
}

function refuseArchived(template: TemplateRecord): TemplateRecord {
  if (!template.archived) return template;
  throw new AppError("state.conflict", { detail: "The template is archived: restore it before you change it." });
}

function archiveRoute({ store: { templates } }: Deps, archived: boolean): Route {
  const [verb, summary] = archived
    ? (["archive", "Hide a message template from new versions of flows"] as const)
    : (["restore", "Let flows name an archived message template again"] as const);
  return route({
    method: "post",
    path: `/v1/templates/{id}/${verb}`,
    scope: "templates:write",
    tag: "Message templates",
    summary,
    description: "Versions of flows that are published go on with the text that they have.",
    responses: { 200: { description: "The template; the same when it was so already.", schema: templateViewSchema } },
    async handler({ tenantId, params }) {
      const seen = await findOwn(templates, tenantId, params.id);
      if (seen.archived === archived) return templateAnswer({ own: seen });
      return templateAnswer({ own: changedTemplate(await templates.setArchived(tenantId, seen.id, archived)) });
    },
  });
}

const usageSchema: JsonSchema = {
  type: "object",
  required: ["flow", "draft"],
  properties: {
    flow: {
      type: "object",
      required: ["id", "slug", "name"],
      properties: { id: { type: "string" }, slug: { type: "string" }, name: { type: "string" } },
    },
    draft: { type: "array", items: { type: "string" }, description: "What the draft says: `slug` or `slug@version`." },
  },
};

function usageRoute({ store: { templates } }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/templates/{id}/usage",
    scope: "templates:read",
    tag: "Message templates",
    summary: "The flows whose draft names a message template",
    responses: { 200: { description: "The newest 500.", schema: listSchema(usageSchema) } },
    async handler({ tenantId, params }) {
      const found = await findTemplate(templates, tenantId, params.id);
      const { slug } = "own" in found ? found.own : found.shipped;
      return pageAnswer(await templates.usage(tenantId, slug));
    },
  });
}
