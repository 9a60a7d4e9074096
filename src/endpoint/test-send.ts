// A test of an endpoint: one attempt on the real path, whatever the endpoint's status and limits; it is never repeated by itself.
import type { AttemptBodies, AttemptRow } from "../model/delivery.ts";
import type { Event } from "../model/event.ts";
import { newId, type EndpointId, type TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import type { MakeAttempt } from "./attempt.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";

export type TestEvent = {
  type?: string | undefined;
  dataText?: string | undefined;
  /** The whole body as it stands, instead of the profile's envelope around the data. */
  body?: string | undefined;
  /** A shorter limit than the endpoint's own, in milliseconds. */
  timeoutMsMax?: number | undefined;
};
export type TestSent = { row: StoredDelivery; attempt: AttemptRow; bodies: AttemptBodies };
export type SendTest = (tenantId: TenantId, id: EndpointId, event: TestEvent) => Promise<TestSent | undefined>;

const defaultType = "endpoint.test";
const defaultData = JSON.stringify({ test: true, message: "A test of this endpoint." });

/** Sends test events. Undefined: there is no such endpoint. Rejects when the store does not answer. */
export function createTestSend(deps: {
  store: Pick<Store, "deliveries">;
  open(tenantId: TenantId, id: EndpointId): Promise<OpenEndpoint | undefined>;
  attempt: MakeAttempt;
  nowMs: () => number;
}): SendTest {
  return async (tenantId, id, given) => {
    const endpoint = await deps.open(tenantId, id);
    if (endpoint === undefined) return undefined;
    const nowMs = deps.nowMs();
    const event: Event = {
      id: `test_${Math.floor(nowMs)}`,
      type: given.type ?? endpoint.settings.events.find((pattern) => !pattern.includes("*")) ?? defaultType,
      occurredAt: new Date(nowMs).toISOString(),
      dataText: given.dataText ?? defaultData,
      test: true,
    };
    const deliveryId = newId("dlv", nowMs);
    const { attempt, bodies, judgement } = await deps.attempt({
      endpoint,
      deliveryId,
      events: [{ deliveryId, event }],
      isBatch: endpoint.batch !== undefined && given.body === undefined,
      number: 1,
      trigger: "test",
      body: given.body,
      timeoutMsMax: given.timeoutMsMax,
    });
    const row: StoredDelivery = {
      _id: deliveryId,
      tenantId,
      endpointId: id,
      // Of an event that is not stored: a test is not retried.
      event: { id: event.id, key: newId("evt", nowMs), type: event.type },
      status: judgement.failure === undefined ? "delivered" : "failed",
      ...(judgement.failure === undefined ? {} : { class: judgement.failure.class }),
      begun: 1,
      attempts: [attempt],
      createdAt: new Date(nowMs),
      endedAt: new Date(deps.nowMs()),
      test: true,
    };
    await deps.store.deliveries.insert(row, bodies);
    return { row, attempt, bodies };
  };
}
