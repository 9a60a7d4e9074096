// API keys: the hash of each key, its tenant and its scopes. The key itself is never stored.
import mongoose from "mongoose";
import type { TenantId } from "../model/ids.ts";
import type { Scope } from "../model/scope.ts";
import type { Database } from "./database.ts";

export type StoredApiKey = {
  /** The public part of the key: twelve base62 digits. */
  _id: string;
  tenantId: TenantId;
  name: string;
  /** SHA-256 of the whole key, hexadecimal. */
  hash: string;
  scopes: Scope[];
  description?: string;
  /** The scopes in the words that the key was asked for with. */
  scopeNames?: string[];
  /** Networks in CIDR form that it may be used from; absent: from anywhere. */
  allowedIps?: string[];
  environment?: "live" | "test";
  lastUsedAt?: Date;
  /** Follows the uses by half a minute for each process. */
  usageCount?: number;
  createdAt: Date;
  updatedAt?: Date;
  expiresAt?: Date;
  revokedAt?: Date;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    name: String,
    hash: String,
    scopes: [String],
    description: String,
    scopeNames: { type: [String], default: undefined },
    allowedIps: { type: [String], default: undefined },
    environment: String,
    lastUsedAt: Date,
    usageCount: Number,
    createdAt: Date,
    updatedAt: Date,
    expiresAt: Date,
    revokedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, _id: 1 }, { unique: true });
schema.index({ tenantId: 1, createdAt: -1 });

/** Keys that a tenant may have, revoked ones too. */
export const keysMax = 1_000;

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

/** Every query on API keys. */
export function createApiKeyStore(database: Database) {
  const model = database.connection.model("ApiKey", schema, "apiKeys");
  const raw = database.raw<StoredApiKey>("apiKeys");
  return {
    init: () => model.createIndexes(),

    find: (id: string): Promise<StoredApiKey | null> => raw.findOne({ _id: id }),

    /** Stores a key, or brings the stored one of this id up to date. */
    async put(key: StoredApiKey): Promise<void> {
      const { _id, ...fields } = key;
      await raw.replaceOne({ _id }, fields, { upsert: true });
    },

    async findOf(tenantId: TenantId, id: string): Promise<StoredApiKey | undefined> {
      return (await raw.findOne({ _id: id, tenantId })) ?? undefined;
    },

    /** All of a tenant, newest first. */
    list: (tenantId: TenantId): Promise<StoredApiKey[]> =>
      raw.find({ tenantId }, { sort: { createdAt: -1 }, limit: keysMax }).toArray(),

    count: (tenantId: TenantId): Promise<number> => raw.countDocuments({ tenantId }, { limit: keysMax }),

    /** False when there is no such key. One that is revoked already keeps its time. */
    async revoke(tenantId: TenantId, id: string): Promise<boolean> {
      const at = new Date();
      const answer = await raw.updateOne({ _id: id, tenantId }, [
        { $set: { revokedAt: { $ifNull: ["$revokedAt", at] }, updatedAt: { $ifNull: ["$revokedAt", at] } } },
      ]);
      return answer.matchedCount === 1;
    },

    /** Puts another secret in the place of a usable key's; undefined when there is no such key, or it was revoked. */
    async renew(tenantId: TenantId, id: string, hash: string): Promise<StoredApiKey | undefined> {
      const found = { _id: id, tenantId, revokedAt: { $exists: false } };
      const change = { $set: { hash, updatedAt: new Date() } };
      return (await raw.findOneAndUpdate(found, change, { returnDocument: "after" })) ?? undefined;
    },

    /** Adds uses that a process has counted. Acknowledged from memory: a lost count is no loss. */
    async noteUses(id: string, uses: number, lastUsedAt: Date): Promise<void> {
      const change = { $inc: { usageCount: uses }, $max: { lastUsedAt } };
      await raw.updateOne({ _id: id }, change, { writeConcern: { w: 1 } });
    },

    any: async (): Promise<boolean> => (await raw.findOne({}, { projection: { _id: 1 } })) !== null,
  };
}
