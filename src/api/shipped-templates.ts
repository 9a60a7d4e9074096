// Which message templates does Millrace ship? Each is a text and what is said of it, side by side in templates/messages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { templateDraftSchema, type MessageTemplate, type TemplateDraft } from "../model/template.ts";
import { packageRoot, readPackageJson } from "../package-root.ts";
import type { ShippedTemplates } from "./template-lookup.ts";

const folder = "templates/messages";

/** The templates of this installation, by slug; read once, when the program starts. */
export const shippedTemplates: ShippedTemplates = readShipped();

function readShipped(): ShippedTemplates {
  const files = readdirSync(join(packageRoot, folder)).filter((file) => file.endsWith(".hbs"));
  const slugs = files.map((file) => file.slice(0, -".hbs".length)).toSorted();
  const check = createSchemaCheck(templateDraftSchema);
  return new Map(slugs.map((slug) => [slug, readTemplate(slug, check)] as const));
}

/** Throws for one that a tenant could not have saved either: then the program does not start. */
function readTemplate(slug: string, check: ReturnType<typeof createSchemaCheck>): MessageTemplate {
  // Checked below, with the text that belongs to it.
  const { version, ...said } = readPackageJson(`${folder}/${slug}.json`) as Omit<TemplateDraft, "text"> & {
    version: number;
  };
  // Files end with a line break; messages do not.
  const text = readFileSync(join(packageRoot, folder, `${slug}.hbs`), "utf8").replace(/\n$/, "");
  const draft: TemplateDraft = { ...said, slug, text };
  const [finding] = check(draft);
  if (finding !== undefined) throw new Error(`${folder}/${slug}: ${finding.pointer} ${finding.message}`);
  const { name, kind, description = "", sample = null } = draft;
  return { slug, name, kind, description, text, sample, version };
}
