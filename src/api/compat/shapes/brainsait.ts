// How does the system `brainsait` show a webhook? With the secret that was made for it, this once.
import type { JsonObject } from "../../../model/json.ts";
import { commonMembers, isActive, type ShownEndpoint } from "./shape.ts";

export function brainsaitWebhook(shown: ShownEndpoint): JsonObject {
  const { endpoint, secret } = shown;
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    active: isActive(endpoint),
    tenant_id: endpoint.tenantId,
    ...(secret === undefined ? {} : { secret }),
    ...commonMembers(shown),
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}
