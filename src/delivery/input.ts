// What is a delivery made from, and what comes out?
import type { Profile } from "./profile-form.ts";

export type DeliveryEvent = {
  id: string;
  type: string;
  occurredAt: string;
  source?: string;
  /** The JSON text of the data, as it was published. */
  dataText: string;
};

export type DeliveryInput = {
  /** The same over all attempts: the receiver's key for finding duplicates. */
  deliveryId: string;
  /** What sends: an endpoint, or a step of a flow. The delivery's id where nothing else is known. */
  configurationId?: string;
  /** From 1. */
  attempt: number;
  willRetry: boolean;
  tenantId?: string;
  event: DeliveryEvent;
  /** Several events in one request, each with its own delivery's id: `deliveryId` is the batch's own then. */
  batch?: readonly { deliveryId: string; event: DeliveryEvent }[];
  /** Newest first. */
  secrets: readonly string[];
  nowMs: number;
  /** Of the request, for signatures that cover them (RFC 9421). POST unless given. */
  method?: string;
  url?: string;
  /** The whole body as it stands, instead of the profile's envelope. */
  body?: string;
  /** Instead of the event's type. */
  type?: string;
  /** Instead of the profile's: another one that it can write, or that of `body`. */
  contentType?: string;
  /** Profiles whose headers and signatures are sent beside, while a receiver changes over. */
  also?: readonly Profile[];
};

/** Why a delivery cannot be made. The code is stable, the message tells what to change and holds no secret. */
export type Refusal = { ok: false; code: string; message: string };
export type Body = { ok: true; body: string } | Refusal;
export type Delivery = { ok: true; headers: Record<string, string>; body: string } | Refusal;

export function refuse(code: string, message: string): Refusal {
  return { ok: false, code, message };
}
