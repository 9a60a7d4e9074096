// How does the system `directory` show a subscription?
import type { JsonObject } from "../../../model/json.ts";
import { hiddenSecret } from "../settings.ts";
import { commonMembers, isActive, type ShownEndpoint } from "./shape.ts";

/** `secret` is always a text: hidden but for the answer that may show it. */
export function directorySubscription(shown: ShownEndpoint): JsonObject {
  const { endpoint, secret } = shown;
  return {
    id: endpoint.id,
    userId: endpoint.tenantId,
    endpointUrl: endpoint.url,
    secret: secret ?? hiddenSecret,
    events: endpoint.events,
    active: isActive(endpoint),
    ...commonMembers(shown),
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
