// A delivery: the sending of one event to one endpoint. Its row says how it stands; bodies lie apart and end earlier.
import type { Attempt, AttemptView, Phases } from "./attempt.ts";
import { failureClasses, type FailureClass } from "./failure.ts";
import type { DeliveryId, EndpointId, EventId, Id, TenantId } from "./ids.ts";

/**
 * `pending`: will be tried (again). `delivered`. `failed`: the policy is used up. `rejected`: the receiver refused it for
 * good. `skipped`: the endpoint was disabled. `cancelled`: the endpoint was disabled or deleted in between, or somebody
 * ended it.
 */
export const deliveryStatuses = ["pending", "delivered", "failed", "rejected", "skipped", "cancelled"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** An attempt in its delivery's row: without what was sent and answered. `status`: the receiver's, where it answered. */
export type AttemptRow = {
  number: number;
  trigger: Attempt["trigger"];
  startedAt: Date;
  durationMs: number;
  phases: Phases;
  outcome: Attempt["outcome"];
  class?: FailureClass;
  message?: string;
  status?: number;
  nextAttemptAt?: Date;
  /** The batch that it was sent in. */
  batch?: string;
};

/** What an attempt sent and got, with secrets replaced. */
export type AttemptBodies = Pick<Attempt, "request" | "response">;

/** Why a delivery was skipped or cancelled, in a code and a sentence. */
export type DeliveryReason = { code: string; message: string };

/** A delivery that waits for its turn in its endpoint's lane: limits, order, batch, an open breaker or a pause keep it. */
export type LaneWait = {
  why: "limit" | "breaker" | "paused" | "order" | "batch";
  /** Deliveries with one key are made one after the other. */
  key?: string;
  /** The batch that it has been tried in, which stays together. */
  batch?: string;
};

export type Delivery = {
  id: DeliveryId;
  tenantId: TenantId;
  endpointId: EndpointId;
  /** `key` is the event's own key in the store. */
  event: { id: EventId; key: Id<"evt">; type: string };
  status: DeliveryStatus;
  reason?: DeliveryReason;
  /** Of the last failed attempt. */
  class?: FailureClass;
  /** Attempts that have begun: one whose end is not recorded was cut off by a crash. */
  begun: number;
  attempts: AttemptRow[];
  nextAttemptAt?: Date;
  lane?: LaneWait;
  createdAt: Date;
  endedAt?: Date;
  test?: true;
};

/** A delivery as the API shows it. */
export type DeliveryView = {
  id: DeliveryId;
  endpoint: EndpointId;
  event: { id: EventId; type: string };
  status: DeliveryStatus;
  reason?: DeliveryReason;
  attempts: AttemptView[];
  nextAttemptAt?: string;
  /** Why it waits for its turn. */
  waiting?: LaneWait["why"];
  createdAt: string;
  endedAt?: string;
  test?: true;
};

/** Every class that a delivery can fail with. */
export const deliveryFailureClasses = Object.keys(failureClasses) as FailureClass[]; // The keys of that very object.
