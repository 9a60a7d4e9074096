// What became of the events that were accepted?
import { deliveryStatuses, type DeliveryStatus } from "../model/delivery.ts";
import { AppError } from "../model/errors.ts";
import { eventTypeSchema } from "../model/event.ts";
import type { JsonSchema } from "../model/json.ts";
import { eventOf, type StoredEvent } from "../store/events.ts";
import type { ApiDeps } from "./deps.ts";
import { listSchema, pageAnswer, pageOf, pageQuery, timeOf, timeQuery } from "./query.ts";
import { route, type Route } from "./route.ts";

const flowRef: JsonSchema = {
  type: "object",
  required: ["id", "slug"],
  properties: { id: { type: "string" }, slug: { type: "string" }, name: { type: "string" } },
};
const rowProperties = {
  id: { type: "string" },
  type: { type: "string" },
  source: { type: "string" },
  occurredAt: { type: "string", format: "date-time" },
  receivedAt: { type: "string", format: "date-time" },
  state: {
    type: "string",
    enum: ["pending", "done", "parked"],
    description: "`pending` until every run of it has started; `parked` when one could not be started for good.",
  },
  matched: { type: "integer" },
  runs: { type: "array", items: { type: "string" } },
};
const count: JsonSchema = { type: "integer", minimum: 0 };
const required = ["id", "type", "occurredAt", "receivedAt", "state", "matched", "runs"];
const eventRowSchema: JsonSchema = { title: "EventRow", type: "object", required, properties: rowProperties };
const eventViewSchema: JsonSchema = {
  title: "EventView",
  type: "object",
  required: [...required, "data", "targets", "notMatched", "deliveries"],
  properties: {
    ...rowProperties,
    data: { description: "As it was published, to the byte." },
    targets: {
      type: "array",
      items: {
        type: "object",
        required: ["flow", "version", "run", "state"],
        properties: {
          flow: flowRef,
          version: { type: "integer" },
          run: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
          state: { type: "string", enum: ["pending", "started", "parked", "cancelled"] },
        },
      },
    },
    deliveries: {
      type: "object",
      description: "How many deliveries to endpoints there are, and how they stand.",
      required: ["total", ...deliveryStatuses],
      properties: Object.fromEntries(["total", ...deliveryStatuses].map((name) => [name, count])),
    },
    notMatched: {
      type: "array",
      description: "Flows that listen to this type and whose filter said no, with the condition that did.",
      items: {
        type: "object",
        required: ["flow", "version", "condition"],
        properties: {
          flow: flowRef,
          version: { type: "integer" },
          condition: { type: "string", description: "JSON pointer into the flow." },
        },
      },
    },
  },
};

export function eventRoutes({ store }: Pick<ApiDeps, "store">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/events",
      scope: "events:read",
      tag: "Events",
      summary: "List events, newest first, without their data",
      query: { ...pageQuery, ...timeQuery, type: eventTypeSchema },
      responses: { 200: { description: "A page.", schema: listSchema(eventRowSchema) } },
      async handler({ tenantId, query }) {
        const filter = { type: query["type"], since: timeOf(query, "since"), until: timeOf(query, "until") };
        const page = await store.events.list(tenantId, filter, pageOf(query, "evt"));
        return pageAnswer(page.items.map(rowOf), page.nextCursor);
      },
    }),
    route({
      method: "get",
      path: "/v1/events/{id}",
      scope: "events:read",
      tag: "Events",
      summary: "An event: its data, the runs it started, and which condition of which flow said no",
      responses: { 200: { description: "The event.", schema: eventViewSchema } },
      async handler({ tenantId, params }) {
        const event = await store.events.find(tenantId, params.id);
        if (!event) throw new AppError("resource.not_found", { detail: "There is no event with this id." });
        const statuses = await store.deliveries.statusesOfEvent(tenantId, event.id);
        return { status: 200, text: viewText(event, deliveriesOf(event, statuses)) };
      },
    }),
  ];
}

function rowOf(event: Omit<StoredEvent, "data">) {
  const { id, type, source, occurredAt, receivedAt, state, targets } = event;
  const runs = targets.map((target) => target.runId);
  return {
    id,
    type,
    ...(source === undefined ? {} : { source }),
    occurredAt,
    receivedAt,
    state,
    matched: runs.length,
    runs,
  };
}

/** How the deliveries stand; those whose row has still to be written are pending. Replays may have added to what matched. */
function deliveriesOf({ fanOut }: StoredEvent, statuses: ReadonlyMap<DeliveryStatus, number>) {
  const counts = Object.fromEntries(deliveryStatuses.map((status) => [status, statuses.get(status) ?? 0]));
  const rows = [...statuses.values()].reduce((sum, one) => sum + one, 0);
  const owed = fanOut?.state === "pending" ? Math.max(0, fanOut.total - rows) : 0;
  return { total: rows + owed, ...counts, pending: (statuses.get("pending") ?? 0) + owed };
}

/** The JSON of an event. Its data is put in as text: parsing it would round large numbers and reorder keys. */
function viewText(event: StoredEvent, deliveries: object): string {
  const targets = event.targets.map(({ flow, version, runId, state }) => ({
    flow,
    version,
    run: { id: runId },
    state,
  }));
  const rest = JSON.stringify({ ...rowOf(event), targets, notMatched: event.misses, deliveries });
  return `${rest.slice(0, -1)},"data":${eventOf(event).dataText}}`;
}
