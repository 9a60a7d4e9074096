// Builds small zip archives for tests, well formed or damaged on purpose.
import { deflateRawSync } from "node:zlib";

type Member = {
  name: string;
  content: Buffer;
  stored?: boolean;
  statedBytes?: number;
  flags?: number;
  method?: number;
};

/** A zip archive (no zip64, no encryption) with the members in order, and a comment at its end. */
export function zipArchive(members: Member[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const data = member.stored ? member.content : deflateRawSync(member.content);
    const method = member.method ?? (member.stored ? 0 : 8);
    const name = Buffer.from(member.name);
    // A local header may have extra fields that the directory does not.
    const extra = Buffer.from([1, 0, 2, 0, 9, 9]);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(extra.length, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(member.flags ?? 0, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(member.statedBytes ?? member.content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, name, extra, data);
    entries.push(entry, name);
    offset += local.length + name.length + extra.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}
