// Who wants to know how deliveries go? Health, statistics and metrics listen here; nothing of a delivery waits for them.
import type { AttemptRow } from "../model/delivery.ts";
import type { NextStep } from "./decide.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";

export type DeliveryObserver = {
  /** An attempt has ended, and what becomes of the delivery. Never throws. */
  attempted(seen: {
    endpoint: OpenEndpoint;
    eventType: string;
    attempt: AttemptRow;
    next: NextStep;
    test: boolean;
    /** How many deliveries the attempt was for: those of a batch. Absent: one. */
    deliveries?: number;
  }): void;
  /** A delivery has to wait for the endpoint's rate. Never throws. */
  limited(seen: { endpoint: OpenEndpoint; eventType: string }): void;
};
