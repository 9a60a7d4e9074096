// What does a stored connection hold once it is unsealed, and what does the executor get of it?
import type { StoredConnection } from "../store/connections.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { JsonObject } from "../model/json.ts";
import type { Sealed, SecretPlace, Vault } from "../vault/vault.ts";
import { applyAuth, baseUrlOf, signingSecretsOf } from "./auth.ts";
import type { AuthMethod, Connector } from "./contract.ts";
import { openFields, secretsOf } from "./credentials.ts";
import type { OpenConnection } from "./open-connection.ts";

/** A stored connection with its secrets open: kept in memory for seconds at most. */
export type Unsealed = {
  row: StoredConnection;
  connector: Connector;
  method: AuthMethod;
  credentials: JsonObject;
  token?: OpenToken;
};

/** What is sealed of a token. */
type TokenSecret = { accessToken: string; baseUrl?: string };
export type OpenToken = TokenSecret & { version: number; obtainedAtMs: number; expiresAtMs: number };

type Owner = { tenantId: TenantId; id: ConnectionId };

/** The text under which credentials are stored: they open for this tenant's connection only. */
export function sealCredentials(vault: Vault, owner: Owner, credentials: JsonObject): string {
  return JSON.stringify(vault.seal(JSON.stringify(credentials), placeOf(owner, "credentials")));
}

export function sealToken(vault: Vault, owner: Owner, token: TokenSecret): string {
  return JSON.stringify(vault.seal(JSON.stringify(token), placeOf(owner, "token")));
}

/** Throws a VaultError when what is sealed does not open. The row must hold credentials. */
export function unseal(vault: Vault, row: StoredConnection, connector: Connector, method: AuthMethod): Unsealed {
  const owner = { tenantId: row.tenantId, id: row._id };
  const open = (sealed: string, field: string): unknown =>
    // Written by the functions above; the vault refuses what was changed since.
    JSON.parse(vault.open(JSON.parse(sealed) as Sealed, placeOf(owner, field)));
  // Sealed by `sealCredentials`, after the method's schema let them through.
  const credentials = open(row.sealed ?? "{}", "credentials") as JsonObject;
  if (row.token === undefined) return { row, connector, method, credentials };
  // Sealed by `sealToken`.
  const secret = open(row.token.sealed, "token") as TokenSecret;
  const { obtainedAt, expiresAt } = row.token;
  const times = { obtainedAtMs: obtainedAt.getTime(), expiresAtMs: expiresAt.getTime() };
  return { row, connector, method, credentials, token: { ...secret, version: row.tokenVersion, ...times } };
}

/** What the executor gets: ready for one request, with everything that must not be recorded. */
export function openConnectionOf({ row, method, credentials, token }: Unsealed): OpenConnection {
  const applied = applyAuth(method, credentials, token?.accessToken);
  const baseUrl = baseUrlOf(method, credentials, token?.baseUrl);
  const signingSecrets = signingSecretsOf(method, credentials);
  const member = method.token?.baseUrlMember;
  const ofToken: JsonObject = member === undefined || token?.baseUrl === undefined ? {} : { [member]: token.baseUrl };
  const secrets = [
    ...secretsOf(method, credentials),
    ...(token ? [token.accessToken] : []),
    ...appliedSecrets(applied),
  ];
  return {
    view: { id: row._id, kind: method.kind, fields: { ...openFields(method, credentials), ...ofToken } },
    applied,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    secrets: [...new Set(secrets)],
    ...(signingSecrets === undefined ? {} : { signingSecrets }),
    ...(token === undefined ? {} : { tokenVersion: token.version }),
    credentialsVersion: row.credentialsVersion,
  };
}

/** The values as they are sent: a user name and its password, for one, make a text that holds neither. */
function appliedSecrets({ headers, query }: OpenConnection["applied"]): string[] {
  const credentials = Object.values(headers).map((value) => value.replace(/^(?:Bearer|Basic) /, ""));
  return [...credentials, ...Object.values(query)];
}

function placeOf({ tenantId, id }: Owner, field: string): SecretPlace {
  return { tenantId, owner: id, field };
}
