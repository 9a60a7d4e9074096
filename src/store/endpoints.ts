// Endpoints: where each tenant's customers want events sent, how they stand, and who has to hear of a change.
import type { Endpoint, EndpointSettings, EndpointStatus, StatusReason } from "../model/endpoint.ts";
import { patternsOf } from "../model/event.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { Change, Listening } from "./changes.ts";
import { isDuplicateKey, type Collection, type Database } from "./database.ts";
import { createEndpointChanges } from "./endpoint-changes.ts";
import { endpointOf, endpointRowSchema, fieldsOf, freshHealth, type StoredEndpoint } from "./endpoint-row.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

export { endpointOf, settingsOf, type StoredEndpoint } from "./endpoint-row.ts";

export type NewEndpoint = {
  settings: EndpointSettings;
  status: EndpointStatus;
  statusReason?: StatusReason;
  sealed: string;
};

export type EndpointFilter = {
  status?: EndpointStatus | undefined;
  /** Those that get events of this type, by its name or by a wildcard. */
  eventType?: string | undefined;
  /** Those that use this profile, also beside another one. */
  profile?: string | undefined;
};

export type EndpointStore = ReturnType<typeof createEndpointStore>;

/** Every query on endpoints. */
export function createEndpointStore(database: Database) {
  const model = database.connection.model("Endpoint", endpointRowSchema, "endpoints");
  const raw = database.raw<StoredEndpoint>("endpoints");

  return {
    init: () => model.createIndexes(),

    /**
     * The id is chosen before: the credentials are sealed for it. The endpoint that has this id already is answered as it
     * is: the request came before.
     */
    create: (tenantId: TenantId, id: EndpointId, given: NewEndpoint): Promise<StoredEndpoint> =>
      insert(raw, tenantId, id, given),

    /** With what is sealed. */
    async read(tenantId: TenantId, id: string): Promise<StoredEndpoint | undefined> {
      return (await raw.findOne(one(tenantId, id))) ?? undefined;
    },

    async find(tenantId: TenantId, id: string): Promise<Endpoint | undefined> {
      const row = await raw.findOne(one(tenantId, id), { projection: { sealed: 0 } });
      return row ? endpointOf(row) : undefined;
    },

    async list(tenantId: TenantId, filter: EndpointFilter, page: PageRequest): Promise<Page<Endpoint>> {
      const { status, eventType, profile } = filter;
      const query = {
        tenantId,
        ...(status === undefined ? {} : { status }),
        ...(profile === undefined ? {} : { profiles: profile }),
        ...(eventType === undefined ? {} : { events: { $in: patternsOf(eventType) } }),
      };
      const rows = await readPage(raw, query, {}, page, { sealed: 0 });
      return { items: rows.items.map(endpointOf), nextCursor: rows.nextCursor };
    },

    /** False when there was none. Its secrets are gone with it; its deliveries stay in the log. */
    async remove(tenantId: TenantId, id: string): Promise<boolean> {
      return (await raw.deleteOne(one(tenantId, id))).deletedCount === 1;
    },

    /** Those of these that are paused, of any tenant. */
    async pausedOf(ids: EndpointId[]): Promise<ReadonlySet<EndpointId>> {
      const found = raw.find({ _id: { $in: ids }, status: "paused" }, { projection: { _id: 1 } });
      return new Set((await found.toArray()).map((row) => row._id));
    },

    /** Whether an endpoint of the tenant uses a profile, also beside another one. */
    async usesProfile(tenantId: TenantId, profile: string): Promise<boolean> {
      return (await raw.findOne({ tenantId, profiles: profile }, { projection: { _id: 1 } })) !== null;
    },

    ...createEndpointChanges(raw, database),
    ...createEndpointStream(raw, database),
  };
}

/** What the index of endpoints in memory is made from. */
function createEndpointStream(raw: Collection<StoredEndpoint>, database: Database) {
  return {
    /** Every endpoint of all tenants, with what is sealed, in batches; of one tenant, or of one profile of it, only. */
    all(only: { tenantId?: TenantId; profile?: string } = {}): AsyncIterable<StoredEndpoint> {
      const { tenantId, profile } = only;
      const query = { ...(tenantId ? { tenantId } : {}), ...(profile ? { profiles: profile } : {}) };
      return raw.find(query, { batchSize: 500 });
    },

    /**
     * Tells of each change that people see and of each removal, in this and every other process, until `close`; notes on
     * health are not told.
     */
    watch: (on: { change(id: EndpointId): void; error(error: unknown): void }): Listening =>
      database.changes.listen("endpoints", {
        error: on.error,
        change(one) {
          // _id of this collection is an EndpointId.
          if (!isNoteOnHealth(one)) on.change(one.documentKey._id as EndpointId);
        },
      }),

    /** By id alone, for who was told of a change. */
    async readAny(id: EndpointId): Promise<StoredEndpoint | undefined> {
      return (await raw.findOne({ _id: id })) ?? undefined;
    },
  };
}

/** Notes leave the revision as it is. */
function isNoteOnHealth(change: Change): boolean {
  return change.operationType === "update" && change.updateDescription.updatedFields?.["revision"] === undefined;
}

function one(tenantId: TenantId, id: string) {
  // Whatever is no id finds nothing.
  return { _id: id as EndpointId, tenantId };
}

async function insert(
  rows: Collection<StoredEndpoint>,
  tenantId: TenantId,
  id: EndpointId,
  { settings, status, statusReason, sealed }: NewEndpoint,
): Promise<StoredEndpoint> {
  const now = new Date();
  const row: StoredEndpoint = {
    _id: id,
    tenantId,
    revision: 1,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    ...fieldsOf(settings),
    sealed,
    health: { ...freshHealth },
    createdAt: now,
    updatedAt: now,
  };
  try {
    await rows.insertOne(row);
    return row;
  } catch (error) {
    const existing = isDuplicateKey(error) ? await rows.findOne({ _id: id, tenantId }) : null;
    if (existing) return existing;
    throw error;
  }
}
