// How is the catalogue of event types written and read? Types with schema and example, and the gallery of those shipped.
import { createPayloadJudge } from "../flow/payload/judge.ts";
import { AppError } from "../model/errors.ts";
import {
  eventTypeChangeSchema,
  eventTypeDraftSchema,
  eventTypeExamples,
  eventTypeNamesReserved,
  eventTypeViewSchema,
  type EventTypeChange,
  type EventTypeDraft,
} from "../model/event-type.ts";
import type { TenantId } from "../model/ids.ts";
import type { EventTypeRecord, EventTypeStore, NewEventType } from "../store/event-types.ts";
import type { ApiDeps } from "./deps.ts";
import { eventTypeGallery, galleryTypeSchema } from "./event-type-gallery.ts";
import { refuseUnsound } from "./event-type-schema.ts";
import { checkIfMatch, requireIfMatch, revisionTag, stale } from "./precondition.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Answer, type Route } from "./route.ts";
import { simulateRoute } from "./simulate.ts";

type Deps = Pick<ApiDeps, "store" | "accept" | "eventTypeRules">;
/** With the one judge that these routes share. */
type Parts = {
  eventTypes: EventTypeStore;
  judge: ReturnType<typeof createPayloadJudge>;
  /** Told after a change: publishing follows it when that resolves. */
  rules: Pick<ApiDeps["eventTypeRules"], "changed">;
};

const tag = "Event types";
const typeResponse = { description: "The event type, with its ETag.", schema: eventTypeViewSchema };

/** `/v1/event-types/gallery` comes before `/v1/event-types/{name}`, which would take it for a name. */
export function eventTypeRoutes({ store, accept, eventTypeRules }: Deps): Route[] {
  const parts: Parts = { eventTypes: store.eventTypes, judge: createPayloadJudge(), rules: eventTypeRules };
  return [
    galleryRoute(),
    listRoute(parts),
    createRoute(parts),
    readRoute(parts),
    replaceRoute(parts),
    removeRoute(parts),
    simulateRoute({ ...parts, events: store.events, accept }),
  ];
}

function galleryRoute(): Route {
  const rows = eventTypeGallery.map((one) => ({ ...one, schema: one.schema ?? null }));
  return route({
    method: "get",
    path: "/v1/event-types/gallery",
    scope: "event-types:read",
    tag,
    summary: "Event types of the systems whose webhooks Millrace speaks, each with an example of its data",
    responses: { 200: { description: "All of them on one page.", schema: listSchema(galleryTypeSchema) } },
    handler: () => pageAnswer(rows),
  });
}

function listRoute({ eventTypes }: Parts): Route {
  return route({
    method: "get",
    path: "/v1/event-types",
    scope: "event-types:read",
    tag,
    summary: "The catalogue of event types",
    query: {
      ...pageQuery,
      group: {
        type: "string",
        pattern: "^[A-Za-z0-9_-]{1,128}$",
        description: "Only names whose first segment this is.",
      },
      retired: { type: "string", enum: ["true", "false"], description: "Only those that are retired, or are not." },
    },
    responses: { 200: { description: "A page.", schema: listSchema(eventTypeViewSchema) } },
    async handler({ tenantId, query }) {
      const retired = query["retired"] === undefined ? undefined : query["retired"] === "true";
      const page = await eventTypes.list(tenantId, { group: query["group"], retired }, pageOf(query, "etyp"));
      return pageAnswer(page.items.map(viewOf), page.nextCursor);
    },
  });
}

function createRoute({ eventTypes, judge, rules }: Parts): Route {
  return route({
    method: "post",
    path: "/v1/event-types",
    scope: "event-types:write",
    tag,
    summary: "Add an event type to the catalogue",
    description:
      "Events need no catalogue: it is for people and receivers, and for simulated events. With `mode` the data of published events is held against the schema.",
    body: jsonBody<EventTypeDraft>(eventTypeDraftSchema, { example: eventTypeExamples[0] }),
    responses: { 201: { ...typeResponse, etag: true } },
    async handler({ tenantId, body, newId }) {
      await refuseUnsound(judge, body);
      const made = await eventTypes.create(tenantId, newId("etyp"), recordOf(body.name, body));
      if (made !== "name_taken") {
        await rules.changed(made.id);
        return answerOf(made, 201, { location: `/v1/event-types/${made.name}` });
      }
      const detail = `The catalogue has an event type "${body.name}" already: replace it by PUT, or choose another name.`;
      throw new AppError("state.conflict", { detail });
    },
  });
}

function readRoute({ eventTypes }: Parts): Route {
  return route({
    method: "get",
    path: "/v1/event-types/{name}",
    scope: "event-types:read",
    tag,
    summary: "An event type",
    responses: { 200: typeResponse },
    handler: async ({ tenantId, params }) => answerOf(await findType(eventTypes, tenantId, params.name)),
  });
}

function replaceRoute({ eventTypes, judge, rules }: Parts): Route {
  return route({
    method: "put",
    path: "/v1/event-types/{name}",
    scope: "event-types:write",
    tag,
    summary: "Replace an event type; its name stays",
    headers: {
      "if-match": "The type's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it.",
    },
    body: jsonBody<EventTypeChange>(eventTypeChangeSchema),
    responses: { 200: typeResponse },
    async handler({ tenantId, params, body, headers }) {
      if (body.name !== undefined && body.name !== params.name) throw renamed(params.name);
      await refuseUnsound(judge, body);
      const seen = await findType(eventTypes, tenantId, params.name);
      const revision = requireIfMatch(headers, seen.revision, "event type");
      const change = await eventTypes.replace(tenantId, revision, recordOf(params.name, body));
      if (change.outcome === "stale") throw stale("event type");
      if (change.outcome === "unknown") throw unknownType();
      await rules.changed(change.eventType.id);
      return answerOf(change.eventType);
    },
  });
}

function removeRoute({ eventTypes, rules }: Parts): Route {
  return route({
    method: "delete",
    path: "/v1/event-types/{name}",
    scope: "event-types:write",
    tag,
    summary: "Remove an event type from the catalogue; events of it are taken as before",
    headers: { "if-match": "The type's ETag as it was read: 412 when somebody has changed it since." },
    responses: { 204: { description: "It is gone." } },
    async handler({ tenantId, params, headers }) {
      const seen = await findType(eventTypes, tenantId, params.name);
      checkIfMatch(headers, revisionTag(seen.revision), "event type");
      const isGuarded = headers["if-match"] !== undefined && headers["if-match"].trim() !== "*";
      const outcome = await eventTypes.remove(tenantId, seen.name, isGuarded ? seen.revision : undefined);
      if (outcome === "stale") throw stale("event type");
      await rules.changed(seen.id);
      return { status: 204 };
    },
  });
}

async function findType(eventTypes: EventTypeStore, tenantId: TenantId, name: string): Promise<EventTypeRecord> {
  const found = eventTypeNamesReserved.includes(name) ? undefined : await eventTypes.find(tenantId, name);
  if (found) return found;
  throw unknownType();
}

function unknownType(): AppError {
  return new AppError("resource.not_found", { detail: "The catalogue has no event type of this name." });
}

function renamed(name: string): AppError {
  const message = `An event type keeps its name, "${name}": add another one and retire this one.`;
  return new AppError("request.invalid", {
    detail: message,
    errors: [{ pointer: "/name", code: "value", message, suggestion: name }],
  });
}

function recordOf(name: string, change: EventTypeChange): NewEventType {
  const { description = "", schema, example, mode = "off", retired = false } = change;
  return { name, description, schema: schema ?? null, ...(example === undefined ? {} : { example }), mode, retired };
}

function viewOf({ revision: _, ...view }: EventTypeRecord) {
  return view;
}

function answerOf(record: EventTypeRecord, status = 200, headers: { [name: string]: string } = {}): Answer {
  return { status, body: viewOf(record), etag: revisionTag(record.revision), headers };
}
