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
  createdAt: Date;
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
    createdAt: Date,
    expiresAt: Date,
    revokedAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, _id: 1 }, { unique: true });

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

    any: async (): Promise<boolean> => (await raw.findOne({}, { projection: { _id: 1 } })) !== null,
  };
}
