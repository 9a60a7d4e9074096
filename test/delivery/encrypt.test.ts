// Bodies for nobody but the receiver: decrypted by a library that did not make them.
import { generateKeyPairSync } from "node:crypto";
import { JWE, JWK } from "node-jose";
import { bodyOf } from "../../src/delivery/build.ts";
import { checkEncryptionKey, encryptBody, encryptedContentType } from "../../src/delivery/encrypt.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { anInput, built, nowMs, profile, secret, withData } from "./deliveries.ts";

type Pair = { publicKey: JsonObject; privateKey: JsonObject };

function pairOf(made: {
  publicKey: { export: (as: { format: "jwk" }) => unknown };
  privateKey: typeof made.publicKey;
}): Pair {
  // A JSON Web Key is an object of texts.
  return {
    publicKey: made.publicKey.export({ format: "jwk" }) as JsonObject,
    privateKey: made.privateKey.export({ format: "jwk" }) as JsonObject,
  };
}
const rsa = pairOf(generateKeyPairSync("rsa", { modulusLength: 2048 }));
const ec = pairOf(generateKeyPairSync("ec", { namedCurve: "P-256" }));
const x25519 = pairOf(generateKeyPairSync("x25519"));

async function decrypted(token: string, key: JsonObject): Promise<{ text: string; header: object }> {
  const opened = await JWE.createDecrypt(await JWK.asKey(key)).decrypt(token);
  return { text: opened.payload.toString("utf8"), header: opened.header };
}

const body = '{"a":"відгук 😀","n":12345678901234567890}';

test.each<[string, Pair, JsonObject, string]>([
  ["RSA", rsa, {}, "RSA-OAEP-256"],
  ["RSA that names its algorithm", rsa, { alg: "RSA-OAEP-256", use: "enc" }, "RSA-OAEP-256"],
  ["an elliptic curve", ec, {}, "ECDH-ES+A256KW"],
  ["an elliptic curve without a wrapped key", ec, { alg: "ECDH-ES" }, "ECDH-ES"],
])("a body encrypted to a key of %s is opened by node-jose", async (_, { publicKey, privateKey }, more, alg) => {
  const key = { ...publicKey, ...more, kid: "key-1" };
  expect(checkEncryptionKey(key)).toEqual([]);
  const token = await encryptBody(body, key);
  expect(token).not.toContain("12345678901234567890");
  const { text, header } = await decrypted(token, { ...privateKey, kid: "key-1" });
  expect(text).toBe(body);
  expect(header).toMatchObject({ alg, enc: "A256GCM", kid: "key-1", cty: "json" });
  const changed = token.replace(/\.(.)([^.]*\.[^.]*)$/, (_all, first, rest) => `.${first === "A" ? "B" : "A"}${rest}`);
  await expect(decrypted(changed, { ...privateKey, kid: "key-1" })).rejects.toThrow("decryption failed");
});

test("X25519 is a key of its own kind", async () => {
  expect(checkEncryptionKey(x25519.publicKey)).toEqual([]);
  expect(await encryptBody(body, x25519.publicKey)).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
});

test("the same body is never encrypted to the same text", async () => {
  expect(await encryptBody(body, ec.publicKey)).not.toBe(await encryptBody(body, ec.publicKey));
});

const small = pairOf(generateKeyPairSync("rsa", { modulusLength: 1024 })).publicKey;

test.each<[string, JsonObject, string]>([
  ["a private key", rsa.privateKey, "/d"],
  ["a shared key", { kty: "oct", k: "AAAA" }, "/k"],
  ["an RSA key that is too short", small, "/n"],
  ["an RSA key of another exponent", { ...rsa.publicKey, e: "AQ" }, "/e"],
  ["no type", { n: "AQAB" }, "/kty"],
  ["a type that is inherited", { kty: "constructor" }, "/kty"],
  ["a weak algorithm", { ...rsa.publicKey, alg: "RSA1_5" }, "/alg"],
  ["an algorithm of another type", { ...ec.publicKey, alg: "RSA-OAEP-256" }, "/alg"],
  ["a key for signing", { ...rsa.publicKey, use: "sig" }, "/use"],
  ["operations of signing", { ...rsa.publicKey, key_ops: ["verify"] }, "/key_ops"],
  ["another curve", { ...ec.publicKey, crv: "secp256k1" }, "/crv"],
  ["a curve of another type", { ...x25519.publicKey, kty: "EC" }, "/crv"],
  ["a point that is not on its curve", { ...ec.publicKey, x: ec.publicKey["y"] ?? "" }, ""],
  ["a number that is missing", { kty: "RSA", e: "AQAB" }, ""],
  ["an id that is no text", { ...ec.publicKey, kid: 5 }, "/kid"],
])("%s is refused", (_, key, pointer) => {
  expect(checkEncryptionKey(key)).toEqual([{ pointer, code: "key", message: expect.stringMatching(/\.$/) }]);
});

test.each(["standard", "rfc9421", "hub", "bakhmach", "cloudevents"])(
  "an encrypted delivery of %s is signed over what is sent, and holds what would have been sent",
  async (id) => {
    const plain = bodyOf(profile(id), anInput(withData(body)));
    if (!plain.ok) throw new Error(plain.message);
    const token = await encryptBody(plain.body, ec.publicKey);
    const delivery = built(id, { body: token, contentType: encryptedContentType });
    expect(delivery.body).toBe(token);
    expect(delivery.headers["content-type"]).toBe("application/jose");
    const url = "https://example.com/hooks?a=1&b=%20";
    const outside = { headers: delivery.headers, body: token, url, nowMs, keys: [secret] };
    const { text } = await decrypted(token, ec.privateKey);
    const inside = { headers: {}, body: text, nowMs, keys: [secret] };
    // What signs in the body is inside.
    expect(verifySignature(profile(id), id === "bakhmach" ? inside : outside)).toEqual({ verified: true });
    expect(text).toBe(built(id, withData(body)).body);
  },
);
