// What exactly is sent? One body, serialised once and signed, and the headers that a profile puts beside it.
import { compileEnvelope, compileText, renderEnvelope, renderText } from "./profile-template.ts";
import type { ProfileTemplate, ProfileValues } from "./profile-template.ts";
import type { Profile } from "./profile.ts";
import { sign, signingKey } from "./sign.ts";

export type DeliveryInput = {
  /** The same over all attempts: the receiver's key for finding duplicates. */
  deliveryId: string;
  /** What sends: an endpoint, or a step of a flow. The delivery's id where nothing else is known. */
  configurationId?: string;
  /** From 1. */
  attempt: number;
  willRetry: boolean;
  event: { id: string; type: string; occurredAt: string; dataText: string };
  /** Newest first. */
  secrets: readonly string[];
  nowMs: number;
  /** The whole body as it stands, instead of the profile's envelope. */
  body?: string;
  /** Instead of the event's type. */
  type?: string;
};

export type Delivery =
  { ok: true; headers: Record<string, string>; body: string } | { ok: false; code: string; message: string };

/** The signed body and headers of one attempt, or why they cannot be made: nothing ever goes out unsigned. */
export function buildDelivery(profile: Profile, input: DeliveryInput): Delivery {
  const compiled = compiledOf(profile);
  const values: ProfileValues = {
    deliveryId: input.deliveryId,
    configurationId: input.configurationId ?? input.deliveryId,
    attempt: input.attempt,
    willRetry: input.willRetry,
    type: input.type ?? input.event.type,
    occurredAt: input.event.occurredAt,
    // Fresh on each attempt: receivers refuse old ones as replays.
    unixSeconds: Math.floor(input.nowMs / 1000),
  };
  const body = input.body ?? bodyOf(profile, compiled.envelope, values, input.event.dataText);
  const headers: Record<string, string> = { "content-type": profile.contentType };
  for (const [name, template] of compiled.headers) headers[name] = headerSafe(renderText(template, values));
  const signature = signatureOf(profile, compiled.content, { ...values, body }, input.secrets);
  if (!signature.ok) return signature;
  headers[profile.signature.header] = signature.value;
  return { ok: true, headers, body };
}

/** The names of all headers that a profile sets, without the content type, which a user may set. */
export function profileHeaderNames(profile: Profile): string[] {
  return [...Object.keys(profile.headers), profile.signature.header];
}

function bodyOf(profile: Profile, envelope: ProfileTemplate, values: ProfileValues, dataText: string): string {
  // An event without data is an empty object on the wire.
  const raw = dataText === "" ? "{}" : dataText;
  const data = profile.dataForm === "object" ? objectText(raw) : raw;
  const body = renderEnvelope(envelope, values, data);
  return profile.bodyForm === "canonical" ? JSON.stringify(JSON.parse(body)) : body;
}

function objectText(dataText: string): string {
  const start = dataText.trimStart();
  if (start.startsWith("{")) return dataText;
  return start.startsWith("null") ? "{}" : `{"data":${dataText}}`;
}

type Signature = { ok: true; value: string } | { ok: false; code: string; message: string };

function signatureOf(
  profile: Profile,
  content: ProfileTemplate,
  values: ProfileValues,
  secrets: readonly string[],
): Signature {
  const { separator, secretForm, algorithm, encoding, prefix } = profile.signature;
  const used = separator === undefined ? secrets.slice(0, 1) : secrets;
  if (used.length === 0) {
    return { ok: false, code: "secret", message: "There is no signing secret, and no webhook goes out unsigned." };
  }
  const text = renderText(content, values);
  const signatures: string[] = [];
  for (const secret of used) {
    const read = signingKey(secret, secretForm);
    if (!read.ok) return read;
    signatures.push(`${prefix}${sign(text, read.key, algorithm, encoding)}`);
  }
  return { ok: true, value: signatures.join(separator) };
}

/** Event types and ids come from users: what may not stand in a header is percent-encoded as UTF-8 (RFC 3986 §2.1). */
function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, (unsafe) =>
    Array.from(Buffer.from(unsafe), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

type Compiled = { envelope: ProfileTemplate; headers: [string, ProfileTemplate][]; content: ProfileTemplate };

const compiledByProfile = new WeakMap<Profile, Compiled>();

function compiledOf(profile: Profile): Compiled {
  let compiled = compiledByProfile.get(profile);
  if (compiled === undefined) {
    compiled = {
      envelope: compileEnvelope(profile.envelope),
      headers: Object.entries(profile.headers).map(([name, template]) => [name, compileText(template)]),
      content: compileText(profile.signature.content),
    };
    compiledByProfile.set(profile, compiled);
  }
  return compiled;
}
