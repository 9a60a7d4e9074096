// The API: every route behind one Express application.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
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
import { createIdempotency, type Idempotency } from "./idempotency.ts";
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
  handler: Express;
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
  const isClosing = () => closing;
  const authenticate = createAuthenticator({ apiKeys: deps.store.apiKeys });
  const documented = [
    ...resourceRoutes(deps),
    ...apiKeyRoutes({ ...deps, forgetKey: authenticate.forget }),
    ...healthRoutes({ ...deps, isClosing }),
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

  const handler = express();
  handler.disable("x-powered-by");
  handler.disable("etag");
  // A list of texts at most: brackets in a name stay part of the name.
  handler.set("query parser", "simple");
  handler.enable("case sensitive routing");
  if (deps.metrics) handler.use(measureRequests(deps.metrics));
  handler.use(beginAnswer(isClosing));
  if (deps.codec) handler.use(...guardCodec(deps.codec));
  if (deps.config.corsOrigins.length > 0) handler.use(allowOrigins(deps.config.corsOrigins));
  mount(handler, routes, authenticate, idempotency);
  handler.use(async (request) => {
    await authenticateApi(request, authenticate);
    throw new AppError("route.unknown", { detail: "There is nothing at this address: /docs lists what there is." });
  });
  handler.use(refuse(deps, docsUrl, authenticate));
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
function mount(handler: Express, routes: readonly Route[], authenticate: Authenticate, idempotency: Idempotency): void {
  for (const path of new Set(routes.map((one) => one.path))) {
    const ofPath = routes.filter((one) => one.path === path);
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ":$1");
    for (const one of ofPath) handler[one.method](expressPath, serveRoute(one, authenticate, idempotency));
    const allow = ofPath
      .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
      .join(", ");
    const isPublic = ofPath.every((one) => one.scope === "public");
    handler.all(expressPath, async (request, response) => {
      if (!isPublic) await authenticate(request);
      response.setHeader("allow", allow);
      throw new AppError("route.method", { detail: `${request.method} is not possible here: ${allow} is.` });
    });
  }
}

/** What every answer carries, and what no request may be without. */
function beginAnswer(isClosing: () => boolean): RequestHandler {
  return (request, response, next) => {
    response.setHeader("x-request-id", newId("req"));
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    if (isClosing()) response.setHeader("connection", "close");
    if (request.rawHeaders.length > headersMax * 2) {
      return next(
        new AppError("request.headers_too_large", { detail: `A request has at most ${headersMax} headers.` }),
      );
    }
    // RFC 9112, section 3.2. Node's own answer to it would be no problem document.
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return next(new AppError("request.malformed", { detail: "The Host header is missing." }));
    }
    next();
  };
}

/** Below /v1 and /api nobody learns what there is without a key. */
async function authenticateApi(request: Parameters<RequestHandler>[0], authenticate: Authenticate): Promise<void> {
  if (/^\/(v1|api)(\/|$)/.test(request.path)) await authenticate(request);
}

/** The one place where errors become answers. */
function refuse({ log }: ApiDeps, docsUrl: string, authenticate: Authenticate): ErrorRequestHandler {
  return async (thrown: unknown, request, response, _next) => {
    let error = appErrorOf(thrown);
    if (!(thrown instanceof AppError) && error.status === 400) {
      // A path that cannot be decoded fails before its route could ask who is calling.
      error = await authenticateApi(request, authenticate).then(() => error, appErrorOf);
    }
    if (error.status >= 500) {
      const requestId = response.getHeader("x-request-id");
      log.error({ err: error, requestId, method: request.method, path: request.path }, "a request failed");
    }
    sendProblem(request, response, error, docsUrl);
  };
}
