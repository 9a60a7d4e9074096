// How does the system `aqio` show a webhook? As its table's row of seventeen fields.
import type { JsonObject } from "../../../model/json.ts";
import { eventFiltersOf } from "../filters.ts";
import { retryCountsOf } from "../retries.ts";
import { isActive, type ShownEndpoint } from "./shape.ts";

/** `name` is never empty there: the host stands in for a missing one. `secret` is null but in the answer that may show it. */
export function aqioWebhook({ endpoint, policy, timeoutMs, secret, counters }: ShownEndpoint): JsonObject {
  return {
    id: endpoint.id,
    organization_id: endpoint.tenantId,
    name: endpoint.name ?? new URL(endpoint.url).host,
    url: endpoint.url,
    secret: secret ?? null,
    events: endpoint.events,
    event_filters: eventFiltersOf(endpoint.filter),
    content_type: endpoint.contentType ?? "application/json",
    timeout_seconds: Math.ceil(timeoutMs / 1_000),
    ...retryCountsOf(policy),
    is_active: isActive(endpoint),
    last_triggered_at: counters?.lastAt?.toISOString() ?? null,
    total_deliveries: counters?.total ?? 0,
    failed_deliveries: counters?.failed ?? 0,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}
