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
  /** The profile of webhooks that are made without one, and the language of their API. */
  webhookProfile?: string;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    name: String,
    createdAt: Date,
    bootstrap: Boolean,
    signingSecrets: [{ _id: false, id: String, sealed: String, createdAt: Date, expiresAt: Date }],
    webhookProfile: String,
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

    /** The profile of webhooks that are made without one; undefined when the tenant has chosen none. */
    async webhookProfile(tenantId: TenantId): Promise<string | undefined> {
      const tenant = await raw.findOne({ _id: tenantId }, { projection: { webhookProfile: 1 } });
      return tenant?.webhookProfile;
    },

    async setWebhookProfile(tenantId: TenantId, profile: string | undefined): Promise<void> {
      const change =
        profile === undefined ? { $unset: { webhookProfile: "" as const } } : { $set: { webhookProfile: profile } };
      await raw.updateOne({ _id: tenantId }, change);
    },

    /** Newest first, without those that have expired by the database's clock. */
    async signingSecrets(tenantId: TenantId): Promise<StoredSecret[]> {
      const tenant = await raw.findOne({ _id: tenantId }, { projection: { signingSecrets: 1 } });
      const now = database.nowMs();
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

    /**
     * Puts a new secret first; the ones before it expire `graceMs` from now by the database's clock, if they do not
     * before. At most ten are kept. One update: of two rotations that meet neither loses the other's secret.
     */
    async rotateSecret(tenantId: TenantId, secret: StoredSecret, graceMs: number): Promise<void> {
      await raw.updateOne({ _id: tenantId }, [{ $set: { signingSecrets: rotated(secret, graceMs) } }]);
    },
  };
}

const secretsMax = 10;

/** The tenant's secrets after a rotation, as an aggregation expression over the ones before it. */
function rotated(secret: StoredSecret, graceMs: number): object {
  const graceEnd = { $add: ["$$NOW", graceMs] };
  // `$min` passes over what is missing: a secret without an end gets this one.
  const ending = { $mergeObjects: ["$$one", { expiresAt: { $min: ["$$one.expiresAt", graceEnd] } }] };
  const earlier = { $map: { input: "$signingSecrets", as: "one", in: ending } };
  const kept = { $filter: { input: earlier, as: "one", cond: { $gt: ["$$one.expiresAt", "$$NOW"] } } };
  // A literal: no text of the secret is ever read as an expression.
  return { $slice: [{ $concatArrays: [[{ $literal: secret }], kept] }, secretsMax] };
}
