import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { unzipMember } from "../../src/embedded/zip.ts";
import { testFolder } from "../support/folder.ts";
import { zipArchive } from "./zip-archive.ts";

const content = Buffer.from("the program".repeat(1000));
const other = { name: "pkg/other", content: Buffer.from("other") };

async function unzip(archive: Buffer, member = "pkg/bin/program"): Promise<{ hash: string; content: Buffer }> {
  await using folder = await testFolder();
  const path = join(folder.path, "archive.whl");
  const target = join(folder.path, "out");
  await writeFile(path, archive);
  const hash = await unzipMember(path, member, target);
  return { hash, content: await readFile(target) };
}

test.each([
  ["deflated", false],
  ["stored", true],
])("a %s file comes out as it went in, with its SHA-256", async (_, stored) => {
  const unpacked = await unzip(zipArchive([other, { name: "pkg/bin/program", content, stored }, other]));
  expect(unpacked.content.equals(content)).toBe(true);
  expect(unpacked.hash).toBe(createHash("sha256").update(content).digest("hex"));
});

test("an archive with a comment is read", async () => {
  const archive = zipArchive([{ name: "pkg/bin/program", content }], "a comment");
  expect((await unzip(archive)).content.equals(content)).toBe(true);
});

test("an empty file comes out empty", async () => {
  const archive = zipArchive([{ name: "pkg/bin/program", content: Buffer.alloc(0), stored: true }]);
  expect((await unzip(archive)).content).toHaveLength(0);
});

test("any content, in any place of the archive, comes out as it went in", async () => {
  const member = fc.record({ content: fc.uint8Array({ maxLength: 2000 }), stored: fc.boolean() });
  const law = fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 5 }), fc.nat(), async (members, pick) => {
    const named = members.map((each, index) => ({
      name: `m${index}`,
      content: Buffer.from(each.content),
      stored: each.stored,
    }));
    const wanted = named[pick % named.length];
    const unpacked = await unzip(zipArchive(named), wanted?.name);
    return unpacked.content.equals(wanted?.content ?? Buffer.alloc(0));
  });
  await expect(fc.assert(law, { numRuns: 30 })).resolves.toBeUndefined();
});

const program = { name: "pkg/bin/program", content };
const whole = zipArchive([program]);
test.each<[string, Buffer, RegExp]>([
  ["lacks the file", zipArchive([other]), /no file pkg\/bin\/program/],
  ["is not a zip", Buffer.from("<html>not found</html>".repeat(10)), /not a zip archive, or was cut off/],
  ["is empty", Buffer.alloc(0), /not a zip archive, or was cut off/],
  ["was cut off", whole.subarray(0, whole.length - 30), /not a zip archive, or was cut off/],
  ["lost its beginning", whole.subarray(40), /cut off|damaged/],
  ["yields more than it states", zipArchive([{ ...program, statedBytes: 100 }]), /more than the 100 bytes/],
  ["yields less than it states", zipArchive([{ ...program, statedBytes: 99_999 }]), /instead of 99999/],
  ["is encrypted", zipArchive([{ ...program, flags: 1 }]), /not supported/],
  ["uses another method", zipArchive([{ ...program, method: 12 }]), /not supported/],
  ["needs zip64", zipArchive([{ ...program, statedBytes: 0xffffffff }]), /not supported/],
])("an archive that %s is refused", async (_, archive, message) => {
  await expect(unzip(archive)).rejects.toThrow(message);
});

test("a file that exists already is never written over", async () => {
  await using folder = await testFolder();
  const path = join(folder.path, "archive.whl");
  const target = join(folder.path, "out");
  await writeFile(path, whole);
  await writeFile(target, "precious");
  await expect(unzipMember(path, "pkg/bin/program", target)).rejects.toThrow(/EEXIST/);
  expect(await readFile(target, "utf8")).toBe("precious");
});
