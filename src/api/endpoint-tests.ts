// Does an endpoint work? A test delivery with everything that was sent and answered, and a challenge.
import { createChallenge } from "../endpoint/challenge.ts";
import type { TestSent } from "../endpoint/test-send.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { attemptSchema, type AttemptView } from "../model/attempt.ts";
import { deliveryStatuses } from "../model/delivery.ts";
import { eventTypeSchema } from "../model/event.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { ApiDeps } from "./deps.ts";
import { findEndpoint, unknownEndpoint } from "./endpoint-view.ts";
import { jsonBody, route, type Route } from "./route.ts";

const tag = "Endpoints";
/** Longest that a test waits for the receiver, in milliseconds: somebody waits for its answer. */
const testMsMax = 20_000;

type TestBody = { type?: string; data?: Json; body?: Json };
type Deps = Pick<ApiDeps, "endpoints" | "sendTest" | "store" | "log">;

const testSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    type: {
      ...eventTypeSchema,
      description: "The event's type, such as `order.created`: one that the endpoint listens to unless given.",
    },
    data: { description: "The event's data, any JSON: it goes through the endpoint's transformation and profile." },
    body: { description: "The whole body instead: a text as it stands, other JSON as its text." },
  },
};
const checkTest = createSchemaCheck(testSchema);
/** A body is all of what is sent: data beside it would go nowhere. */
function refuseBoth(value: unknown): Finding[] {
  if (typeof value !== "object" || value === null || !("data" in value && "body" in value)) return [];
  const message = "`data` goes into the profile's envelope, `body` stands in its place: send one of them.";
  return [{ pointer: "/body", code: "repeated", message }];
}
const sentSchema: JsonSchema = {
  type: "object",
  required: ["delivery", "attempt"],
  properties: {
    delivery: {
      type: "object",
      required: ["id", "endpoint", "event", "status", "createdAt"],
      properties: {
        id: { type: "string" },
        endpoint: { type: "string" },
        event: {
          type: "object",
          required: ["id", "type"],
          properties: { id: { type: "string" }, type: { type: "string" } },
        },
        status: { type: "string", enum: deliveryStatuses },
        test: { const: true },
        createdAt: { type: "string", format: "date-time" },
        endedAt: { type: "string", format: "date-time" },
      },
    },
    attempt: attemptSchema,
  },
};
const challengedSchema: JsonSchema = {
  type: "object",
  required: ["verified", "attempt"],
  properties: {
    verified: { type: "boolean" },
    verifiedAt: { type: "string", format: "date-time" },
    message: { type: "string", description: "Why it is not verified." },
    attempt: attemptSchema,
  },
};

export function endpointTestRoutes(deps: Deps): Route[] {
  return [testRoute(deps), challengeRoute(deps)];
}

function testRoute({ endpoints, sendTest, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/test",
    scope: "endpoints:write",
    tag,
    summary: "Send an endpoint a test, and see the whole attempt",
    description:
      "By the way of real deliveries: built, signed and sent like them, whatever the endpoint's status is, and made once. Secrets are replaced in what is shown.",
    body: jsonBody<TestBody | undefined>(testSchema, {
      required: false,
      check: (value) => [...checkTest(value), ...refuseBoth(value)],
    }),
    responses: { 200: { description: "What was sent and answered.", schema: sentSchema } },
    ownTime: true,
    async handler({ tenantId, keyId, params, body }) {
      const { id } = await findEndpoint(endpoints, tenantId, params.id);
      const { type, data, body: whole } = body ?? {};
      const sent = await sendTest(tenantId, id, {
        ...(type === undefined ? {} : { type }),
        ...(data === undefined ? {} : { dataText: JSON.stringify(data) }),
        ...(whole === undefined ? {} : { body: typeof whole === "string" ? whole : JSON.stringify(whole) }),
        timeoutMsMax: testMsMax,
      });
      if (sent === undefined) throw unknownEndpoint();
      log.info({ tenantId, keyId, endpointId: id, outcome: sent.attempt.outcome }, "an endpoint was tested");
      return { status: 200, body: { delivery: deliveryOf(sent), attempt: attemptOf(sent) } };
    },
  });
}

function challengeRoute(deps: Deps): Route {
  const challenge = createChallenge({ sendTest: deps.sendTest, endpoints: deps.store.endpoints });
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/challenge",
    scope: "endpoints:write",
    tag,
    summary: "Ask the receiver to show that it wants deliveries",
    description:
      'Sends `{"type":"endpoint.challenge","challenge":"…"}`, signed like a delivery. A receiver that answers 2xx within ten seconds with the same text, as member `challenge` of a JSON object or as plain text, is verified.',
    responses: { 200: { description: "What came of it, with the attempt.", schema: challengedSchema } },
    ownTime: true,
    async handler({ tenantId, keyId, params }) {
      const { id } = await findEndpoint(deps.endpoints, tenantId, params.id);
      const challenged = await challenge(tenantId, id);
      if (challenged === undefined) throw unknownEndpoint();
      const { verified, message, endpoint, sent } = challenged;
      deps.log.info({ tenantId, keyId, endpointId: id, verified }, "an endpoint was challenged");
      return {
        status: 200,
        body: {
          verified,
          ...(endpoint?.verifiedAt === undefined ? {} : { verifiedAt: endpoint.verifiedAt }),
          ...(message === undefined ? {} : { message }),
          attempt: attemptOf(sent),
        },
      };
    },
  });
}

function attemptOf({ attempt, bodies }: TestSent): AttemptView {
  // The status stands in the response; what ended it in the attempt.
  const { startedAt, nextAttemptAt: _, status: __, batch: ___, ...rest } = attempt;
  return { ...rest, startedAt: startedAt.toISOString(), ...bodies };
}

function deliveryOf({ row }: TestSent) {
  const { _id, endpointId, event, status, createdAt, endedAt } = row;
  const { id, type } = event;
  return {
    id: _id,
    endpoint: endpointId,
    event: { id, type },
    status,
    test: true,
    createdAt,
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
