// Standard Webhooks in Node.js, by the standard library alone.
import { createHmac, timingSafeEqual } from "node:crypto";

const toleranceSeconds = 5 * 60;

/**
 * Whether a webhook is genuine. `secrets`: one `whsec_…`, or several while you rotate. `headers`: names in lower case.
 * `body`: the bytes as they came (a Buffer), never parsed and written again.
 */
export function isGenuine(secrets, headers, body, nowSeconds = Date.now() / 1000) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? "")) return false;
  // An old request that somebody recorded is refused.
  if (Math.abs(nowSeconds - Number(timestamp)) > toleranceSeconds) return false;
  const keys = [secrets].flat().map((secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"));
  // Without a key everybody could sign: a secret that is not set must not let anything in.
  if (keys.some((key) => key.length === 0)) throw new Error("The webhook secret is empty.");
  const expected = keys.map((key) =>
    Buffer.from(createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")),
  );
  // The header holds one signature for each secret that is valid now: one that matches is enough.
  return signatures.split(" ").some((signature) => {
    if (!signature.startsWith("v1,")) return false;
    const given = Buffer.from(signature.slice(3));
    return expected.some((one) => given.length === one.length && timingSafeEqual(given, one));
  });
}
