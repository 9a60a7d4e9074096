// Ed25519 keys as Standard Webhooks writes them: `whsk_` for the private key, `whpk_` for the public one.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

const privatePrefix = "whsk_";
const publicPrefix = "whpk_";
const keyBytes = 32;
/** What stands before the 32 bytes in PKCS #8 (RFC 8410 §7) and in SubjectPublicKeyInfo (§4). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiHead = Buffer.from("302a300506032b6570032100", "hex");

/** A new private key: `whsk_` and the base64 of the seed and its public key. */
export function newPrivateKey(): string {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-keyBytes);
  return `${privatePrefix}${Buffer.concat([seed, rawPublic(publicKey)]).toString("base64")}`;
}

export function isPrivateKeyText(secret: string): boolean {
  return secret.startsWith(privatePrefix);
}

/** The key of a `whsk_` text; undefined when it is none, or when its halves are not of one pair. */
export function privateKeyOf(secret: string): KeyObject | undefined {
  const bytes = bytesBehind(privatePrefix, secret, 2 * keyBytes);
  if (bytes === undefined) return undefined;
  const der = Buffer.concat([pkcs8Head, bytes.subarray(0, keyBytes)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return rawPublic(createPublicKey(key)).equals(bytes.subarray(keyBytes)) ? key : undefined;
}

/** The public key of a `whpk_` text; undefined when it is none. */
export function publicKeyOf(text: string): KeyObject | undefined {
  const bytes = bytesBehind(publicPrefix, text, keyBytes);
  if (bytes === undefined) return undefined;
  return createPublicKey({ key: Buffer.concat([spkiHead, bytes]), format: "der", type: "spki" });
}

export type PublicKey = {
  /** `whpk_` and the base64 of the key. */
  text: string;
  /** As a JSON Web Key (RFC 8037); `kid` is its thumbprint (RFC 7638), and the `keyid` of RFC 9421 signatures. */
  jwk: { kty: "OKP"; crv: "Ed25519"; x: string; kid: string; alg: "EdDSA"; use: "sig" };
};

/** The public key that belongs to a `whsk_` secret, for receivers; undefined when the secret is none. */
export function publicKeyFor(secret: string): PublicKey | undefined {
  const key = privateKeyOf(secret);
  if (key === undefined) return undefined;
  const raw = rawPublic(createPublicKey(key));
  const x = raw.toString("base64url");
  return {
    text: `${publicPrefix}${raw.toString("base64")}`,
    jwk: { kty: "OKP", crv: "Ed25519", x, kid: thumbprint(x), alg: "EdDSA", use: "sig" },
  };
}

/** The RFC 7638 thumbprint of a public or private ed25519 key. */
export function thumbprintOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return thumbprint(rawPublic(publicKey).toString("base64url"));
}

function thumbprint(x: string): string {
  return createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-keyBytes);
}

function bytesBehind(prefix: string, text: string, length: number): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const bytes = Buffer.from(text.slice(prefix.length), "base64");
  // Node's decoder skips what it does not know; a mistyped key must not become another one.
  return bytes.length === length && bytes.toString("base64") === text.slice(prefix.length) ? bytes : undefined;
}
