// Which keys may a signature match, and does it? Compared in constant time and in full length.
import { createHmac, createPublicKey, timingSafeEqual, verify as verifyByKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { publicKeyOf } from "./ed25519.ts";
import { signingKey } from "./sign.ts";
import type { SecretForm, SignatureAlgorithm, SignatureEncoding } from "./sign.ts";

/** The key of an HMAC, or a public key. */
export type VerifyingKey = { kind: "hmac" | "ed25519"; key: KeyObject };

const signatureBytes = 64;

/** The keys behind secrets and public keys (`whpk_…`). Those that are not of the form are left out: they match nothing. */
export function openKeys(texts: readonly string[], form: SecretForm): VerifyingKey[] {
  return texts.flatMap((text): VerifyingKey[] => {
    if (form === "whsec" && text.startsWith("whpk_")) {
      const key = publicKeyOf(text);
      return key === undefined ? [] : [{ kind: "ed25519", key }];
    }
    const read = signingKey(text, form);
    if (!read.ok) return [];
    return [
      read.kind === "hmac" ? { kind: "hmac", key: read.key } : { kind: "ed25519", key: createPublicKey(read.key) },
    ];
  });
}

/** Whether a text is the HMAC of a content by one of the keys. A part of one, or nothing, is none. */
export function matchesHmac(
  text: string,
  content: Uint8Array,
  keys: readonly VerifyingKey[],
  algorithm: SignatureAlgorithm,
  encoding: SignatureEncoding,
): boolean {
  return keys.some(
    ({ kind, key }) => kind === "hmac" && isSame(text, createHmac(algorithm, key).update(content).digest(encoding)),
  );
}

/** Whether a base64 text is the ed25519 signature of a content by one of the keys. */
export function matchesAsymmetric(text: string, content: Uint8Array, keys: readonly VerifyingKey[]): boolean {
  const signature = Buffer.from(text, "base64");
  // Node's decoder takes what it can: only the one spelling of all 64 bytes is a signature.
  if (signature.length !== signatureBytes || signature.toString("base64") !== text) return false;
  return keys.some(({ kind, key }) => kind === "ed25519" && verifyByKey(null, content, key, signature));
}

/** Compares bytes, not strings: `===` would tell an attacker how many characters matched. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
