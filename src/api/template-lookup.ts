// Which message templates may a tenant's flows name? Its own, and those that Millrace ships.
import { type TemplateLookup, templateNamesIn } from "../flow/message-nodes.ts";
import type { TenantId } from "../model/ids.ts";
import type { MessageTemplate, TemplateName, TemplateVersion } from "../model/template.ts";
import type { TemplateRecord, TemplateStore } from "../store/templates.ts";

/** The templates in `templates/messages`, by slug. */
export type ShippedTemplates = ReadonlyMap<string, MessageTemplate>;

/** What the names in a document stand for. The document may be anything; what it does not name is not looked up. */
export async function lookupTemplates(
  store: TemplateStore,
  shipped: ShippedTemplates,
  tenantId: TenantId,
  document: unknown,
): Promise<TemplateLookup> {
  const names = templateNamesIn(document);
  // Most flows name none, and cost no query.
  if (names.length === 0) return { find: () => undefined, slugs: [] };
  const found = await store.named(tenantId, [...new Set(names.map(({ slug }) => slug))]);
  const ownBySlug = new Map(found.map((template) => [template.slug, template]));
  const older = await olderVersions(store, tenantId, names, ownBySlug);
  const isUnknown = ({ slug }: TemplateName) => !ownBySlug.has(slug) && !shipped.has(slug);
  const slugs = names.some(isUnknown) ? [...shipped.keys(), ...(await store.slugs(tenantId))] : [];
  return {
    slugs,
    find({ slug, version }) {
      // A tenant's own comes before one of ours, also when it is archived: a flow never changes over unasked.
      const own = ownBySlug.get(slug);
      if (own?.archived === true) return "archived";
      const newest = own ?? shipped.get(slug);
      if (version === undefined || newest?.version === version) return newest;
      return older.get(`${slug}@${version}`);
    },
  };
}

/** The versions that are named and are not the newest, by name. */
async function olderVersions(
  store: TemplateStore,
  tenantId: TenantId,
  names: TemplateName[],
  ownBySlug: ReadonlyMap<string, TemplateRecord>,
): Promise<ReadonlyMap<string, TemplateVersion>> {
  const wanted = names.flatMap(({ slug, version }) => {
    const own = ownBySlug.get(slug);
    return own === undefined || version === undefined || version >= own.version ? [] : [{ slug, own, version }];
  });
  const versions = await store.olderVersions(
    tenantId,
    wanted.map(({ own, version }) => ({ id: own.id, version })),
  );
  const slugById = new Map(wanted.map(({ own, slug }) => [own.id, slug]));
  return new Map(versions.map((one) => [`${slugById.get(one.templateId) ?? ""}@${one.version}`, one]));
}
