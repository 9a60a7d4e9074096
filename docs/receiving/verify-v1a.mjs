// Standard Webhooks with a public key (`v1a`, ed25519) in Node.js: you hold no secret that could be stolen from you.
import { createPublicKey, verify } from "node:crypto";

const toleranceSeconds = 5 * 60;

/** `publicKeys`: one `whpk_…`, or several. `headers`: names in lower case. `body`: the bytes as they came. */
export function isGenuine(publicKeys, headers, body, nowSeconds = Date.now() / 1000) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? "")) return false;
  if (Math.abs(nowSeconds - Number(timestamp)) > toleranceSeconds) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const keys = [publicKeys].flat().map((key) => {
    const x = Buffer.from(key.replace(/^whpk_/, ""), "base64").toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  });
  return signatures.split(" ").some((signature) => {
    if (!signature.startsWith("v1a,")) return false;
    const given = Buffer.from(signature.slice(4), "base64");
    // Node's decoder passes over what it does not know: only the one spelling is a signature.
    if (given.toString("base64") !== signature.slice(4)) return false;
    return keys.some((key) => verify(null, signed, key, given));
  });
}
