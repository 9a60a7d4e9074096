// The development inbox: what was posted to it, for a day, a bounded number of messages.
import mongoose from "mongoose";
import { newId, type InboxMessageId, type TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import { readPage, type Page, type PageRequest } from "./page.ts";

/** Whether a message was signed by one of the tenant's secrets: by whose, or why not. */
export type InboxVerification = { verified: boolean; by?: string; why?: string };

export type NewInboxMessage = {
  name: string;
  /** In the order of their arrival; a name may stand several times. */
  headers: [name: string, value: string][];
  body: Buffer;
  /** What was answered. */
  status: number;
  verification: InboxVerification;
};
export type InboxMessage = NewInboxMessage & { id: InboxMessageId; at: Date };

type StoredMessage = Omit<NewInboxMessage, "body"> & {
  _id: InboxMessageId;
  tenantId: TenantId;
  at: Date;
  body: mongoose.mongo.Binary;
};

/** How long messages are kept, in seconds. */
export const inboxKeptSeconds = 24 * 3_600;
/** Messages that are kept of one inbox, and of all inboxes of a tenant: whoever can post must not fill the disk. */
export const inboxMessagesMax = 200;
const tenantMessagesMax = 2_000;

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    name: String,
    at: Date,
    headers: mongoose.Schema.Types.Mixed,
    body: Buffer,
    status: Number,
    verification: mongoose.Schema.Types.Mixed,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, name: 1, _id: -1 });
schema.index({ tenantId: 1, _id: -1 });
schema.index({ at: 1 }, { expireAfterSeconds: inboxKeptSeconds });

export type InboxStore = ReturnType<typeof createInboxStore>;

/** Every query on the inbox. */
export function createInboxStore(database: Database) {
  const model = database.connection.model("InboxMessage", schema, "inboxMessages");
  const raw = database.raw<StoredMessage>("inboxMessages");

  /** Removes what is older than the newest `max` messages. */
  const trim = async (of: { tenantId: TenantId; name?: string }, max: number): Promise<void> => {
    const [last] = await raw.find(of, { projection: { _id: 1 }, sort: { _id: -1 }, skip: max, limit: 1 }).toArray();
    if (last) await raw.deleteMany({ ...of, _id: { $lte: last._id } });
  };

  return {
    init: () => model.createIndexes(),

    async put(tenantId: TenantId, message: NewInboxMessage): Promise<InboxMessage> {
      const at = new Date();
      const id = newId("msg", at.getTime());
      await raw.insertOne({ _id: id, tenantId, at, ...message, body: new mongoose.mongo.Binary(message.body) });
      await trim({ tenantId, name: message.name }, inboxMessagesMax);
      await trim({ tenantId }, tenantMessagesMax);
      return { id, at, ...message };
    },

    /** Newest first. */
    async list(tenantId: TenantId, name: string, page: PageRequest): Promise<Page<InboxMessage>> {
      const rows = await readPage(raw, { tenantId, name }, {}, page);
      return { items: rows.items.map(messageOf), nextCursor: rows.nextCursor };
    },

    async clear(tenantId: TenantId, name: string): Promise<void> {
      await raw.deleteMany({ tenantId, name });
    },
  };
}

function messageOf({ _id, tenantId: _, body, ...rest }: StoredMessage): InboxMessage {
  return { id: _id, ...rest, body: Buffer.from(body.buffer) };
}
