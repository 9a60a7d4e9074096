// Hexadecimal HMAC-SHA256 signatures in Node.js: `sha256=…` or bare in a header, or as the last member of the body.
import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Whether a header holds the signature of a body. `secret`: the whole text, even when it begins with `whsec_`. `header`: as it
 * came. `body`: the bytes as they came. `prefix`: `sha256=`, or an empty text where the header is the bare signature.
 */
export function isSigned(secret, header, body, prefix = "sha256=") {
  // Without a key everybody could sign: a secret that is not set must not let anything in.
  if (!secret) throw new Error("The webhook secret is empty.");
  const expected = Buffer.from(prefix + createHmac("sha256", secret).update(body).digest("hex"));
  const given = Buffer.from(String(header ?? ""));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** For bodies that hold their own `signature` as the last member: it signs the text without that member. */
export function isSignedInside(secret, body) {
  const found = /^(\{[\s\S]*),"signature":"(sha256=[0-9a-f]{64})"\}$/.exec(body.toString("utf8"));
  return found !== null && isSigned(secret, found[2], `${found[1]}}`);
}
