// The API: every route behind one Express application, and the busiest ones beside it.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import { AppError } from "../model/errors.ts";
import { newId } from "../model/ids.ts";
import { createAuthenticator, type Authenticate } from "./auth.ts";
import { blobRoutes } from "./blobs.ts";
import { bulkRetryRoutes } from "./bulk-retries.ts";
import { codecRoutes, guardCodec } from "./codec.ts";
import { apiKeyRoutes } from "./compat/api-keys.ts";
import { compatRoutes } from "./compat/routes.ts";
import { connectionCredentialRoutes } from "./connection-credentials.ts";
import { connectionRoutes } from "./connections.ts";
import { connectorRoutes } from "./connectors.ts";
import { allowOrigins } from "./cors.ts";
import type { ApiDeps } from "./deps.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { recoveryRoutes } from "./delivery-recoveries.ts";
import { deliveryRetryRoutes } from "./delivery-retry.ts";
import { createDirectWay, type DirectParts } from "./direct.ts";
import { docsRoutes } from "./docs.ts";
import { endpointSecretRoutes } from "./endpoint-secrets.ts";
import { endpointStatusRoutes } from "./endpoint-status.ts";
import { endpointTestRoutes } from "./endpoint-tests.ts";
import { endpointTransferRoutes } from "./endpoint-transfer.ts";
import { endpointRoutes } from "./endpoints.ts";
import { eventReplayRoutes } from "./event-replay.ts";
import { eventTypeRoutes } from "./event-types.ts";
import { eventRoutes } from "./events.ts";
import { flowVersionRoutes } from "./flow-versions.ts";
import { flowRoutes } from "./flows.ts";
import { healthRoutes } from "./health.ts";
import { createIdempotency } from "./idempotency.ts";
import { inboxRoutes } from "./inbox.ts";
import { measureRequests, metricsRoutes } from "./metrics.ts";
import { openApiOf } from "./openapi.ts";
import { appErrorOf, sendProblem } from "./problem.ts";
import { profileRoutes } from "./profiles.ts";
import { publishRoutes } from "./publish.ts";
import { retryPolicyRoutes } from "./retry-policies.ts";
import type { Route } from "./route.ts";
import { runRetryRoutes } from "./run-retry.ts";
import { runRoutes } from "./runs.ts";
import { schemaRoutes } from "./schemas.ts";
import { serveRoute } from "./serve.ts";
import { signingSecretRoutes } from "./signing-secret.ts";
import { statsRoutes } from "./stats.ts";
import { templateRoutes } from "./templates.ts";

export type { ApiDeps } from "./deps.ts";
export { startServer, type ApiServer } from "./listen.ts";

export type Api = {
  handler: RequestListener;
  routes: readonly Route[];
  /** Where the error codes are explained. */
  docsUrl: string;
  /** From now on `/readyz` says no, and answers close their connections. */
  beginClosing(): void;
};

const version = "1";
/** Headers of one request; more are refused rather than cut off, since the one that counts might be among them. */
const headersMax = 100;

/** The API over its dependencies; `extra` are routes beside its own. Throws for a route without a scope. */
export function createApi(deps: ApiDeps, extra: readonly Route[] = []): Api {
  let closing = false;
  const authenticate = createAuthenticator({ apiKeys: deps.store.apiKeys });
  const documented = [
    ...resourceRoutes(deps),
    ...apiKeyRoutes({ ...deps, forgetKey: authenticate.forget }),
    ...healthRoutes({ ...deps, isClosing: () => closing }),
    ...metricsRoutes(deps),
    ...extra,
  ];
  let openApi: string | undefined;
  const routes = [...documented, ...docsRoutes(() => (openApi ??= JSON.stringify(openApiOf(documented, version))))];
  for (const { method, path, scope } of routes) {
    if (!scope) throw new Error(`${method.toUpperCase()} ${path} has no scope: name one, or "public".`);
  }
  const idempotency = createIdempotency({ store: deps.store.idempotency, vault: deps.vault });
  const docsUrl = `${deps.config.publicUrl ?? ""}/docs/errors`;

  const measure = deps.metrics && measureRequests(deps.metrics);
  const markOrigin =
    deps.config.corsOrigins.length > 0 ? allowOrigins(deps.config.corsOrigins) : () => "go_on" as const;
  const begin = (request: IncomingMessage, response: ServerResponse, path?: string): void => {
    measure?.(request, response, path);
    beginAnswer(request, response, closing);
  };
  const serve = (one: Route) => serveRoute(one, authenticate, idempotency);
  const refuse = createRefusal(deps, docsUrl, authenticate);

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // A list of texts at most: brackets in a name stay part of the name.
  app.set("query parser", "simple");
  app.enable("case sensitive routing");
  app.use((request, response, next) => {
    begin(request, response);
    next();
  });
  if (deps.codec) app.use(...guardCodec(deps.codec));
  app.use((request, response, next) => {
    if (markOrigin(request, response) === "go_on") next();
  });
  mount(app, routes, authenticate, serve);
  app.use(async (request) => {
    await authenticateApi(request, authenticate);
    throw new AppError("route.unknown", { detail: "There is nothing at this address: /docs lists what there is." });
  });
  // Express knows a handler of errors by its four parameters.
  app.use((thrown: unknown, request: Request, response: Response, _next: unknown) => refuse(thrown, request, response));
  const isTaken = createDirectWay(routes, {
    arrive(request, response, path) {
      begin(request, response, path);
      return markOrigin(request, response);
    },
    serve,
    refuse,
  });
  const handler: RequestListener = (request, response) => {
    if (!isTaken(request, response)) app(request, response);
  };
  return { handler, routes, docsUrl, beginClosing: () => void (closing = true) };
}

/** Every route of the API, in the order of its document. Of two that one path fits, the first one is taken. */
function resourceRoutes(deps: ApiDeps): Route[] {
  return [
    ...publishRoutes(deps),
    ...eventRoutes(deps),
    ...eventReplayRoutes(deps),
    ...eventTypeRoutes(deps),
    ...flowRoutes(deps),
    ...flowVersionRoutes(deps),
    ...bulkRetryRoutes(deps),
    ...runRoutes(deps),
    ...runRetryRoutes(deps),
    ...recoveryRoutes(deps),
    ...deliveryRetryRoutes(deps),
    ...deliveryRoutes(deps),
    ...statsRoutes(deps),
    ...blobRoutes(deps),
    ...templateRoutes(deps),
    ...retryPolicyRoutes(),
    ...signingSecretRoutes(deps),
    ...connectorRoutes(deps),
    ...connectionRoutes(deps),
    ...connectionCredentialRoutes(deps),
    ...endpointTransferRoutes(deps),
    ...endpointRoutes(deps),
    ...endpointStatusRoutes(deps),
    ...endpointSecretRoutes(deps),
    ...endpointTestRoutes(deps),
    ...profileRoutes(deps),
    ...compatRoutes(deps),
    ...inboxRoutes(deps),
    ...schemaRoutes(),
    ...(deps.codec ? codecRoutes(deps.codec) : []),
  ];
}

/** Each path once, with its methods, and 405 for all others. */
function mount(
  app: Express,
  routes: readonly Route[],
  authenticate: Authenticate,
  serve: (route: Route) => RequestHandler,
): void {
  for (const path of new Set(routes.map((one) => one.path))) {
    const ofPath = routes.filter((one) => one.path === path);
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ":$1");
    for (const one of ofPath) app[one.method](expressPath, serve(one));
    const allow = ofPath
      .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
      .join(", ");
    const isPublic = ofPath.every((one) => one.scope === "public");
    app.all(expressPath, async (request, response) => {
      if (!isPublic) await authenticate(request);
      response.setHeader("allow", allow);
      throw new AppError("route.method", { detail: `${request.method} is not possible here: ${allow} is.` });
    });
  }
}

/** What every answer carries, and what no request may be without. */
function beginAnswer(request: IncomingMessage, response: ServerResponse, closing: boolean): void {
  response.setHeader("x-request-id", newId("req"));
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", "no-store");
  if (closing) response.setHeader("connection", "close");
  if (request.rawHeaders.length > headersMax * 2) {
    throw new AppError("request.headers_too_large", { detail: `A request has at most ${headersMax} headers.` });
  }
  // RFC 9112, section 3.2. Node's own answer to it would be no problem document.
  if (request.headers.host === undefined && request.httpVersion === "1.1") {
    throw new AppError("request.malformed", { detail: "The Host header is missing." });
  }
}

/** Below /v1 and /api nobody learns what there is without a key. */
async function authenticateApi(request: IncomingMessage, authenticate: Authenticate): Promise<void> {
  if (/^\/(v1|api)(\/|$)/.test(pathOf(request))) await authenticate(request);
}

/** The path of an address, also of one with scheme and host in front (RFC 9112, section 3.2.2). */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.replace(/^[a-z]+:\/\/[^/?]*/i, "").split("?", 1)[0] ?? "";
}

/** The one place where errors become answers. */
function createRefusal({ log }: ApiDeps, docsUrl: string, authenticate: Authenticate): DirectParts["refuse"] {
  return async (thrown, request, response) => {
    let error = appErrorOf(thrown);
    if (!(thrown instanceof AppError) && error.status === 400) {
      // A path that cannot be decoded fails before its route could ask who is calling.
      error = await authenticateApi(request, authenticate).then(() => error, appErrorOf);
    }
    if (error.status >= 500) {
      const requestId = response.getHeader("x-request-id");
      log.error({ err: error, requestId, method: request.method, path: pathOf(request) }, "a request failed");
    }
    sendProblem(request, response, error, docsUrl);
  };
}
