// What is stored of a connection, unsealed, and kept in memory for a few seconds so that a hot one costs no read a call?
import type { Failure } from "../model/failure.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { ConnectionStore, StoredConnection } from "../store/connections.ts";
import { VaultError } from "../vault/keyring.ts";
import type { Vault } from "../vault/vault.ts";
import type { Connector } from "./contract.ts";
import { unseal, type Unsealed } from "./open-credentials.ts";

/** A stored connection and what it holds, or why that cannot be used. */
export type Read = { row: StoredConnection } & ({ ok: true; unsealed: Unsealed } | { ok: false; failure: Failure });

export type ConnectionReader = {
  /** By id or slug; undefined when there is none. `fresh`: from the store, whatever is in memory. */
  read(tenantId: TenantId, ref: string, fresh?: "fresh"): Promise<Read | undefined>;
  /** Goes on with a newer token. */
  keep(unsealed: Unsealed): void;
  /** Forgets what was read, also what is being read at this moment. */
  forget(id: ConnectionId): void;
};

/** How long an opened connection is kept, in milliseconds: changes by other processes are followed after it. */
export const keptMs = 3_000;
const keptMax = 1_000;

type Kept = { read: Read; untilMs: number };

export function createConnectionReader(deps: {
  connections: Pick<ConnectionStore, "read">;
  vault: Vault;
  connectors: readonly Connector[];
  nowMs: () => number;
}): ConnectionReader {
  const { connections, vault, connectors, nowMs } = deps;
  const keptByName = new Map<string, Kept>();
  let changes = 0;

  const put = (name: string, read: Read): void => {
    keptByName.delete(name);
    keptByName.set(name, { read, untilMs: nowMs() + keptMs });
    const [oldest] = keptByName.keys();
    if (keptByName.size > keptMax && oldest !== undefined) keptByName.delete(oldest);
  };

  return {
    async read(tenantId, ref, fresh) {
      const name = `${tenantId}/${ref}`;
      const kept = keptByName.get(name);
      if (fresh === undefined && kept && kept.untilMs > nowMs()) return kept.read;
      const changesBefore = changes;
      const row = await connections.read(tenantId, ref);
      if (row === undefined) {
        keptByName.delete(name);
        return undefined;
      }
      const read = readOf(row, vault, connectors);
      // Something was changed while this was read: it may be the older state.
      if (changes === changesBefore) put(name, read);
      return read;
    },
    keep(unsealed) {
      for (const [name, kept] of keptByName) {
        const { row } = kept.read;
        const isSame = row._id === unsealed.row._id && row.credentialsVersion === unsealed.row.credentialsVersion;
        if (isSame && row.tokenVersion < unsealed.row.tokenVersion) {
          keptByName.set(name, { ...kept, read: { ok: true, row: unsealed.row, unsealed } });
        }
      }
    },
    forget(id) {
      changes++;
      for (const [name, { read }] of keptByName) if (read.row._id === id) keptByName.delete(name);
    },
  };
}

function readOf(row: StoredConnection, vault: Vault, connectors: readonly Connector[]): Read {
  const connector = connectors.find((one) => one.id === row.connector);
  const method = connector?.auth?.methods.find((one) => one.kind === row.kind);
  if (connector === undefined || method === undefined) {
    const message = `The connection "${row.slug}" is for a way of authentication that this installation does not have.`;
    return { row, ok: false, failure: { class: "validation", code: "connection_kind", message } };
  }
  if (row.sealed === undefined) return { row, ok: false, failure: revoked(row) };
  try {
    return { row, ok: true, unsealed: unseal(vault, row, connector, method) };
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const message = `The credentials of the connection "${row.slug}" cannot be opened: ${error.message}`;
    return { row, ok: false, failure: { class: "internal", code: "connection_sealed", message } };
  }
}

/** What a step is told whose connection was revoked. */
export function revoked({ slug }: Pick<StoredConnection, "slug">): Failure {
  const message = `The connection "${slug}" was revoked: give it new credentials or name another one, then retry the run.`;
  return { class: "auth_revoked", code: "connection_revoked", message };
}
