// How do people let an endpoint's deliveries flow, hold them back, or end them?
import type { EndpointStatus } from "../model/endpoint.ts";
import type { JsonSchema } from "../model/json.ts";
import type { ApiDeps } from "./deps.ts";
import {
  endpointAnswer,
  endpointResponse,
  findEndpoint,
  ifMatchHeader,
  seenRevision,
  unknownEndpoint,
} from "./endpoint-view.ts";
import { jsonBody, route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "endpoints" | "log">;
type Verb = { verb: string; status: EndpointStatus; summary: string; description: string };

const reasonSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    reason: { type: "string", minLength: 1, maxLength: 500, description: "For whoever looks at the endpoint later." },
  },
};

const verbs: readonly Verb[] = [
  {
    verb: "enable",
    status: "enabled",
    summary: "Let an endpoint get deliveries",
    description:
      "What was kept while it was paused goes out now. What it missed while it was disabled can be replayed.",
  },
  {
    verb: "pause",
    status: "paused",
    summary: "Keep an endpoint's deliveries until it is enabled again",
    description: "No attempt is made, and none is used up.",
  },
  {
    verb: "disable",
    status: "disabled",
    summary: "Send an endpoint nothing more",
    description: "Its events are recorded as skipped; deliveries that wait for a retry are cancelled.",
  },
];

export function endpointStatusRoutes(deps: Deps): Route[] {
  return verbs.map((one) => statusRoute(deps, one));
}

function statusRoute({ endpoints, log }: Deps, { verb, status, summary, description }: Verb): Route {
  return route({
    method: "post",
    path: `/v1/endpoints/{id}/${verb}`,
    scope: "endpoints:write",
    tag: "Endpoints",
    summary,
    description,
    headers: ifMatchHeader,
    body: jsonBody<{ reason?: string } | undefined>(reasonSchema, { required: false }),
    responses: {
      200: { ...endpointResponse, description: "The endpoint; the same when it was so already.", etag: true },
    },
    async handler({ tenantId, keyId, params, body, headers }) {
      // The path of a template is no literal type: its one parameter is `id`.
      const { id = "" } = params as { id?: string };
      if (headers["if-match"] !== undefined) seenRevision(headers, await findEndpoint(endpoints, tenantId, id));
      const endpoint = await endpoints.setStatus(tenantId, id, status, body?.reason);
      if (endpoint === undefined) throw unknownEndpoint();
      log.info({ tenantId, keyId, endpointId: endpoint.id, status }, "the status of an endpoint was set");
      return endpointAnswer(endpoint);
    },
  });
}
