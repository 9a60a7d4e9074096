// Which endpoints want an event: every endpoint in memory, opened, kept current by a change stream. Asked for every event.
import { buildEventIndex, listenersTo, type EventIndex } from "../flow/event-index.ts";
import { evaluateLogic, truthy } from "../flow/logic/evaluate.ts";
import { isFailure, scopeOf } from "../flow/match.ts";
import { matchesRegex } from "../flow/regex.ts";
import type { Log } from "../log.ts";
import { alertSource, isAlertType, mayGetAlert } from "../model/endpoint-alert.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { EndpointStore, StoredEndpoint } from "../store/endpoints.ts";
import { followStream } from "../store/follow-stream.ts";
import type { Vault } from "../vault/vault.ts";
import { openEndpoint } from "./open.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";
import type { Profiles } from "./profiles.ts";

export type EndpointMatches = {
  matched: EndpointId[];
  /** The filter could not be decided: the delivery is made, and has failed. */
  failed: { endpoint: EndpointId; failure: Failure }[];
};

export type EndpointIndex = {
  /** The endpoints that an event goes to. Throws AppError `service.storage_unavailable` when they cannot be known in time. */
  match(tenantId: TenantId, event: Event): Promise<EndpointMatches> | EndpointMatches;
  /** From memory. */
  find(tenantId: TenantId, id: EndpointId): OpenEndpoint | undefined;
  /** After a change by this process: resolves when it follows. */
  changed(id: EndpointId): Promise<void>;
  close(): Promise<void>;
};

type Deps = {
  endpoints: Pick<EndpointStore, "all" | "readAny" | "watch">;
  profiles: Pick<Profiles, "of" | "onChange">;
  vault: Pick<Vault, "open">;
  log: Log;
};

/** The endpoints of all tenants, once they have been read. */
export async function watchEndpoints(deps: Deps): Promise<EndpointIndex> {
  const { endpoints, log } = deps;
  const known = createKnown(deps);
  const followed = await followStream<EndpointId>({
    what: "endpoints",
    watch: endpoints.watch,
    async readAll() {
      const rows: StoredEndpoint[] = [];
      for await (const row of endpoints.all()) rows.push(row);
      known.replace(rows);
    },
    async read(id) {
      const row = await endpoints.readAny(id);
      if (row === undefined) known.drop(id);
      else known.keep(row);
    },
    log,
  });
  deps.profiles.onChange((tenantId, profile) => {
    const reopen = async () => {
      for await (const row of endpoints.all({ tenantId, profile })) await followed.changed(row._id);
    };
    reopen().catch((err: unknown) => log.warn({ err }, "endpoints could not be opened with their changed profile yet"));
  });
  return {
    match(tenantId, event) {
      const waiting = followed.current();
      if (waiting === undefined) return matchEndpoints(known.of(tenantId), event);
      return waiting.then(() => matchEndpoints(known.of(tenantId), event));
    },
    find: known.find,
    changed: followed.changed,
    close: followed.close,
  };
}

/** An endpoint by the patterns that it listens to. */
type Listener = { events: readonly string[]; endpoint: OpenEndpoint };
const nobody: EventIndex<Listener> = buildEventIndex([]);
const none: EndpointMatches = { matched: [], failed: [] };

function createKnown({ profiles, vault, log }: Pick<Deps, "profiles" | "vault" | "log">) {
  const openById = new Map<EndpointId, OpenEndpoint>();
  const idsByTenant = new Map<TenantId, Set<EndpointId>>();
  const indexByTenant = new Map<TenantId, EventIndex<Listener>>();

  const drop = (id: EndpointId): void => {
    const open = openById.get(id);
    if (open === undefined) return;
    openById.delete(id);
    idsByTenant.get(open.tenantId)?.delete(id);
    indexByTenant.delete(open.tenantId);
  };
  const keep = (row: StoredEndpoint): void => {
    try {
      const open = openEndpoint(row, { vault, profileOf: profiles.of });
      openById.set(open.id, open);
      idsByTenant.set(open.tenantId, (idsByTenant.get(open.tenantId) ?? new Set()).add(open.id));
      indexByTenant.delete(open.tenantId);
    } catch (err) {
      // A profile that comes later opens it then; nothing may be sent in another form meanwhile.
      log.error({ err, endpointId: row._id, tenantId: row.tenantId }, "an endpoint cannot be opened");
      drop(row._id);
    }
  };
  return {
    drop,
    keep,
    replace(rows: StoredEndpoint[]): void {
      const ids = new Set(rows.map((row) => row._id));
      for (const id of openById.keys()) if (!ids.has(id)) drop(id);
      for (const row of rows) keep(row);
    },
    find(tenantId: TenantId, id: EndpointId): OpenEndpoint | undefined {
      const open = openById.get(id);
      return open?.tenantId === tenantId ? open : undefined;
    },
    of(tenantId: TenantId): EventIndex<Listener> {
      const built = indexByTenant.get(tenantId);
      if (built) return built;
      const ids = idsByTenant.get(tenantId);
      if (ids === undefined || ids.size === 0) return nobody;
      const listeners = [...ids].flatMap((id) => {
        const endpoint = openById.get(id);
        return endpoint === undefined ? [] : [{ events: endpoint.settings.events, endpoint }];
      });
      const index = buildEventIndex(listeners);
      indexByTenant.set(tenantId, index);
      return index;
    },
  };
}

/** The same for one endpoint, as it stands, and a stored event: whether it gets it, or why that cannot be decided. */
export function matchEndpoint(endpoint: OpenEndpoint, stored: Event): "wanted" | "unwanted" | Failure {
  const index = buildEventIndex([{ events: endpoint.settings.events, endpoint }]);
  const about = aboutOf(stored);
  const { matched, failed } = matchEndpoints(index, about === undefined ? stored : { ...stored, about });
  return failed[0]?.failure ?? (matched.length > 0 ? "wanted" : "unwanted");
}

/** The endpoint that an alert of ours is about: once it is stored only its data says so. */
function aboutOf({ type, source, dataText }: Event): EndpointId | undefined {
  if (source !== alertSource || !isAlertType(type)) return undefined;
  // Whoever else calls itself as we do may have written anything.
  const data = JSON.parse(dataText) as { endpoint?: { id?: EndpointId } } | null;
  return data?.endpoint?.id;
}

/** Test events go to endpoints in test mode, all others to the others; alerts to those that ask for them, never about themselves. */
function matchEndpoints(index: EventIndex<Listener>, event: Event): EndpointMatches {
  if (index === nobody) return none;
  const matches: EndpointMatches = { matched: [], failed: [] };
  let scope: ReturnType<typeof scopeOf> | undefined;
  for (const { endpoint } of listenersTo(index, event.type)) {
    const { filter, id, settings } = endpoint;
    if ((settings.testMode === true) !== (event.test === true)) continue;
    if (event.about !== undefined && !mayGetAlert(event.about, { id, events: settings.events })) continue;
    if (filter === undefined) {
      matches.matched.push(endpoint.id);
      continue;
    }
    const nowMs = Date.now();
    // Parsed only here: most endpoints have no filter.
    scope ??= scopeOf(event, { nowMs });
    if (isFailure(scope)) {
      matches.failed.push({ endpoint: endpoint.id, failure: { ...scope, class: "filter" } });
      continue;
    }
    const evaluated = evaluateLogic(filter.rule, scope, { nowMs, matches: matchesRegex });
    if (!evaluated.ok) {
      const { code, message } = evaluated;
      matches.failed.push({ endpoint: endpoint.id, failure: { class: "filter", code, message } });
    } else if (truthy(evaluated.value)) {
      matches.matched.push(endpoint.id);
    }
  }
  return matches;
}
