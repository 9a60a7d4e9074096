// How are a connection's credentials tried, replaced and taken away?
import { setTimeout as delay } from "node:timers/promises";
import type { Tried } from "../connector/try-connection.ts";
import { failureSchema } from "../model/failure.ts";
import type { JsonObject, JsonSchema } from "../model/json.ts";
import { connectionResponse, credentialsMembers } from "./connections.ts";
import {
  changedConnection,
  connectionAnswer,
  findConnection,
  invalidCredentials,
  unknownConnection,
} from "./connection-view.ts";
import type { ApiDeps } from "./deps.ts";
import { checkIfMatch, revisionTag } from "./precondition.ts";
import { jsonBody, route, type Route } from "./route.ts";

/** How long somebody waits for a trial, in milliseconds: less than an answer of the API may take. */
const trialMsMax = 4_000;

const rotateSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["credentials"],
  properties: credentialsMembers,
};
const triedSchema: JsonSchema = {
  type: "object",
  required: ["ok"],
  properties: {
    ok: { type: "boolean" },
    detail: { type: "string", description: "What was seen, when it works." },
    failure: failureSchema,
  },
};
const late: Tried = {
  ok: false,
  failure: { class: "timeout", code: "timeout", message: "No answer came within four seconds. Try it again." },
};

type Deps = Pick<ApiDeps, "store" | "connections" | "log">;

export function connectionCredentialRoutes(deps: Deps): Route[] {
  return [testRoute(deps), rotateRoute(deps), revokeRoute(deps)];
}

function testRoute({ store, connections, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/connections/{id}/test",
    scope: "connections:write",
    tag: "Connections",
    summary: "Try whether a connection works, by its token and a harmless call",
    description: "A connection that waits for its owner goes on after a success: the repair was made at the vendor's.",
    responses: { 200: { description: "Whether it works, and if not, why.", schema: triedSchema } },
    async handler({ tenantId, keyId, params }) {
      const { id } = await findConnection(store, tenantId, params.id);
      const tried = await inTime(connections.test(tenantId, id));
      if (tried === undefined) throw unknownConnection();
      log.info({ tenantId, keyId, connectionId: id, ok: tried.ok }, "a connection was tried");
      return { status: 200, body: tried };
    },
  });
}

function rotateRoute({ store, connections, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/connections/{id}/rotate",
    scope: "connections:write",
    tag: "Connections",
    summary: "Give a connection new credentials",
    description: "They hold from the next call on. A connection that was refused or revoked is active again.",
    headers: { "if-match": "Replace only the credentials of the connection with this ETag." },
    body: jsonBody<{ auth?: string; credentials: JsonObject }>(rotateSchema),
    responses: { 200: connectionResponse },
    async handler({ tenantId, keyId, params, body, headers }) {
      const seen = await findConnection(store, tenantId, params.id);
      checkIfMatch(headers, revisionTag(seen.revision), "connection");
      const isAny = headers["if-match"] === undefined || headers["if-match"].trim() === "*";
      const change = await connections.rotate(seen, isAny ? undefined : seen.revision, body);
      if (change.outcome === "invalid") throw invalidCredentials(change.findings);
      const changed = changedConnection(change);
      log.info({ tenantId, keyId, connectionId: changed.id }, "the credentials of a connection were replaced");
      return connectionAnswer(changed);
    },
  });
}

function revokeRoute({ store, connections, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/connections/{id}/revoke",
    scope: "connections:write",
    tag: "Connections",
    summary: "Wipe a connection's credentials",
    description:
      "Steps that use it fail from then on, within seconds in every process. Its name stays; new credentials make it usable again, and the runs can be retried.",
    responses: { 200: { ...connectionResponse, description: "The connection; the same when it was revoked already." } },
    async handler({ tenantId, keyId, params }) {
      const seen = await findConnection(store, tenantId, params.id);
      if (seen.status === "revoked") return connectionAnswer(seen);
      const changed = changedConnection(await connections.revoke(tenantId, seen.id));
      log.info({ tenantId, keyId, connectionId: changed.id }, "a connection was revoked");
      return connectionAnswer(changed);
    },
  });
}

/** What came of a trial, or that it takes too long; it comes to its end without being waited for. */
async function inTime(trial: Promise<Tried | undefined>): Promise<Tried | undefined> {
  const stop = new AbortController();
  const patience = delay(trialMsMax, late, { signal: stop.signal, ref: false });
  try {
    return await Promise.race([trial, patience]);
  } finally {
    stop.abort();
    // Both may end when nobody waits for them any more.
    void Promise.allSettled([trial, patience]);
  }
}
