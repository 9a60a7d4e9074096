// How are connections made, given new credentials, and revoked? Whatever is stored of credentials is sealed here.
import { didYouMean } from "../flow/suggest.ts";
import type { AddressPolicy } from "../delivery/address.ts";
import type { Connection } from "../model/connection.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { JsonObject } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { ConnectionChange, ConnectionStore } from "../store/connections.ts";
import type { Vault } from "../vault/vault.ts";
import type { ConnectionReader } from "./connection-reader.ts";
import type { Connector } from "./contract.ts";
import { checkCredentials } from "./credentials.ts";
import { sealCredentials } from "./open-credentials.ts";

export type GivenCredentials = {
  /** A kind of authentication; the one that the credentials fit best when absent. */
  auth?: string | undefined;
  credentials: JsonObject;
};
export type GivenConnection = GivenCredentials & { connector: string; name: string; slug: string };

export type ConnectionMade =
  | { outcome: "made"; connection: Connection }
  | { outcome: "slug_taken" }
  /** `findings` point into the request's body and hold no value of it. */
  | { outcome: "invalid"; findings: Finding[] };

export type CredentialsReplaced = ConnectionChange | { outcome: "invalid"; findings: Finding[] };

type ChangeDeps = {
  connections: Pick<ConnectionStore, "create" | "replaceCredentials" | "revoke">;
  vault: Vault;
  policy: AddressPolicy;
  connectors: readonly Connector[];
  reader: Pick<ConnectionReader, "forget">;
};

/** Made by the owner: a reason that a paused or failed step can show. */
const revokedReason = "Its owner revoked it.";

export function createConnectionChanges({ connections, vault, policy, connectors, reader }: ChangeDeps) {
  return {
    /** Makes a connection under an id and a slug. The one that has the id already is answered as it is. */
    async create(tenantId: TenantId, id: ConnectionId, given: GivenConnection): Promise<ConnectionMade> {
      const connector = connectors.find((one) => one.id === given.connector);
      if (connector === undefined)
        return { outcome: "invalid", findings: [unknownConnector(given.connector, connectors)] };
      const checked = checkCredentials(connector, given.credentials, given.auth, policy);
      if (!checked.ok) return { outcome: "invalid", findings: checked.findings };
      const { name, slug } = given;
      const sealed = sealCredentials(vault, { tenantId, id }, given.credentials);
      const fields = { name, slug, connector: connector.id, kind: checked.method.kind };
      const made = await connections.create(tenantId, id, fields, sealed);
      return made === "slug_taken" ? { outcome: "slug_taken" } : { outcome: "made", connection: made };
    },

    /** New credentials for the same connector. They also repair a connection that was refused or revoked. */
    async rotate(
      seen: Pick<Connection, "tenantId" | "id" | "connector">,
      revision: number | undefined,
      given: GivenCredentials,
    ): Promise<CredentialsReplaced> {
      const { tenantId, id } = seen;
      const connector = connectors.find((one) => one.id === seen.connector);
      if (connector === undefined)
        return { outcome: "invalid", findings: [unknownConnector(seen.connector, connectors)] };
      const checked = checkCredentials(connector, given.credentials, given.auth, policy);
      if (!checked.ok) return { outcome: "invalid", findings: checked.findings };
      const next = {
        kind: checked.method.kind,
        sealed: sealCredentials(vault, { tenantId, id }, given.credentials),
      };
      const change = await connections.replaceCredentials(tenantId, id, revision, next);
      reader.forget(id);
      return change;
    },

    /** Wipes the credentials. In this process nothing opens it from now on; in others within seconds. */
    async revoke(tenantId: TenantId, id: ConnectionId): Promise<ConnectionChange> {
      const change = await connections.revoke(tenantId, id, revokedReason);
      reader.forget(id);
      return change;
    },

    /** After a change of its name: what is kept in memory goes by names. */
    changed: (id: ConnectionId): void => reader.forget(id),
  };
}

function unknownConnector(named: string, connectors: readonly Connector[]): Finding {
  const known = connectors.flatMap((one) => (one.auth === undefined ? [] : [one.id]));
  const suggestion = didYouMean(named, known);
  const names = known.map((id) => `\`${id}\``).join(", ");
  const message = `There is no such connector. Connections can be made for ${names}.`;
  return { pointer: "/connector", code: "value", message, ...(suggestion === undefined ? {} : { suggestion }) };
}
