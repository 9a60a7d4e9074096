// No form of a secret survives in what is recorded.
import fc from "fast-check";
import { createRedactor, redactHeaders, redactJson } from "../../src/vault/redact.ts";

const secret = 'p@ss "word"/+ü';
const redact = createRedactor([secret, "short", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test.each([
  ["as it is", `key=${secret};`],
  ["URL-encoded", `https://example.com/?key=${encodeURIComponent(secret)}&x=1`],
  ["URL-encoded in lower case", encodeURIComponent(secret).toLowerCase()],
  ["as a form", new URLSearchParams({ key: secret }).toString()],
  ["in a path", new URL(`https://example.com/${encodeURI(secret)}`).href],
  ["in base64", `Basic ${base64(secret)}`],
  ["in base64 behind a name", `Basic ${base64(`user:${secret}`)}`],
  ["in base64 between other texts", base64(`{"a":"${secret}","b":1}`)],
  ["in base64url", Buffer.from(`x${secret}y`).toString("base64url")],
  ["in JSON", JSON.stringify({ key: secret })],
])("a secret %s is replaced", (_, text) => {
  const clean = redact(text);
  expect(clean).toContain("[redacted]");
  expect(clean).not.toContain("word");
  expect(clean).not.toContain(base64(secret).slice(4, 12));
});

test("text without a secret stays as it is, and so do secrets too short to be told from words", () => {
  expect(redact("a short text")).toBe("a short text");
  expect(createRedactor([])(secret)).toBe(secret);
});

test("a secret that is part of another one leaves no rest of the longer one", () => {
  expect(createRedactor(["abcdef", "abcdefghijkl"])("x abcdefghijkl y abcdef")).toBe("x [redacted] y [redacted]");
});

test("whatever the secret and the text around it, the secret is gone in every form", () => {
  // Letters that the mark itself does not hold, so that finding one means finding the secret.
  const secrets = fc.string({ unit: fc.constantFrom(...Array.from('xyzXYZ+/ %é"\\&=')), minLength: 6, maxLength: 30 });
  fc.assert(
    fc.property(secrets, fc.string(), fc.string(), (one, before, after) => {
      const clean = createRedactor([one]);
      for (const form of [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)]) {
        expect(clean(`${before}${form}${after}`)).not.toContain(form);
      }
      expect(clean(base64(`${before}${one}${after}`))).toContain("[redacted]");
    }),
  );
});

test("half a surrogate pair in a secret does not break the redactor", () => {
  expect(createRedactor(["abcdef\ud800"])("x abcdef\ud800 y")).toBe("x [redacted] y");
});

test("a JSON tree is cleaned in keys and values, and keeps its shape", () => {
  const tree = JSON.parse('{"__proto__":{"a":1},"list":["XYZXYZ",2,null,true],"XYZXYZ":"pre-XYZXYZ"}');
  const clean = redactJson(tree, createRedactor(["XYZXYZ"]));
  expect(JSON.stringify(clean)).toBe(
    '{"__proto__":{"a":1},"list":["[redacted]",2,null,true],"[redacted]":"pre-[redacted]"}',
  );
});

test.each([
  "Authorization",
  "proxy-authorization",
  "Cookie",
  "set-cookie",
  "X-API-Key",
  "apikey",
  "X-Auth-Token",
  "X-Client-Secret",
])("the header %s is masked by its name", (name) => {
  expect(redactHeaders({ [name]: "anything" }, (text) => text)).toEqual({ [name]: "[redacted]" });
});

test("other headers are kept, without the secrets in them", () => {
  expect(redactHeaders({ "X-Team": "a XYZXYZ", accept: "*/*" }, createRedactor(["XYZXYZ"]))).toEqual({
    "X-Team": "a [redacted]",
    accept: "*/*",
  });
});
