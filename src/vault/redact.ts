// How do secrets stay out of what is recorded? They are replaced by value, in every form they may have taken on the way.
import type { Json } from "../model/json.ts";
import { findDisguised, mayDisguise, plainBytes } from "./disguise.ts";

export type Redact = (text: string) => string;

/** What stands where a secret was. */
export const redactedMark = "[redacted]";

/** Shorter secrets would turn up in ordinary text, and tell by the holes what they are. */
const secretCharsMin = 6;
/** The longest escape of a character that is looked for in what was cut off, in bytes: `\\\\u002f`, `&#x0002f;`. */
const escapeBytesMax = 12;

/**
 * A function that replaces secrets in a text: as they are, URL-encoded, in base64 (also inside a longer one), and
 * escaped as in JSON or HTML, wholly or in part. Secrets below six characters are left alone.
 */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = allForms(secrets);
  if (forms.length === 0) return (text) => text;
  let plainForms: readonly Buffer[] | undefined;
  return (text) => {
    let clean = text;
    for (const form of forms) {
      // Searching first costs next to nothing, and almost no text holds a secret.
      if (clean.includes(form)) clean = clean.replaceAll(form, redactedMark);
    }
    if (!mayDisguise(clean)) return clean;
    plainForms ??= plainFormsOf(secrets);
    return plainForms.length > 0 ? withoutDisguised(clean, plainForms) : clean;
  };
}

/**
 * The bytes of a text that was cut off, without what may be the first part of a secret at their end: no redactor would
 * know it. Whole secrets have to be replaced before.
 */
export function withoutTorn(bytes: Buffer, secrets: readonly string[]): Buffer {
  const forms = allForms(secrets).map((form) => Buffer.from(form).toString("latin1"));
  const longest = Math.max(0, ...forms.map((form) => form.length));
  const end = bytes.subarray(Math.max(0, bytes.length - longest)).toString("latin1");
  const torn = Math.max(0, ...forms.map((form) => tornLength(end, form)));
  const kept = torn === 0 ? bytes : bytes.subarray(0, bytes.length - torn);
  return kept.subarray(0, tornInDisguise(kept, plainFormsOf(secrets)));
}

/** How much stands before the first part of a secret with escapes in it. */
function tornInDisguise(bytes: Buffer, plainForms: readonly Buffer[]): number {
  const longest = Math.max(0, ...plainForms.map((form) => form.length));
  const from = Math.max(0, bytes.length - longest * escapeBytesMax);
  const end = bytes.subarray(from);
  if (!mayDisguise(end.toString("latin1"))) return bytes.length;
  const starts = new Uint32Array(end.length + 1);
  const plain = plainBytes(end, starts).toString("latin1");
  const torn = Math.max(0, ...plainForms.map((form) => tornLength(plain, form.toString("latin1"))));
  return torn === 0 ? bytes.length : from + (starts[plain.length - torn] ?? 0);
}

function tornLength(end: string, form: string): number {
  for (let length = Math.min(form.length - 1, end.length); length > 0; length--) {
    if (end.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}

/** Every form of every secret. The longest first: a shorter one may be a part of it, and its rest would stay. */
function allForms(secrets: readonly string[]): string[] {
  const forms = new Set(secrets.filter((secret) => secret.length >= secretCharsMin).flatMap(formsOf));
  return [...forms].sort((a, b) => b.length - a.length);
}

/** What is left of secrets and their base64 when all escapes are undone; letters and digits nobody escapes. */
function plainFormsOf(secrets: readonly string[]): Buffer[] {
  const forms = secrets
    .filter((secret) => secret.length >= secretCharsMin)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), ...base64Forms(secret)])
    .filter((form) => /[^A-Za-z0-9._~-]/.test(form));
  const plain = new Set(forms.map((form) => plainBytes(Buffer.from(form)).toString("latin1")));
  return [...plain].filter((form) => form.length >= secretCharsMin).map((form) => Buffer.from(form, "latin1"));
}

function withoutDisguised(text: string, plainForms: readonly Buffer[]): string {
  const bytes = Buffer.from(text);
  const ranges = findDisguised(bytes, plainForms);
  if (ranges.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    pieces.push(bytes.toString("utf8", at, from), redactedMark);
    at = to;
  }
  return [...pieces, bytes.toString("utf8", at)].join("");
}

/** A JSON tree with the secrets of all its strings and keys replaced, and of its numbers: a secret may be digits only. */
export function redactJson(value: Json, redact: Redact): Json {
  if (typeof value === "string") return redact(value);
  if (typeof value === "number") return redact(String(value)) === String(value) ? value : redactedMark;
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (typeof value !== "object" || value === null) return value;
  // From entries, not by assignment: a key `__proto__` stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactJson(item, redact)]));
}

/** Headers as they are recorded: those that are secret by nature masked by name, secrets in the others by value. */
export function redactHeaders(headers: Readonly<Record<string, string>>, redact: Redact): Record<string, string> {
  const entries = Object.entries(headers);
  const text = entries.map(([name, value]) => `${name}\n${value}`).join("\n");
  // One look at all of them: almost no header holds a secret.
  const isClean = redact(text) === text;
  const shown = (part: string): string => (isClean ? part : redact(part));
  return Object.fromEntries(
    entries.map(([name, value]) => [shown(name), isSecretHeader(name) ? redactedMark : shown(value)]),
  );
}

/** Headers that hold no secret but by their name. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) shown[name] = isSecretHeader(name) ? redactedMark : value;
  return shown;
}

const secretByName = new Map<string, boolean>();
/** Names that are remembered: receivers answer with the same ones again and again. */
const namesMax = 1_000;

function isSecretHeader(name: string): boolean {
  const known = secretByName.get(name);
  if (known !== undefined) return known;
  const isSecret = isSecretName(name);
  if (secretByName.size < namesMax) secretByName.set(name, isSecret);
  return isSecret;
}

function isSecretName(name: string): boolean {
  return secretWord.test(name) && !harmlessKey.test(name);
}

/** Words of names, and what names end with: `X-Functions-Key`, `X-Auth`. */
const secretWord =
  /authorization|cookie|api-?key|token|secret|password|passphrase|credential|session|jwt|(?:^|[-_])(?:auth|key|pwd)$/i;
/** Keys that open nothing. */
const harmlessKey = /^(?:(?:x-)?(?:idempotency|cache|surrogate|partition)[-_]key|sec-websocket-key)$/i;

function formsOf(secret: string): string[] {
  // Through bytes, so that half a surrogate pair cannot make the encoders throw.
  const whole = Buffer.from(secret, "utf8").toString("utf8");
  const encoded = encodeURIComponent(whole);
  const inForm = new URLSearchParams([["", whole]]).toString().slice(1);
  return [
    secret,
    whole,
    encoded,
    encoded.replaceAll("%20", "+"),
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    inForm,
    encodeURI(whole),
    JSON.stringify(secret).slice(1, -1),
    // Bytes of UTF-8, each read as one character: bodies that are no text.
    Buffer.from(whole).toString("latin1"),
    // OAuth encodes the parts of HTTP Basic as in a form (RFC 6749, section 2.3.1), and a URL in base64 holds its query.
    ...[...new Set([whole, encoded, inForm])].flatMap(base64Forms),
  ];
}

/** Base64 of a secret at each of the three places it can have in a longer text, without the characters it shares. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const text = bytes.toString("base64").replace(/=+$/, "");
    const first = offset === 0 ? 0 : offset + 1;
    const last = bytes.length % 3 === 0 ? text.length : text.length - 1;
    const form = text.slice(first, last);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
