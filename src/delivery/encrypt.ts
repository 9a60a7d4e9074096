// How is a body kept from everybody but its receiver? A JSON Web Encryption (RFC 7516) to the endpoint's public key.
import { createPublicKey } from "node:crypto";
import { CompactEncrypt, importJWK } from "jose";
import type { JWK } from "jose";
import type { JsonObject } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";

/** The media type of an encrypted body (RFC 7515 §9.2.1). */
export const encryptedContentType = "application/jose";

const contentEncryption = "A256GCM";
const rsaBitsMin = 2048;
const rsaBitsMax = 8192;
const curves = ["P-256", "P-384", "P-521", "X25519"];
/** Key agreement and encryption by kind of key; the first is used when the key names none (RFC 7518 §4.1). */
const algorithmsByType: { readonly [kty: string]: readonly string[] } = {
  RSA: ["RSA-OAEP-256"],
  EC: ["ECDH-ES+A256KW", "ECDH-ES"],
  OKP: ["ECDH-ES+A256KW", "ECDH-ES"],
};
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const usesOfEncryption = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];

/** What is wrong with a JSON Web Key (RFC 7517) that bodies are to be encrypted to; pointers begin at the key. */
export function checkEncryptionKey(key: JsonObject): Finding[] {
  const secret = privateMembers.find((member) => Object.hasOwn(key, member));
  if (secret !== undefined) {
    return [
      finding(`/${secret}`, "This is a private key: give its public half only, and make a new pair if it was shown."),
    ];
  }
  const { kty, alg, use, key_ops: operations, kid } = key;
  const algorithms = algorithmsOf(kty);
  if (algorithms === undefined) return [finding("/kty", "The key has to be of type RSA, EC or OKP.")];
  if (alg !== undefined && !algorithms.some((one) => one === alg)) {
    return [finding("/alg", `With a key of this type the algorithm is ${algorithms.join(" or ")}.`)];
  }
  if (use !== undefined && use !== "enc") return [finding("/use", 'The use of the key has to be "enc".')];
  if (operations !== undefined && !allowsEncryption(operations)) {
    return [
      finding("/key_ops", `The key's operations have to include ${usesOfEncryption.join(", ")}, or not be named.`),
    ];
  }
  if (kid !== undefined && (typeof kid !== "string" || kid.length > 200)) {
    return [finding("/kid", "The id of the key is a text of at most 200 characters.")];
  }
  return checkMaterial(key);
}

/**
 * The body encrypted to a key that `checkEncryptionKey` accepts, in compact form: A256GCM, its key by RSA-OAEP-256 or
 * ECDH-ES. `contentType` is that of the body, and stands in the header `cty`.
 */
export async function encryptBody(body: string, key: JsonObject, contentType = "application/json"): Promise<string> {
  const alg = typeof key["alg"] === "string" ? key["alg"] : algorithmsOf(key["kty"])?.[0];
  if (alg === undefined) throw new TypeError("The key is none that bodies can be encrypted to.");
  const header = {
    alg,
    enc: contentEncryption,
    // RFC 7516 §4.1.12: without the prefix where no other slash follows.
    cty: contentType.replace(/^application\/(?=[^/]*$)/, ""),
    ...(typeof key["kid"] === "string" ? { kid: key["kid"] } : {}),
  };
  return new CompactEncrypt(Buffer.from(body, "utf8"))
    .setProtectedHeader(header)
    .encrypt(await importJWK(jwkOf(key), alg));
}

function algorithmsOf(kty: unknown): readonly string[] | undefined {
  return typeof kty === "string" && Object.hasOwn(algorithmsByType, kty) ? algorithmsByType[kty] : undefined;
}

function allowsEncryption(operations: unknown): boolean {
  return Array.isArray(operations) && operations.some((one) => usesOfEncryption.includes(String(one)));
}

function checkMaterial(key: JsonObject): Finding[] {
  const { kty } = key;
  const crv = typeof key["crv"] === "string" ? key["crv"] : "";
  if (kty !== "RSA" && !curves.includes(crv)) {
    return [finding("/crv", `The curve has to be one of ${curves.join(", ")}.`)];
  }
  if ((kty === "OKP") !== (crv === "X25519")) return [finding("/crv", `A key of this type has no curve ${crv}.`)];
  const bits = rsaBitsOf(key);
  if (bits === undefined)
    return [finding("", "The key cannot be read: a number of it is missing or not on its curve.")];
  if (kty === "RSA" && (bits < rsaBitsMin || bits > rsaBitsMax)) {
    return [finding("/n", `An RSA key has ${rsaBitsMin} to ${rsaBitsMax} bits; this one has ${bits}.`)];
  }
  return kty === "RSA" && key["e"] !== "AQAB" ? [finding("/e", "The exponent of an RSA key is 65537.")] : [];
}

/** The bits of an RSA key's modulus, 0 for other keys; undefined for what is no key. */
function rsaBitsOf(key: JsonObject): number | undefined {
  try {
    return createPublicKey({ key: jwkOf(key), format: "jwk" }).asymmetricKeyDetails?.modulusLength ?? 0;
  } catch {
    return undefined;
  }
}

/** Only what the key itself consists of: what else people put beside it is not ours to interpret. */
function jwkOf(key: JsonObject): JWK & { [name: string]: string } {
  const jwk: { [name: string]: string } = {};
  for (const member of ["kty", "n", "e", "crv", "x", "y"]) {
    const value = key[member];
    if (typeof value === "string") jwk[member] = value;
  }
  return { kty: "", ...jwk };
}

function finding(pointer: string, message: string): Finding {
  return { pointer, code: "key", message };
}
