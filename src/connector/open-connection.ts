// What does the executor get of a step's connection, and what when it cannot be used?
import type { Connection } from "../model/connection.ts";
import type { Failure } from "../model/failure.ts";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { AppliedAuth, ConnectionView } from "./contract.ts";

/** A connection ready for one request. Lives no longer than the attempt. */
export type OpenConnection = {
  view: ConnectionView;
  applied: AppliedAuth;
  /** Where relative URLs begin; absent: the connector's. */
  baseUrl?: string;
  /** Everything that must not be recorded: credentials, tokens, signing secrets. */
  secrets: string[];
  /** For webhooks: what to sign with, newest first. */
  signingSecrets?: string[];
  /** Which of the connection's tokens this is; absent for credentials without tokens. */
  tokenVersion?: number;
  /** How old the token was when the connection was opened, in milliseconds. */
  tokenAgeMs?: number;
  /** Which of the connection's credentials these are: a refusal of older ones says nothing about them. */
  credentialsVersion?: number;
};

export type Opened =
  | { outcome: "open"; connection: OpenConnection }
  /** For good: unknown, revoked, or of another connector. */
  | { outcome: "failed"; failure: Failure }
  /** For now: it waits for its owner, or its token cannot be had at the moment. Uses up no attempt. */
  | { outcome: "paused"; failure: Failure; delayMs: number };

export type Connections = {
  /** Finds a connection by id or slug. Rejects when the store does not answer. */
  open(tenantId: TenantId, ref: string, connectorId: string): Promise<Opened>;
  /**
   * After the vendor has refused the token: the connection with a newer one, which is fetched at most once however many
   * ask. `failed` with class `auth_revoked` when it has no token to renew.
   */
  renew(tenantId: TenantId, connection: OpenConnection): Promise<Opened>;
  /**
   * The vendor refuses the credentials themselves: marks the connection `reauth_required` (unless they have been changed
   * since), tells the owner by an event, and answers `paused`; or with newer credentials, `open`.
   */
  refused(tenantId: TenantId, connection: OpenConnection, failure: Failure): Promise<Opened>;
};

/** How the owner's event is called: its data is `{ connection: { id, slug, name, connector }, reason }`. */
export const reauthEventType = "connection.reauth_required";

export type ConnectionRef = Pick<Connection, "slug" | "name" | "connector"> & { id: ConnectionId };
