// Message templates: each tenant's own, with every version that they ever had.
import mongoose from "mongoose";
import type { TemplateId, TenantId } from "../model/ids.ts";
import type { MessageTemplate, TemplateKind, TemplateSample } from "../model/template.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";
import { createTemplateUsage } from "./template-usage.ts";
import { createTemplateVersionStore } from "./template-versions.ts";

/**
 * A template as stored: its newest version is part of it, so that one write makes a version the newest. Versions that
 * were replaced are rows of their own. The sample is JSON text: its keys may be anything.
 */
type StoredTemplate = {
  _id: TemplateId;
  tenantId: TenantId;
  slug: string;
  name: string;
  kind: TemplateKind;
  description: string;
  text: string;
  sample: string;
  version: number;
  versionAt: Date;
  /** Grows with each change that people see: the ETag. */
  revision: number;
  archived: boolean;
  createdAt: Date;
  updatedAt: Date;
};

export type TemplateRecord = MessageTemplate &
  Pick<StoredTemplate, "versionAt" | "revision" | "archived" | "createdAt" | "updatedAt"> & { id: TemplateId };
export type NewTemplate = Omit<MessageTemplate, "version">;

/** What a change of a template came to. `stale`: somebody else changed it first. */
export type TemplateChange =
  | { outcome: "changed"; template: TemplateRecord }
  | { outcome: "stale" }
  | { outcome: "unknown" }
  | { outcome: "slug_taken" };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    slug: { type: String, required: true },
    name: String,
    kind: String,
    description: String,
    text: String,
    version: Number,
    sample: String,
    versionAt: Date,
    revision: Number,
    archived: Boolean,
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, slug: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });

export type TemplateStore = ReturnType<typeof createTemplateStore>;

/** Most slugs that are looked at for what somebody may have meant. */
const slugsMax = 500;

/** Every query on templates and their versions. */
export function createTemplateStore(database: Database) {
  const model = database.connection.model("Template", schema, "templates");
  const versions = createTemplateVersionStore(database);
  const raw = database.raw<StoredTemplate>("templates");

  return {
    init: () => Promise.all([model.createIndexes(), versions.init()]),

    /** Under an id that the caller chose: one that is there already was made by the same request before. */
    create: (tenantId: TenantId, id: TemplateId, given: NewTemplate) => insert(raw, newStored(tenantId, id, given)),

    /** By id or by slug. */
    async find(tenantId: TenantId, idOrSlug: string): Promise<TemplateRecord | undefined> {
      // Whatever is no id finds nothing as one.
      const row = await raw.findOne({ tenantId, $or: [{ _id: idOrSlug as TemplateId }, { slug: idOrSlug }] });
      return row ? templateOf(row) : undefined;
    },

    async list(
      tenantId: TenantId,
      filter: { kind?: TemplateKind | undefined },
      page: PageRequest,
    ): Promise<Page<TemplateRecord>> {
      const kind = filter.kind === undefined ? {} : { kind: filter.kind };
      const rows = await readPage(raw, { ...kind, tenantId }, {}, page);
      return { items: rows.items.map(templateOf), nextCursor: rows.nextCursor };
    },

    /** The templates that have one of these slugs. */
    async named(tenantId: TenantId, slugs: string[]): Promise<TemplateRecord[]> {
      const rows = await raw.find({ tenantId, slug: { $in: slugs } }).toArray();
      return rows.map(templateOf);
    },

    /** Slugs that a flow may name. */
    async slugs(tenantId: TenantId): Promise<string[]> {
      const options = { projection: { slug: 1 }, sort: { _id: -1 }, limit: slugsMax } as const;
      const rows = await raw.find({ tenantId, archived: false }, options).toArray();
      return rows.map(({ slug }) => slug);
    },

    /** Replaces what the caller saw. A new kind or text is a new version, and the one before is kept. */
    async replace(tenantId: TenantId, seen: TemplateRecord, next: NewTemplate): Promise<TemplateChange> {
      const isNewVersion = next.kind !== seen.kind || next.text !== seen.text;
      if (isNewVersion) await versions.keep(tenantId, seen);
      const version = isNewVersion ? { version: seen.version + 1, versionAt: new Date() } : {};
      const set = { ...next, sample: JSON.stringify(next.sample), ...version };
      return change(raw, { tenantId, id: seen.id, revision: seen.revision }, set);
    },

    setArchived: (tenantId: TenantId, id: TemplateId, archived: boolean): Promise<TemplateChange> =>
      change(raw, { tenantId, id, revision: undefined }, { archived }),

    version: versions.version,
    versions: versions.list,
    olderVersions: versions.older,
    ...createTemplateUsage(database),
  };
}

function newStored(tenantId: TenantId, id: TemplateId, given: NewTemplate): StoredTemplate {
  const now = new Date();
  const times = { versionAt: now, createdAt: now, updatedAt: now };
  const fields = { ...given, sample: JSON.stringify(given.sample) };
  return { _id: id, tenantId, ...fields, version: 1, revision: 1, archived: false, ...times };
}

async function insert(rows: Collection<StoredTemplate>, row: StoredTemplate): Promise<TemplateRecord | "slug_taken"> {
  try {
    await rows.insertOne(row);
    return templateOf(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const made = await rows.findOne({ _id: row._id, tenantId: row.tenantId });
    return made ? templateOf(made) : "slug_taken";
  }
}

/** Applies a change to the revision that the caller saw, or to any. */
async function change(
  rows: Collection<StoredTemplate>,
  seen: { tenantId: TenantId; id: TemplateId; revision: number | undefined },
  set: Partial<Omit<StoredTemplate, "_id" | "tenantId" | "revision">>,
): Promise<TemplateChange> {
  const known = { _id: seen.id, tenantId: seen.tenantId };
  try {
    const row = await rows.findOneAndUpdate(
      seen.revision === undefined ? known : { ...known, revision: seen.revision },
      { $set: { ...set, updatedAt: new Date() }, $inc: { revision: 1 } },
      { returnDocument: "after" },
    );
    if (row) return { outcome: "changed", template: templateOf(row) };
    return { outcome: (await rows.findOne(known)) ? "stale" : "unknown" };
  } catch (error) {
    if (isDuplicateKey(error)) return { outcome: "slug_taken" };
    throw error;
  }
}

function templateOf(row: StoredTemplate): TemplateRecord {
  const { _id, tenantId: _, sample, ...fields } = row;
  // Written by JSON.stringify of a checked sample, or of null.
  return { id: _id, ...fields, sample: JSON.parse(sample) as TemplateSample | null };
}
