// What may Prometheus read of this process, and who may ask?
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Metrics } from "../endpoint/metrics.ts";
import type { ApiDeps } from "./deps.ts";
import { route, type Route } from "./route.ts";

/**
 * `/metrics`, in Prometheus's text format. It tells of all tenants together, so it needs a key with a scope of its own;
 * `MILLRACE_METRICS=public` opens it where the network is the guard. Never by the caller's address: behind a proxy on the
 * same machine everybody comes from there.
 */
export function metricsRoutes({ metrics, config }: Pick<ApiDeps, "metrics" | "config">): Route[] {
  if (metrics === undefined || config.metrics === "off") return [];
  return [
    route({
      method: "get",
      path: "/metrics",
      scope: config.metrics === "public" ? "public" : "metrics:read",
      tag: "Health",
      summary: "Metrics of this process for Prometheus",
      responses: { 200: { description: "Prometheus's text format.", contentType: "text/plain" } },
      handler: async () => ({ status: 200, text: await metrics.text(), contentType: metrics.contentType }),
    }),
  ];
}

/** Begins to measure how long a request takes. `path`: of its route, where that is known already. */
export type MeasureRequest = (
  request: IncomingMessage & { route?: { path?: unknown } },
  response: ServerResponse,
  path?: string,
) => void;

/** Measures how long requests take, by the path of their route: what a caller makes up is one path. */
export function measureRequests(metrics: Pick<Metrics, "answered">): MeasureRequest {
  return (request, response, path) => {
    const beganAt = performance.now();
    response.once("close", () => {
      const { method = "" } = request;
      // Set by Express when a route took the request.
      const route = path ?? request.route?.path;
      metrics.answered({
        method: knownMethods.has(method) ? method : "OTHER",
        route: typeof route === "string" ? route : "none",
        status: response.statusCode,
        seconds: (performance.now() - beganAt) / 1_000,
      });
    });
  };
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
