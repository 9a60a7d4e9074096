// What of an event is sent to an endpoint, and in which order it stands? Selected fields, a payload of templates, the order's key.
import { isFailure, scopeOf } from "../flow/match.ts";
import { readPath } from "../flow/scope-path.ts";
import { renderValues } from "../flow/values.ts";
import type { Transform } from "../model/endpoint.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import { selectFields } from "./select-fields.ts";

export type Payload = { ok: true; dataText: string } | { ok: false; failure: Failure };

/** The data that is sent, as JSON text: without a transformation the event's own bytes. */
export function payloadOf(transform: Transform | undefined, event: Event, nowMs: number): Payload {
  if (transform === undefined) return { ok: true, dataText: event.dataText };
  const scope = scopeOf(event, { nowMs });
  if (isFailure(scope)) return { ok: false, failure: scope };
  if ("fields" in transform) {
    return {
      ok: true,
      dataText: selectFields(event.dataText, readPath(scope, ["event", "data"]), transform.fields),
    };
  }
  const rendered = renderValues(transform.payload, scope, { nowMs });
  if (rendered.ok) return { ok: true, dataText: JSON.stringify(rendered.value) };
  const failureClass = rendered.code === "budget" ? "limit" : "template";
  const message = `The payload could not be rendered at "${rendered.pointer}": ${rendered.message}`;
  return { ok: false, failure: { class: failureClass, code: rendered.code, message } };
}

/** The key by which deliveries of an ordered endpoint stand in line; one that cannot be rendered stands with the empty ones. */
export function orderKeyOf(template: string, event: Event, nowMs: number): string {
  const scope = scopeOf(event, { nowMs });
  if (isFailure(scope)) return "";
  const rendered = renderValues(template, scope, { nowMs });
  if (!rendered.ok || rendered.value === null) return "";
  const key = typeof rendered.value === "string" ? rendered.value : JSON.stringify(rendered.value);
  return key.slice(0, orderKeyCharsMax);
}

const orderKeyCharsMax = 500;
