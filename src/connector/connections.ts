// How do connections open? Found, unsealed, with a token that holds; and what follows when the vendor refuses them.
import type { HttpClient } from "../delivery/http.ts";
import type { Log } from "../log.ts";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import type { ConnectionStore, StoredConnection } from "../store/connections.ts";
import type { Vault } from "../vault/vault.ts";
import { createConnectionChanges } from "./connection-changes.ts";
import { createConnectionReader, revoked, type Read } from "./connection-reader.ts";
import type { Connector } from "./contract.ts";
import type { AddressPolicy } from "../delivery/address.ts";
import { openConnectionOf, type Unsealed } from "./open-credentials.ts";
import type { Connections, Opened } from "./open-connection.ts";
import { ensureToken, type TokenDeps, type TokenOutcome } from "./tokens.ts";
import { createTrial } from "./try-connection.ts";

export type ConnectionDeps = {
  connections: ConnectionStore;
  vault: Vault;
  http: Pick<HttpClient, "send">;
  /** Which addresses credentials may name. */
  policy: AddressPolicy;
  connectors: readonly Connector[];
  /** The database's clock, in milliseconds. */
  nowMs: () => number;
  log: Pick<Log, "debug">;
};

export type ConnectionDesk = ReturnType<typeof createConnections>;

/** How soon a paused step asks again at first, in milliseconds: who waits longer makes the delay grow. */
const pausedMs = 5_000;
/** How often a connection that changes while it is opened is looked at again. */
const looksMax = 4;
const touchEveryMs = 60_000;

type Wish = {
  /** The step's own connector; absent where the connection was opened before. */
  connectorId?: string;
  /** The token that the vendor refused: only a newer one will do. */
  newerThan?: number | undefined;
  fresh?: "fresh";
};

/** The connections of all tenants: for the executor, and for the people who keep them. Rejects when the store does not answer. */
export function createConnections(deps: ConnectionDeps) {
  const { connections: store } = deps;
  const reader = createConnectionReader(deps);
  const tokens: TokenDeps = {
    ...deps,
    reread: async (row) => {
      const read = await reader.read(row.tenantId, row._id, "fresh");
      return read?.ok && read.row.status === "active" ? read.unsealed : undefined;
    },
  };
  const tokenFor = joinFlights(tokens);
  const touch = createTouch(deps);

  const openAs = async (tenantId: TenantId, ref: string, wish: Wish): Promise<Opened> => {
    for (let look = 0; look < looksMax; look++) {
      const read = await reader.read(tenantId, ref, look === 0 ? wish.fresh : "fresh");
      const refusal = refusalOf(read, ref, wish.connectorId);
      if (refusal !== undefined) return refusal;
      if (!read?.ok) continue;
      touch(read.row);
      if (read.unsealed.method.token === undefined) return opened(read.unsealed, deps.nowMs());
      const outcome = await tokenFor(read.unsealed, wish.newerThan);
      if (outcome.outcome === "ready") {
        reader.keep(outcome.unsealed);
        return opened(outcome.unsealed, deps.nowMs());
      }
      if (outcome.outcome === "unavailable") return { ...outcome, outcome: "paused" };
      reader.forget(read.row._id);
    }
    return { outcome: "paused", failure: unsettled(ref), delayMs: pausedMs };
  };

  const forExecutor: Connections = {
    open: (tenantId, ref, connectorId) => openAs(tenantId, ref, { connectorId }),

    async renew(tenantId, { view, tokenVersion }) {
      if (tokenVersion === undefined) return { outcome: "failed", failure: nothingToRenew };
      return openAs(tenantId, view.id, { newerThan: tokenVersion, fresh: "fresh" });
    },

    async refused(tenantId, { view, credentialsVersion, tokenVersion }, failure) {
      const read = await reader.read(tenantId, view.id, "fresh");
      if (read === undefined) return { outcome: "failed", failure: unknown(view.id) };
      const seen = { credentialsVersion: credentialsVersion ?? read.row.credentialsVersion, tokenVersion };
      await store.requireReauth({ tenantId, id: view.id }, seen, failure.message);
      reader.forget(view.id);
      // Marked, it is paused now; with credentials that were changed meanwhile it opens.
      return openAs(tenantId, view.id, { fresh: "fresh" });
    },
  };
  return { ...forExecutor, test: createTrial({ ...deps, reader }), ...createConnectionChanges({ ...deps, reader }) };
}

/** Notes uses. Nobody waits for it, and one that is not noted costs nothing. */
function createTouch({ connections, nowMs, log }: ConnectionDeps): (row: StoredConnection) => void {
  return (row) => {
    const now = nowMs();
    if (now - (row.lastUsedAt?.getTime() ?? 0) < touchEveryMs) return;
    // The row is the reader's own: for as long as it is kept nobody notes the same again.
    row.lastUsedAt = new Date(now);
    const noted = connections.touch({ tenantId: row.tenantId, id: row._id });
    noted.catch((err: unknown) => log.debug({ err }, "the use of a connection could not be noted"));
  };
}

/** In one process, who wants the same token waits for the same request. */
function joinFlights(deps: TokenDeps): (unsealed: Unsealed, newerThan: number | undefined) => Promise<TokenOutcome> {
  const flights = new Map<string, Promise<TokenOutcome>>();
  return (unsealed, newerThan) => {
    const { _id, credentialsVersion, tokenVersion } = unsealed.row;
    const name = [_id, credentialsVersion, tokenVersion, newerThan ?? ""].join("/");
    const flight = flights.get(name) ?? ensureToken(deps, unsealed, newerThan).finally(() => flights.delete(name));
    flights.set(name, flight);
    return flight;
  };
}

function opened(unsealed: Unsealed, nowMs: number): Opened {
  const { token } = unsealed;
  const age = token === undefined ? {} : { tokenAgeMs: nowMs - token.obtainedAtMs };
  return { outcome: "open", connection: { ...openConnectionOf(unsealed), ...age } };
}

/** Why a connection cannot be opened, by what is stored; undefined when it can. */
function refusalOf(read: Read | undefined, ref: string, connectorId: string | undefined): Opened | undefined {
  if (read === undefined) return { outcome: "failed", failure: unknown(ref) };
  const { row } = read;
  if (connectorId !== undefined && row.connector !== connectorId) {
    const message = `The connection "${ref}" is one of ${row.connector}, and this step needs one of ${connectorId}.`;
    return { outcome: "failed", failure: { class: "validation", code: "connection_mismatch", message } };
  }
  if (row.status === "revoked") return { outcome: "failed", failure: revoked(row) };
  if (row.status === "reauth_required") return { outcome: "paused", failure: waiting(row), delayMs: pausedMs };
  return read.ok ? undefined : { outcome: "failed", failure: read.failure };
}

function unknown(ref: string): Failure {
  return { class: "not_found", code: "connection_unknown", message: `There is no connection "${ref}".` };
}

function waiting({ slug, statusReason }: StoredConnection): Failure {
  const reason = statusReason ?? "Its credentials are refused.";
  const repair = "Rotate it, or repair it at the vendor's and test it: the step then goes on by itself.";
  const message = `The connection "${slug}" waits for its owner. ${reason} ${repair}`;
  return { class: "auth_revoked", code: "connection_reauth_required", message };
}

function unsettled(ref: string): Failure {
  const message = `The connection "${ref}" was changed again and again while it was opened.`;
  return { class: "transient", code: "connection_changing", message };
}

const nothingToRenew: Failure = {
  class: "auth_revoked",
  code: "connection_no_token",
  message: "The receiver refuses the connection's credentials, and they have no token that could be renewed.",
};
