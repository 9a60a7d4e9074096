// Does this process live, can it take events, and where does one go from here?
import type { JsonSchema } from "../model/json.ts";
import type { ApiDeps } from "./deps.ts";
import { route, type Route } from "./route.ts";

const readySchema: JsonSchema = {
  type: "object",
  required: ["ready", "checks"],
  properties: { ready: { type: "boolean" }, checks: { type: "object", additionalProperties: { type: "string" } } },
};

/** `isClosing`: no new work is wanted, so that a load balancer turns away before the process ends. */
export function healthRoutes({ ready, isClosing }: Pick<ApiDeps, "ready"> & { isClosing(): boolean }): Route[] {
  return [
    route({
      method: "get",
      path: "/",
      scope: "public",
      tag: "Health",
      summary: "Where to go from here",
      responses: { 200: { description: "Addresses.", schema: { type: "object" } } },
      handler: () => ({
        status: 200,
        body: {
          name: "Millrace",
          api: "/v1",
          docs: "/docs",
          openapi: "/openapi.json",
          health: "/healthz",
          ready: "/readyz",
        },
      }),
    }),
    route({
      method: "get",
      path: "/healthz",
      scope: "public",
      tag: "Health",
      summary: "Whether the process lives",
      responses: { 200: { description: "It does.", schema: { type: "object" } } },
      handler: () => ({ status: 200, body: { status: "ok" } }),
    }),
    route({
      method: "get",
      path: "/readyz",
      scope: "public",
      tag: "Health",
      summary: "Whether events can be accepted now",
      responses: {
        200: { description: "They can.", schema: readySchema },
        503: { description: "They cannot.", schema: readySchema },
      },
      async handler() {
        const state = isClosing() ? { ready: false, checks: { server: "closing" } } : await ready();
        return { status: state.ready ? 200 : 503, body: state, headers: state.ready ? {} : { "retry-after": "2" } };
      },
    }),
  ];
}
