// What became of a webhook's deliveries, in the words of its system?
import { deliveryStatuses, type DeliveryStatus } from "../../model/delivery.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "../query.ts";
import { route, type Route } from "../route.ts";
import { listDeliveries } from "./delivery-log.ts";
import { deliveryRowsOf } from "./delivery-rows.ts";
import type { CompatDeps } from "./deps.ts";
import type { WebhookPath } from "./dialect.ts";
import { hearOf } from "./hear.ts";
import { compatTag, profileQuery } from "./webhooks.ts";

export function webhookDeliveriesRoute(deps: CompatDeps, path: WebhookPath): Route {
  return route({
    method: "get",
    path: `${path}/{id}/deliveries`,
    scope: "deliveries:read",
    tag: compatTag,
    summary: "A webhook's deliveries, newest first",
    description: "One row a delivery; in the words of `aqio` one row an attempt, and pages are counted in deliveries.",
    query: { ...pageQuery, ...profileQuery, status: { type: "string", enum: deliveryStatuses } },
    responses: { 200: { description: "A page.", schema: listSchema({ type: "object" }) } },
    async handler(request) {
      const { tenantId, query } = request;
      const { endpoint, dialect } = await hearOf(deps, request, path);
      // Checked against its enum.
      const status = query["status"] as DeliveryStatus | undefined;
      const page = await listDeliveries(deps.store, tenantId, { endpoint: endpoint.id, status }, pageOf(query, "dlv"));
      const rows = page.items.flatMap((delivery) => deliveryRowsOf(dialect, delivery));
      return pageAnswer(rows, page.nextCursor);
    },
  });
}
