// How does a whole payload become bytes? As the message temporal.api.common.v1.Payload, in protocol buffers' wire format.
import type { Payload } from "@temporalio/common";
import protobuf from "protobufjs/minimal.js";
import { VaultError } from "../vault/keyring.ts";

// message Payload { map<string, bytes> metadata = 1; bytes data = 2; }
// A map is a repeated message { key = 1; value = 2; }. The tag of a field with a length is its number * 8 + 2.
const metadataTag = 10;
const dataTag = 18;
const keyTag = 10;
const valueTag = 18;

/** The bytes of a payload with its metadata. */
export function writePayload({ metadata, data }: Payload): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [name, value] of Object.entries(metadata ?? {})) {
    writer.uint32(metadataTag).fork().uint32(keyTag).string(name).uint32(valueTag).bytes(value).ldelim();
  }
  if (data) writer.uint32(dataTag).bytes(data);
  return writer.finish();
}

/** The payload that the bytes hold. Throws a VaultError `malformed`. */
export function readPayload(bytes: Uint8Array): Payload {
  try {
    const reader = protobuf.Reader.create(bytes);
    const metadata: { [name: string]: Uint8Array } = {};
    const payload: Payload = { metadata };
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === metadataTag) {
        const [name, value] = readEntry(reader);
        Object.defineProperty(metadata, name, { value, enumerable: true, configurable: true, writable: true });
      } else if (tag === dataTag) payload.data = reader.bytes();
      else reader.skipType(tag & 7);
    }
    return payload;
  } catch (cause) {
    throw new VaultError("malformed", "A sealed payload of Temporal holds something else than a payload.", cause);
  }
}

function readEntry(reader: protobuf.Reader): [string, Uint8Array] {
  const end = reader.uint32() + reader.pos;
  let name = "";
  let value: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === keyTag) name = reader.string();
    else if (tag === valueTag) value = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return [name, value];
}
