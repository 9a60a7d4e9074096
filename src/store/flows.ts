// Flows: one draft and any number of published versions each.
import mongoose from "mongoose";
import type { Flow } from "../model/flow.ts";
import type { FlowId, TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { createFlowVersionStore } from "./flow-versions.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";
import { createPublishedFlows } from "./published-flows.ts";

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
  /** The last publish that was asked for under an Idempotency-Key: asked for again, it is this one. */
  publishedUnder?: { requestId: string; version: number; publishedAt: Date };
  createdAt: Date;
  updatedAt: Date;
};

export type FlowRecord = Omit<StoredFlow, "_id" | "draft"> & { id: FlowId; draft: Flow };

/** What a change of a flow came to. `stale`: somebody else changed it first. */
export type FlowChange =
  { outcome: "changed"; flow: FlowRecord } | { outcome: "stale" } | { outcome: "unknown" } | { outcome: "slug_taken" };

const schema = new mongoose.Schema(
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
    publishedUnder: { requestId: String, version: Number, publishedAt: Date },
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, slug: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });

export type FlowStore = ReturnType<typeof createFlowStore>;

/** Every query on flows and their versions. */
export function createFlowStore(database: Database) {
  const model = database.connection.model("Flow", schema, "flows");
  const raw = database.raw<StoredFlow>("flows");
  const versions = createFlowVersionStore(database);

  return {
    init: () => Promise.all([model.createIndexes(), versions.init()]),

    /** Makes a flow with an id. The flow that has this id already is answered as it is: the request came before. */
    create: (tenantId: TenantId, id: FlowId, flow: NewDraft) => insertFlow(raw, newStoredFlow(tenantId, id, flow)),

    /** By id or by slug. */
    async find(tenantId: TenantId, idOrSlug: string): Promise<FlowRecord | undefined> {
      // Whatever is no id finds nothing as one.
      const row = await raw.findOne({ tenantId, $or: [{ _id: idOrSlug as FlowId }, { slug: idOrSlug }] });
      return row ? flowOf(row) : undefined;
    },

    async list(tenantId: TenantId, page: PageRequest): Promise<Page<FlowRecord>> {
      const rows = await readPage(raw, { tenantId }, {}, page);
      return { items: rows.items.map(flowOf), nextCursor: rows.nextCursor };
    },

    replaceDraft(tenantId: TenantId, id: FlowId, revision: number | undefined, next: NewDraft): Promise<FlowChange> {
      const { draft, slug, problems } = next;
      return changeFlow(
        raw,
        { tenantId, id, revision },
        { draft: JSON.stringify(draft), name: draft.name, slug, problems },
      );
    },

    setEnabled: (tenantId: TenantId, id: FlowId, enabled: boolean): Promise<FlowChange> =>
      changeFlow(raw, { tenantId, id, revision: undefined }, { enabled }),

    /**
     * Writes a version, then points the flow at it, if the draft is still the one that was compiled.
     * A crash between the two leaves a version that nothing points at; its number is taken again by the next publish.
     */
    async publish(
      tenantId: TenantId,
      seen: FlowRecord,
      version: { number: number; plan: Plan; enable: boolean; requestId?: string | undefined },
    ): Promise<FlowChange & { publishedAt?: Date }> {
      const { number, plan, enable, requestId } = version;
      const publishedAt = new Date();
      await versions.write(tenantId, { flowId: seen.id, version: number, document: seen.draft, plan, publishedAt });
      const change = await changeFlow(
        raw,
        { ...seen, tenantId },
        {
          publishedVersion: number,
          enabled: enable,
          ...(requestId === undefined ? {} : { publishedUnder: { requestId, version: number, publishedAt } }),
        },
      );
      return { ...change, publishedAt };
    },

    findVersion: versions.find,
    listVersions: versions.list,
    plan: versions.plan,
    ...createPublishedFlows(database),
  };
}

type NewDraft = { draft: Flow; slug: string; problems: Finding[] };

function newStoredFlow(tenantId: TenantId, id: FlowId, { draft, slug, problems }: NewDraft): StoredFlow {
  const now = new Date();
  return {
    _id: id,
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
}

async function insertFlow(flows: Collection<StoredFlow>, row: StoredFlow): Promise<FlowRecord | "slug_taken"> {
  try {
    await flows.insertOne(row);
    return flowOf(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const existing = await flows.findOne({ _id: row._id, tenantId: row.tenantId });
    return existing ? flowOf(existing) : "slug_taken";
  }
}

/** Applies a change to the revision that the caller saw (`revision`), or to any. */
async function changeFlow(
  flows: Collection<StoredFlow>,
  seen: { tenantId: TenantId; id: FlowId; revision: number | undefined },
  set: Partial<Omit<StoredFlow, "_id" | "tenantId" | "revision">>,
): Promise<FlowChange> {
  const known = { _id: seen.id, tenantId: seen.tenantId };
  try {
    const row = await flows.findOneAndUpdate(
      seen.revision === undefined ? known : { ...known, revision: seen.revision },
      { $set: { ...set, updatedAt: new Date() }, $inc: { revision: 1 } },
      { returnDocument: "after" },
    );
    if (row) return { outcome: "changed", flow: flowOf(row) };
    return { outcome: (await flows.findOne(known)) ? "stale" : "unknown" };
  } catch (error) {
    if (isDuplicateKey(error)) return { outcome: "slug_taken" };
    throw error;
  }
}

function flowOf(row: StoredFlow): FlowRecord {
  const { _id, draft, ...fields } = row;
  // Written by JSON.stringify of a checked draft.
  return { id: _id, draft: JSON.parse(draft) as Flow, ...fields };
}
