// Secrets at save, and new ones.
import { newPrivateKey, privateKeyOf, publicKeyFor, publicKeyOf } from "../../src/delivery/ed25519.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { checkSecret, newSecretFor, secretKindsOf } from "../../src/delivery/secret.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import { built, nowMs, privateSecret, profile, publicKey, secret } from "./deliveries.ts";

test.each(profileIds)("new secrets for %s are taken, sign, and verify", (id) => {
  for (const kind of secretKindsOf(profile(id))) {
    const one = newSecretFor(profile(id), kind);
    expect(checkSecret(one, profile(id))).toEqual([]);
    expect(newSecretFor(profile(id), kind)).not.toBe(one);
    const delivery = built(id, { secrets: [one], url: "https://example.com/" });
    const keys = kind === "ed25519" ? [publicKeyFor(one)?.text ?? ""] : [one];
    const input = { headers: delivery.headers, body: delivery.body, url: "https://example.com/", nowMs, keys };
    expect(verifySignature(profile(id), input)).toEqual({ verified: true });
  }
});

test.each([
  ["standard", ["hmac", "ed25519"]],
  ["rfc9421", ["hmac", "ed25519"]],
  ["cloudevents", ["hmac", "ed25519"]],
  ["github", ["hmac"]],
  ["hub", ["hmac"]],
])("%s signs with secrets of the kinds %j", (id, kinds) => {
  expect(secretKindsOf(profile(id))).toEqual(kinds);
});

test("a new secret of a kind that a profile cannot use is a mistake of the caller", () => {
  expect(() => newSecretFor(profile("hub"), "ed25519")).toThrow(RangeError);
});

const halves = Buffer.from(privateSecret.slice(5), "base64");
const mixed = `whsk_${Buffer.concat([halves.subarray(0, 32), Buffer.alloc(32, 1)]).toString("base64")}`;

test.each([
  ["standard", secret, true],
  ["standard", privateSecret, true],
  ["standard", "my password", false],
  ["standard", "whsec_c2hvcnQ=", false],
  ["standard", `${secret} `, false],
  ["standard", publicKey, false],
  ["standard", mixed, false],
  ["standard", privateSecret.slice(0, -4), false],
  ["standard", privateSecret.replaceAll("/", "_"), false],
  ["standard", `whsk_${halves.subarray(0, 32).toString("base64")}`, false],
  ["rfc9421", privateSecret, true],
  ["rfc9421", "my password", false],
  ["hub", "my password", true],
  ["hub", "пароль", true],
  ["hub", "", false],
  ["hub", "x".repeat(1_001), false],
])("for %s the secret %j is taken: %s", (id, text, taken) => {
  const findings = checkSecret(text, profile(id));
  expect(findings.length === 0).toBe(taken);
  for (const one of findings) {
    expect(one).toEqual({ pointer: "", code: "secret", message: expect.stringMatching(/\.$/) });
    expect(text.length <= 8 || !one.message.includes(text.slice(6))).toBe(true);
  }
});

test("a pair fits together, and other texts are no keys", () => {
  const pair = newPrivateKey();
  expect(publicKeyOf(publicKeyFor(pair)?.text ?? "")?.export({ format: "jwk" })).toMatchObject({
    kty: "OKP",
    crv: "Ed25519",
    x: publicKeyFor(pair)?.jwk.x,
  });
  for (const text of ["", "whpk_", publicKey, secret]) expect(privateKeyOf(text)).toBeUndefined();
  for (const text of ["", "whpk_", privateSecret, `${publicKey}=`]) expect(publicKeyOf(text)).toBeUndefined();
});
