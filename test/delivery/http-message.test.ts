// HTTP message signatures: the vectors of RFC 9421 and RFC 9530, and our deliveries before a library of somebody else.
import { createPrivateKey, createPublicKey, createSecretKey } from "node:crypto";
import { createVerifier, httpbis } from "http-message-signatures";
import { buildDelivery } from "../../src/delivery/build.ts";
import { publicKeyFor } from "../../src/delivery/ed25519.ts";
import { contentDigest, paramsText, signatureBase } from "../../src/delivery/http-signature.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { Profile } from "../../src/delivery/profile.ts";
import { sign, signAsymmetric } from "../../src/delivery/sign.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import { startReceiver } from "../support/receiver.ts";
import { openPolicy } from "./clients.ts";
import {
  anInput,
  awkwardData,
  built,
  headersOf,
  nowMs,
  privateSecret,
  profile,
  publicKey,
  secret,
  withData,
} from "./deliveries.ts";
import type { Built } from "./deliveries.ts";

/** The request of RFC 9421, appendix B.2, with its keys of B.1.4 and B.1.5. */
const request = {
  method: "POST",
  url: "https://example.com/foo?param=Value&Pet=dog",
  headers: new Map([
    ["host", "example.com"],
    ["date", "Tue, 20 Apr 2021 02:07:55 GMT"],
    ["content-type", "application/json"],
    ["content-length", "18"],
  ]),
};
const sharedKey = createSecretKey(
  Buffer.from("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==", "base64"),
);
const ed25519Key = createPrivateKey({
  key: {
    kty: "OKP",
    crv: "Ed25519",
    d: "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU",
    x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
  },
  format: "jwk",
});

test("vector B.2.5 of RFC 9421, hmac-sha256", () => {
  const components = ["date", "@authority", "content-type"];
  const params = `("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`;
  const made = signatureBase(request, components, params);
  expect(made.ok && sign(made.base, sharedKey)).toBe("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
});

test("vector B.2.6 of RFC 9421, ed25519", () => {
  const components = ["date", "@method", "@path", "@authority", "content-type", "content-length"];
  const params = `(${components.map((one) => `"${one}"`).join(" ")});created=1618884473;keyid="test-key-ed25519"`;
  const made = signatureBase(request, components, params);
  const expected = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
  expect(made.ok && signAsymmetric(made.base, ed25519Key)).toBe(expected);
});

test("the digest of RFC 9530, section 2", () => {
  expect(contentDigest('{"hello": "world"}\n')).toBe("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
});

test.each([
  ["@method", "POST"],
  ["@target-uri", "https://example.com/foo?param=Value&Pet=dog"],
  ["@authority", "example.com"],
  ["@scheme", "https"],
  ["@request-target", "/foo?param=Value&Pet=dog"],
  ["@path", "/foo"],
  ["@query", "?param=Value&Pet=dog"],
])("the component %s of RFC 9421, section 2.2", (component, expected) => {
  expect(signatureBase(request, [component], "")).toEqual({
    ok: true,
    base: `"${component}": ${expected}\n"@signature-params": `,
  });
});

test.each([
  ["a question mark without a query", "/hooks?"],
  ["a dot at the end of the name", "/hooks?a=1"],
  ["letters and marks that are encoded", "/é/{a}?q=ü'|\"<>"],
  ["a fragment", "/hooks#part"],
])("of a URL with %s what is signed is what a receiver sees", async (what, path) => {
  await using receiver = await startReceiver();
  const client = createHttpClient({ policy: openPolicy, resolve: async () => ["127.0.0.1"] });
  const name = what.startsWith("a dot") ? "Example.com." : "127.0.0.1";
  const url = `${receiver.url.replace("127.0.0.1", name)}${path}`;
  await client.send({ method: "POST", url, headers: {}, timeoutMs: 5_000 });
  await client.close();
  const [seen] = receiver.requests;
  const seenUri = `http://${seen?.headers.host}${seen?.path}`;
  const parts = { "@target-uri": seenUri, "@authority": seen?.headers.host, "@request-target": seen?.path };
  for (const [component, expected] of Object.entries(parts)) {
    const { base } = signatureBase({ method: "POST", url, headers: new Map() }, [component], "") as { base: string };
    expect(base.split("\n", 1)).toEqual([`"${component}": ${expected}`]);
  }
});

test("a component that the request does not have is told", () => {
  expect(signatureBase(request, ["x-none"], "")).toEqual({ ok: false, missing: "x-none" });
});

/** As our request leaves: without the fragment, the default port, and capitals in the name. */
const sentUrl = "https://example.com/hooks?a=1&b=%20";

async function verifies(delivery: Built, key: string | ReturnType<typeof createPublicKey>): Promise<boolean | null> {
  const hmac = typeof key === "string";
  const bytes = hmac ? Buffer.from(key.slice("whsec_".length), "base64") : undefined;
  return httpbis.verifyMessage(
    {
      async keyLookup({ alg }) {
        if (alg !== (hmac ? "hmac-sha256" : "ed25519")) return null;
        return { verify: bytes ? createVerifier(bytes, "hmac-sha256") : createVerifier(key as never, "ed25519") };
      },
      requiredFields: ["@method", "@target-uri", "content-digest", "content-type", "webhook-id", "webhook-timestamp"],
      requiredParams: ["created", "keyid", "alg", "tag"],
      maxAge: 300,
    },
    { method: "POST", url: sentUrl, headers: delivery.headers },
  );
}

const publicOne = createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey.slice(5), "base64").toString("base64url") },
  format: "jwk",
});

test.each(awkwardData)("the library verifies a delivery of %j by HMAC and by ed25519", async (dataText) => {
  const hmac = built("rfc9421", withData(dataText));
  expect(await verifies(hmac, secret)).toBe(true);
  expect(hmac.headers["content-digest"]).toBe(contentDigest(hmac.body));
  const pair = built("rfc9421", { ...withData(dataText), secrets: [privateSecret] });
  expect(await verifies(pair, publicOne)).toBe(true);
});

test.each(["webhook-id", "webhook-timestamp", "content-digest", "content-type"])(
  "the library refuses a delivery whose %s was changed",
  async (name) => {
    const delivery = built("rfc9421");
    expect(await verifies({ ...delivery, headers: { ...delivery.headers, [name]: "1" } }, secret)).toBe(false);
  },
);

test("the headers are as RFC 9421 writes them, and the id of the key is the thumbprint that receivers are told", () => {
  const { headers } = built("rfc9421", { secrets: [privateSecret, secret] });
  const seconds = Math.floor(nowMs / 1000);
  const covered = '("@method" "@target-uri" "content-digest" "content-type" "webhook-id" "webhook-timestamp")';
  const kid = publicKeyFor(privateSecret)?.jwk.kid;
  const [first, second] = headers["signature-input"]?.split(", ") ?? [];
  expect(first).toBe(`sig1=${covered};created=${seconds};keyid="${kid}";alg="ed25519";tag="webhook"`);
  expect(second).toMatch(/^sig1-2=\(.*\);created=\d+;keyid="[\w-]{16}";alg="hmac-sha256";tag="webhook"$/);
  expect(headers["signature"]).toMatch(/^sig1=:[A-Za-z0-9+/]{86}==:, sig1-2=:[A-Za-z0-9+/]{43}=:$/);
});

test("a tag is a string of structured fields, whatever stands in it", () => {
  const params = paramsText(["@method"], { created: 1, keyid: "k", alg: "ed25519", tag: 'a "b" \\c' });
  expect(params).toBe('("@method");created=1;keyid="k";alg="ed25519";tag="a \\"b\\" \\\\c"');
  const [signature] = profile("rfc9421").signatures;
  const tagged = { ...profile("rfc9421"), signatures: [{ ...signature, tag: 'a "b" \\c' }] } as Profile;
  const { headers, body } = built(tagged);
  expect(verifySignature(tagged, { headers, body, url: sentUrl, nowMs, keys: [secret] })).toEqual({ verified: true });
});

test("a signature that names another algorithm than its key's is none, although it fits", () => {
  const { headers, body } = built("rfc9421");
  const resigned = (alg: string) => {
    const input = (headers["signature-input"] ?? "").replace('alg="hmac-sha256"', `alg="${alg}"`);
    const params = input.slice("sig1=".length);
    const components = Array.from(params.slice(0, params.indexOf(")")).matchAll(/"([^"]+)"/g), ([, one]) => one ?? "");
    const message = { method: "POST", url: sentUrl, headers: new Map(Object.entries(headers)) };
    const { base } = signatureBase(message, components, params) as { base: string };
    const key = createSecretKey(Buffer.from(secret.slice("whsec_".length), "base64"));
    const given = { ...headers, "signature-input": input, signature: `sig1=:${sign(base, key)}:` };
    return verifySignature(profile("rfc9421"), { headers: given, body, url: sentUrl, nowMs, keys: [secret] }).verified;
  };
  expect(["hmac-sha256", "ed25519", "rsa-pss-sha512", "none"].map(resigned)).toEqual([true, false, false, false]);
});

test("without an address there is nothing to cover, and nothing goes out", () => {
  const { url: _, ...input } = anInput();
  expect(buildDelivery(profile("rfc9421"), input)).toMatchObject({ ok: false, code: "signature" });
});

describe("our own verifier", () => {
  const received = (over: Partial<Parameters<typeof verifySignature>[1]> = {}) => {
    const delivery = built("rfc9421", { secrets: [secret, privateSecret] });
    const input = { headers: headersOf(delivery), body: delivery.body, url: sentUrl, nowMs, keys: [secret], ...over };
    return verifySignature(profile("rfc9421"), input);
  };
  const { headers } = built("rfc9421");

  test.each([[[secret]], [[publicKey]], [[privateSecret]], [["whsec_wrong", secret]]])("takes the keys %j", (keys) => {
    expect(received({ keys })).toEqual({ verified: true });
  });

  test.each([
    ["another body", { body: "{}" }, "does not fit the body"],
    ["another address", { url: "https://example.com/other" }, "No signature matches"],
    ["another method", { method: "PUT" }, "No signature matches"],
    ["a late receiver", { nowMs: nowMs + 301_000 }, "too far from now"],
    ["another secret", { keys: ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] }, "No signature matches"],
    ["no signature", { headers: {} }, "are missing"],
    ["a part of the signature", { headers: { ...headers, signature: "sig1=::" } }, "No signature matches"],
    [
      "a signature of less",
      { headers: { ...headers, "signature-input": 'sig1=("@method");created=1' } },
      "does not cover",
    ],
    ["what is no dictionary", { headers: { ...headers, "signature-input": '"' } }, "no dictionaries"],
    ["no digest", { headers: { ...headers, "content-digest": "md5=:AA==:" } }, "does not fit the body"],
  ])("refuses %s", (_, over, why) => {
    expect(received(over)).toEqual({ verified: false, why: expect.stringContaining(why) });
  });
});
