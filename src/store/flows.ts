// Flows: one draft and any number of published versions each. A published version never changes.
import mongoose from "mongoose";
import type { Flow } from "../model/flow.ts";
import { newId, type FlowId, type TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import { isDuplicateKey, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** A flow as stored. Documents are JSON text, so that keys such as `$logic` are never MongoDB's operators. */
type StoredFlow = {
  _id: FlowId;
  tenantId: TenantId;
  slug: string;
  name: string;
  enabled: boolean;
  draft: string;
  /** Grows with each change of the draft, of `enabled` and of the published version: the ETag. */
  revision: number;
  problems: Finding[];
  publishedVersion: number | null;
  createdAt: Date;
  updatedAt: Date;
};

type StoredVersion = {
  _id: string;
  tenantId: TenantId;
  flowId: FlowId;
  version: number;
  document: string;
  plan: string;
  publishedAt: Date;
};

export type FlowRecord = Omit<StoredFlow, "_id" | "draft"> & { id: FlowId; draft: Flow };
export type FlowVersion = { flowId: FlowId; version: number; document: Flow; plan: Plan; publishedAt: Date };

/** What a change of a flow came to. `stale`: somebody else changed it first. */
export type FlowChange =
  { outcome: "changed"; flow: FlowRecord } | { outcome: "stale" } | { outcome: "unknown" } | { outcome: "slug_taken" };

const flowsSchema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    slug: { type: String, required: true },
    name: String,
    enabled: Boolean,
    draft: String,
    revision: Number,
    problems: [mongoose.Schema.Types.Mixed],
    publishedVersion: Number,
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
flowsSchema.index({ tenantId: 1, slug: 1 }, { unique: true });
flowsSchema.index({ tenantId: 1, _id: -1 });

const versionsSchema = new mongoose.Schema(
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
versionsSchema.index({ tenantId: 1, flowId: 1, version: -1 }, { unique: true });

export type FlowStore = ReturnType<typeof createFlowStore>;

/** Every query on flows and their versions. */
export function createFlowStore(database: Database) {
  const flowModel = database.connection.model("Flow", flowsSchema, "flows");
  const versionModel = database.connection.model("FlowVersion", versionsSchema, "flowVersions");
  const flows = database.raw<StoredFlow>("flows");
  const versions = database.raw<StoredVersion>("flowVersions");
  const publishedPlan = createPlanCache(versions);

  /** Applies a change to the revision that the caller saw (`revision`), or to any. */
  const change = async (
    tenantId: TenantId,
    id: FlowId,
    revision: number | undefined,
    set: Partial<Omit<StoredFlow, "_id" | "tenantId" | "revision">>,
  ): Promise<FlowChange> => {
    const known = { _id: id, tenantId };
    try {
      const row = await flows.findOneAndUpdate(
        revision === undefined ? known : { ...known, revision },
        { $set: { ...set, updatedAt: new Date() }, $inc: { revision: 1 } },
        { returnDocument: "after" },
      );
      if (row) return { outcome: "changed", flow: flowOf(row) };
      return { outcome: (await flows.findOne(known)) ? "stale" : "unknown" };
    } catch (error) {
      if (isDuplicateKey(error)) return { outcome: "slug_taken" };
      throw error;
    }
  };

  return {
    init: () => Promise.all([flowModel.createIndexes(), versionModel.createIndexes()]),

    async create(
      tenantId: TenantId,
      draft: Flow,
      slug: string,
      problems: Finding[],
    ): Promise<FlowRecord | "slug_taken"> {
      const now = new Date();
      const row: StoredFlow = {
        _id: newId("flow"),
        tenantId,
        slug,
        name: draft.name,
        enabled: false,
        draft: JSON.stringify(draft),
        revision: 1,
        problems,
        publishedVersion: null,
        createdAt: now,
        updatedAt: now,
      };
      try {
        await flows.insertOne(row);
        return flowOf(row);
      } catch (error) {
        if (isDuplicateKey(error)) return "slug_taken";
        throw error;
      }
    },

    /** By id or by slug. */
    async find(tenantId: TenantId, idOrSlug: string): Promise<FlowRecord | undefined> {
      const row = await flows.findOne({ tenantId, $or: [{ _id: idOrSlug as FlowId }, { slug: idOrSlug }] });
      return row ? flowOf(row) : undefined;
    },

    async list(tenantId: TenantId, page: PageRequest): Promise<Page<FlowRecord>> {
      const rows = await readPage(flows, { tenantId }, {}, page);
      return { items: rows.items.map(flowOf), nextCursor: rows.nextCursor };
    },

    replaceDraft: (
      tenantId: TenantId,
      id: FlowId,
      revision: number | undefined,
      next: { draft: Flow; slug: string; problems: Finding[] },
    ) =>
      change(tenantId, id, revision, {
        draft: JSON.stringify(next.draft),
        name: next.draft.name,
        slug: next.slug,
        problems: next.problems,
      }),

    setEnabled: (tenantId: TenantId, id: FlowId, enabled: boolean) => change(tenantId, id, undefined, { enabled }),

    /**
     * Writes a version, then points the flow at it, if the draft is still the one that was compiled.
     * A crash between the two leaves a version that nothing points at; its number is taken again by the next publish.
     */
    async publish(
      tenantId: TenantId,
      seen: FlowRecord,
      version: { number: number; plan: Plan; enable: boolean },
    ): Promise<FlowChange & { publishedAt?: Date }> {
      const publishedAt = new Date();
      const pointed = versions.replaceOne(
        { _id: versionKey(seen.id, version.number), tenantId },
        {
          flowId: seen.id,
          tenantId,
          version: version.number,
          document: JSON.stringify(seen.draft),
          plan: JSON.stringify(version.plan),
          publishedAt,
        },
        { upsert: true },
      );
      await pointed;
      const changed = await change(tenantId, seen.id, seen.revision, {
        publishedVersion: version.number,
        enabled: version.enable,
      });
      return { ...changed, publishedAt };
    },

    async findVersion(tenantId: TenantId, flowId: FlowId, version: number): Promise<FlowVersion | undefined> {
      const row = await versions.findOne({ _id: versionKey(flowId, version), tenantId });
      return row ? versionOf(row) : undefined;
    },

    async listVersions(tenantId: TenantId, flowId: FlowId): Promise<{ version: number; publishedAt: Date }[]> {
      const rows = await versions
        .find({ tenantId, flowId }, { projection: { version: 1, publishedAt: 1 }, sort: { version: -1 }, limit: 200 })
        .toArray();
      return rows.map(({ version, publishedAt }) => ({ version, publishedAt }));
    },

    /** The plan of a published version, from memory where it was used lately. */
    plan: publishedPlan,

    /** Every enabled flow's published version, of all tenants: what the match index is built from. */
    async enabled(only?: FlowId): Promise<{ tenantId: TenantId; flowId: FlowId; version: number }[]> {
      const rows = await flows
        .find(
          { enabled: true, publishedVersion: { $ne: null }, ...(only ? { _id: only } : {}) },
          { projection: { tenantId: 1, publishedVersion: 1 } },
        )
        .toArray();
      // The filter above leaves no null.
      return rows.map((row) => ({ tenantId: row.tenantId, flowId: row._id, version: row.publishedVersion as number }));
    },

    /** Tells of each change of a flow, in this and every other process, until `close`. */
    watch(on: { change(id: FlowId): void; error(error: unknown): void }): { close(): Promise<void> } {
      const stream = flows.watch([], { maxAwaitTimeMS: 1_000 });
      stream.on("change", (one) => {
        // Only events of documents have a key; _id of this collection is a FlowId.
        if ("documentKey" in one) on.change(one.documentKey._id as FlowId);
      });
      stream.on("error", on.error);
      return { close: () => stream.close() };
    },
  };
}

/** Published versions never change, so plans are kept: the latest used ones, up to a bound. */
function createPlanCache(versions: mongoose.mongo.Collection<StoredVersion>) {
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
    const row = await versions.findOne({ _id: versionKey(flowId, version), tenantId });
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

function flowOf(row: StoredFlow): FlowRecord {
  const { _id, draft, ...fields } = row;
  // Written by JSON.stringify of a checked draft.
  return { id: _id, draft: JSON.parse(draft) as Flow, ...fields };
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
