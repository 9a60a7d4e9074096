// Secrets at rest: they open where they belong, with a key of the ring, unchanged, and nowhere else.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { newKeyringEntry, parseKeyring, VaultError } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import type { Sealed } from "../../src/vault/vault.ts";

const place = { tenantId: "tnt_1", owner: "conn_1", field: "secret" };
const entries = [newKeyringEntry(), newKeyringEntry()];
const vault = createVault(parseKeyring(entries.join(",")));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
  return "opened";
}

/** Changes bytes of a base64 text. */
function edit(text: string, change: (bytes: Buffer) => Buffer): string {
  return change(Buffer.from(text, "base64")).toString("base64");
}

test("what was sealed opens again, and the stored form does not show it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), (secret, owner, field) => {
      const where = { tenantId: "tnt_1", owner, field };
      const sealed = vault.seal(secret, where);
      expect(vault.open(JSON.parse(JSON.stringify(sealed)), where)).toBe(secret);
      expect(secret.length > 8 && JSON.stringify(sealed).includes(secret)).toBe(false);
    }),
  );
});

test("the same secret is sealed differently each time", () => {
  expect(vault.seal("secret", place)).not.toEqual(vault.seal("secret", place));
});

test.each([
  { ...place, tenantId: "tnt_2" },
  { ...place, owner: "conn_2" },
  { ...place, field: "other" },
  { tenantId: 'tnt_1","conn_1', owner: "", field: "secret" },
])("a secret that was moved to %j does not open", (elsewhere) => {
  expect(codeOf(() => vault.open(vault.seal("secret", place), elsewhere))).toBe("tampered");
});

test("a secret opens with any key of the ring, and is sealed by the first one", () => {
  const sealed = vault.seal("secret", place);
  const rotated = createVault(parseKeyring([newKeyringEntry(), ...entries].join(",")));
  expect(rotated.open(sealed, place)).toBe("secret");
  expect(rotated.seal("secret", place).keyId).not.toBe(sealed.keyId);
});

test("a key that is not in the ring is named", () => {
  const other = createVault(parseKeyring(newKeyringEntry()));
  const sealed = vault.seal("secret", place);
  expect(codeOf(() => other.open(sealed, place))).toBe("unknown_key");
  expect(() => other.open(sealed, place)).toThrow(sealed.keyId);
});

test.each<keyof Sealed>(["wrappedKey", "ciphertext"])("a change of any one byte of %s is found", (part) => {
  const sealed = vault.seal("secret", place);
  const { length } = Buffer.from(String(sealed[part]), "base64");
  for (let index = 0; index < length; index++) {
    const changed = edit(String(sealed[part]), (bytes) => {
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      return bytes;
    });
    expect(codeOf(() => vault.open({ ...sealed, [part]: changed }, place))).toBe("tampered");
  }
});

test("the parts of two sealed secrets cannot be swapped", () => {
  const [one, two] = [vault.seal("one", place), vault.seal("two", place)];
  expect(codeOf(() => vault.open({ ...one, ciphertext: two.ciphertext }, place))).toBe("tampered");
});

test("a tag of four bytes is refused; Node itself, told no length, would take it", () => {
  const sealed = vault.seal("secret", place);
  const short = edit(sealed.ciphertext, (bytes) => Buffer.concat([bytes.subarray(0, 16), bytes.subarray(28)]));
  expect(["tampered", "malformed"]).toContain(codeOf(() => vault.open({ ...sealed, ciphertext: short }, place)));

  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const text = Buffer.concat([cipher.update("secret"), cipher.final()]);
  const opened = createDecipheriv("aes-256-gcm", key, iv).setAuthTag(cipher.getAuthTag().subarray(0, 4));
  expect(Buffer.concat([opened.update(text), opened.final()]).toString()).toBe("secret");
});

test.each([
  ["an empty text", { ciphertext: "" }],
  ["another version", { version: 2 }],
])("%s is malformed", (_, over) => {
  // Stored documents can hold anything.
  const sealed = { ...vault.seal("secret", place), ...over } as Sealed;
  expect(codeOf(() => vault.open(sealed, place))).toBe("malformed");
});

describe("the keyring", () => {
  const good = newKeyringEntry();

  test("new entries are read again, the first one is active, spaces are allowed", () => {
    const ring = parseKeyring(` ${good} , ${newKeyringEntry()}`);
    expect(ring.active.id).toBe(good.split(":")[0]);
    expect(ring.byId.size).toBe(2);
  });

  test.each([
    "",
    ",",
    "k1",
    "k1:",
    ":AAAA",
    `k1:${randomBytes(16).toString("base64")}`,
    `k1:${randomBytes(33).toString("base64")}`,
    `k1:${"!".repeat(43)}=`,
    `k 1:${randomBytes(32).toString("base64")}`,
    `${good},${good}`,
    `${good},`,
  ])("%j is refused without showing a key", (text) => {
    expect(codeOf(() => parseKeyring(text))).toBe("keyring");
    expect(() => parseKeyring(text)).not.toThrow(/[A-Za-z0-9+/]{20}/);
  });
});
