// How do deliveries go? Figures over a time, by bucket, by event type and by endpoint.
import { figuresOf, newCounts } from "../model/delivery-stats.ts";
import { figuresSchema } from "../model/delivery-stats-schema.ts";
import { endpointStatuses, type Endpoint } from "../model/endpoint.ts";
import { AppError } from "../model/errors.ts";
import { eventTypeSchema } from "../model/event.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { unitMs, type StatsQuery } from "../store/delivery-stats.ts";
import type { ApiDeps } from "./deps.ts";
import { findEndpoint } from "./endpoint-view.ts";
import { pageAnswer, pageOf, pageQuery, timeOf, type Query } from "./query.ts";
import { route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "store" | "endpoints">;
type Bucket = keyof typeof unitMs;
type Span = { from: Date; to: Date; bucket: Bucket };

const tag = "Statistics";
/** Buckets of one answer: a day by minutes, two months by hours, three years by days. */
const bucketsMax = 1_500;
/** What is looked at unless something else is asked for, in milliseconds. */
const spanDefaultMs = unitMs.day;
const minutesKeptMs = 3 * unitMs.day;

const time = "RFC 3339, such as 2026-11-22T04:00:00Z";
const spanQuery: { [name: string]: JsonSchema } = {
  since: {
    type: "string",
    format: "date-time",
    description: `From the bucket of this time on: ${time}. A day before \`until\` unless given.`,
  },
  until: {
    type: "string",
    format: "date-time",
    description: `To the end of the bucket before this time: ${time}. Now unless given.`,
  },
};
const filterQuery: { [name: string]: JsonSchema } = {
  ...spanQuery,
  eventType: eventTypeSchema,
  bucket: {
    type: "string",
    enum: ["minute", "hour", "day"],
    default: "hour",
    description: "How finely the time is told apart; days begin at midnight UTC. Minutes are kept for three days.",
  },
};
const endpointQuery: { [name: string]: JsonSchema } = {
  endpoint: {
    type: "string",
    pattern: "^ep_[0-9A-Za-z]{22}$",
    description: "Id of an endpoint, which may have been deleted since.",
  },
};

const dateTime: JsonSchema = { type: "string", format: "date-time" };
const spanProperties = {
  since: { ...dateTime, description: "The beginning of the first bucket." },
  until: { ...dateTime, description: "The end of the last bucket." },
};
const statsProperties = {
  ...spanProperties,
  bucket: { type: "string", enum: ["minute", "hour", "day"] },
  totals: figuresSchema("DeliveryFigures"),
  buckets: {
    type: "array",
    items: figuresSchema("DeliveryFiguresOfTime", { at: dateTime }),
    description: "Every bucket of the time, also those in which nothing happened.",
  },
  byType: {
    type: "array",
    items: figuresSchema("DeliveryFiguresOfType", { eventType: { type: "string" } }),
    description: "The 100 event types with the most attempts.",
  },
} satisfies { [name: string]: JsonSchema };
const statsSchema: JsonSchema = {
  title: "DeliveryStats",
  type: "object",
  required: Object.keys(statsProperties),
  properties: statsProperties,
};
const endpointRefSchema: JsonSchema = {
  title: "EndpointStanding",
  type: "object",
  required: ["id", "url", "status", "health"],
  properties: {
    id: { type: "string" },
    url: { type: "string" },
    name: { type: "string" },
    status: { type: "string", enum: endpointStatuses },
    statusReason: { type: "object", description: "Why it is paused or disabled." },
    health: { type: "object", description: "As the endpoint itself shows it." },
  },
};

export function statsRoutes(deps: Deps): Route[] {
  return [tenantRoute(deps), endpointsRoute(deps), endpointRoute(deps)];
}

function tenantRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/stats",
    scope: "stats:read",
    tag,
    summary: "Deliveries over a time: totals, by bucket, by event type",
    description: "Counts of the last second, or of up to ten under load, may be missing. The delivery log is exact.",
    query: { ...filterQuery, ...endpointQuery },
    responses: { 200: { description: "The figures.", schema: statsSchema } },
    // The schema's pattern is that of an id.
    handler: async ({ tenantId, query }) => ({
      status: 200,
      body: await statsOf(store, tenantId, query, query["endpoint"] as EndpointId | undefined),
    }),
  });
}

function endpointRoute({ store, endpoints }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/{id}/stats",
    scope: "stats:read",
    tag,
    summary: "How an endpoint does: its health, and its deliveries over a time",
    query: filterQuery,
    responses: {
      200: {
        description: "The figures.",
        schema: {
          ...statsSchema,
          title: "EndpointStats",
          required: ["endpoint", ...Object.keys(statsProperties)],
          properties: { endpoint: endpointRefSchema, ...statsProperties },
        },
      },
    },
    async handler({ tenantId, params, query }) {
      const endpoint = await findEndpoint(endpoints, tenantId, params.id);
      const stats = await statsOf(store, tenantId, query, endpoint.id);
      return { status: 200, body: { endpoint: standingOf(endpoint), ...stats } };
    },
  });
}

function endpointsRoute({ store }: Deps): Route {
  const items = figuresSchema("EndpointFigures", { endpoint: endpointRefSchema });
  return route({
    method: "get",
    path: "/v1/stats/endpoints",
    scope: "stats:read",
    tag,
    summary: "How each endpoint does: its health, and its figures over a time",
    description: "Newest endpoint first. The time is counted in whole hours.",
    query: { ...pageQuery, ...spanQuery, status: { type: "string", enum: endpointStatuses } },
    responses: {
      200: {
        description: "A page.",
        schema: {
          type: "object",
          required: ["data", "nextCursor", "since", "until"],
          properties: { data: { type: "array", items }, nextCursor: { type: ["string", "null"] }, ...spanProperties },
        },
      },
    },
    async handler({ tenantId, query }) {
      const { from, to } = spanOf(query, "hour");
      const status = endpointStatuses.find((one) => one === query["status"]);
      const page = await store.endpoints.list(tenantId, { status }, pageOf(query, "ep"));
      const ids = page.items.map((endpoint) => endpoint.id);
      const counts = await store.deliveryStats.byEndpoint({ tenantId, from, to, unit: "hour" }, ids);
      const data = page.items.map((endpoint) => ({
        endpoint: standingOf(endpoint),
        ...figuresOf(counts.get(endpoint.id) ?? newCounts()),
      }));
      const { body } = pageAnswer(data, page.nextCursor);
      return { status: 200, body: { ...Object(body), since: from, until: to } };
    },
  });
}

async function statsOf(
  store: Deps["store"],
  tenantId: TenantId,
  query: Query,
  endpointId: EndpointId | undefined,
): Promise<object> {
  const { from, to, bucket } = spanOf(query);
  const unit = bucket === "minute" ? "minute" : "hour";
  const asked: StatsQuery = { tenantId, endpointId, eventType: query["eventType"], from, to, unit };
  const [total, byTime, byType] = await Promise.all([
    store.deliveryStats.total(asked),
    store.deliveryStats.byTime(asked, bucket),
    store.deliveryStats.byType(asked),
  ]);
  const countsAt = new Map(byTime.map(({ at, counts }) => [at.getTime(), counts]));
  const buckets: object[] = [];
  for (let atMs = from.getTime(); atMs < to.getTime(); atMs += unitMs[bucket]) {
    buckets.push({ at: new Date(atMs), ...figuresOf(countsAt.get(atMs) ?? newCounts()) });
  }
  return {
    since: from,
    until: to,
    bucket,
    totals: figuresOf(total),
    buckets,
    byType: byType.map(({ eventType, counts }) => ({ eventType, ...figuresOf(counts) })),
  };
}

/** The whole buckets that hold the time that is asked for. Throws AppError `request.invalid`. */
function spanOf(query: Query, fixed?: Bucket): Span {
  const bucket = fixed ?? (["minute", "hour", "day"] as const).find((one) => one === query["bucket"]) ?? "hour";
  const sizeMs = unitMs[bucket];
  const nowMs = Date.now();
  const untilMs = timeOf(query, "until")?.getTime() ?? nowMs;
  const sinceMs = timeOf(query, "since")?.getTime() ?? untilMs - spanDefaultMs;
  if (sinceMs >= untilMs) throw wrongTime("`since` must be before `until`.");
  const fromMs = Math.floor(sinceMs / sizeMs) * sizeMs;
  const toMs = Math.ceil(untilMs / sizeMs) * sizeMs;
  const buckets = (toMs - fromMs) / sizeMs;
  if (fixed === undefined && buckets > bucketsMax) {
    throw wrongTime(
      `That would be ${buckets} buckets; ${bucketsMax} at most. Ask for a shorter time, or larger buckets.`,
    );
  }
  if (bucket === "minute" && fromMs < nowMs - minutesKeptMs - sizeMs) {
    throw wrongTime("Minutes are kept for three days: ask for hours, or for a later time.");
  }
  return { from: new Date(fromMs), to: new Date(toMs), bucket };
}

function wrongTime(message: string): AppError {
  return new AppError("request.invalid", {
    detail: "The query is not valid: `errors` says where and why.",
    errors: [{ pointer: "/query/since", code: "range", message }],
  });
}

function standingOf({ id, url, name, status, statusReason, health }: Endpoint) {
  return {
    id,
    url,
    ...(name === undefined ? {} : { name }),
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    health,
  };
}
