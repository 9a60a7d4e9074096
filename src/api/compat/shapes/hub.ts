// How does the system `hub` show a webhook?
import type { JsonObject } from "../../../model/json.ts";
import { commonMembers, isActive, type ShownEndpoint } from "./shape.ts";

export function hubWebhook(shown: ShownEndpoint): JsonObject {
  const { endpoint, secret } = shown;
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    active: isActive(endpoint),
    testMode: endpoint.testMode ?? false,
    ...(secret === undefined ? {} : { secret }),
    ...commonMembers(shown),
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
