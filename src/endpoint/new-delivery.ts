// How does a delivery begin? As a row that is pending, from its event.
import type { EndpointId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { StoredEvent } from "../store/events.ts";
import { deliveryIdOf } from "./delivery-id.ts";

/** The row of a delivery before anything was tried. */
export function newDelivery(event: StoredEvent, endpointId: EndpointId): StoredDelivery {
  return {
    _id: deliveryIdOf(event, endpointId),
    tenantId: event.tenantId,
    endpointId,
    event: { id: event.id, key: event._id, type: event.type },
    status: "pending",
    begun: 0,
    attempts: [],
    createdAt: event.receivedAt,
    ...(event.test === undefined ? {} : { test: event.test }),
  };
}
