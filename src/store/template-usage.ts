// Which flows name a message template? Looked up in the texts of drafts.
import { templatesNamedBy } from "../flow/message-nodes.ts";
import type { Flow } from "../model/flow.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import { parseTemplateName } from "../model/template.ts";
import type { Database } from "./database.ts";

export type TemplateUsage = {
  flow: { id: FlowId; slug: string; name: string };
  /** What the draft says: `review-alert`, `review-alert@2`, or both. */
  draft: string[];
};

type FlowRow = { _id: FlowId; tenantId: TenantId; slug: string; name: string; draft: string };

/** Most flows that are answered. */
const flowsMax = 500;

/** What can be asked about the templates that flows name. */
export function createTemplateUsage(database: Database) {
  const flows = database.raw<FlowRow>("flows");

  return {
    /** The tenant's flows whose draft names the template with this slug, newest first. */
    async usage(tenantId: TenantId, slug: string): Promise<TemplateUsage[]> {
      // Most flows are told apart in the database; the rest is read, since a text may hold the same characters.
      const written = [`"$template":"${slug}"`, `"$template":"${slug}@`];
      const mentions = written.map((part) => ({ $gte: [{ $indexOfBytes: ["$draft", { $literal: part }] }, 0] }));
      const options = { projection: { slug: 1, name: 1, draft: 1 }, sort: { _id: -1 }, limit: flowsMax } as const;
      const rows = await flows.find({ tenantId, $expr: { $or: mentions } }, options).toArray();
      return rows.flatMap((row) => {
        // Written by JSON.stringify of a draft that the flow schema let through.
        const named = templatesNamedBy(JSON.parse(row.draft) as Flow);
        const draft = named.filter((name) => parseTemplateName(name)?.slug === slug);
        return draft.length === 0 ? [] : [{ flow: { id: row._id, slug: row.slug, name: row.name }, draft }];
      });
    },
  };
}
