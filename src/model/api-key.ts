// API keys: their form, checksum and making. `mr_live_` + id (12) + secret (40) + checksum (6), all base62.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { randomBase62 } from "./ids.ts";

const form = /^mr_(live|test)_([0-9A-Za-z]{12})([0-9A-Za-z]{40})([0-9A-Za-z]{6})$/;
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export type ParsedApiKey = { id: string; environment: "live" | "test"; hash: string };

/** A new key with 238 random bits of secret; under an id that there is already, it takes the place of that key. */
export function newApiKey(environment: "live" | "test" = "live", id: string = randomBase62(12)): string {
  const body = `mr_${environment}_${id}${randomBase62(40)}`;
  return body + checksumOf(body);
}

/** What may be shown of a key: its first letters and eight digits of its id, of which nobody learns the secret. */
export function apiKeyPrefix(id: string, environment: "live" | "test" = "live"): string {
  return `mr_${environment}_${id.slice(0, 8)}...`;
}

/** The parts of a key whose form and checksum are right; undefined otherwise, at no cost of a look-up. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  const match = form.exec(text);
  const [, environment, id, , checksum] = match ?? [];
  if (!id || checksumOf(text.slice(0, -6)) !== checksum) return undefined;
  return { id, environment: environment === "test" ? "test" : "live", hash: hashApiKey(text) };
}

/** SHA-256 of a key, hexadecimal: what is stored. The secret has 238 random bits, so a slow hash would add nothing. */
export function hashApiKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** CRC-32 (IEEE) as base62, left-padded with zeros to six digits. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let encoded = "";
  do {
    encoded = digits[rest % 62] + encoded;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return encoded.padStart(6, "0");
}
