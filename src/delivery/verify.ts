// Did a delivery come from who holds the secret, and just now? The receiver's side of a profile.
import { contentOf, headerOf, isFresh, partsOfField, readSigned } from "./received.ts";
import type { Received, Signed } from "./received.ts";
import { compiledOf } from "./compiled.ts";
import type { CompiledHmac, CompiledSignature } from "./compiled.ts";
import { matchesAsymmetric, matchesHmac, openKeys } from "./verifying-key.ts";
import type { VerifyingKey } from "./verifying-key.ts";
import { verifyMessage } from "./verify-message.ts";
import type { Profile } from "./profile-form.ts";

export type VerifyInput = Received & {
  /** Secrets, and public keys as `whpk_…`: one that matches is enough. */
  keys: readonly string[];
  nowMs: number;
  /** How far the signed time may be away, in milliseconds: 5 minutes unless given. */
  toleranceMs?: number;
};

/** `why` is a sentence for a developer who looks at what arrived. */
export type Verified = { verified: true } | { verified: false; why: string };

/**
 * Whether every signature of a profile stands under what was received: over the bytes of the body, compared in constant time
 * and in full length. The signed time, where there is one, has to be near.
 */
export function verifySignature(profile: Profile, input: VerifyInput): Verified {
  if (input.keys.length === 0) return { verified: false, why: "There is no secret to verify with." };
  const { signatures, fields } = compiledOf(profile);
  for (const signature of [...signatures, ...fields]) {
    const verified = verifyOne(profile, signature, input);
    if (!verified.verified) return verified;
  }
  return { verified: true };
}

function verifyOne(profile: Profile, signature: CompiledSignature, input: VerifyInput): Verified {
  if (signature.kind === "http-message") {
    return verifyMessage(signature, input, openKeys(input.keys, signature.secretForm));
  }
  if (signature.kind === "standard-webhooks") return verifyStandard(profile, signature.header, input);
  const keys = openKeys(input.keys, signature.secretForm);
  if ("header" in signature) {
    const text = headerOf(input.headers, signature.header);
    if (text === undefined) return missing(signature.header);
    return verifyHmac(profile, signature, input, text, input.body, keys);
  }
  const parts = partsOfField(profile, signature.field, input);
  if (parts.length === 0)
    return { verified: false, why: `The body has no member "${signature.field}" that is a text.` };
  for (const { text, body } of parts) {
    const verified = verifyHmac(profile, signature, input, text, body, keys);
    if (!verified.verified) return verified;
  }
  return { verified: true };
}

function verifyStandard(profile: Profile, header: string, input: VerifyInput): Verified {
  const text = headerOf(input.headers, header);
  if (text === undefined) return missing(header);
  const signed = readSigned(profile, input.headers);
  const id = signed.get("deliveryId");
  const seconds = signed.get("unixSeconds");
  if (id === undefined || seconds === undefined) {
    return { verified: false, why: "The headers with the id and the time of the delivery are missing." };
  }
  if (!isFresh(signed, input.nowMs, input.toleranceMs)) return stale;
  const content = Buffer.concat([Buffer.from(`${id}.${seconds}.`), Buffer.from(input.body)]);
  const keys = openKeys(input.keys, "whsec");
  const matches = text.split(" ").some((item) => {
    if (item.startsWith("v1,")) return matchesHmac(item.slice(3), content, keys, "sha256", "base64");
    return item.startsWith("v1a,") && matchesAsymmetric(item.slice(4), content, keys);
  });
  return matches ? { verified: true } : noMatch(header);
}

function verifyHmac(
  profile: Profile,
  signature: CompiledHmac,
  input: VerifyInput,
  text: string,
  body: Uint8Array | string,
  keys: readonly VerifyingKey[],
): Verified {
  const place = "header" in signature ? signature.header : signature.field;
  const signed = readSigned(profile, input.headers);
  const rest = afterLead(signature, text, signed);
  if (rest === undefined)
    return { verified: false, why: `The text of "${place}" does not have the form of this profile.` };
  const content = contentOf(signature.contentTemplate, signed, Buffer.from(body));
  if (!content.ok) {
    return { verified: false, why: `What is signed holds ${content.missing}, which no header tells alone.` };
  }
  if (content.isTimed && !isFresh(signed, input.nowMs, input.toleranceMs)) return stale;
  const items = signature.separator === undefined ? [rest] : rest.split(signature.separator);
  const matches = items.some(
    (item) =>
      item.startsWith(signature.prefix) &&
      matchesHmac(item.slice(signature.prefix.length), content.bytes, keys, signature.algorithm, signature.encoding),
  );
  return matches ? { verified: true } : noMatch(place);
}

/** What follows the lead; the values of the lead's variables are put into `signed`. */
function afterLead(signature: CompiledHmac, text: string, signed: Signed): string | undefined {
  const variables = signature.leadTemplate.flatMap((part) => ("variable" in part ? [part.variable] : []));
  const pattern = signature.leadTemplate
    .map((part) => ("text" in part ? part.text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&") : "([^\\s,;]{0,4000}?)"))
    .join("");
  const found = new RegExp(`^${pattern}`).exec(text);
  if (found === null) return undefined;
  variables.forEach((variable, index) => signed.set(variable, found[index + 1] ?? ""));
  return text.slice(found[0].length);
}

function missing(header: string): Verified {
  return { verified: false, why: `The header "${header}" is missing.` };
}

function noMatch(place: string): Verified {
  return { verified: false, why: `No signature in "${place}" matches: another secret, or a changed body.` };
}

const stale: Verified = { verified: false, why: "The signed time is too far from now." };
