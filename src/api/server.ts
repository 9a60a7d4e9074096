// The API: every route behind one Express application, and the busiest ones beside it.
import type { RequestListener } from "node:http";
import { createAuthenticator } from "./auth.ts";
import { blobRoutes } from "./blobs.ts";
import { bulkRetryRoutes } from "./bulk-retries.ts";
import { codecRoutes } from "./codec.ts";
import { apiKeyRoutes } from "./compat/api-keys.ts";
import { compatRoutes } from "./compat/routes.ts";
import { connectionCredentialRoutes } from "./connection-credentials.ts";
import { connectionRoutes } from "./connections.ts";
import { connectorRoutes } from "./connectors.ts";
import type { ApiDeps } from "./deps.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { recoveryRoutes } from "./delivery-recoveries.ts";
import { deliveryRetryRoutes } from "./delivery-retry.ts";
import { createDirectWay } from "./direct-way.ts";
import { docsRoutes } from "./docs.ts";
import { endpointSecretRoutes } from "./endpoint-secrets.ts";
import { endpointStatusRoutes } from "./endpoint-status.ts";
import { endpointTestRoutes } from "./endpoint-tests.ts";
import { endpointTransferRoutes } from "./endpoint-transfer.ts";
import { endpointRoutes } from "./endpoints.ts";
import { eventReplayRoutes } from "./event-replay.ts";
import { eventTypeRoutes } from "./event-types.ts";
import { eventRoutes } from "./events.ts";
import { createExpressWay } from "./express-way.ts";
import { flowVersionRoutes } from "./flow-versions.ts";
import { flowRoutes } from "./flows.ts";
import { healthRoutes } from "./health.ts";
import { createIdempotency } from "./idempotency.ts";
import { inboxRoutes } from "./inbox.ts";
import { metricsRoutes } from "./metrics.ts";
import { openApiOf } from "./openapi.ts";
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
import { createSteps } from "./steps.ts";
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

  const steps = createSteps(deps, { authenticate, isClosing, docsUrl });
  const serve = (one: Route) => serveRoute(one, authenticate, idempotency);
  const app = createExpressWay(routes, steps, serve, deps.codec);
  const isTaken = createDirectWay(routes, steps, serve);
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
