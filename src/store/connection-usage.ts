// Which flows use a connection? Looked up in the texts of drafts and published versions.
import { connectionUses } from "../flow/connection-uses.ts";
import type { Flow } from "../model/flow.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";

export type ConnectionUsage = {
  flow: { id: FlowId; slug: string; name: string };
  /** Whether the published version uses it, and not the draft alone. */
  published: boolean;
  /** Paths of the steps that name it, in the draft or in the published version. */
  steps: string[];
  /** The names that the published version uses it by: its slug, its id, or both. */
  publishedNames: string[];
};

type FlowRow = { _id: FlowId; tenantId: TenantId; slug: string; name: string; draft: string; publishedVersion: number };
type VersionRow = { _id: string; tenantId: TenantId; flowId: FlowId; version: number; document: string };

/** The tenant's flows whose draft or published version has a step that names the connection, by any of `names`. */
export async function usesOfConnection(
  database: Database,
  tenantId: TenantId,
  names: string[],
): Promise<ConnectionUsage[]> {
  const flows = database.raw<FlowRow>("flows");
  const versions = database.raw<VersionRow>("flowVersions");
  const [drafts, documents] = await Promise.all([
    flows.find({ tenantId, $expr: mentions("$draft", names) }, { projection: { draft: 1 } }).toArray(),
    versions.find({ tenantId, $expr: mentions("$document", names) }, { projection: { plan: 0 } }).toArray(),
  ]);
  const ids = [...new Set([...drafts.map((row) => row._id), ...documents.map((row) => row.flowId)])];
  if (ids.length === 0) return [];
  const found = await flows.find({ tenantId, _id: { $in: ids } }, { sort: { _id: -1 } }).toArray();
  return found.flatMap((flow): ConnectionUsage[] => {
    const { _id: id, slug, name, publishedVersion } = flow;
    const published = documents.find((one) => one.flowId === id && one.version === publishedVersion);
    const inDraft = usesIn(flow.draft, names);
    const inPublished = published === undefined ? [] : usesIn(published.document, names);
    const steps = [...new Set([...inDraft, ...inPublished].map((one) => one.path))];
    const publishedNames = [...new Set(inPublished.map((one) => one.connection))];
    if (steps.length === 0) return [];
    return [{ flow: { id, slug, name }, published: inPublished.length > 0, steps, publishedNames }];
  });
}

/** Whether a text holds a member `connection` with one of the names: most flows are told apart without being sent here. */
function mentions(field: string, names: string[]): object {
  return {
    $or: names.map((name) => ({
      $gte: [{ $indexOfBytes: [field, { $literal: `"connection":${JSON.stringify(name)}` }] }, 0],
    })),
  };
}

function usesIn(document: string, names: string[]) {
  // Written by JSON.stringify of a document that the flow schema let through.
  return connectionUses(JSON.parse(document) as Flow).filter((use) => names.includes(use.connection));
}
