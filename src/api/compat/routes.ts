// Every route of the reproduced APIs: the same ones on each of the paths that the five systems use.
import type { Route } from "../route.ts";
import { defaultProfileRoutes } from "./default-profile.ts";
import type { CompatDeps } from "./deps.ts";
import { webhookPaths } from "./dialect.ts";
import { endpointCheckRoute } from "./endpoint-check.ts";
import { limited } from "./limited.ts";
import { createRateWindows } from "./rate-window.ts";
import { webhookDeliveriesRoute } from "./webhook-deliveries.ts";
import { webhookTestRoutes } from "./webhook-tests.ts";
import { webhookRoutes } from "./webhooks.ts";

export function compatRoutes(deps: CompatDeps): Route[] {
  const windows = createRateWindows();
  const routes = webhookPaths.flatMap((path) => {
    const ofPath = [
      // Before `{id}`, which would take its name for an id.
      endpointCheckRoute(deps, path),
      ...webhookRoutes(deps, path),
      ...webhookTestRoutes(deps, path),
      webhookDeliveriesRoute(deps, path),
    ];
    // The one system that promises the headers has this path.
    return path === "/api/webhooks" ? ofPath.map((one) => limited(one, windows)) : ofPath;
  });
  return [...routes, ...defaultProfileRoutes(deps)];
}
