// What the engine keeps in an endpoint's row beside what people see of its health.
import type { AlertType } from "../model/endpoint-alert.ts";

export type EndpointWatch = {
  /** There have been failures, or a state other than healthy: successes have something to clear. */
  troubled?: true;
  /** Failed attempts in a row, without those of alerts. */
  failures?: number;
  /** Successes since the last failure, counted while troubled. */
  successes?: number;
  /** The endpoint is to be looked at from here on, by the database's clock. While a process looks, the end of its lease. */
  lookAt?: Date;
  lookedAt?: Date;
  /** When the state was entered, and what for. */
  since?: Date;
  cause?: WatchCause;
};
export type WatchCause = "consecutive" | "rate" | "slow";

/** An alert that has still to be raised; `data` is AlertData as JSON. With the endpoint it makes the event's id. */
export type EndpointNotice = { type: AlertType; at: Date; data: string };
