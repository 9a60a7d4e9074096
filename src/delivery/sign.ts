// How is a text signed, and how does a secret become a key?
import { createHmac, createSecretKey, randomBytes, sign as signByKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isPrivateKeyText, privateKeyOf } from "./ed25519.ts";

/** `whsec`: base64 of 24 to 64 random bytes behind `whsec_` (Standard Webhooks). `text`: the whole secret as UTF-8. */
export type SecretForm = "whsec" | "text";
export type SignatureAlgorithm = "sha256" | "sha512";
export type SignatureEncoding = "hex" | "base64";

export type SigningKey =
  { ok: true; kind: "hmac" | "ed25519"; key: KeyObject } | { ok: false; code: string; message: string };

const keyBytesMin = 24;
const keyBytesMax = 64;
const secretPrefix = "whsec_";
/** Opened keys that are kept: a delivery's secret is the same as a moment ago. */
const keysMax = 10_000;

/** A new secret for Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString("base64")}`;
}

/**
 * The key that a secret stands for, or what is wrong with the secret. The message never holds any of it. In the form
 * `whsec`, a secret that begins with `whsk_` is an ed25519 key.
 */
export function signingKey(secret: string, form: SecretForm): SigningKey {
  const kept = keysByForm[form].get(secret);
  if (kept !== undefined) return kept;
  const key = form === "text" ? readText(secret) : readStandard(secret);
  const keys = keysByForm[form];
  const [oldest] = keys.keys();
  if (keys.size >= keysMax && oldest !== undefined) keys.delete(oldest);
  keys.set(secret, key);
  return key;
}

/** The HMAC (RFC 2104) of a text's UTF-8 bytes. */
export function sign(
  content: string | Uint8Array,
  key: KeyObject | Buffer,
  algorithm: SignatureAlgorithm = "sha256",
  encoding: SignatureEncoding = "base64",
): string {
  return createHmac(algorithm, key).update(content).digest(encoding);
}

/** The ed25519 signature (RFC 8032) of a text's UTF-8 bytes, in base64. */
export function signAsymmetric(content: string, key: KeyObject): string {
  return signByKey(null, Buffer.from(content, "utf8"), key).toString("base64");
}

const keysByForm: { readonly [form in SecretForm]: Map<string, SigningKey> } = { whsec: new Map(), text: new Map() };

function readText(secret: string): SigningKey {
  // An empty key signs too, and everybody could sign with it.
  if (secret === "") return refuse("The signing secret is empty.");
  return { ok: true, kind: "hmac", key: createSecretKey(secret, "utf8") };
}

function readStandard(secret: string): SigningKey {
  if (isPrivateKeyText(secret)) return readPrivate(secret);
  const encoded = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : undefined;
  // Node's decoder skips what it does not know; a mistyped secret must not become another key.
  if (encoded === undefined || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    return refuse('The signing secret has to be "whsec_" followed by base64.');
  }
  const key = Buffer.from(encoded, "base64");
  return key.length < keyBytesMin || key.length > keyBytesMax
    ? refuse(`The signing secret has to hold ${keyBytesMin} to ${keyBytesMax} bytes.`)
    : { ok: true, kind: "hmac", key: createSecretKey(key) };
}

function readPrivate(secret: string): SigningKey {
  const key = privateKeyOf(secret);
  return key === undefined
    ? refuse('An ed25519 secret has to be "whsk_" followed by the base64 of a 32-byte seed and its public key.')
    : { ok: true, kind: "ed25519", key };
}

function refuse(message: string): SigningKey {
  return { ok: false, code: "secret", message };
}
