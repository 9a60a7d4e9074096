// How is one list made of a tenant's own templates, which page by id, and those that Millrace ships?
import type { TenantId } from "../model/ids.ts";
import type { TemplateKind } from "../model/template.ts";
import type { Page, PageRequest } from "../store/page.ts";
import type { TemplateStore } from "../store/templates.ts";
import { shippedTemplates } from "./shipped-templates.ts";
import { templateRow } from "./template-views.ts";

/**
 * A place among the shipped ones, in the form of an id: ids begin with their time, so that one of the year 1970 stands
 * behind every template that was ever made.
 */
const shippedCursor = /^tmpl_0{16}(\d{6})$/;
const cursorAt = (index: number) => `tmpl_${String(index).padStart(22, "0")}`;

/** One page: own templates, newest first, then the shipped ones whose slug the tenant has not taken. */
export async function templateList(
  templates: TemplateStore,
  tenantId: TenantId,
  kind: TemplateKind | undefined,
  page: PageRequest,
): Promise<Page<ReturnType<typeof templateRow>>> {
  const place = shippedCursor.exec(page.cursor ?? "")?.[1];
  const own =
    place === undefined ? await templates.list(tenantId, { kind }, page) : { items: [], nextCursor: undefined };
  const rows = own.items.map((one) => templateRow({ own: one }));
  if (own.nextCursor !== undefined) return { items: rows, nextCursor: own.nextCursor };
  const shipped = await shippedFor(templates, tenantId, kind);
  const start = Number(place ?? 0);
  const end = start + page.limit - rows.length;
  const items = [...rows, ...shipped.slice(start, end).map((one) => templateRow({ shipped: one }))];
  return { items, nextCursor: end < shipped.length ? cursorAt(end) : undefined };
}

async function shippedFor(templates: TemplateStore, tenantId: TenantId, kind: TemplateKind | undefined) {
  const taken = new Set((await templates.named(tenantId, [...shippedTemplates.keys()])).map(({ slug }) => slug));
  return [...shippedTemplates.values()].filter(
    (one) => !taken.has(one.slug) && (kind === undefined || one.kind === kind),
  );
}
