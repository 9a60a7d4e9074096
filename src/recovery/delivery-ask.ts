// May a delivery be made once more, and who makes it? One that somebody asks for is carried out by Temporal at once.
import { AppError, type ErrorCode } from "../model/errors.ts";
import type { DeliveryId, EndpointId, EventId, TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";

/** Why a delivery is not made again, in a code and a sentence. */
export type AskRefusal = { code: Extract<ErrorCode, "state.conflict" | "delivery.not_retriable">; message: string };

/** `manual`: somebody asked for this one. `recovery`: it was among many. */
export type AskTrigger = "manual" | "recovery";

export type AskDeps = {
  store: Pick<Store, "deliveries" | "endpoints" | "events">;
  /** Starts the delivery's workflow in place of one that waits. Never rejects. */
  start(ask: {
    tenantId: TenantId;
    endpointId: EndpointId;
    eventId: EventId;
    deliveryId: DeliveryId;
    delayMs: number;
    ask: { trigger: AskTrigger };
  }): Promise<{ outcome: "started" } | { outcome: "unavailable" | "refused"; cause: unknown }>;
};

type Asked = Pick<StoredDelivery, "_id" | "tenantId" | "endpointId" | "event">;

/**
 * Why it cannot be made again: its endpoint is off or gone, or its event is. Undefined when it can be. One of a paused endpoint
 * can: it goes out when the endpoint is resumed.
 */
export async function refusalOf({ store }: Pick<AskDeps, "store">, row: Asked): Promise<AskRefusal | undefined> {
  const [endpoint, isStored] = await Promise.all([
    store.endpoints.find(row.tenantId, row.endpointId),
    store.events.exists(row.tenantId, row.event.key),
  ]);
  if (!endpoint) return { code: "state.conflict", message: "Its endpoint was deleted: nothing more is sent to it." };
  if (endpoint.status === "disabled") {
    return { code: "state.conflict", message: "Its endpoint is disabled: enable it first." };
  }
  if (!isStored) {
    const message = "Its event is no longer stored, so that there is nothing to send.";
    return { code: "delivery.not_retriable", message };
  }
  return undefined;
}

/**
 * Has an attempt made at once, whatever the delivery's status is. When this resolves Temporal has taken it, and a crash loses
 * nothing. Throws AppError `service.engine_unavailable` when Temporal does not answer: then ask again.
 */
export async function startAsked({ start }: Pick<AskDeps, "start">, row: Asked, trigger: AskTrigger): Promise<void> {
  const { _id: deliveryId, tenantId, endpointId, event } = row;
  const started = await start({ tenantId, endpointId, eventId: event.id, deliveryId, delayMs: 0, ask: { trigger } });
  if (started.outcome === "started") return;
  const { outcome, cause } = started;
  if (outcome === "refused") throw new AppError("service.internal", { cause });
  const detail = "Temporal does not answer, so that the delivery could not be started. Ask again in a moment.";
  throw new AppError("service.engine_unavailable", { detail, retryAfterMs: 2_000, cause });
}
