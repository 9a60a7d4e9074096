// Which keys seal secrets? The ring of `MILLRACE_KEYS`: the first key seals, all of them open.
import { randomBytes } from "node:crypto";
import { randomBase62 } from "../model/ids.ts";

export type RingKey = { id: string; key: Buffer };
export type Keyring = { active: RingKey; byId: ReadonlyMap<string, RingKey> };

/** Why the vault cannot do what it was asked for. Messages hold key ids, never keys or secrets. */
export class VaultError extends Error {
  readonly code: "keyring" | "unknown_key" | "malformed" | "tampered";

  constructor(code: VaultError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "VaultError";
    this.code = code;
  }
}

/** Keys wrap data keys with AES-256. */
const keyBytes = 32;

/** Reads `id:base64(32 bytes)`, separated by commas, the active one first. Throws a VaultError `keyring`. */
export function parseKeyring(text: string): Keyring {
  const byId = new Map<string, RingKey>();
  for (const [index, entry] of text.split(",").entries()) {
    const ringKey = parseEntry(entry.trim(), index + 1);
    if (byId.has(ringKey.id)) throw new VaultError("keyring", `The keyring has the id "${ringKey.id}" twice.`);
    byId.set(ringKey.id, ringKey);
  }
  const [active] = byId.values();
  if (active === undefined) throw new VaultError("keyring", "The keyring is empty.");
  return { active, byId };
}

/** A new entry for the keyring: an id of its own and 32 random bytes. */
export function newKeyringEntry(): string {
  return `k${randomBase62(8)}:${randomBytes(keyBytes).toString("base64")}`;
}

function parseEntry(entry: string, position: number): RingKey {
  const match = /^(?<id>[A-Za-z0-9_-]{1,40}):(?<key>[A-Za-z0-9+/]{43}=)$/.exec(entry);
  const id = match?.groups?.["id"];
  const key = Buffer.from(match?.groups?.["key"] ?? "", "base64");
  if (id === undefined || key.length !== keyBytes) {
    throw new VaultError("keyring", `Key ${position} of the keyring is not of the form id:base64 with 32 bytes.`);
  }
  return { id, key };
}
