// How is what Temporal stores kept secret? Payloads are sealed before they leave the process; failures hide in payloads.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { DefaultFailureConverter, type DataConverter, type Payload, type PayloadCodec } from "@temporalio/common";
import { VaultError, type Keyring, type RingKey } from "../vault/keyring.ts";
import { readPayload, writePayload } from "./payload-bytes.ts";

export type Payloads = {
  /** Seals when encryption is on; opens what was sealed in either case. */
  codec: PayloadCodec;
  /** For clients and workers alike. */
  dataConverter: DataConverter;
  /** Failure messages are put into payloads, so that they are sealed too. */
  encrypts: boolean;
};

const algorithm = "aes-256-gcm";
const keyBytes = 32;
/** NIST SP 800-38D, section 8.2: 96-bit IVs. Random ones are good for 2^32 payloads a key, by section 8.3. */
const ivBytes = 12;
/** Without a fixed length, Node's decipher takes a tag of four bytes, which can be guessed. */
const tagBytes = 16;

// The names that Temporal's own samples use, so that other tools recognise what they see.
const sealedEncoding = "binary/encrypted";
const keyIdMember = "encryption-key-id";

/**
 * Failure messages and stack traces stand in the clear beside the payloads of a failure. This converter moves them into
 * a payload, which the codec seals. The SDK loads it by this file's path, for everything outside of the isolate.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

/**
 * What clients and workers need for reading and writing payloads of a namespace. Histories from before encryption was
 * switched on stay readable, and so do sealed ones after it was switched off, as long as the keyring has their keys.
 */
export function createPayloads(options: { keyring: Keyring; namespace: string; encrypts: boolean }): Payloads {
  const { keyring, namespace, encrypts } = options;
  const codec = createPayloadCodec(keyring, namespace, encrypts);
  return {
    codec,
    dataConverter: {
      payloadCodecs: [codec],
      ...(encrypts ? { failureConverterPath: import.meta.filename } : {}),
    },
    encrypts,
  };
}

/**
 * The codec: AES-256-GCM over the whole payload with its metadata, under a key derived from the ring's active one, bound
 * to the namespace and the key's id. Decoding rejects with a VaultError: `unknown_key`, `malformed` or `tampered`.
 */
function createPayloadCodec(keyring: Keyring, namespace: string, encrypts: boolean): PayloadCodec {
  const keys = new Map([...keyring.byId.values()].map((ringKey) => [ringKey.id, payloadKeyOf(ringKey)]));
  const activeId = keyring.active.id;
  const activeKey = payloadKeyOf(keyring.active);
  const seal = (payload: Payload): Payload => ({
    metadata: { encoding: Buffer.from(sealedEncoding), [keyIdMember]: Buffer.from(activeId) },
    data: encrypt(writePayload(payload), activeKey, associatedData(namespace, activeId)),
  });
  const open = (payload: Payload): Payload => {
    // From before encryption was switched on, or from somebody else: as it is.
    if (textOf(payload, "encoding") !== sealedEncoding) return payload;
    const keyId = textOf(payload, keyIdMember) ?? "";
    const key = keys.get(keyId);
    if (key === undefined) throw unknownKey(keyId);
    return readPayload(decrypt(payload.data ?? new Uint8Array(), key, associatedData(namespace, keyId)));
  };
  return {
    encode: async (payloads) => (encrypts ? payloads.map(seal) : payloads),
    decode: async (payloads) => payloads.map(open),
  };
}

/** A key of its own for payloads (HKDF, RFC 5869): the ring's key itself wraps the vault's data keys. */
function payloadKeyOf({ key }: RingKey): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", "millrace temporal payload", keyBytes));
}

function textOf({ metadata }: Payload, member: string): string | undefined {
  const bytes = metadata?.[member];
  return bytes && Buffer.from(bytes).toString("utf8");
}

/** The id comes from Temporal's storage: only one that could be in a ring is repeated. */
function unknownKey(keyId: string): VaultError {
  const name = /^[A-Za-z0-9_-]{1,40}$/.test(keyId) ? ` "${keyId}"` : "";
  const sentence = `A payload in Temporal was sealed by the key${name}, which is not in the keyring: put it back at the end of MILLRACE_KEYS.`;
  return new VaultError("unknown_key", sentence);
}

/** A list in JSON: no two namespaces and keys give the same bytes. */
function associatedData(namespace: string, keyId: string): Buffer {
  return Buffer.from(JSON.stringify(["millrace", 1, "temporal payload", namespace, keyId]));
}

/** IV, tag, ciphertext. */
function encrypt(plaintext: Uint8Array, key: Buffer, aad: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

function decrypt(bytes: Uint8Array, key: Buffer, aad: Buffer): Buffer {
  if (bytes.length < ivBytes + tagBytes)
    throw new VaultError("malformed", "A sealed payload of Temporal is too short.");
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(aad).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    const sentence = "A sealed payload of Temporal does not open: it was changed, or belongs to another namespace.";
    throw new VaultError("tampered", sentence, cause);
  }
}
