// What is a connection in the API, and how is it found? Nothing here ever holds a credential.
import { AppError } from "../model/errors.ts";
import type { Connection } from "../model/connection.ts";
import type { TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import type { ConnectionChange } from "../store/connections.ts";
import type { Store } from "../store/store.ts";
import { revisionTag, stale } from "./precondition.ts";
import type { Answer } from "./route.ts";

/** A connection as lists and answers show it. */
export function connectionRow({ tenantId: _, revision: __, ...shown }: Connection) {
  return shown;
}

/** The answer that shows a connection, with the ETag that a change of it may name. */
export function connectionAnswer(connection: Connection, status = 200, headers: Answer["headers"] = {}): Answer {
  return { status, body: connectionRow(connection), etag: revisionTag(connection.revision), headers };
}

/** The connection by id or slug. Throws AppError `resource.not_found`, also for another tenant's. */
export async function findConnection(
  { connections }: Pick<Store, "connections">,
  tenantId: TenantId,
  idOrSlug: string,
): Promise<Connection> {
  const connection = await connections.find(tenantId, idOrSlug);
  if (!connection) throw unknownConnection();
  return connection;
}

/** The connection after a change. Throws AppError: somebody else was first, it is gone, or its slug is taken. */
export function changedConnection(change: ConnectionChange): Connection {
  if (change.outcome === "changed") return change.connection;
  if (change.outcome === "stale") throw stale("connection");
  if (change.outcome === "unknown") throw unknownConnection();
  throw new AppError("state.conflict", { detail: "Another connection has this slug: choose another one." });
}

/** The refusal of credentials. Findings say where and why, never what was given. */
export function invalidCredentials(errors: Finding[]): AppError {
  const detail = `The credentials have ${errors.length === 1 ? "an error" : `${errors.length} errors`}: \`errors\` says where and why.`;
  return new AppError("connection.invalid", { detail, errors });
}

export function unknownConnection(): AppError {
  return new AppError("resource.not_found", { detail: "There is no connection with this id or slug." });
}
