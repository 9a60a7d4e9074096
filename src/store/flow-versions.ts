// Flow versions: what was published, each with its plan. A published version never changes.
import mongoose from "mongoose";
import type { Flow } from "../model/flow.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Collection, Database } from "./database.ts";

/** A version as stored. Documents are JSON text, so that keys such as `$logic` are never MongoDB's operators. */
type StoredVersion = {
  _id: string;
  tenantId: TenantId;
  flowId: FlowId;
  version: number;
  document: string;
  plan: string;
  publishedAt: Date;
};

export type FlowVersion = { flowId: FlowId; version: number; document: Flow; plan: Plan; publishedAt: Date };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    flowId: { type: String, required: true },
    version: Number,
    document: String,
    plan: String,
    publishedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, flowId: 1, version: -1 }, { unique: true });

/** Every query on versions. */
export function createFlowVersionStore(database: Database) {
  const model = database.connection.model("FlowVersion", schema, "flowVersions");
  const raw = database.raw<StoredVersion>("flowVersions");

  return {
    init: () => model.createIndexes(),

    /** Writes a version, over one with its number that a publish left behind which did not come to its end. */
    async write(tenantId: TenantId, written: FlowVersion): Promise<void> {
      const { flowId, version, publishedAt } = written;
      const document = JSON.stringify(written.document);
      const plan = JSON.stringify(written.plan);
      await raw.replaceOne(
        { _id: versionKey(flowId, version), tenantId },
        { flowId, tenantId, version, document, plan, publishedAt },
        { upsert: true },
      );
    },

    async find(tenantId: TenantId, flowId: FlowId, version: number): Promise<FlowVersion | undefined> {
      const row = await raw.findOne({ _id: versionKey(flowId, version), tenantId });
      return row ? versionOf(row) : undefined;
    },

    async list(tenantId: TenantId, flowId: FlowId): Promise<{ version: number; publishedAt: Date }[]> {
      const rows = await raw
        .find({ tenantId, flowId }, { projection: { version: 1, publishedAt: 1 }, sort: { version: -1 }, limit: 200 })
        .toArray();
      return rows.map(({ version, publishedAt }) => ({ version, publishedAt }));
    },

    /** The plan of a published version, from memory where it was used lately. */
    plan: createPlanCache(raw),
  };
}

/** Published versions never change, so plans are kept: the latest used ones, up to a bound. */
function createPlanCache(raw: Collection<StoredVersion>) {
  const plansMax = 2_000;
  const cache = new Map<string, Plan>();
  return async (tenantId: TenantId, flowId: FlowId, version: number): Promise<Plan | undefined> => {
    const key = `${tenantId}/${versionKey(flowId, version)}`;
    const cached = cache.get(key);
    if (cached) {
      // Moved to the end: the first entry is the one that was not used for longest.
      cache.delete(key);
      cache.set(key, cached);
      return cached;
    }
    const row = await raw.findOne({ _id: versionKey(flowId, version), tenantId });
    if (!row) return undefined;
    const { plan } = versionOf(row);
    cache.set(key, plan);
    if (cache.size > plansMax) {
      const [oldest] = cache.keys();
      if (oldest !== undefined) cache.delete(oldest);
    }
    return plan;
  };
}

function versionKey(flowId: FlowId, version: number): string {
  return `${flowId}/${version}`;
}

function versionOf(row: StoredVersion): FlowVersion {
  const { flowId, version, publishedAt } = row;
  // Both were written by JSON.stringify at publish.
  return {
    flowId,
    version,
    publishedAt,
    document: JSON.parse(row.document) as Flow,
    plan: JSON.parse(row.plan) as Plan,
  };
}
