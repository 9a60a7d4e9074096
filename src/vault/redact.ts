// How do secrets stay out of what is recorded? They are replaced by value, in every form they may have taken on the way.
import type { Json } from "../model/json.ts";

export type Redact = (text: string) => string;

/** What stands where a secret was. */
export const redactedMark = "[redacted]";

/** Shorter secrets would turn up in ordinary text, and tell by the holes what they are. */
const secretCharsMin = 6;

/**
 * A function that replaces secrets in a text: as they are, URL-encoded, in base64 (also inside a longer one), and
 * escaped as in JSON. Secrets below six characters are left alone.
 */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= secretCharsMin).flatMap(formsOf))]
    // The longest first: a shorter one may be a part of it, and its rest would stay.
    .sort((a, b) => b.length - a.length);
  if (forms.length === 0) return (text) => text;
  return (text) => {
    let clean = text;
    for (const form of forms) {
      // Searching first costs next to nothing, and almost no text holds a secret.
      if (clean.includes(form)) clean = clean.replaceAll(form, redactedMark);
    }
    return clean;
  };
}

/** A JSON tree with the secrets of all its strings and keys replaced. */
export function redactJson(value: Json, redact: Redact): Json {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact));
  if (typeof value !== "object" || value === null) return value;
  // From entries, not by assignment: a key `__proto__` stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactJson(item, redact)]));
}

/** Headers as they are recorded: those that are secret by nature masked by name, secrets in the others by value. */
export function redactHeaders(headers: Readonly<Record<string, string>>, redact: Redact): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? redactedMark : redact(value)]),
  );
}

function isSecretHeader(name: string): boolean {
  return /^(?:authorization|proxy-authorization|cookie|set-cookie)$|api-?key|token|secret|password|credential/i.test(
    name,
  );
}

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
