// How do people keep their connections? Making, listing, reading and renaming them, and which flows use one.
import type { GivenConnection } from "../connector/connection-changes.ts";
import { AppError } from "../model/errors.ts";
import { connectionSchema, connectionStatuses, type ConnectionStatus } from "../model/connection.ts";
import { randomBase62, type ConnectionId, type TenantId } from "../model/ids.ts";
import type { JsonObject, JsonSchema } from "../model/json.ts";
import {
  changedConnection,
  connectionAnswer,
  connectionRow,
  findConnection,
  invalidCredentials,
} from "./connection-view.ts";
import type { ApiDeps } from "./deps.ts";
import { slugOf } from "./flow-drafts.ts";
import { requireIfMatch } from "./precondition.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Route } from "./route.ts";

const slugTriesMax = 20;
const slugCharsMax = 64;

const nameSchema: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\u0000-\\u001f\\u007f]*$",
  description: "A name for people, without control characters.",
};
const slugSchema: JsonSchema = {
  type: "string",
  maxLength: slugCharsMax,
  pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
  description: "Lower-case letters and digits in words parted by `-`, 64 at most.",
};
/** What `auth` and `credentials` are, wherever they are given. */
export const credentialsMembers: { [name: string]: JsonSchema } = {
  auth: {
    type: "string",
    maxLength: 32,
    description: "The kind of authentication; without it the one that the credentials fit.",
  },
  credentials: {
    type: "object",
    maxProperties: 50,
    description: "As the kind's schema in `GET /v1/connectors/{id}` says. Sealed at once, and never shown again.",
  },
};
const createSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["connector", "name", "credentials"],
  properties: {
    connector: { type: "string", maxLength: 64, description: "Id of a connector: `GET /v1/connectors` lists them." },
    name: nameSchema,
    slug: slugSchema,
    ...credentialsMembers,
  },
};
const renameSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: { name: nameSchema, slug: slugSchema },
};
const usageSchema: JsonSchema = {
  type: "object",
  required: ["flow", "published", "steps"],
  properties: {
    flow: {
      type: "object",
      required: ["id", "slug", "name"],
      properties: { id: { type: "string" }, slug: { type: "string" }, name: { type: "string" } },
    },
    published: { type: "boolean", description: "Whether the published version uses it, and not the draft alone." },
    steps: { type: "array", items: { type: "string" }, description: "Paths of the steps that name it." },
  },
};
export const connectionResponse = {
  description: "The connection, with its ETag.",
  schema: connectionSchema,
  etag: true,
};

type CreateBody = { connector: string; name: string; slug?: string; auth?: string; credentials: JsonObject };
type Deps = Pick<ApiDeps, "store" | "connections" | "log">;

export function connectionRoutes(deps: Deps): Route[] {
  return [createRoute(deps), listRoute(deps), readRoute(deps), renameRoute(deps), usageRoute(deps)];
}

function createRoute({ connections, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/connections",
    scope: "connections:write",
    tag: "Connections",
    summary: "Give Millrace credentials for a connector",
    description:
      "The credentials are checked against the connector's schema and sealed; no route answers them. Steps name the connection by slug or id. Without `slug` one is made from the name.",
    body: jsonBody<CreateBody>(createSchema),
    responses: { 201: connectionResponse },
    async handler({ tenantId, keyId, body, newId }) {
      const connection = await createConnection(connections, tenantId, newId("conn"), body);
      log.info({ tenantId, keyId, connectionId: connection.id }, "a connection was made");
      return connectionAnswer(connection, 201, { location: `/v1/connections/${connection.id}` });
    },
  });
}

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/connections",
    scope: "connections:read",
    tag: "Connections",
    summary: "List connections, newest first",
    query: {
      ...pageQuery,
      connector: { type: "string", minLength: 1, maxLength: 64, description: "Id of a connector." },
      status: { type: "string", enum: connectionStatuses },
    },
    responses: { 200: { description: "A page.", schema: listSchema(connectionSchema) } },
    async handler({ tenantId, query }) {
      // Checked against its enum.
      const status = query["status"] as ConnectionStatus | undefined;
      const filter = { connector: query["connector"], status };
      const page = await store.connections.list(tenantId, filter, pageOf(query, "conn"));
      return pageAnswer(page.items.map(connectionRow), page.nextCursor);
    },
  });
}

function readRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/connections/{id}",
    scope: "connections:read",
    tag: "Connections",
    summary: "A connection, by id or slug; never its credentials",
    responses: { 200: connectionResponse },
    handler: async ({ tenantId, params }) => connectionAnswer(await findConnection(store, tenantId, params.id)),
  });
}

function renameRoute({ store, connections, log }: Deps): Route {
  return route({
    method: "put",
    path: "/v1/connections/{id}",
    scope: "connections:write",
    tag: "Connections",
    summary: "Give a connection another name or slug",
    description:
      "Refused with 409 when a published version names the connection by the slug that it would lose. Without `slug` it keeps the one it has.",
    headers: {
      "if-match": "The connection's ETag as it was read; `*` changes whatever is there. Needed: 428 without it.",
    },
    body: jsonBody<{ name: string; slug?: string }>(renameSchema),
    responses: { 200: connectionResponse },
    async handler({ tenantId, keyId, params, body, headers }) {
      const seen = await findConnection(store, tenantId, params.id);
      const revision = requireIfMatch(headers, seen.revision, "connection");
      const next = { name: body.name, slug: body.slug ?? seen.slug };
      if (next.slug !== seen.slug) await refuseLostName(store, tenantId, seen.slug);
      const changed = changedConnection(await store.connections.rename(tenantId, seen.id, revision, next));
      connections.changed(changed.id);
      log.info({ tenantId, keyId, connectionId: changed.id }, "a connection was renamed");
      return connectionAnswer(changed);
    },
  });
}

function usageRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/connections/{id}/usage",
    scope: "connections:read",
    tag: "Connections",
    summary: "The flows that use a connection, in their draft or published version",
    responses: { 200: { description: "All of them.", schema: listSchema(usageSchema) } },
    async handler({ tenantId, params }) {
      const { id, slug } = await findConnection(store, tenantId, params.id);
      const uses = await store.connections.usage(tenantId, [id, slug]);
      return pageAnswer(uses.map(({ flow, published, steps }) => ({ flow, published, steps })));
    },
  });
}

/** A version that runs must not lose its connection by a change of names. Throws AppError `state.conflict`. */
async function refuseLostName(store: Deps["store"], tenantId: TenantId, slug: string): Promise<void> {
  const uses = await store.connections.usage(tenantId, [slug]);
  const losing = uses.filter((one) => one.publishedNames.includes(slug)).map((one) => one.flow.slug);
  if (losing.length === 0) return;
  const named = losing.slice(0, 5).join(", ");
  const detail = `Published flows name the connection \`${slug}\`: ${named}. Let them name it by its id first, then change the slug.`;
  throw new AppError("state.conflict", { detail });
}

/** Makes a connection under its own slug, or under one that is made from its name and free. */
async function createConnection(
  connections: Deps["connections"],
  tenantId: TenantId,
  id: ConnectionId,
  body: CreateBody,
) {
  const createAs = async (slug: string) => {
    const { connector, name, auth, credentials } = body;
    const given: GivenConnection = { connector, name, slug, auth, credentials };
    const made = await connections.create(tenantId, id, given);
    if (made.outcome === "invalid") throw invalidCredentials(made.findings);
    return made.outcome === "made" ? made.connection : undefined;
  };
  if (body.slug !== undefined) {
    const connection = await createAs(body.slug);
    if (connection === undefined) throw slugTaken();
    return connection;
  }
  const base = slugOf(body.name);
  for (let number = 1; number <= slugTriesMax; number++) {
    const connection = await createAs(number === 1 ? base : `${base.slice(0, slugCharsMax - 4)}-${number}`);
    if (connection !== undefined) return connection;
  }
  // So many connections of one name: digits that nobody has.
  const connection = await createAs(`${base.slice(0, 48)}-${randomBase62(12).toLowerCase()}`);
  if (connection === undefined) throw slugTaken();
  return connection;
}

function slugTaken(): AppError {
  return new AppError("state.conflict", { detail: "Another connection has this slug: choose another one." });
}
