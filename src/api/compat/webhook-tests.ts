// How does somebody try a webhook? A test event in the words of five systems, and a simulated one.
import type { AttemptView } from "../../model/attempt.ts";
import type { DeliveryView } from "../../model/delivery.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { AppError } from "../../model/errors.ts";
import { eventTypeSchema } from "../../model/event.ts";
import type { TenantId } from "../../model/ids.ts";
import type { Json, JsonObject, JsonSchema } from "../../model/json.ts";
import { bodyKey } from "../../store/delivery-bodies.ts";
import { controlBytesMax, jsonBody, route, type ApiRequest, type Route } from "../route.ts";
import { aqioRow } from "./delivery-rows.ts";
import { viewOf } from "./delivery-log.ts";
import type { CompatDeps } from "./deps.ts";
import type { Dialect, WebhookPath } from "./dialect.ts";
import { hearOf } from "./hear.ts";
import { sampleData, testTypeOf } from "./sample-data.ts";
import { compatTag, profileQuery } from "./webhooks.ts";
import { webhookIdOf } from "./webhook-id.ts";

/** Longest that a test waits for the receiver, in milliseconds: somebody waits for its answer. */
const testMsMax = 20_000;

type Simulation = { type?: string; eventType?: string; data?: Json; mockData?: Json };

const typeQuery = {
  type: { ...eventTypeSchema, description: "The event's type; the first that the webhook names in full without it." },
} satisfies { [name: string]: JsonSchema };

const testAnswer = {
  description: "What came of it. The receiver's refusal is an answer of this kind too.",
  schema: {
    type: "object",
    required: ["success"],
    properties: { success: { type: "boolean" }, message: { type: "string" }, error: { type: "string" } },
  },
};

const simulationSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    type: eventTypeSchema,
    eventType: eventTypeSchema,
    data: { description: "The event's data; made without it." },
    mockData: { description: "The same as `data`." },
  },
};

export function webhookTestRoutes(deps: CompatDeps, path: WebhookPath): Route[] {
  // A GET that sends is one system's way, and that system has one path.
  const byGet = path === "/api/webhooks" ? [testByGetRoute(deps, path)] : [];
  return [testRoute(deps, path), ...byGet, simulateRoute(deps, path)];
}

function testRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "post",
    path: `${path}/{id}/test`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Send a test event; the body, if there is one, is its data",
    query: { ...profileQuery, ...typeQuery },
    body: jsonBody<Json | undefined>({}, { required: false, anyTypeBytesMax: controlBytesMax }),
    responses: { 200: testAnswer },
    ownTime: true,
    handler: async (request) => ({ status: 200, body: await sendTest(deps, path, request, request.body) }),
  });
}

function testByGetRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "get",
    path: `${path}/{id}/test`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Send a test event, by GET as one of the systems has it",
    query: { ...profileQuery, ...typeQuery },
    responses: { 200: { ...testAnswer, etag: false } },
    ownTime: true,
    async handler(request) {
      if (request.method !== "GET") {
        throw new AppError("route.method", { detail: "A test is sent by GET or POST: HEAD sends nothing." });
      }
      return { status: 200, body: await sendTest(deps, path, request, undefined) };
    },
  });
}

async function sendTest(
  deps: CompatDeps,
  path: WebhookPath,
  request: ApiRequest<`${WebhookPath}/{id}/test`, unknown>,
  given: Json | undefined,
): Promise<JsonObject> {
  const { tenantId, keyId, query } = request;
  const { endpoint, dialect } = await hearOf(deps, request, path);
  const type = query["type"] ?? testTypeOf(endpoint.events);
  const data = given ?? (await sampleData(deps.store, tenantId, type, dialect));
  const sent = await trySend(deps, tenantId, endpoint, type, data);
  deps.log.info({ tenantId, keyId, endpointId: endpoint.id, type }, "a test event was sent");
  return testDocument(dialect, endpoint, sent);
}

type Sent = { delivery: DeliveryView; attempt: AttemptView };

/** Throws AppError `resource.not_found` for an endpoint that was removed in this moment. */
async function trySend(
  { sendTest: send }: CompatDeps,
  tenantId: TenantId,
  { id }: Endpoint,
  type: string,
  data: Json,
): Promise<Sent> {
  const sent = await send(tenantId, id, { type, dataText: JSON.stringify(data), timeoutMsMax: testMsMax });
  if (sent === undefined) throw new AppError("resource.not_found", { detail: "There is no webhook with this id." });
  const { row, attempt, bodies } = sent;
  const delivery = viewOf(row, new Map([[bodyKey(row._id, attempt.number), bodies]]));
  const [shown] = delivery.attempts;
  // A row with the one attempt that was just made.
  if (shown === undefined) throw new Error(`The test delivery ${row._id} has no attempt.`);
  return { delivery, attempt: shown };
}

/** What came of a test, in a dialect's words. */
function testDocument(dialect: Dialect, endpoint: Endpoint, sent: Sent): JsonObject {
  const { delivery, attempt } = sent;
  const { event } = delivery;
  if (dialect === "aqio") return { ...outcomeOf(sent), delivery: aqioRow(delivery, attempt) };
  const status = attempt.response?.status ?? null;
  const duration = Math.round(attempt.durationMs);
  if (dialect === "hub" || dialect === "directory") {
    return { ...outcomeOf(sent), duration, statusCode: status, deliveryId: delivery.id, event: { ...event } };
  }
  return {
    ...outcomeOf(sent),
    webhook_id: dialect === "bakhmach" ? webhookIdOf(endpoint.id) : endpoint.id,
    delivery_id: delivery.id,
    event_id: event.id,
    event_type: event.type,
    response_status: status,
    response_time_ms: duration,
  };
}

/** `message` of one that arrived, `error` of one that did not. */
function outcomeOf({ attempt }: Sent): { success: boolean; message: string } | { success: boolean; error: string } {
  if (attempt.outcome === "succeeded") {
    return {
      success: true,
      message: `The test event was delivered: the receiver answered ${attempt.response?.status}.`,
    };
  }
  return { success: false, error: attempt.message ?? "The test event could not be delivered." };
}

function simulateRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "post",
    path: `${path}/{id}/simulate`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Send a simulated event of a type, with data of your own or made data",
    query: profileQuery,
    body: jsonBody<Simulation | undefined>(simulationSchema, { required: false, anyTypeBytesMax: controlBytesMax }),
    responses: { 200: testAnswer },
    ownTime: true,
    async handler(request) {
      const { tenantId, keyId, body = {} } = request;
      const { endpoint, dialect } = await hearOf(deps, request, path);
      const type = body.type ?? body.eventType ?? testTypeOf(endpoint.events);
      const data = body.data ?? body.mockData ?? (await sampleData(deps.store, tenantId, type, dialect));
      const sent = await trySend(deps, tenantId, endpoint, type, data);
      deps.log.info({ tenantId, keyId, endpointId: endpoint.id, type }, "an event was simulated");
      const { event: sentAs, createdAt: timestamp } = sent.delivery;
      const event = { id: sentAs.id, type, version: "1.0", timestamp, data, metadata: { test: true } };
      const { success, ...words } = outcomeOf(sent);
      return { status: 200, body: { success, duration: Math.round(sent.attempt.durationMs), event, ...words } };
    },
  });
}
