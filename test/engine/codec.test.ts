// The payload codec: what it seals, what opens it, and what it says when it cannot.
import fc from "fast-check";
import type { Payload } from "@temporalio/common";
import { createPayloads, failureConverter } from "../../src/engine/codec.ts";
import { summaryBytesMax } from "../../src/flow/summary.ts";
import { newKeyringEntry, parseKeyring, VaultError } from "../../src/vault/keyring.ts";
import { failureConverter as converterOfWorkflows } from "../../workflows/failure-converter.ts";

const first = newKeyringEntry();
const second = newKeyringEntry();
const codecOf = (ring: string, { namespace = "millrace", encrypts = true } = {}) =>
  createPayloads({ keyring: parseKeyring(ring), namespace, encrypts }).codec;
const codec = codecOf(first);

const hello: Payload = { metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from('"hello"') };
const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString("latin1");
/** Comparable: the same bytes may be Buffers or not. */
const shown = ({ metadata, data }: Payload) => ({
  metadata: Object.entries(metadata ?? {}).map(([name, value]) => [name, textOf(value)]),
  data: textOf(data),
});

async function seal(payload: Payload, by = codec): Promise<Payload> {
  const [sealed] = await by.encode([payload]);
  if (!sealed) throw new Error("Nothing came back.");
  return sealed;
}

test("every payload comes back as it was, with its metadata", async () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const names = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.constantFrom("__proto__", "encoding", ""));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, bytes), { maxLength: 4 }), bytes, async (entries, data) => {
      const payload: Payload = { metadata: Object.fromEntries(entries), data };
      const [opened] = await codec.decode([await seal(payload)]);
      expect(opened && shown(opened)).toEqual(shown(payload));
    }),
  );
});

test("nothing of a payload can be read from the sealed one, and the same payload is sealed differently each time", async () => {
  const [one, two] = [await seal(hello), await seal(hello)];
  expect(textOf(one.metadata?.["encoding"])).toBe("binary/encrypted");
  expect(textOf(one.metadata?.["encryption-key-id"])).toBe(first.split(":")[0]);
  expect(JSON.stringify(shown(one))).not.toMatch(/hello|json/);
  expect(textOf(one.data).slice(0, 12)).not.toBe(textOf(two.data).slice(0, 12));
  expect(textOf(one.data).slice(28)).not.toBe(textOf(two.data).slice(28));
});

test("a payload that was changed anywhere does not open", async () => {
  const sealed = await seal(hello);
  for (let index = 0; index < (sealed.data?.length ?? 0); index++) {
    const data = Buffer.from(sealed.data ?? []);
    data[index] = (data[index] ?? 0) ^ 1;
    await expect(codec.decode([{ ...sealed, data }])).rejects.toMatchObject({ code: "tampered" });
  }
});

test("a sealed payload opens in its own namespace and under its own key's id only", async () => {
  const sealed = await seal(hello);
  await expect(codecOf(first, { namespace: "other" }).decode([sealed])).rejects.toMatchObject({ code: "tampered" });
  const [, sameKey] = first.split(":");
  const renamed = { ...sealed, metadata: { ...sealed.metadata, "encryption-key-id": Buffer.from("renamed") } };
  await expect(codecOf(`renamed:${sameKey}`).decode([renamed])).rejects.toMatchObject({ code: "tampered" });
});

test("a short tag is no tag", async () => {
  const sealed = await seal({ data: new Uint8Array() });
  const data = Buffer.from(sealed.data ?? []).subarray(0, 27);
  await expect(codec.decode([{ ...sealed, data }])).rejects.toMatchObject({ code: "malformed" });
});

test("payloads from before encryption was switched on are read as they are", async () => {
  expect(await codec.decode([hello, {}])).toEqual([hello, {}]);
});

test("while encryption is off nothing is sealed, and what was sealed is still read", async () => {
  const off = codecOf(first, { encrypts: false });
  expect(await off.encode([hello])).toEqual([hello]);
  const [opened] = await off.decode([await seal(hello)]);
  expect(opened && shown(opened)).toEqual(shown(hello));
});

test("a new active key seals, and the old one still opens", async () => {
  const rotated = codecOf(`${second},${first}`);
  const [opened] = await rotated.decode([await seal(hello)]);
  expect(opened && shown(opened)).toEqual(shown(hello));
  expect(textOf((await seal(hello, rotated)).metadata?.["encryption-key-id"])).toBe(second.split(":")[0]);
});

test("a key that is missing is named, and a name that could be no key's is not repeated", async () => {
  const sealed = await seal(hello);
  const [id] = first.split(":");
  const missing = codecOf(second).decode([sealed]);
  await expect(missing).rejects.toThrow(`sealed by the key "${id}", which is not in the keyring`);
  await expect(missing).rejects.toBeInstanceOf(VaultError);
  const strange = { ...sealed, metadata: { ...sealed.metadata, "encryption-key-id": Buffer.from("<b>\n") } };
  await expect(codec.decode([strange])).rejects.toThrow("sealed by the key, which is not in the keyring");
});

test("the longest summary, sealed, keeps to what Temporal's API allows", async () => {
  const longest = Buffer.from(JSON.stringify("x".repeat(summaryBytesMax)));
  expect((await seal({ ...hello, data: longest })).data?.length).toBeLessThan(400);
});

test("a failure's message and stack travel inside a payload", () => {
  const payloadConverter = {
    toPayload: (value: unknown) => ({ data: Buffer.from(JSON.stringify(value)) }),
    fromPayload: () => undefined as never, // Never called: nothing is read here.
  };
  const { message, stackTrace, encodedAttributes } = failureConverter.errorToFailure(
    new Error("the canary"),
    payloadConverter,
  );
  expect(`${message}${stackTrace}`).not.toContain("canary");
  expect(textOf(encodedAttributes?.data)).toContain("the canary");
  // While nothing is sealed, a run's failure can be read in Temporal's UI without asking anybody.
  expect(converterOfWorkflows.errorToFailure(new Error("in clear words"), payloadConverter).message).toBe(
    "in clear words",
  );
});
