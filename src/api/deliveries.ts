// What was sent to endpoints, and what came of it? The delivery log: lists, one delivery, and dead letters.
import { curlOf } from "../delivery/curl.ts";
import { deadLetterSchema, deliverySchema } from "../model/delivery-schema.ts";
import { deliveryFailureClasses, deliveryStatuses, type DeliveryStatus } from "../model/delivery.ts";
import { AppError } from "../model/errors.ts";
import { eventTypeSchema } from "../model/event.ts";
import type { FailureClass } from "../model/failure.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { DeliveryFilter } from "../store/delivery-lists.ts";
import type { ApiDeps } from "./deps.ts";
import { deadLetterView, deliveryView, deliveryViews, findDelivery } from "./delivery-view.ts";
import { listSchema, pageAnswer, pageOf, pageQuery, timeOf, timeQuery, type Query } from "./query.ts";
import type { JsonSchema } from "../model/json.ts";
import { route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "store">;
type Fields = { [name: string]: JsonSchema };

const times: Fields = {
  since: { ...timeQuery.since, description: "Only those whose event came at this time or later." },
  until: { ...timeQuery.until, description: "Only those whose event came before this time." },
};
const filterQuery: Fields = {
  ...pageQuery,
  ...times,
  eventType: eventTypeSchema,
  class: { type: "string", enum: deliveryFailureClasses, description: "Why the last attempt failed." },
};
const statusQuery: Fields = { status: { type: "string", enum: deliveryStatuses } };
const endpointQuery: Fields = {
  endpoint: {
    type: "string",
    pattern: "^ep_[0-9A-Za-z]{22}$",
    description: "Id of an endpoint (`ep_…`), which may have been deleted since.",
  },
};
const eventQuery: Fields = { event: { type: "string", minLength: 1, maxLength: 128, description: "Id of an event." } };

export function deliveryRoutes(deps: Deps): Route[] {
  return [listRoute(deps), ofEndpointRoute(deps), readRoute(deps), curlRoute(deps), deadLettersRoute(deps)];
}

const aboutBodies =
  "With every attempt: what was sent and answered, with secrets replaced; of bodies the first 4 KB, and `truncated` where there is more. Bodies end earlier than rows.";

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/deliveries",
    scope: "deliveries:read",
    tag: "Deliveries",
    summary: "List deliveries, newest event first",
    description: aboutBodies,
    query: { ...filterQuery, ...statusQuery, ...endpointQuery, ...eventQuery },
    responses: { 200: { description: "A page.", schema: listSchema(deliverySchema) } },
    handler: ({ tenantId, query }) => list(store, tenantId, filterOf(query), query),
  });
}

function ofEndpointRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/{id}/deliveries",
    scope: "deliveries:read",
    tag: "Deliveries",
    summary: "List the deliveries of an endpoint, newest event first",
    description: `${aboutBodies} Those of an endpoint that was deleted are in \`GET /v1/deliveries\`.`,
    query: { ...filterQuery, ...statusQuery, ...eventQuery },
    responses: { 200: { description: "A page.", schema: listSchema(deliverySchema) } },
    async handler({ tenantId, params, query }) {
      const endpoint = await store.endpoints.find(tenantId, params.id);
      if (!endpoint) throw new AppError("resource.not_found", { detail: "There is no endpoint with this id." });
      return list(store, tenantId, { ...filterOf(query), endpoint: endpoint.id }, query);
    },
  });
}

async function list(store: Deps["store"], tenantId: TenantId, filter: DeliveryFilter, query: Query) {
  const page = await store.deliveries.list(tenantId, filter, pageOf(query, "dlv"));
  return pageAnswer(await deliveryViews(store, tenantId, page.items), page.nextCursor);
}

function readRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/deliveries/{id}",
    scope: "deliveries:read",
    tag: "Deliveries",
    summary: "A delivery with all its attempts, and what they sent and got",
    responses: { 200: { description: "The delivery.", schema: deliverySchema } },
    async handler({ tenantId, params }) {
      const row = await findDelivery(store, tenantId, params.id);
      return { status: 200, body: await deliveryView(store, row) };
    },
  });
}

function curlRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/deliveries/{id}/curl",
    scope: "deliveries:read",
    tag: "Deliveries",
    summary: "The newest attempt's request as a curl command",
    description:
      "From what was recorded: secrets in it are replaced by `[redacted]`, so that a receiver which checks them refuses it. The signature is that of then.",
    responses: { 200: { description: "The command.", contentType: "text/plain", schema: { type: "string" } } },
    async handler({ tenantId, params }) {
      const row = await findDelivery(store, tenantId, params.id);
      const { attempts } = await deliveryView(store, row);
      const newest = attempts.findLast(({ request }) => request !== undefined)?.request;
      if (newest === undefined) throw new AppError("resource.not_found", { detail: nothingRecorded(row) });
      const curl = curlOf(newest);
      if (!curl.ok) throw new AppError("state.conflict", { detail: `It cannot be a command. ${curl.message}` });
      return { status: 200, text: `${curl.command}\n`, contentType: "text/plain; charset=utf-8" };
    },
  });
}

function nothingRecorded({ attempts }: StoredDelivery): string {
  if (attempts.length === 0) return "Nothing has been sent of this delivery.";
  return "No request of this delivery is kept: it was removed, or its time is over.";
}

function deadLettersRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/dead-letters",
    scope: "deliveries:read",
    tag: "Deliveries",
    summary: "List the deliveries that were given up, newest event first, with why",
    query: { ...filterQuery, ...endpointQuery },
    responses: { 200: { description: "A page.", schema: listSchema(deadLetterSchema) } },
    async handler({ tenantId, query }) {
      const filter: DeliveryFilter = { ...filterOf(query), statuses: ["failed", "rejected"] };
      const page = await store.deliveries.list(tenantId, filter, pageOf(query, "dlv"));
      return pageAnswer(page.items.map(deadLetterView), page.nextCursor);
    },
  });
}

function filterOf(query: Query): DeliveryFilter {
  return {
    // Each was checked against its pattern or its enum.
    endpoint: query["endpoint"] as EndpointId | undefined,
    statuses: query["status"] === undefined ? undefined : [query["status"] as DeliveryStatus],
    class: query["class"] as FailureClass | undefined,
    eventType: query["eventType"],
    event: query["event"],
    since: timeOf(query, "since"),
    until: timeOf(query, "until"),
  };
}
