// How does the content of a request look on the wire? JSON, text, a form, parts, or stored bytes.
import { createHash } from "node:crypto";
import type { LoadedBlob } from "../../src/connector/contract.ts";
import type { BlobId } from "../../src/model/ids.ts";
import type { Fields, Part, RequestInput } from "./input.ts";

export type Content = { type: string; body: string | Buffer };
type Blobs = ReadonlyMap<string, LoadedBlob>;

/** The body that the input asks for, with its content type; undefined when there is none. */
export function contentOf(input: RequestInput, blobs: Blobs): Content | undefined {
  const { body, form, multipart, blob } = input;
  if (form !== undefined) return { type: "application/x-www-form-urlencoded", body: encodeFields(form) };
  if (multipart !== undefined) return multipartOf(multipart, blobs);
  if (blob !== undefined) {
    const stored = loaded(blobs, blob);
    return { type: stored.ref.contentType, body: stored.data };
  }
  if (body === undefined) return undefined;
  if (typeof body === "string") return { type: "text/plain; charset=utf-8", body };
  return { type: "application/json", body: JSON.stringify(body) };
}

/** The stored bytes that a request of this input sends. */
export function blobsOf({ blob, multipart = [] }: RequestInput): BlobId[] {
  const ofParts = multipart.flatMap((part) => ("blob" in part ? [part.blob] : []));
  return blob === undefined ? ofParts : [...ofParts, blob];
}

/** Fields as a query or form writes them; a list repeats its name. */
export function encodeFields(values: Fields): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}

/** RFC 7578. The boundary is a hash of the content, so that no content can hold it (RFC 2046, section 5.1.1). */
function multipartOf(parts: Part[], blobs: Blobs): Content {
  const contents = parts.map((part) => partOf(part, blobs));
  const hash = createHash("sha256");
  for (const { head, data } of contents) hash.update(head).update(data);
  const boundary = `millrace-${hash.digest("hex")}`;
  const chunks = contents.flatMap(({ head, data }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    data,
    Buffer.from("\r\n"),
  ]);
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

function partOf(part: Part, blobs: Blobs): { head: string; data: Buffer } {
  const disposition = `content-disposition: form-data; name="${quoted(part.name)}"`;
  if (!("blob" in part)) return { head: disposition, data: Buffer.from(String(part.value)) };
  const { ref, data } = loaded(blobs, part.blob);
  const filename = quoted(part.filename ?? part.blob);
  return { head: `${disposition}; filename="${filename}"\r\ncontent-type: ${ref.contentType}`, data };
}

/** As browsers write it (RFC 7578, section 2, leaves it open): nothing may end the quotes or the line. */
function quoted(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function loaded(blobs: Blobs, id: BlobId): LoadedBlob {
  const blob = blobs.get(id);
  // The executor has loaded every blob that `blobsOf` names.
  if (blob === undefined) throw new TypeError(`The blob ${id} was not loaded.`);
  return blob;
}
