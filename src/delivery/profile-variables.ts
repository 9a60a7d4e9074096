// What can templates of a profile name?
import { percentEncoded } from "./percent.ts";

/** What one delivery's templates are rendered from. */
export type Scene = {
  deliveryId: string;
  configurationId: string;
  /** From 1. */
  attempt: number;
  willRetry: boolean;
  tenantId: string | undefined;
  type: string;
  event: { id: string; occurredAt: string; source?: string };
  nowMs: number;
  /** What is signed: in the content of signatures only. */
  body?: string;
};

/** Every variable of a profile's templates but `data`, which is JSON text already and stands in the envelope only. */
export const profileVariables = {
  /** The same on each attempt: what receivers find duplicates by. */
  deliveryId: ({ deliveryId }) => deliveryId,
  /** This attempt's own. */
  attemptId: ({ deliveryId, attempt }) => `${deliveryId}_${attempt}`,
  /** The endpoint, or the step of a flow. */
  configurationId: ({ configurationId }) => configurationId,
  attempt: ({ attempt }) => attempt,
  willRetry: ({ willRetry }) => willRetry,
  tenantId: ({ tenantId }) => tenantId,
  type: ({ type }) => type,
  eventId: ({ event }) => event.id,
  /** As it was published. */
  occurredAt: ({ event }) => event.occurredAt,
  /** In UTC with exactly three fraction digits. */
  occurredAtIso: ({ event }) => isoOf(event.occurredAt),
  occurredAtSeconds: ({ event }) => Math.floor(Date.parse(event.occurredAt) / 1000),
  source: ({ event }) => event.source,
  /** The source as a URI reference, which is never empty: CloudEvents asks for one. */
  sourceUri: ({ event, tenantId }) => uriOf(event.source ?? `/tenants/${tenantId ?? "millrace"}`),
  /** The time of this attempt: receivers refuse old ones as replays. */
  unixSeconds: ({ nowMs }) => Math.floor(nowMs / 1000),
  unixMillis: ({ nowMs }) => Math.floor(nowMs),
  body: ({ body }) => body,
} as const satisfies { [name: string]: (scene: Scene) => string | number | boolean | undefined };

export type ProfileVariable = keyof typeof profileVariables;

/** The variable with this name; undefined when there is none. */
export function findVariable(name: string): ProfileVariable | undefined {
  // An own key of the table, so that it is one of its names.
  return Object.hasOwn(profileVariables, name) ? (name as ProfileVariable) : undefined;
}

/** A text that begins with a prefix; segments of the prefix that it begins with already are not written twice. */
export function withPrefix(text: string, prefix: string): string {
  let at = 0;
  do {
    if (text.startsWith(prefix.slice(at))) return prefix.slice(0, at) + text;
    at = prefix.indexOf("_", at) + 1;
  } while (at > 0 && at < prefix.length);
  return prefix + text;
}

function isoOf(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}

/** What may not stand in a URI is percent-encoded; what is encoded already stays as it is. */
function uriOf(source: string): string {
  return percentEncoded(source, /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+/g);
}
