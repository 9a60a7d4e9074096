// The beginnings of bodies, for lists: a page of deliveries never loads what it would not show.
import type { AttemptBodies } from "../model/delivery.ts";
import type { DeliveryId, TenantId } from "../model/ids.ts";
import type { Database } from "./database.ts";
import type { StoredBodies } from "./delivery-bodies.ts";

/** Bodies as lists show them: cut in the database, not here. */
export type BodyHeads = {
  request?: NonNullable<AttemptBodies["request"]> & { truncated?: true };
  response?: NonNullable<AttemptBodies["response"]>;
};

/** Of each JSON text so many characters are read, and of a body so many bytes are shown: an escape takes six for one. */
const readCharsMax = 32 * 1024;
const headBytesMax = 4 * 1024;

/** The query on the beginnings of bodies. */
export function createDeliveryBodyHeads(database: Database) {
  const raw = database.raw<StoredBodies>("deliveryBodies");
  const head = (field: string) => ({ $substrCP: [{ $ifNull: [field, ""] }, 0, readCharsMax] });
  return {
    /** As `of`, with bodies of 4 KB at most; `truncated` says that there is more. One query for a page. */
    async headsOf(tenantId: TenantId, ids: readonly DeliveryId[]): Promise<ReadonlyMap<string, BodyHeads>> {
      if (ids.length === 0) return new Map();
      const ranges = ids.map((id) => ({ _id: { $gte: `${id}/`, $lt: `${id}0` } }));
      const rows = await raw
        .aggregate<StoredBodies>([
          { $match: { $or: ranges, tenantId } },
          { $project: { request: head("$request"), response: head("$response") } },
        ])
        .toArray();
      return new Map(rows.map((row) => [row._id, headsOf(row)]));
    },
  };
}

function headsOf({ request: sent = "", response: got = "" }: StoredBodies): BodyHeads {
  const request = restored<NonNullable<BodyHeads["request"]>>(sent, '"}');
  const response = restored<NonNullable<BodyHeads["response"]>>(got, '","truncated":true}');
  return {
    ...(request === undefined ? {} : { request: withHead(request) }),
    ...(response === undefined ? {} : { response: withHead(response) }),
  };
}

/**
 * A JSON text whose end may have been cut off: then it was in its body, which stands behind everything long. An escape that
 * was cut in the middle goes too. Undefined when there is none, or when its headers alone are longer than what was read.
 */
function restored<T extends { body: string; truncated?: boolean }>(text: string, ending: string): T | undefined {
  if (text === "") return undefined;
  // Written by JSON.stringify in the store of deliveries.
  if (text.length < readCharsMax) return JSON.parse(text) as T;
  const whole = parsed<T>(text);
  if (whole !== undefined) return whole;
  for (let back = 0; back <= escapeCharsMax; back++) {
    const value = parsed<T>(text.slice(0, text.length - back) + ending);
    if (value !== undefined) return { ...value, truncated: true };
  }
  return undefined;
}

/** Longer than an escape that is not whole, the half of a pair before it, and what stands behind a body. */
const escapeCharsMax = 32;

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T; // As in `restored`.
  } catch {
    return undefined;
  }
}

function withHead<T extends { body: string; truncated?: boolean }>(value: T): T {
  const { body } = value;
  if (body.length * 3 <= headBytesMax) return value;
  const bytes = Buffer.from(body);
  if (bytes.length <= headBytesMax) return value;
  let end = headBytesMax;
  // Whole characters: the bytes that continue one begin with the bits 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return { ...value, body: bytes.toString("utf8", 0, end), truncated: true };
}
