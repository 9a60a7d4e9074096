// How are webhook endpoints made, listed, read, changed and taken away?
import type { EndpointDesk } from "../endpoint/desk.ts";
import { createChallenge, type Challenge } from "../endpoint/challenge.ts";
import { endpointStatuses, type EndpointStatus } from "../model/endpoint.ts";
import { endpointExamples } from "../model/endpoint-examples.ts";
import { endpointGivenSchema, type EndpointGiven } from "../model/endpoint-given.ts";
import { endpointSchema } from "../model/endpoint-view.ts";
import { eventTypeSchema } from "../model/event.ts";
import type { JsonObject, JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import { profileIdSchema } from "../delivery/profile.ts";
import { answerInTime } from "../store/database.ts";
import type { ApiDeps } from "./deps.ts";
import {
  changedSchema,
  endpointAnswer,
  endpointResponse,
  endpointRow,
  findEndpoint,
  ifMatchHeader,
  invalidEndpoint,
  madeSchema,
  secretShown,
  seenRevision,
  unknownEndpoint,
  updatedAnswer,
  warningsOf,
} from "./endpoint-view.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { controlBytesMax, jsonBody, route, type Route } from "./route.ts";

const tag = "Endpoints";
const mergePatchType = "application/merge-patch+json";

type CreateBody = EndpointGiven & { challenge?: boolean };
type Deps = Pick<ApiDeps, "endpoints" | "sendTest" | "store" | "log">;
type Parts = { desk: EndpointDesk; challenge: Challenge; log: ApiDeps["log"] };

const createSchema: JsonSchema = {
  ...endpointGivenSchema,
  title: "NewEndpoint",
  properties: {
    ...Object(endpointGivenSchema["properties"]),
    challenge: {
      type: "boolean",
      description: "Sends a challenge at once, which the receiver has to echo: the answer says what came of it.",
    },
  },
};
/** Settings that replace those of an endpoint: its secrets are changed by rotation. */
const replaceSchema: JsonSchema = { ...endpointGivenSchema, title: "EndpointReplacement", properties: withoutSecret() };
const patchSchema: JsonSchema = {
  title: "EndpointPatch",
  type: "object",
  description: "Members of the settings that change: objects are merged, `null` removes (RFC 7396).",
};

export function endpointRoutes(deps: Deps): Route[] {
  const { endpoints: desk, log } = deps;
  const parts: Parts = { desk, log, challenge: createChallenge({ ...deps, endpoints: deps.store.endpoints }) };
  return [
    createRoute(parts),
    listRoute(parts),
    readRoute(parts),
    replaceRoute(parts),
    patchRoute(parts),
    removeRoute(parts),
  ];
}

function createRoute({ desk, challenge, log }: Parts): Route {
  return route({
    method: "post",
    path: "/v1/endpoints",
    scope: "endpoints:write",
    tag,
    summary: "Make an endpoint: where events are sent, which of them, and how",
    description:
      "Everything that is wrong is told at once. Without `secret` one is made; `secrets` shows it this once, and `POST …/secrets/reveal` later.",
    body: jsonBody<CreateBody>(createSchema, {
      check: (value) => checkCreate(desk, value),
      invalidCode: "endpoint.invalid",
      example: endpointExamples[0],
    }),
    responses: { 201: { description: "The endpoint with its secrets, and its ETag.", schema: madeSchema, etag: true } },
    // A challenge waits for the receiver.
    ownTime: true,
    async handler({ tenantId, keyId, body, newId }) {
      const { challenge: isAsked, ...given } = body;
      const id = newId("ep");
      const made = await answerInTime(desk.create(tenantId, id, given));
      if (made.outcome === "invalid") throw invalidEndpoint(made);
      log.info({ tenantId, keyId, endpointId: id }, "an endpoint was made");
      const challenged = isAsked ? await challenge(tenantId, id) : undefined;
      const { endpoint } = challenged ?? made;
      const { verified, message } = challenged ?? {};
      return endpointAnswer(endpoint ?? made.endpoint, {
        status: 201,
        headers: { location: `/v1/endpoints/${id}` },
        body: {
          secrets: made.secrets.map(secretShown),
          ...warningsOf(made.warnings),
          ...(challenged ? { challenge: { verified, ...(message === undefined ? {} : { message }) } } : {}),
        },
      });
    },
  });
}

function checkCreate(desk: EndpointDesk, value: unknown): Finding[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return desk.checkForm(value);
  const { challenge, ...given } = value as JsonObject; // Parsed from JSON.
  const findings = desk.checkForm(given);
  if (challenge === undefined || typeof challenge === "boolean") return findings;
  return [...findings, { pointer: "/challenge", code: "type", message: "This must be a boolean." }];
}

function listRoute({ desk }: Parts): Route {
  return route({
    method: "get",
    path: "/v1/endpoints",
    scope: "endpoints:read",
    tag,
    summary: "List endpoints, newest first",
    query: {
      ...pageQuery,
      status: { type: "string", enum: endpointStatuses },
      eventType: { ...eventTypeSchema, description: "Only those that get events of this type, also by a wildcard." },
      profile: { ...profileIdSchema, description: "Only those that use this profile, also beside another one." },
    },
    responses: { 200: { description: "A page.", schema: listSchema(endpointSchema) } },
    async handler({ tenantId, query }) {
      // Checked against its enum.
      const status = query["status"] as EndpointStatus | undefined;
      const filter = { status, eventType: query["eventType"], profile: query["profile"] };
      const page = await desk.list(tenantId, filter, pageOf(query, "ep"));
      return pageAnswer(page.items.map(endpointRow), page.nextCursor);
    },
  });
}

function readRoute({ desk }: Parts): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/{id}",
    scope: "endpoints:read",
    tag,
    summary: "An endpoint, how it stands and does; never its secrets",
    responses: { 200: endpointResponse },
    handler: async ({ tenantId, params }) => endpointAnswer(await findEndpoint(desk, tenantId, params.id)),
  });
}

function replaceRoute({ desk, log }: Parts): Route {
  return route({
    method: "put",
    path: "/v1/endpoints/{id}",
    scope: "endpoints:write",
    tag,
    summary: "Replace all settings of an endpoint",
    description:
      "What is not given is as for a new one. Secrets stay; so do a client certificate's key and an OAuth client's secret while the settings still speak of them.",
    headers: ifMatchHeader,
    ifMatch: "optional",
    body: jsonBody<EndpointGiven>(replaceSchema, {
      check: (value) => refuseSecret(value) ?? desk.checkForm(value),
      invalidCode: "endpoint.invalid",
    }),
    responses: { 200: { description: "The endpoint, with its ETag.", schema: changedSchema } },
    async handler({ tenantId, keyId, params, body, headers }) {
      const seen = await findEndpoint(desk, tenantId, params.id);
      const revision = seenRevision(headers, seen);
      const answer = updatedAnswer(await desk.update(tenantId, seen.id, revision, { replace: body }));
      log.info({ tenantId, keyId, endpointId: seen.id }, "an endpoint was replaced");
      return answer;
    },
  });
}

function patchRoute({ desk, log }: Parts): Route {
  return route({
    method: "patch",
    path: "/v1/endpoints/{id}",
    scope: "endpoints:write",
    tag,
    summary: "Change some settings of an endpoint",
    description:
      "A merge patch (RFC 7396): `null` removes a member. `filter`, `transform`, `retry` and `encryption` are replaced whole.",
    headers: ifMatchHeader,
    body: jsonBody<JsonObject>(patchSchema, {
      contentTypes: { "application/json": controlBytesMax, [mergePatchType]: controlBytesMax },
      check: (value) => refuseSecret(value) ?? refuseOther(value),
      invalidCode: "endpoint.invalid",
    }),
    responses: { 200: { description: "The endpoint, with its ETag.", schema: changedSchema } },
    async handler({ tenantId, keyId, params, body, headers }) {
      const seen = await findEndpoint(desk, tenantId, params.id);
      const revision = seenRevision(headers, seen);
      const answer = updatedAnswer(await desk.update(tenantId, seen.id, revision, { patch: body }));
      log.info({ tenantId, keyId, endpointId: seen.id }, "an endpoint was changed");
      return answer;
    },
  });
}

function removeRoute({ desk, log }: Parts): Route {
  return route({
    method: "delete",
    path: "/v1/endpoints/{id}",
    scope: "endpoints:write",
    tag,
    summary: "Take an endpoint away",
    description: "Its secrets are gone at once. Deliveries that wait are cancelled; the log of its deliveries stays.",
    headers: ifMatchHeader,
    responses: { 204: { description: "It is gone." } },
    async handler({ tenantId, keyId, params, headers }) {
      const seen = await findEndpoint(desk, tenantId, params.id);
      seenRevision(headers, seen);
      if (!(await desk.remove(tenantId, seen.id))) throw unknownEndpoint();
      log.info({ tenantId, keyId, endpointId: seen.id }, "an endpoint was taken away");
      return { status: 204 };
    },
  });
}

/** Whoever may change settings may not, by that alone, choose what they are signed with. */
function refuseSecret(value: unknown): Finding[] | undefined {
  const named = ["secret", "secretKind"].filter((name) => typeof value === "object" && value !== null && name in value);
  if (named.length === 0) return undefined;
  const message = "Secrets are changed by `POST /v1/endpoints/{id}/secrets/rotate`.";
  return named.map((name) => ({ pointer: `/${name}`, code: "unknown", message }));
}

function refuseOther(value: unknown): Finding[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return [];
  return [{ pointer: "", code: "type", message: "A patch is an object of the members that change." }];
}

function withoutSecret(): { [name: string]: JsonSchema } {
  const { secret: _, secretKind: __, ...rest } = Object(endpointGivenSchema["properties"]);
  return rest;
}
