// A blob: bytes that a step received or sends, kept beside the run because they are no JSON.
import type { BlobId } from "./ids.ts";
import type { JsonSchema } from "./json.ts";

/** Most bytes of one blob. */
export const blobBytesMax = 10 * 1024 * 1024;

/** How outputs and inputs speak of a blob. */
export type BlobRef = { id: BlobId; bytes: number; contentType: string; sha256: string };

export const blobIdSchema = { type: "string", pattern: "^blob_[0-9A-Za-z]{22}$" } as const;

export const blobRefSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "bytes", "contentType", "sha256"],
  properties: {
    id: blobIdSchema,
    bytes: { type: "integer", minimum: 0 },
    contentType: { type: "string" },
    sha256: { type: "string", pattern: "^[0-9a-f]{64}$", description: "Of the bytes, in hexadecimal digits." },
  },
};
