// Connections: each tenant's sealed credentials, and the changes that people make to them.
import mongoose from "mongoose";
import type { AuthKind, Connection, ConnectionStatus } from "../model/connection.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { Failure } from "../model/failure.ts";
import { createConnectionStates } from "./connection-states.ts";
import { createConnectionTokens } from "./connection-tokens.ts";
import { usesOfConnection } from "./connection-usage.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** A connection as stored. `sealed` texts are the vault's, as JSON. */
export type StoredConnection = Omit<Connection, "id"> & {
  _id: ConnectionId;
  /** The credentials; absent once they were revoked. */
  sealed?: string;
  /** Grows with each change of the credentials: what was read with older ones says nothing about these. */
  credentialsVersion: number;
  /** Grows with each token, and never begins anew: an older token is never taken for a newer one. */
  tokenVersion: number;
  token?: StoredToken;
  /** Who asks for a token at the moment, and until when nobody else does; by the database's clock. */
  lease?: { owner: string; until: Date };
  /** After a token could not be had: until when nobody asks again, and why. */
  cooldown?: { until: Date; failure: Failure };
  /** An event for the owner that has still to be raised. */
  notice?: ConnectionNotice;
};

export type StoredToken = { sealed: string; obtainedAt: Date; expiresAt: Date };
export type ConnectionNotice = { reason: string; revision: number; at: Date };

export type NewConnection = Pick<Connection, "slug" | "name" | "connector" | "kind">;

/** What a change of a connection came to. `stale`: somebody else changed it first. */
export type ConnectionChange =
  | { outcome: "changed"; connection: Connection }
  | { outcome: "stale" }
  | { outcome: "unknown" }
  | { outcome: "slug_taken" };

export type ConnectionFilter = { connector?: string | undefined; status?: ConnectionStatus | undefined };

const failure = { class: String, code: String, message: String, status: Number };
const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    slug: { type: String, required: true },
    name: String,
    connector: String,
    kind: String,
    status: String,
    statusReason: String,
    revision: Number,
    createdAt: Date,
    updatedAt: Date,
    lastUsedAt: Date,
    sealed: String,
    credentialsVersion: Number,
    tokenVersion: Number,
    token: { sealed: String, obtainedAt: Date, expiresAt: Date },
    lease: { owner: String, until: Date },
    cooldown: { until: Date, failure },
    notice: { reason: String, revision: Number, at: Date },
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, slug: 1 }, { unique: true });
schema.index({ tenantId: 1, _id: -1 });
schema.index({ "notice.at": 1 }, { partialFilterExpression: { "notice.at": { $exists: true } } });

/** What new credentials leave behind: all that was said about the ones before. A notice that was promised is kept. */
const ofOldCredentials = { statusReason: "", token: "", lease: "", cooldown: "" } as const;

export type ConnectionStore = ReturnType<typeof createConnectionStore>;

/** Every query on connections. */
export function createConnectionStore(database: Database) {
  const model = database.connection.model("Connection", schema, "connections");
  const raw = database.raw<StoredConnection>("connections");

  return {
    init: () => model.createIndexes(),

    /**
     * The id is chosen before: the credentials are sealed for it. The connection that has this id already is answered as
     * it is: the request came before.
     */
    create: (tenantId: TenantId, id: ConnectionId, given: NewConnection, sealed: string) =>
      insert(raw, newStored(tenantId, id, given, sealed)),

    /** By id or by slug, with what is sealed. */
    async read(tenantId: TenantId, idOrSlug: string): Promise<StoredConnection | undefined> {
      return (await raw.findOne(named(tenantId, idOrSlug))) ?? undefined;
    },

    /** By id or by slug. */
    async find(tenantId: TenantId, idOrSlug: string): Promise<Connection | undefined> {
      const row = await raw.findOne(named(tenantId, idOrSlug), { projection: hidden });
      return row ? connectionOf(row) : undefined;
    },

    async list(tenantId: TenantId, filter: ConnectionFilter, page: PageRequest): Promise<Page<Connection>> {
      const wanted = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
      const rows = await readPage(raw, { ...wanted, tenantId }, {}, page, hidden);
      return { items: rows.items.map(connectionOf), nextCursor: rows.nextCursor };
    },

    /** What a flow may name: the connector of each connection, by slug and by id. */
    async connectorByName(tenantId: TenantId): Promise<ReadonlyMap<string, string>> {
      const rows = await raw.find({ tenantId }, { projection: { slug: 1, connector: 1 } }).toArray();
      return new Map(rows.flatMap(({ _id, slug, connector }) => [_id, slug].map((name) => [name, connector] as const)));
    },

    usage: (tenantId: TenantId, names: string[]) => usesOfConnection(database, tenantId, names),
    ...createChanges(raw),
    ...createConnectionTokens(raw),
    ...createConnectionStates(raw),
  };
}

/** What people change. */
function createChanges(raw: Collection<StoredConnection>) {
  return {
    rename: (
      tenantId: TenantId,
      id: ConnectionId,
      revision: number | undefined,
      next: { name: string; slug: string },
    ) => change(raw, { tenantId, id, revision }, { $set: next }),

    /** New credentials make a connection usable again, whatever it was before. */
    replaceCredentials: (
      tenantId: TenantId,
      id: ConnectionId,
      revision: number | undefined,
      next: { kind: AuthKind; sealed: string },
    ) =>
      change(
        raw,
        { tenantId, id, revision },
        { $set: { ...next, status: "active" }, $unset: ofOldCredentials, $inc: { credentialsVersion: 1 } },
      ),

    /** Wipes credentials and token; the name stays, so that steps which use it say what happened. */
    revoke: (tenantId: TenantId, id: ConnectionId, reason: string) =>
      change(
        raw,
        { tenantId, id, revision: undefined },
        {
          $set: { status: "revoked", statusReason: reason },
          $unset: { sealed: "", token: "", lease: "", cooldown: "" },
          $inc: { credentialsVersion: 1 },
        },
      ),
  };
}

/** What never leaves the store when somebody only looks. */
const hidden = {
  sealed: 0,
  token: 0,
  tokenVersion: 0,
  credentialsVersion: 0,
  lease: 0,
  cooldown: 0,
  notice: 0,
} as const;

function named(tenantId: TenantId, idOrSlug: string) {
  // Whatever is no id finds nothing as one.
  return { tenantId, $or: [{ _id: idOrSlug as ConnectionId }, { slug: idOrSlug }] };
}

function newStored(tenantId: TenantId, id: ConnectionId, given: NewConnection, sealed: string): StoredConnection {
  const now = new Date();
  const { slug, name, connector, kind } = given;
  const versions = { revision: 1, credentialsVersion: 1, tokenVersion: 0 };
  const fields = { tenantId, slug, name, connector, kind, sealed, ...versions };
  return { _id: id, ...fields, status: "active", createdAt: now, updatedAt: now };
}

async function insert(rows: Collection<StoredConnection>, row: StoredConnection): Promise<Connection | "slug_taken"> {
  try {
    await rows.insertOne(row);
    return connectionOf(row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const existing = await rows.findOne({ _id: row._id, tenantId: row.tenantId });
    return existing ? connectionOf(existing) : "slug_taken";
  }
}

type Seen = { tenantId: TenantId; id: ConnectionId; revision: number | undefined };
type Update = mongoose.mongo.UpdateFilter<StoredConnection>;

/** Applies a change to the revision that the caller saw, or to any. */
async function change(rows: Collection<StoredConnection>, seen: Seen, update: Update): Promise<ConnectionChange> {
  const known = { _id: seen.id, tenantId: seen.tenantId };
  const set = { ...update.$set, updatedAt: new Date() };
  // The driver's own type of `$inc` wants each numeric field of a document; these are two of them.
  const grown = { ...update.$inc, revision: 1 } as NonNullable<Update["$inc"]>;
  try {
    const row = await rows.findOneAndUpdate(
      seen.revision === undefined ? known : { ...known, revision: seen.revision },
      { ...update, $set: set, $inc: grown },
      { returnDocument: "after" },
    );
    if (row) return { outcome: "changed", connection: connectionOf(row) };
    return { outcome: (await rows.findOne(known)) ? "stale" : "unknown" };
  } catch (error) {
    if (isDuplicateKey(error)) return { outcome: "slug_taken" };
    throw error;
  }
}

/** A row without everything that is sealed or only for the machinery. */
export function connectionOf(row: StoredConnection): Connection {
  const { _id, tenantId, slug, name, connector, kind, status, statusReason, lastUsedAt } = row;
  const { revision, createdAt, updatedAt } = row;
  return {
    id: _id,
    tenantId,
    slug,
    name,
    connector,
    kind,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    revision,
    createdAt,
    updatedAt,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}
