// A receiver for trying things: `/inbox/{name}` takes whatever is posted, verifies it, and shows it. Off in production.
import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../model/errors.ts";
import type { TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { answerInTime } from "../store/database.ts";
import type { InboxMessage, InboxStore } from "../store/inbox.ts";
import type { ApiDeps } from "./deps.ts";
import { inboxPage } from "./inbox-page.ts";
import { createInboxVerify, type VerifyInbox } from "./inbox-verify.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "config" | "store" | "signingSecrets" | "openEndpoint">;
type Parts = {
  inbox: InboxStore;
  config: Deps["config"];
  verify: VerifyInbox;
  /** Whoever posts has no key: the inboxes are those of the installation's own tenant. */
  owner(): Promise<TenantId>;
};

const tag = "Inbox";
const bodyBytesMax = 512 * 1024;
const pageMessagesMax = 50;
const nameForm = /^[A-Za-z0-9_-]{1,64}$/;
const params = { name: { type: "string", pattern: nameForm.source } } satisfies { [name: string]: JsonSchema };
/** Statuses that an answer with a body must not have (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
const emptyStatuses = new Set([204, 205, 304]);

const messageSchema: JsonSchema = {
  title: "InboxMessage",
  type: "object",
  required: ["id", "at", "headers", "body", "encoding", "bytes", "status", "verification"],
  properties: {
    id: { type: "string" },
    at: { type: "string", format: "date-time" },
    headers: { type: "object", additionalProperties: { type: "string" }, description: "Names in lower case." },
    body: { type: "string" },
    encoding: { type: "string", enum: ["utf8", "base64"], description: "How `body` is to be read." },
    bytes: { type: "integer", description: "The body's length." },
    status: { type: "integer", description: "What was answered." },
    verification: {
      type: "object",
      required: ["verified"],
      properties: {
        verified: { type: "boolean", description: "Whether a secret of yours signed it, at a time that is near." },
        by: { type: "string", description: "Whose secret." },
        why: { type: "string", description: "Why not, for each who may have signed." },
      },
    },
  },
};

/** The routes are there in every installation, so that the documentation is the same; where it is off they answer 404. */
export function inboxRoutes({ config, store, signingSecrets, openEndpoint }: Deps): Route[] {
  const parts: Parts = {
    inbox: store.inbox,
    config,
    verify: createInboxVerify({ signingSecrets, endpoints: store.endpoints, openEndpoint, nowMs: Date.now }),
    owner: () => store.tenants.ensureBootstrap("default"),
  };
  return [takeRoute(parts), pageRoute(parts), listRoute(parts), clearRoute(parts)];
}

function takeRoute({ inbox, config, verify, owner }: Parts): Route {
  return route({
    method: "post",
    path: "/inbox/{name}",
    scope: "public",
    tag,
    summary: "Take whatever is posted, and answer 200 or the status that is asked for",
    params,
    query: {
      status: { type: "integer", minimum: 200, maximum: 599, description: "Answer this status instead of 200." },
    },
    body: {
      schema: {},
      contentTypes: { "*/*": bodyBytesMax },
      required: false,
      bytes: { anyTypeWhen: () => bodyBytesMax, rawBytesMax: bodyBytesMax },
      // Its bytes as they came; nothing for a request without a body.
    },
    responses: { 200: { description: "It is kept for a day.", schema: { type: "object" } } },
    async handler({ params: { name }, headers, query, body }) {
      refuseUnless(config.inbox?.isOn === true && nameForm.test(name));
      const status = Number(query["status"] ?? 200);
      const bytes: unknown = body;
      const content = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
      await answerInTime(keep({ inbox, verify, tenantId: await owner() }, { name, headers, body: content, status }));
      return emptyStatuses.has(status) ? { status } : { status, body: {} };
    },
  });
}

async function keep(
  { inbox, verify, tenantId }: Pick<Parts, "inbox" | "verify"> & { tenantId: TenantId },
  { name, headers, body, status }: { name: string; headers: IncomingHttpHeaders; body: Buffer; status: number },
): Promise<void> {
  const verification = await verify(tenantId, name, { headers, body });
  await inbox.put(tenantId, { name, headers: pairsOf(headers), body, status, verification });
}

function pairsOf(headers: IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
}

function pageRoute({ inbox, config, owner }: Parts): Route {
  return route({
    method: "get",
    path: "/inbox/{name}",
    scope: "public",
    tag,
    summary: "The newest messages of an inbox as a page, in development and on this machine only",
    params,
    responses: { 200: { description: "The page.", contentType: "text/html" } },
    async handler({ params: { name }, headers }) {
      // A name that leads here by another domain is somebody else's page asking (DNS rebinding).
      const isHere = config.inbox?.showsPage === true && isLoopbackHost(headers.host);
      refuseUnless(isHere && nameForm.test(name), "The page of an inbox is for development: use GET /v1/inbox/{name}.");
      const { items } = await inbox.list(await owner(), name, { limit: pageMessagesMax });
      return inboxPage(name, items);
    },
  });
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host ?? "");
}

function listRoute({ inbox, config }: Parts): Route {
  return route({
    method: "get",
    path: "/v1/inbox/{name}",
    scope: "deliveries:read",
    tag,
    summary: "What came to an inbox, newest first, and whether its signature is yours",
    params,
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(messageSchema) } },
    async handler({ tenantId, params: { name }, query }) {
      refuseUnless(config.inbox?.isOn === true && nameForm.test(name));
      const page = await inbox.list(tenantId, name, pageOf(query, "msg"));
      return pageAnswer(page.items.map(viewOf), page.nextCursor);
    },
  });
}

function clearRoute({ inbox, config }: Parts): Route {
  return route({
    method: "delete",
    path: "/v1/inbox/{name}",
    scope: "deliveries:execute",
    tag,
    summary: "Empty an inbox",
    params,
    responses: { 204: { description: "It is empty." } },
    async handler({ tenantId, params: { name } }) {
      refuseUnless(config.inbox?.isOn === true && nameForm.test(name));
      await inbox.clear(tenantId, name);
      return { status: 204 };
    },
  });
}

function refuseUnless(
  isThere: boolean,
  detail = "There is no inbox here: it is off, or the name is not 1 to 64 letters, digits, `_` and `-`.",
): void {
  if (!isThere) throw new AppError("resource.not_found", { detail });
}

function viewOf({ id, at, headers, body, status, verification }: InboxMessage) {
  const text = body.toString("utf8");
  const isText = Buffer.from(text).equals(body);
  return {
    id,
    at,
    headers: Object.fromEntries(headers),
    ...(isText ? { body: text, encoding: "utf8" } : { body: body.toString("base64"), encoding: "base64" }),
    bytes: body.length,
    status,
    verification,
  };
}
