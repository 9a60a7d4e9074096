// How is a body signed, and how does a secret become a key?
import { createHmac, randomBytes } from "node:crypto";

/** `whsec`: base64 of 24 to 64 random bytes behind `whsec_` (Standard Webhooks). `text`: the whole secret as UTF-8. */
export type SecretForm = "whsec" | "text";
export type SignatureAlgorithm = "sha256" | "sha512";
export type SignatureEncoding = "hex" | "base64";

export type SigningKey = { ok: true; key: Buffer } | { ok: false; code: string; message: string };

const keyBytesMin = 24;
const keyBytesMax = 64;
const secretPrefix = "whsec_";

/** A new secret for Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString("base64")}`;
}

/** The key that a secret stands for, or what is wrong with the secret. The message never holds any of it. */
export function signingKey(secret: string, form: SecretForm): SigningKey {
  if (form === "text") {
    // An empty key signs too, and everybody could sign with it.
    return secret === "" ? refuse("The signing secret is empty.") : { ok: true, key: Buffer.from(secret, "utf8") };
  }
  const encoded = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : undefined;
  // Node's decoder skips what it does not know; a mistyped secret must not become another key.
  if (encoded === undefined || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    return refuse('The signing secret has to be "whsec_" followed by base64.');
  }
  const key = Buffer.from(encoded, "base64");
  return key.length < keyBytesMin || key.length > keyBytesMax
    ? refuse(`The signing secret has to hold ${keyBytesMin} to ${keyBytesMax} bytes.`)
    : { ok: true, key };
}

/** The HMAC (RFC 2104) of a text's UTF-8 bytes. */
export function sign(
  content: string,
  key: Buffer,
  algorithm: SignatureAlgorithm = "sha256",
  encoding: SignatureEncoding = "base64",
): string {
  return createHmac(algorithm, key).update(content, "utf8").digest(encoding);
}

function refuse(message: string): SigningKey {
  return { ok: false, code: "secret", message };
}
