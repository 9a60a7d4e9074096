// How does the system `bakhmach` show a webhook? Six members, with an address for tests and never with the secret.
import type { JsonObject } from "../../../model/json.ts";
import { webhookIdOf } from "../webhook-id.ts";
import { isActive, type ShownEndpoint } from "./shape.ts";

/** Exactly its six members; what else an endpoint has, it shows under `/v1/endpoints`. */
export function bakhmachWebhook({ endpoint, baseUrl }: ShownEndpoint): JsonObject {
  const id = webhookIdOf(endpoint.id);
  return {
    id,
    url: endpoint.url,
    events: endpoint.events,
    active: isActive(endpoint),
    created_at: endpoint.createdAt.toISOString(),
    test_url: `${baseUrl}/v1/webhooks/${id}/test`,
  };
}
