// Profiles: the dialects that tenants wrote themselves, beside those that Millrace ships.
import mongoose from "mongoose";
import type { ProfileId, TenantId } from "../model/ids.ts";
import type { Listening } from "./changes.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

export type StoredProfile = {
  _id: ProfileId;
  tenantId: TenantId;
  /** The id that endpoints name: the document's own. It never changes. */
  slug: string;
  title: string;
  /** As it was given, as JSON: a person's key is never an operator of MongoDB's. */
  document: string;
  /** Grows with each change: the ETag. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
};

export type ProfileChange = { outcome: "changed"; profile: StoredProfile } | { outcome: "stale" | "unknown" };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    slug: { type: String, required: true },
    title: String,
    document: String,
    revision: Number,
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, slug: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });

export type ProfileStore = ReturnType<typeof createProfileStore>;

/** Every query on tenants' own profiles. */
export function createProfileStore(database: Database) {
  const model = database.connection.model("Profile", schema, "profiles");
  const raw = database.raw<StoredProfile>("profiles");

  return {
    init: () => model.createIndexes(),

    /** The profile that has this id already is answered as it is: the request came before. */
    async create(
      tenantId: TenantId,
      id: ProfileId,
      given: Pick<StoredProfile, "slug" | "title" | "document">,
    ): Promise<StoredProfile | "slug_taken"> {
      const now = new Date();
      const row: StoredProfile = { _id: id, tenantId, ...given, revision: 1, createdAt: now, updatedAt: now };
      try {
        await raw.insertOne(row);
        return row;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return (await raw.findOne({ _id: id, tenantId })) ?? "slug_taken";
      }
    },

    async find(tenantId: TenantId, slug: string): Promise<StoredProfile | undefined> {
      return (await raw.findOne({ tenantId, slug })) ?? undefined;
    },

    list: (tenantId: TenantId, page: PageRequest): Promise<Page<StoredProfile>> =>
      readPage(raw, { tenantId }, {}, page),

    /** Replaces the document of the revision that the caller saw, or of any. */
    async replace(
      tenantId: TenantId,
      slug: string,
      revision: number | undefined,
      next: Pick<StoredProfile, "title" | "document">,
    ): Promise<ProfileChange> {
      const profile = await raw.findOneAndUpdate(
        revision === undefined ? { tenantId, slug } : { tenantId, slug, revision },
        { $set: { ...next, updatedAt: new Date() }, $inc: { revision: 1 } },
        { returnDocument: "after" },
      );
      if (profile) return { outcome: "changed", profile };
      return { outcome: (await raw.findOne({ tenantId, slug })) ? "stale" : "unknown" };
    },

    async remove(tenantId: TenantId, slug: string): Promise<boolean> {
      return (await raw.deleteOne({ tenantId, slug })).deletedCount === 1;
    },

    ...createProfileStream(raw, database),
  };
}

/** What the profiles in memory are made from. */
function createProfileStream(raw: Collection<StoredProfile>, database: Database) {
  return {
    /** Those of all tenants. */
    all: (): Promise<StoredProfile[]> => raw.find({}).toArray(),

    async readAny(id: ProfileId): Promise<StoredProfile | undefined> {
      return (await raw.findOne({ _id: id })) ?? undefined;
    },

    /** Tells of each change, in this and every other process, until `close`. */
    watch: (on: { change(id: ProfileId): void; error(error: unknown): void }): Listening =>
      // _id of this collection is a ProfileId.
      database.changes.listen("profiles", { ...on, change: (one) => on.change(one.documentKey._id as ProfileId) }),
  };
}
