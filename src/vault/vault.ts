// How is a secret kept at rest? Sealed by a data key of its own, which a key of the ring wraps.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { VaultError } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";

/** Where a secret belongs. A sealed secret opens nowhere else. */
export type SecretPlace = { tenantId: string; owner: string; field: string };

/** A sealed secret as stored; texts are base64 of IV (12 bytes), tag (16) and ciphertext. */
export type Sealed = { version: 1; keyId: string; wrappedKey: string; ciphertext: string };

export type Vault = {
  seal: (plaintext: string, place: SecretPlace) => Sealed;
  /** Throws a VaultError: `unknown_key`, `malformed`, or `tampered` (also for the wrong place or key). */
  open: (sealed: Sealed, place: SecretPlace) => string;
};

const algorithm = "aes-256-gcm";
const keyBytes = 32;
/** NIST SP 800-38D §8.2: 96-bit IVs; random ones are safe here, since each data key seals once. */
const ivBytes = 12;
/** Without a fixed length, Node's decipher takes a tag of four bytes, which can be guessed. */
const tagBytes = 16;

/** The vault over a ring of keys. */
export function createVault(keyring: Keyring): Vault {
  return {
    seal(plaintext, place) {
      const { id, key } = keyring.active;
      const dataKey = randomBytes(keyBytes);
      return {
        version: 1,
        keyId: id,
        wrappedKey: encrypt(dataKey, key, associatedData("key", place, id)),
        ciphertext: encrypt(Buffer.from(plaintext, "utf8"), dataKey, associatedData("secret", place, id)),
      };
    },
    open(sealed, place) {
      if (sealed.version !== 1) throw new VaultError("malformed", "The sealed secret has a form that is not known.");
      const ringKey = keyring.byId.get(sealed.keyId);
      if (ringKey === undefined) {
        throw new VaultError("unknown_key", `The secret needs the key "${sealed.keyId}", which is not in the keyring.`);
      }
      const dataKey = decrypt(sealed.wrappedKey, ringKey.key, associatedData("key", place, sealed.keyId));
      return decrypt(sealed.ciphertext, dataKey, associatedData("secret", place, sealed.keyId)).toString("utf8");
    },
  };
}

/** A list in JSON: no two places give the same bytes, whatever their ids hold. */
function associatedData(layer: "key" | "secret", place: SecretPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify(["millrace", 1, layer, keyId, place.tenantId, place.owner, place.field]));
}

function encrypt(plaintext: Buffer, key: Buffer, aad: Buffer): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString("base64");
}

function decrypt(text: string, key: Buffer, aad: Buffer): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < ivBytes + tagBytes) throw new VaultError("malformed", "The sealed secret is too short.");
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(aad).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new VaultError(
      "tampered",
      "The sealed secret does not open: it was changed, moved, or sealed by another key.",
      cause,
    );
  }
}
