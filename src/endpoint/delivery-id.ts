// Which delivery is it? An event and an endpoint have one, however often it is sent.
import { createHash } from "node:crypto";
import { derivedId, type DeliveryId, type EndpointId } from "../model/ids.ts";
import type { StoredEvent } from "../store/events.ts";

/** The id of an event's delivery to an endpoint: the same after a crash, on a replay, and as `webhook-id` on each attempt. */
export function deliveryIdOf(event: Pick<StoredEvent, "_id" | "receivedAt">, endpoint: EndpointId): DeliveryId {
  return derivedId("dlv", event.receivedAt.getTime(), createHash("sha256").update(`${event._id}/${endpoint}`).digest());
}
