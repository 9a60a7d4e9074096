// Keyset pages: newest first, by _id, which sorts by time. The cursor is the last _id of the page before.
import type mongoose from "mongoose";
import { firstIdAt, type IdPrefix } from "../model/ids.ts";
import type { Collection } from "./database.ts";

export type PageRequest = { limit: number; cursor?: string | undefined };
export type Page<T> = { items: T[]; nextCursor: string | undefined };

/** Bounds of a page by the time in its ids: `since` and later, before `until`. */
export function idsBetween(prefix: IdPrefix, between: { since?: Date | undefined; until?: Date | undefined }): Bounds {
  const { since, until } = between;
  return {
    ...(since ? { $gte: firstIdAt(prefix, since.getTime()) } : {}),
    ...(until ? { $lt: firstIdAt(prefix, until.getTime()) } : {}),
  };
}

type Bounds = { $gte?: string; $lt?: string };
type Keyed = { _id: string };

/** One page of a collection. `bounds` limit the time by ids; `hide` names the fields that rows go without. */
export async function readPage<T extends Keyed>(
  collection: Collection<T>,
  filter: Record<string, unknown>,
  bounds: Bounds,
  page: PageRequest,
  hide: Record<string, 0> = {},
): Promise<Page<T>> {
  const upper =
    page.cursor !== undefined && (bounds.$lt === undefined || page.cursor < bounds.$lt) ? page.cursor : bounds.$lt;
  const range = { ...(bounds.$gte ? { $gte: bounds.$gte } : {}), ...(upper ? { $lt: upper } : {}) };
  // The driver's filter type wants each field of T; ours is built from typed arguments of the stores.
  const query = { ...filter, ...(Object.keys(range).length > 0 ? { _id: range } : {}) } as mongoose.mongo.Filter<T>;
  const rows = await collection.find(query, { projection: hide, sort: { _id: -1 }, limit: page.limit + 1 }).toArray();
  const items = rows.slice(0, page.limit) as T[]; // WithId<T> is T: its _id is declared.
  return { items, nextCursor: rows.length > page.limit ? items.at(-1)?._id : undefined };
}
