// An event: something that happened, as published, received, polled or ticked.
import type { EventId } from "./ids.ts";

/** What a publisher sends: `POST /v1/events`. `data` stays as bytes beside it, so that its spelling survives. */
export type EventEnvelope = {
  type: string;
  id?: EventId;
  occurredAt?: string;
  source?: string;
};

/** An accepted event on its way: the envelope with its defaults, and `data` as the JSON text that was published. */
export type Event = {
  id: EventId;
  type: string;
  /** RFC 3339, UTC. */
  occurredAt: string;
  source?: string;
  /** The exact JSON text of `data` (UTF-8). */
  dataText: string;
};

/** Events above this many bytes of data travel to the workflow by reference instead of by value. */
export const inlineDataBytesMax = 32 * 1024;
/** Largest `data` that is accepted, in bytes. */
export const dataBytesMax = 512 * 1024;
