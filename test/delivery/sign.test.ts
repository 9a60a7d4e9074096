// Signatures and secrets, held against the published vectors and an independent library.
import type { KeyObject } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { newWebhookSecret, sign, signingKey } from "../../src/delivery/sign.ts";

function keyOf(secret: string): KeyObject {
  const read = signingKey(secret, "whsec");
  if (!read.ok) throw new Error(read.message);
  return read.key;
}

test.each([
  [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
    "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ],
  [
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk.1649367553.{"email":"test@example.com","username":"test_user"}',
    "tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
  ],
])("the Standard Webhooks vector for %s", (secret, content, expected) => {
  expect(sign(content, keyOf(secret))).toBe(expected);
});

test("RFC 4231 test case 2 in hex", () => {
  const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  expect(sign("what do ya want for nothing?", Buffer.from("Jefe"), "sha256", "hex")).toBe(expected);
});

test("every body signed with a new secret is verified by the standardwebhooks library", () => {
  fc.assert(
    fc.property(fc.json(), (body) => {
      const secret = newWebhookSecret();
      const seconds = Math.floor(Date.now() / 1000);
      const signature = `v1,${sign(`msg_1.${seconds}.${body}`, keyOf(secret))}`;
      const headers = { "webhook-id": "msg_1", "webhook-timestamp": `${seconds}`, "webhook-signature": signature };
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow(/No matching signature/);
    }),
    { numRuns: 50 },
  );
});

test("new secrets differ and hold 32 bytes", () => {
  expect(newWebhookSecret()).not.toBe(newWebhookSecret());
  expect(keyOf(newWebhookSecret()).symmetricKeySize).toBe(32);
});

const ofBytes = (count: number): string => `whsec_${Buffer.alloc(count, 7).toString("base64")}`;

test.each([
  [ofBytes(24), true],
  [ofBytes(25), true],
  [ofBytes(64), true],
  [ofBytes(23), false],
  [ofBytes(65), false],
  ["", false],
  ["whsec_", false],
  ["whsec_not base64 at all, but long enough", false],
  [ofBytes(32).slice(0, -1), false],
  [ofBytes(32).slice(6), false],
  [`whsk_${ofBytes(32).slice(6)}`, false],
  [ofBytes(32).replaceAll("B", "-"), false],
])("%s is a secret for Standard Webhooks: %s", (secret, isOne) => {
  const read = signingKey(secret, "whsec");
  expect(read.ok).toBe(isOne);
  expect(read.ok || secret.length <= 6 || !read.message.includes(secret.slice(6))).toBe(true);
});

test("a secret in text form is the key as it stands, even when it looks like the other form; an empty one is none", () => {
  const read = signingKey("whsec_é", "text");
  expect(read.ok && read.key.export()).toEqual(Buffer.from("whsec_é", "utf8"));
  expect(signingKey("", "text")).toMatchObject({ ok: false, code: "secret" });
});
