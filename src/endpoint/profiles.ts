// Which profile does an endpoint name? One that Millrace ships, or the tenant's own: all in memory, kept current by a change stream.
import { findProfile, profileIds } from "../delivery/profiles.ts";
import { readProfile, type Profile } from "../delivery/profile.ts";
import type { Log } from "../log.ts";
import type { ProfileId, TenantId } from "../model/ids.ts";
import { followStream } from "../store/follow-stream.ts";
import type { ProfileStore, StoredProfile } from "../store/profiles.ts";

export type Profiles = {
  /** From memory: for what sends. */
  of(tenantId: TenantId, id: string): Profile | undefined;
  /** From memory, else from the store: for what people save, which may come before the stream tells of it. */
  find(tenantId: TenantId, id: string): Promise<Profile | undefined>;
  /** The ids that a tenant may name: its own first. */
  idsOf(tenantId: TenantId): string[];
  /** After a change by this process: resolves when it follows. */
  changed(id: ProfileId): Promise<void>;
  /** Calls `listener` after each change of a tenant's own profile, in whatever process it was made. */
  onChange(listener: (tenantId: TenantId, slug: string) => void): void;
  close(): Promise<void>;
};

type Deps = { profiles: Pick<ProfileStore, "all" | "readAny" | "find" | "watch">; log: Pick<Log, "warn"> };
type Own = { tenantId: TenantId; slug: string; revision: number; profile: Profile };

/** The profiles of all tenants, once they have been read. */
export async function watchProfiles({ profiles: store, log }: Deps): Promise<Profiles> {
  const own = createOwnProfiles(log);
  const read = async (id: ProfileId): Promise<void> => {
    const row = await store.readAny(id);
    if (row === undefined) own.drop(id);
    else own.keep(row);
  };
  const followed = await followStream<ProfileId>({
    what: "profiles",
    watch: store.watch,
    readAll: async () => own.replace(await store.all()),
    read,
    log,
  });
  const of = (tenantId: TenantId, id: string) => findProfile(id) ?? own.of(tenantId, id);

  return {
    of,
    async find(tenantId, id) {
      const known = of(tenantId, id);
      if (known !== undefined) return known;
      const row = await store.find(tenantId, id);
      if (row !== undefined) own.keep(row);
      return of(tenantId, id);
    },
    idsOf: (tenantId) => [...own.idsOf(tenantId), ...profileIds],
    changed: followed.changed,
    onChange: own.onChange,
    close: followed.close,
  };
}

/** Tenants' own profiles in memory. */
function createOwnProfiles(log: Deps["log"]) {
  const ownById = new Map<ProfileId, Own>();
  const ownByName = new Map<string, Own>();
  const listeners: ((tenantId: TenantId, slug: string) => void)[] = [];
  const nameOf = (tenantId: TenantId, slug: string) => `${tenantId}/${slug}`;
  const tell = ({ tenantId, slug }: Own) => {
    for (const listener of listeners) listener(tenantId, slug);
  };
  const keep = (row: StoredProfile): void => {
    const known = ownById.get(row._id);
    if (known !== undefined && known.revision >= row.revision) return;
    const own = ownOf(row, log);
    if (own === undefined) return;
    ownById.set(row._id, own);
    ownByName.set(nameOf(own.tenantId, own.slug), own);
    tell(own);
  };
  const drop = (id: ProfileId): void => {
    const known = ownById.get(id);
    if (known === undefined) return;
    ownById.delete(id);
    const name = nameOf(known.tenantId, known.slug);
    // Another one may have taken its name since.
    if (ownByName.get(name) === known) ownByName.delete(name);
    tell(known);
  };
  return {
    keep,
    drop,
    replace(rows: StoredProfile[]): void {
      const ids = new Set(rows.map((row) => row._id));
      for (const id of ownById.keys()) if (!ids.has(id)) drop(id);
      for (const row of rows) keep(row);
    },
    of: (tenantId: TenantId, slug: string) => ownByName.get(nameOf(tenantId, slug))?.profile,
    idsOf: (tenantId: TenantId) =>
      [...ownById.values()].filter((one) => one.tenantId === tenantId).map((one) => one.slug),
    onChange: (listener: (tenantId: TenantId, slug: string) => void) => void listeners.push(listener),
  };
}

/** A stored profile was checked when it was saved; one that an older version took and this one does not is left out. */
function ownOf({ tenantId, slug, revision, document }: StoredProfile, log: Deps["log"]): Own | undefined {
  try {
    return { tenantId, slug, revision, profile: readProfile(JSON.parse(document)) };
  } catch (err) {
    log.warn({ err, tenantId, slug }, "a stored profile cannot be read");
    return undefined;
  }
}
