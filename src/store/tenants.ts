// Tenants: the organisations that everything belongs to, and their sealed signing secrets.
import mongoose from "mongoose";
import { newId, type TenantId } from "../model/ids.ts";
import { isDuplicateKey, type Database } from "./database.ts";

/** A sealed secret with the previous ones that still sign while receivers change over. `sealed` is the vault's text. */
export type StoredSecret = { id: string; sealed: string; createdAt: Date; expiresAt?: Date };

type StoredTenant = {
  _id: TenantId;
  name: string;
  createdAt: Date;
  /** The tenant of the bootstrap key; there is at most one. */
  bootstrap?: true;
  signingSecrets: StoredSecret[];
};

const schema = new mongoose.Schema(
  {
    _id: String,
    name: String,
    createdAt: Date,
    bootstrap: Boolean,
    signingSecrets: [{ _id: false, id: String, sealed: String, createdAt: Date, expiresAt: Date }],
  },
  { versionKey: false },
);
schema.index({ bootstrap: 1 }, { unique: true, partialFilterExpression: { bootstrap: true } });

export type TenantStore = ReturnType<typeof createTenantStore>;

/** Every query on tenants. */
export function createTenantStore(database: Database) {
  const model = database.connection.model("Tenant", schema, "tenants");
  const raw = database.raw<StoredTenant>("tenants");
  return {
    init: () => model.createIndexes(),

    async create(name: string): Promise<TenantId> {
      const id = newId("tnt");
      await raw.insertOne({ _id: id, name, createdAt: new Date(), signingSecrets: [] });
      return id;
    },

    /** The tenant of the bootstrap key; made when it does not exist. Processes that start at once agree on one. */
    async ensureBootstrap(name: string): Promise<TenantId> {
      const found = await raw.findOne({ bootstrap: true });
      if (found) return found._id;
      const id = newId("tnt");
      try {
        await raw.insertOne({ _id: id, name, createdAt: new Date(), bootstrap: true, signingSecrets: [] });
        return id;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const first = await raw.findOne({ bootstrap: true });
        if (!first) throw error;
        return first._id;
      }
    },

    /** Newest first, without those that have expired. */
    async signingSecrets(tenantId: TenantId): Promise<StoredSecret[]> {
      const tenant = await raw.findOne({ _id: tenantId }, { projection: { signingSecrets: 1 } });
      const now = Date.now();
      return (tenant?.signingSecrets ?? []).filter((one) => !one.expiresAt || one.expiresAt.getTime() > now);
    },

    /** Stores the tenant's first secret; false when it has one already (two processes met: the first stays). */
    async addFirstSecret(tenantId: TenantId, secret: StoredSecret): Promise<boolean> {
      const answer = await raw.updateOne(
        { _id: tenantId, "signingSecrets.0": { $exists: false } },
        { $set: { signingSecrets: [secret] } },
      );
      return answer.modifiedCount === 1;
    },

    /** Puts a new secret first; the ones before it expire at `graceUntil`. At most ten are kept. */
    async rotateSecret(tenantId: TenantId, secret: StoredSecret, graceUntil: Date): Promise<void> {
      const earlier = await raw.findOne({ _id: tenantId }, { projection: { signingSecrets: 1 } });
      const kept = (earlier?.signingSecrets ?? [])
        .filter((one) => !one.expiresAt || one.expiresAt > new Date())
        .map((one) => ({
          ...one,
          expiresAt: one.expiresAt && one.expiresAt < graceUntil ? one.expiresAt : graceUntil,
        }));
      await raw.updateOne({ _id: tenantId }, { $set: { signingSecrets: [secret, ...kept].slice(0, 10) } });
    },
  };
}
