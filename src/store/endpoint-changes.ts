// What changes of an endpoint: settings and status by people or for a reason, and health as the engine notes it.
import type mongoose from "mongoose";
import type { Endpoint, EndpointHealth, EndpointSettings, EndpointStatus, StatusReason } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { Collection, Database } from "./database.ts";
import { statusNotice } from "./endpoint-notices.ts";
import { endpointOf, fieldsOf, freshHealth, type StoredEndpoint } from "./endpoint-row.ts";
import type { EndpointNotice } from "./endpoint-watch.ts";

/** What a change of an endpoint came to. `stale`: somebody else changed it first. */
export type EndpointChange = { outcome: "changed"; endpoint: Endpoint } | { outcome: "stale" } | { outcome: "unknown" };

export type EndpointUpdate = {
  settings?: EndpointSettings;
  sealed?: string;
  /** `null` takes the reason away. Enabling makes health begin anew. */
  status?: { status: EndpointStatus; reason: StatusReason | null };
  /** The URL is another one: what was noted and verified of the one before is forgotten. */
  moved?: boolean;
  verifiedAt?: Date;
  /** An alert that is to be raised for the change. */
  notice?: EndpointNotice | undefined;
};

/** `null` takes a member away. `failures` is added to `consecutiveFailures`, so that processes may count at once. */
export type HealthChange = { [member in keyof EndpointHealth]?: EndpointHealth[member] | null } & { failures?: number };

/** The changes of endpoints. Times are ours but for those that are given. */
export function createEndpointChanges(raw: Collection<StoredEndpoint>, database: Database) {
  return {
    /** Applies a change to the revision that the caller saw, or to any. */
    update: (tenantId: TenantId, id: string, revision: number | undefined, change: EndpointUpdate) =>
      apply(raw, { tenantId, id, revision }, change),

    /**
     * Sets how an endpoint stands. The same status again changes nothing, and keeps the first reason. With a revision, only
     * an endpoint that is as it was seen.
     */
    async setStatus(
      tenantId: TenantId,
      id: string,
      status: EndpointStatus,
      reason?: Omit<StatusReason, "at">,
      revision?: number,
    ): Promise<EndpointChange> {
      const found = await raw.findOne(known(tenantId, id));
      if (!found) return { outcome: "unknown" };
      if (revision !== undefined && found.revision !== revision) return { outcome: "stale" };
      if (found.status === status) return { outcome: "changed", endpoint: endpointOf(found) };
      const at = new Date(database.nowMs());
      const given = { status, reason: reason === undefined ? null : { ...reason, at } };
      const notice = statusNotice(found, status, given.reason);
      // Of several that set it at once one does, and its reason is told once.
      const seen = { tenantId, id, revision: found.revision };
      const change = await apply(raw, seen, { status: given, notice });
      const tryAgain = change.outcome === "stale" && revision === undefined;
      return tryAgain ? this.setStatus(tenantId, id, status, reason) : change;
    },

    /** What the engine notes. The revision stays: nobody's change is refused for it, and nobody is told. */
    async noteHealth(tenantId: TenantId, id: EndpointId, change: HealthChange): Promise<void> {
      const { failures, ...members } = change;
      const named = Object.entries(members).map(([member, value]) => [`health.${member}`, value] as const);
      const set = Object.fromEntries(named.filter(([, value]) => value !== null && value !== undefined));
      const unset = Object.fromEntries(named.filter(([, value]) => value === null).map(([path]) => [path, ""]));
      const update = {
        ...(Object.keys(set).length > 0 ? { $set: set } : {}),
        ...(Object.keys(unset).length > 0 ? { $unset: unset } : {}),
        ...(failures ? { $inc: { "health.consecutiveFailures": failures } } : {}),
      };
      // Paths below `health`, each of a member that has this type.
      if (Object.keys(update).length > 0) await raw.updateOne(known(tenantId, id), update as Update);
    },
  };
}

type Update = mongoose.mongo.UpdateFilter<StoredEndpoint>;
type Seen = { tenantId: TenantId; id: string; revision: number | undefined };

function known(tenantId: TenantId, id: string) {
  // Whatever is no id finds nothing.
  return { _id: id as EndpointId, tenantId };
}

async function apply(
  rows: Collection<StoredEndpoint>,
  { tenantId, id, revision }: Seen,
  change: EndpointUpdate,
): Promise<EndpointChange> {
  const own = known(tenantId, id);
  const row = await rows.findOneAndUpdate(revision === undefined ? own : { ...own, revision }, updateOf(change), {
    returnDocument: "after",
  });
  if (row) return { outcome: "changed", endpoint: endpointOf(row) };
  return { outcome: (await rows.findOne(own, { projection: { _id: 1 } })) ? "stale" : "unknown" };
}

function updateOf({ settings, sealed, status, moved, verifiedAt, notice }: EndpointUpdate): Update {
  const beginsAnew = status?.status === "enabled" || moved === true;
  const reason = status?.reason;
  const set: Partial<StoredEndpoint> = {
    updatedAt: new Date(),
    ...(settings === undefined ? {} : fieldsOf(settings)),
    ...(sealed === undefined ? {} : { sealed }),
    ...(status === undefined ? {} : { status: status.status }),
    ...(reason ? { statusReason: reason } : {}),
    ...(beginsAnew ? { health: { ...freshHealth } } : {}),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
  };
  const unset = {
    ...(settings !== undefined && settings.name === undefined ? { name: "" as const } : {}),
    ...(status !== undefined && !reason ? { statusReason: "" as const } : {}),
    ...(moved && verifiedAt === undefined ? { verifiedAt: "" as const } : {}),
    ...(beginsAnew ? { watch: "" as const } : {}),
  };
  return {
    $set: set,
    $inc: { revision: 1 },
    ...(Object.keys(unset).length > 0 ? { $unset: unset } : {}),
    ...(notice === undefined ? {} : { $push: { notices: notice } }),
  };
}
