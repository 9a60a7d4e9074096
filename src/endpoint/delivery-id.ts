// Which delivery is it? An event and an endpoint have one, however often it is sent.
import type { DeliveryId, EndpointId } from "../model/ids.ts";
import type { StoredEvent } from "../store/events.ts";

/** Random digits of an endpoint's id: 59 bits tell the endpoints of one event apart. */
const endpointDigits = 10;

/**
 * The id of an event's delivery to an endpoint: the same after a crash, on a replay, and as `webhook-id` on each attempt. It
 * is made of theirs, so that deliveries sort as their events came, and those of one event stand together.
 */
export function deliveryIdOf(event: Pick<StoredEvent, "_id">, endpoint: EndpointId): DeliveryId {
  return `dlv_${event._id.slice("evt_".length)}${endpoint.slice(-endpointDigits)}`;
}
