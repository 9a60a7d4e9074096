// Typed, prefixed ids that sort by the time of their making.
import { randomFillSync } from "node:crypto";

export type IdPrefix =
  | "tnt"
  | "key"
  | "evt"
  | "etyp"
  | "flow"
  | "run"
  | "conn"
  | "tmpl"
  | "bulk"
  | "blob"
  | "req"
  | "proc"
  | "ep"
  | "dlv"
  | "drec"
  | "sec"
  | "prof"
  | "msg";
export type Id<P extends IdPrefix> = `${P}_${string}`;
export type TenantId = Id<"tnt">;
export type FlowId = Id<"flow">;
export type RunId = Id<"run">;
export type ConnectionId = Id<"conn">;
export type TemplateId = Id<"tmpl">;
export type BulkRetryId = Id<"bulk">;
export type BlobId = Id<"blob">;
export type EndpointId = Id<"ep">;
export type SecretId = Id<"sec">;
export type ProfileId = Id<"prof">;
export type DeliveryId = Id<"dlv">;
export type RecoveryId = Id<"drec">;
export type EventTypeId = Id<"etyp">;
export type InboxMessageId = Id<"msg">;
/** The id of an event is the sender's own where one was given; ours (`evt_…`) otherwise. */
export type EventId = string;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const timeDigits = 8; // 62^8 milliseconds reach beyond the year 8000
const randomDigits = 14; // 83 bits

/** A new id: prefix, time in milliseconds, 83 random bits, all base62. Ids of later milliseconds sort after earlier ones. */
export function newId<P extends IdPrefix>(prefix: P, nowMs: number = Date.now()): Id<P> {
  return `${prefix}_${encodeTime(nowMs)}${randomBase62(randomDigits)}`;
}

/**
 * A maker of ids of which each sorts after the one before, also within one millisecond, and when the clock is set back: for
 * what keeps its order.
 */
export function createOrderedIds<P extends IdPrefix>(prefix: P, nowMs: () => number = Date.now): () => Id<P> {
  let lastMs = 0;
  let tail = "";
  return () => {
    const ms = Math.floor(nowMs());
    if (ms > lastMs) {
      lastMs = ms;
      tail = randomBase62(randomDigits);
    } else {
      tail = nextBase62(tail);
    }
    return `${prefix}_${encodeTime(lastMs)}${tail}`;
  };
}

/** The base62 text that follows one of the same length; after the last one comes the first. */
function nextBase62(text: string): string {
  const at = text.search(/z*$/) - 1;
  const digit = alphabet[alphabet.indexOf(text[at] ?? "") + 1] ?? "0";
  return text.slice(0, Math.max(0, at)) + digit + "0".repeat(text.length - 1 - Math.max(0, at));
}

/** The smallest id of a prefix at a time: a bound for range queries by time over ids. */
export function firstIdAt<P extends IdPrefix>(prefix: P, atMs: number): Id<P> {
  return `${prefix}_${encodeTime(atMs)}${"0".repeat(randomDigits)}`;
}

/** An id that is the same for the same time and digest (at least 16 uniformly distributed bytes). */
export function derivedId<P extends IdPrefix>(prefix: P, atMs: number, digest: Uint8Array): Id<P> {
  let rest = digest.subarray(0, 16).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = "";
  for (let i = 0; i < randomDigits; i++) {
    text += alphabet[Number(rest % 62n)];
    rest /= 62n;
  }
  return `${prefix}_${encodeTime(atMs)}${text}`;
}

/** When an id was made, in milliseconds; of derived ones, the time that they were given. */
export function timeOfId(id: Id<IdPrefix>): number {
  const digits = id.slice(id.indexOf("_") + 1, id.indexOf("_") + 1 + timeDigits);
  return digits.split("").reduce((ms, digit) => ms * 62 + alphabet.indexOf(digit), 0);
}

/** Whether a text has the form of an id of ours with this prefix. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  if (!text.startsWith(`${prefix}_`)) return false;
  const digits = text.slice(prefix.length + 1);
  // A delivery's id holds that of its event, and ten digits of its endpoint's.
  return /^[0-9A-Za-z]{22}$/.test(digits) || (prefix === "dlv" && /^[0-9A-Za-z]{32}$/.test(digits));
}

/** `length` uniformly random base62 digits. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    if (poolAt === pool.length) {
      randomFillSync(pool);
      poolAt = 0;
    }
    const byte = pool[poolAt++] ?? 255;
    // 248 = 4 × 62: bytes above it would make the first digits likelier.
    if (byte < 248) text += alphabet[byte % 62];
  }
  return text;
}

// A call for random bytes costs more than the bytes: they are drawn for many ids at once, and each is used once.
const pool = new Uint8Array(4_096);
let poolAt = pool.length;

function encodeTime(ms: number): string {
  let rest = Math.floor(ms);
  let text = "";
  for (let i = 0; i < timeDigits; i++) {
    text = alphabet[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
