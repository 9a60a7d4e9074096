// What is a delivery's body? The envelope around the data, as JSON or as a form, with the signatures that stand in it.
import { compiledOf } from "./compiled.ts";
import type { Compiled } from "./compiled.ts";
import { formOf } from "./form.ts";
import { hmacOf } from "./hmac-signature.ts";
import { refuse } from "./input.ts";
import type { Body, DeliveryEvent, DeliveryInput } from "./input.ts";
import { renderEnvelope } from "./profile-template.ts";
import type { Scene } from "./profile-variables.ts";
import type { Profile } from "./profile-form.ts";

export const formType = "application/x-www-form-urlencoded";
export const encryptedType = "application/jose";
const cloudEventsBatchType = "application/cloudevents-batch+json";

/** The media type without parameters, in lower case. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** The content type that a delivery goes out with. */
export function contentTypeOf(profile: Profile, input: Pick<DeliveryInput, "contentType" | "batch" | "body">): string {
  if (input.contentType !== undefined) return input.contentType;
  const events = input.body === undefined && input.batch !== undefined;
  return events && profile.cloudevents === "structured" ? cloudEventsBatchType : profile.contentType;
}

/**
 * The body of a delivery as it is signed and sent, with the signatures that are members of it: for a caller who encrypts it
 * and hands it back as `body`. Refused, like `buildDelivery`, when there is no secret or no room for a signature.
 */
export function bodyOf(profile: Profile, input: DeliveryInput): Body {
  return makeBody(profile, sceneOf(input), input);
}

/** @internal `bodyOf`, for a scene that is there already. */
export function makeBody(profile: Profile, scene: Scene, input: DeliveryInput): Body {
  const compiled = compiledOf(profile);
  const contentType = mediaTypeOf(contentTypeOf(profile, input));
  const asForm = contentType === formType;
  if (input.body !== undefined) {
    // An encrypted body holds its signature inside: `bodyOf` put it there.
    if (contentType === encryptedType && /^[\w-]+(?:\.[\w-]*){4}$/.test(input.body))
      return { ok: true, body: input.body };
    return withFields(profile, compiled, scene, input.secrets, input.body, asForm);
  }
  const { batch } = input;
  if (batch === undefined) {
    const one = makeOne(profile, compiled, scene, input, asForm);
    return one.ok && profile.cloudevents === "batch" ? { ok: true, body: `[${one.body}]` } : one;
  }
  if (asForm) return refuse("batch", "A form holds one event: send batches as JSON.");
  if (profile.cloudevents === "binary") {
    return refuse("batch", "CloudEvents in binary mode are sent one by one: use the mode structured or batch.");
  }
  const bodies: string[] = [];
  for (const { deliveryId, event } of batch) {
    const type = input.type ?? event.type;
    const one = makeOne(profile, compiled, { ...scene, deliveryId, event, type }, { ...input, event }, false);
    if (!one.ok) return one;
    bodies.push(one.body);
  }
  return { ok: true, body: `[${bodies.join(",")}]` };
}

/** What the templates of a delivery are rendered from. */
export function sceneOf(input: DeliveryInput): Scene {
  return {
    deliveryId: input.deliveryId,
    configurationId: input.configurationId ?? input.deliveryId,
    attempt: input.attempt,
    willRetry: input.willRetry,
    tenantId: input.tenantId,
    type: input.type ?? (input.batch === undefined ? input.event.type : typeOfBatch(input.batch)),
    event: input.event,
    nowMs: input.nowMs,
  };
}

/** The type that all events of a batch share; `batch` when they differ. */
function typeOfBatch(batch: readonly { event: DeliveryEvent }[]): string {
  const first = batch[0]?.event.type;
  return first !== undefined && batch.every(({ event }) => event.type === first) ? first : "batch";
}

function makeOne(profile: Profile, compiled: Compiled, scene: Scene, input: DeliveryInput, asForm: boolean): Body {
  const json = renderEnvelope(compiled.envelope, scene, dataOf(profile.dataForm, input.event.dataText));
  const text = profile.bodyForm === "canonical" ? JSON.stringify(JSON.parse(json)) : json;
  return withFields(profile, compiled, scene, input.secrets, asForm ? formOf(text) : text, asForm);
}

function dataOf(form: Profile["dataForm"], dataText: string): string {
  // An event without data is an empty object on the wire.
  if (dataText === "") return "{}";
  if (form === "any") return dataText;
  const first = /[^ \t\r\n]/.exec(dataText)?.[0];
  if (first === "{") return dataText;
  if (first === "n") return "{}";
  return form === "object" ? `{"data":${dataText}}` : dataText;
}

/** The body with its signatures as last members: what is signed is the text before the member was put in. */
function withFields(
  profile: Profile,
  compiled: Compiled,
  scene: Scene,
  secrets: readonly string[],
  body: string,
  asForm: boolean,
): Body {
  let text = body;
  for (const signature of compiled.fields) {
    if (secrets.length === 0 && profile.signatureOptional === true) continue;
    const made = hmacOf(signature, { ...scene, body: text }, secrets);
    if (!made.ok) return made;
    const grown = asForm
      ? `${text}${text === "" ? "" : "&"}${signature.field}=${encodeURIComponent(made.value)}`
      : withMember(text, signature.field, made.value);
    if (grown === undefined) {
      return refuse(
        "body",
        `The signature stands in the body's member "${signature.field}": the body has to be a JSON object without it.`,
      );
    }
    text = grown;
  }
  return { ok: true, body: text };
}

function withMember(body: string, name: string, value: string): string | undefined {
  const end = body.lastIndexOf("}");
  const parsed = parseObject(body);
  if (parsed === undefined || Object.hasOwn(parsed, name)) return undefined;
  const separator = Object.keys(parsed).length === 0 ? "" : ",";
  return `${body.slice(0, end)}${separator}${JSON.stringify(name)}:${JSON.stringify(value)}${body.slice(end)}`;
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
