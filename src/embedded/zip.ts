// How do we take one file out of a zip archive (a Python wheel) without a dependency?
// Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record).
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const commentBytesMax = 0xffff;
const directoryBytesMax = 16 * 1024 * 1024;

type ZipEntry = { method: number; compressedBytes: number; bytes: number; localOffset: number };

/**
 * Writes the archive's file `member` to `target`, which must not exist, and returns the SHA-256 of what was written, in hex.
 * Throws when the archive is damaged, has no such file, or uses what wheels never use (encryption, zip64, other methods).
 */
export async function unzipMember(archive: string, member: string, target: string): Promise<string> {
  const { start, entry } = await locate(archive, member);
  const hash = createHash("sha256");
  let written = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      // The directory's own size is the budget: a stream that yields more is damaged or a bomb.
      if (written > entry.bytes)
        return done(new Error(`${member} unpacks to more than the ${entry.bytes} bytes it states`));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const output = createWriteStream(target, { flags: "wx", flush: true });
  if (entry.compressedBytes === 0) {
    await pipeline([], output);
  } else {
    const input = createReadStream(archive, { start, end: start + entry.compressedBytes - 1 });
    if (entry.method === 8) await pipeline(input, createInflateRaw(), measure, output);
    else await pipeline(input, measure, output);
  }
  if (written !== entry.bytes) throw new Error(`${member} unpacks to ${written} bytes instead of ${entry.bytes}`);
  return hash.digest("hex");
}

async function locate(archive: string, member: string): Promise<{ start: number; entry: ZipEntry }> {
  const file = await open(archive, "r");
  try {
    const entry = findEntry(await readDirectory(file), member);
    const local = await readAt(file, entry.localOffset, 30);
    if (local.readUInt32LE(0) !== localSignature) throw new Error(`The archive's entry of ${member} is damaged`);
    // The local header has name and extra fields of its own length: the directory's must not be used here.
    const start = entry.localOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    return { start, entry };
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, endBytes + commentBytesMax);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const bytes = tail.readUInt32LE(at + 12);
    if (bytes > directoryBytesMax) throw new Error("The archive's directory is too large");
    return readAt(file, tail.readUInt32LE(at + 16), bytes);
  }
  throw new Error("The file is not a zip archive, or was cut off");
}

function findEntry(directory: Buffer, member: string): ZipEntry {
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === entrySignature) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    if (directory.toString("utf8", at + 46, nameEnd) === member) return readEntry(directory, at, member);
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`The archive has no file ${member}`);
}

function readEntry(directory: Buffer, at: number, member: string): ZipEntry {
  const entry: ZipEntry = {
    method: directory.readUInt16LE(at + 10),
    compressedBytes: directory.readUInt32LE(at + 20),
    bytes: directory.readUInt32LE(at + 24),
    localOffset: directory.readUInt32LE(at + 42),
  };
  const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
  const zip64 = [entry.compressedBytes, entry.bytes, entry.localOffset].includes(0xffffffff);
  if (encrypted || zip64 || (entry.method !== 0 && entry.method !== 8)) {
    throw new Error(`${member} is stored in a way that is not supported`);
  }
  return entry;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error("The archive was cut off");
  return buffer;
}
