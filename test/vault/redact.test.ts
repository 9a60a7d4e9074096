// No form of a secret survives in what is recorded.
import fc from "fast-check";
import { createRedactor, redactHeaders, redactJson, withoutTorn } from "../../src/vault/redact.ts";

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

test.each<[string, string, string]>([
  ["as PHP writes JSON", "dXNlcjpw/YXN+z==", '{"auth":"Basic dXNlcjpw\\/YXN+z=="}'],
  ["as .NET writes JSON", "dXNlcjpw/YXN+z==", '{"auth":"Basic dXNlcjpw/YXN\\u002Bz=="}'],
  ["as Python writes JSON", "geheim-schlüssel", '{"key":"geheim-schl\\u00fcssel"}'],
  ["in JSON inside of JSON", 'quo"ted-secret', JSON.stringify({ body: JSON.stringify({ key: 'quo"ted-secret' }) })],
  ["encoded by RFC 3986 to the letter", "hunter!22(x)", "https://example.com/?key=hunter%2122%28x%29"],
  ["encoded in part", "hunter!22(x)", "https://example.com/?key=hunter%2122(x)"],
  ["in HTML", "R&D<secret>'1", "<p>R&amp;D&lt;secret&gt;&#39;1 is wrong</p>"],
  [
    "as bytes of UTF-8 that were read as Latin-1",
    "geheim-schlüssel",
    Buffer.from("geheim-schlüssel").toString("latin1"),
  ],
])("a secret %s is replaced", (_, one, text) => {
  expect(createRedactor([one])(text)).toContain("[redacted]");
  expect(createRedactor([one])(text)).not.toMatch(/YXN|schl|22|secret/);
});

test("looking for the forms of a secret takes linear time, whatever the text", () => {
  const redactor = createRedactor(["\\\\\\\\%%%%&&&&/+/+/+/+/+"]);
  const startedMs = performance.now();
  for (const text of ["\\", "%25", "&amp;", "\\u005c", "/+"]) redactor(text.repeat(100_000));
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test("what a cut text ends with may be the beginning of a secret, and goes", () => {
  const cut = (bytes: Buffer) => withoutTorn(bytes, ["XYZXYZ/w", "geheim-schlüssel"]);
  expect(cut(Buffer.from("all of it XYZX")).toString()).toBe("all of it ");
  expect(cut(Buffer.from("all of it XYZXYZ%2")).toString()).toBe("all of it ");
  expect(cut(Buffer.from("geheim-schlü").subarray(0, 12)).toString()).toBe("");
  expect(cut(Buffer.from("all of it")).toString()).toBe("all of it");
});

test.each([
  ["as PHP writes JSON", "aXY/Zzz+QQ/w", "all of it aXY\\/Zzz+Q"],
  ["as .NET writes JSON", "aXY/Zzz+QQ/w", "all of it aXY/Zzz\\u002bQQ"],
  ["encoded to the letter", "hunter!22(x)", "all of it hunter%2122%28"],
  ["in HTML", "R&D<secret>'1", "all of it R&amp;D&lt;secr"],
])("the beginning of a secret %s goes from the end of a cut text, too", (_, secret, text) => {
  expect(withoutTorn(Buffer.from(text), [secret]).toString()).toBe("all of it ");
  expect(withoutTorn(Buffer.from(`${text.slice(0, -1)}!`), ["0123/4567"]).toString()).toBe(`${text.slice(0, -1)}!`);
});

test("what is disguised is replaced from its first character to its last, and nothing beside it", () => {
  const clean = createRedactor(["ab/cd/ef", "gh+ij+kl"]);
  expect(clean('{"a":"\\"ab\\/cd\\/ef\\"","b":"gh%2Bij+kl","c":"\\/"}')).toBe(
    '{"a":"\\"[redacted]\\"","b":"[redacted]","c":"\\/"}',
  );
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

test("a secret of digits is replaced where it became a number", () => {
  expect(redactJson({ pin: 73194455, other: 7 }, createRedactor(["73194455"]))).toEqual({
    pin: "[redacted]",
    other: 7,
  });
});

test("a header's name can be a secret, too", () => {
  const headers = redactHeaders({ "x-xyzxyz-1": "a", "x-team": "b" }, createRedactor(["xyzxyz"]));
  expect(headers).toEqual({ "x-[redacted]-1": "a", "x-team": "b" });
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
  "X-Functions-Key",
  "Ocp-Apim-Subscription-Key",
  "CF-Access-Jwt-Assertion",
  "X-Original-Authorization",
  "X-Auth",
  "X-Session-Id",
])("the header %s is masked by its name", (name) => {
  expect(redactHeaders({ [name]: "anything" }, (text) => text)).toEqual({ [name]: "[redacted]" });
});

test.each(["Idempotency-Key", "Surrogate-Key", "X-Cache-Key", "X-Monkey", "Author", "Keynote", "WWW-Authenticate"])(
  "the header %s is no secret by its name",
  (name) => {
    expect(redactHeaders({ [name]: "anything" }, (text) => text)).toEqual({ [name]: "anything" });
  },
);

test("other headers are kept, without the secrets in them", () => {
  expect(redactHeaders({ "X-Team": "a XYZXYZ", accept: "*/*" }, createRedactor(["XYZXYZ"]))).toEqual({
    "X-Team": "a [redacted]",
    accept: "*/*",
  });
});
