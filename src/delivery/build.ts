// What exactly is sent? One body, serialised once and signed, and the headers that a profile puts beside it.
import { contentTypeOf, makeBody, sceneOf } from "./body.ts";
import { compiledOf, spellingOf } from "./compiled.ts";
import type { CompiledSignature } from "./compiled.ts";
import { hmacOf, standardOf, unsigned } from "./hmac-signature.ts";
import { contentDigest, signMessage } from "./http-signature.ts";
import { refuse } from "./input.ts";
import type { Delivery, DeliveryInput, Refusal } from "./input.ts";
import { spelled } from "./percent.ts";
import { renderText } from "./profile-template.ts";
import type { Scene } from "./profile-variables.ts";
import type { Profile, ProfileSignature } from "./profile-form.ts";

export { bodyOf } from "./body.ts";
export type { Delivery, DeliveryInput } from "./input.ts";

/** The signed body and headers of one attempt, or why they cannot be made: nothing ever goes out unsigned. */
export function buildDelivery(profile: Profile, input: DeliveryInput): Delivery {
  const bare = input.secrets.length === 0;
  if (bare && profile.signatureOptional !== true) return unsigned();
  const scene = sceneOf(input);
  const made = makeBody(profile, scene, input);
  if (!made.ok) return made;
  const headers: Record<string, string> = { "content-type": contentTypeOf(profile, input) };
  addHeaders(headers, profile, scene);
  const signed = { ...scene, body: made.body };
  if (!bare) {
    const fault = addSignatures(headers, profile, signed, input);
    if (fault !== undefined) return fault;
  }
  if (input.also !== undefined) {
    const fault = addOthers(headers, profile, signed, input);
    if (fault !== undefined) return fault;
  }
  return { ok: true, headers, body: made.body };
}

/** The names of all headers that a profile and its signatures set, without the content type, which a user may set. */
export function profileHeaderNames(profile: Profile): string[] {
  return [...Object.keys(profile.headers), ...profile.signatures.flatMap(headersOfSignature)];
}

/** The headers in which a signature stands. */
export function headersOfSignature(signature: ProfileSignature): string[] {
  if (signature.kind === "http-message") return ["content-digest", "signature-input", "signature"];
  return "header" in signature ? [signature.header] : [];
}

function addHeaders(headers: Record<string, string>, profile: Profile, scene: Scene): void {
  for (const [name, template] of compiledOf(profile).headers) {
    const value = renderText(template, scene);
    headers[name] = spelled(value, spellingOf(profile, name));
  }
}

/** Headers and signatures of the profiles that are sent beside: where two set a header, the first one's stands. */
function addOthers(
  headers: Record<string, string>,
  profile: Profile,
  scene: Scene,
  input: DeliveryInput,
): Refusal | undefined {
  const taken = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  for (const other of input.also ?? []) {
    if (compiledOf(other).fields.length > 0) {
      return refuse(
        "profile",
        `The profile "${other.id}" signs in the body: it cannot be sent beside "${profile.id}".`,
      );
    }
    const own: Record<string, string> = {};
    addHeaders(own, other, scene);
    for (const [name, value] of Object.entries(own)) {
      if (!taken.has(name.toLowerCase())) headers[name] = value;
      taken.add(name.toLowerCase());
    }
    const clash = other.signatures.flatMap(headersOfSignature).find((name) => taken.has(name.toLowerCase()));
    if (clash !== undefined) {
      return refuse("profile", `The profile "${other.id}" signs in the header "${clash}", which is another profile's.`);
    }
    if (input.secrets.length === 0) continue;
    const fault = addSignatures(headers, other, scene, input);
    if (fault !== undefined) return fault;
    for (const name of other.signatures.flatMap(headersOfSignature)) taken.add(name.toLowerCase());
  }
  return undefined;
}

function addSignatures(
  headers: Record<string, string>,
  profile: Profile,
  scene: Scene,
  input: DeliveryInput,
): Refusal | undefined {
  for (const signature of compiledOf(profile).signatures) {
    const fault = addSignature(headers, signature, scene, input);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function addSignature(
  headers: Record<string, string>,
  signature: CompiledSignature,
  scene: Scene,
  input: DeliveryInput,
): Refusal | undefined {
  if (signature.kind === "http-message") return addMessageSignature(headers, signature, scene, input);
  const made =
    signature.kind === "hmac" ? hmacOf(signature, scene, input.secrets) : standardOf(signature, scene, input.secrets);
  if (!made.ok) return made;
  // Signatures that stand in the body were taken out when the profile was compiled.
  if ("header" in signature) headers[signature.header] = made.value;
  return undefined;
}

function addMessageSignature(
  headers: Record<string, string>,
  signature: Extract<CompiledSignature, { kind: "http-message" }>,
  scene: Scene,
  input: DeliveryInput,
): Refusal | undefined {
  headers["content-digest"] = contentDigest(scene.body ?? "");
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const message = { method: input.method ?? "POST", url: input.url ?? "", headers: byName };
  const made = signMessage(signature, message, input.secrets, input.nowMs);
  if (!made.ok) return made;
  headers["signature-input"] = made.input;
  headers["signature"] = made.signature;
  return undefined;
}
