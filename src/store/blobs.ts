// Blobs: bytes that steps received, or that they send. They expire; what they were stays in the step's output.
import { createHash } from "node:crypto";
import mongoose from "mongoose";
import type { BlobRef } from "../model/blob.ts";
import { newId, type BlobId, type TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";

type StoredBlob = {
  _id: BlobId;
  tenantId: TenantId;
  contentType: string;
  sha256: string;
  bytes: number;
  data: mongoose.mongo.Binary;
  createdAt: Date;
  expiresAt: Date;
};

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    contentType: String,
    sha256: String,
    bytes: Number,
    data: Buffer,
    createdAt: Date,
    expiresAt: Date,
  },
  { versionKey: false },
);
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** How long a blob is kept, in milliseconds: 30 days. */
export const blobKeptMs = 30 * 86_400_000;

export type BlobStore = ReturnType<typeof createBlobStore>;

/** Every query on blobs. */
export function createBlobStore(database: Database) {
  const model = database.connection.model("Blob", schema, "blobs");
  const raw = database.raw<StoredBlob>("blobs");
  return {
    init: () => model.createIndexes(),

    /** Stores bytes, `blobBytesMax` of them at most; answers how outputs speak of them. */
    async put(tenantId: TenantId, data: Buffer, contentType: string): Promise<BlobRef> {
      const ref: BlobRef = {
        id: newId("blob"),
        bytes: data.length,
        contentType,
        sha256: createHash("sha256").update(data).digest("hex"),
      };
      const now = database.nowMs();
      const { id: _id, ...rest } = ref;
      const times = { createdAt: new Date(now), expiresAt: new Date(now + blobKeptMs) };
      await raw.insertOne({ _id, tenantId, ...rest, data: new mongoose.mongo.Binary(data), ...times });
      return ref;
    },

    /** The tenant's blob with its bytes; undefined when there is none, or no longer. */
    async find(tenantId: TenantId, id: BlobId): Promise<{ ref: BlobRef; data: Buffer } | undefined> {
      const row = await raw.findOne({ _id: id, tenantId }, { promoteBuffers: true });
      if (!row || row.expiresAt.getTime() <= database.nowMs()) return undefined;
      const { bytes, contentType, sha256 } = row;
      // With `promoteBuffers` the driver answers a Buffer where a Binary was stored.
      return { ref: { id, bytes, contentType, sha256 }, data: row.data as unknown as Buffer };
    },
  };
}
