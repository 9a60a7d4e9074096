// The receiver's side: what verifies, and what must not.
import fc from "fast-check";
import { isHeaderValue } from "../../src/delivery/header.ts";
import { readProfile } from "../../src/delivery/profile.ts";
import type { Profile } from "../../src/delivery/profile.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import { awkwardData, built, nowMs, privateSecret, profile, publicKey, secret, withData } from "./deliveries.ts";
import type { Built } from "./deliveries.ts";

const url = "https://example.com/hooks?a=1&b=%20";
const other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
type Over = Partial<Parameters<typeof verifySignature>[1]>;

function verified(of: Profile, delivery: Built, over: Over = {}): ReturnType<typeof verifySignature> {
  return verifySignature(of, { headers: delivery.headers, body: delivery.body, url, nowMs, keys: [secret], ...over });
}

const convoyLike = readProfile({
  id: "timed",
  title: "Timed",
  envelope: "{{data}}",
  signatures: [
    {
      kind: "hmac",
      header: "X-Signature",
      algorithm: "sha512",
      content: "{{unixSeconds}}.{{type}}.{{body}}",
      encoding: "base64",
      prefix: "v1=",
      lead: "t={{unixSeconds}},",
      separator: ",",
      secretForm: "text",
    },
  ],
  headers: { "X-Type": "{{type}}" },
});
const all: [string, Profile][] = [
  ...profileIds.map((id): [string, Profile] => [id, profile(id)]),
  ["timed", convoyLike],
];

describe.each(all)("%s", (_, of) => {
  test("every delivery verifies over the bytes that were sent, by the secret that signed", () => {
    for (const dataText of awkwardData) {
      const delivery = built(of, withData(dataText));
      expect(verified(of, delivery)).toEqual({ verified: true });
      expect(verified(of, delivery, { body: Buffer.from(delivery.body) })).toEqual({ verified: true });
      expect(verified(of, delivery, { keys: [other, secret] })).toEqual({ verified: true });
    }
  });

  test("nothing verifies by another secret, without one, with a changed body, or without its signature", () => {
    const delivery = built(of, withData('{"a":[1,2]}'));
    expect(verified(of, delivery, { keys: [other] })).toMatchObject({ verified: false });
    expect(verified(of, delivery, { keys: [] })).toEqual({
      verified: false,
      why: "There is no secret to verify with.",
    });
    expect(verified(of, { ...delivery, body: delivery.body.replace("[1,2]", "[2,1]") })).toMatchObject({
      verified: false,
    });
    const bare = delivery.body.replace(/,"signature":"[^"]*"/, "");
    expect(verified(of, { headers: {}, body: bare })).toMatchObject({ verified: false });
  });
});

test.each([
  "v1,",
  "v1",
  "",
  ",",
  "v1,{16}",
  "v1,{43}",
  "v1,{44}x",
  "v1,{44}=",
  "v1a,{44}",
  "v2,{44}",
  "{44}",
  "v1,{44},",
  "V1,{44}",
])("the signature cut to %j does not pass", (form) => {
  const delivery = built("standard");
  const whole = delivery.headers["webhook-signature"]?.slice("v1,".length) ?? "";
  const cut = form.replace(/\{(\d+)\}/, (_, length) => whole.slice(0, Number(length)));
  const headers = { ...delivery.headers, "webhook-signature": cut };
  expect(verified(profile("standard"), { ...delivery, headers })).toMatchObject({ verified: false });
});

test.each(["github", "hub", "brainsait", "directory", "aqio", "timed"])(
  "no prefix of a signature of %s passes",
  (id) => {
    const of = id === "timed" ? convoyLike : profile(id);
    const delivery = built(of);
    const [signature] = of.signatures;
    const name = signature !== undefined && "header" in signature ? signature.header : "";
    const whole = delivery.headers[name] ?? "";
    for (let length = 0; length < whole.length; length++) {
      const headers = { ...delivery.headers, [name]: whole.slice(0, length) };
      expect(verified(of, { ...delivery, headers })).toMatchObject({ verified: false });
    }
  },
);

test("a part of an ed25519 signature does not pass, and neither does another spelling of it", () => {
  const delivery = built("standard", { secrets: [privateSecret] });
  const whole = delivery.headers["webhook-signature"] ?? "";
  expect(verified(profile("standard"), delivery, { keys: [publicKey] })).toEqual({ verified: true });
  for (const cut of ["v1a,", whole.slice(0, -4), whole.slice(0, -2), `${whole}=`, `v1${whole.slice(3)}`]) {
    const headers = { ...delivery.headers, "webhook-signature": cut };
    expect(verified(profile("standard"), { ...delivery, headers }, { keys: [publicKey] })).toMatchObject({
      verified: false,
    });
  }
});

test.each([
  [301_000, false],
  [299_000, true],
  [-299_000, true],
  [-302_000, false],
])("a delivery that is looked at %i ms later is taken: %s", (later, taken) => {
  expect(verified(profile("standard"), built("standard"), { nowMs: nowMs + later }).verified).toBe(taken);
  expect(verified(convoyLike, built(convoyLike), { nowMs: nowMs + later }).verified).toBe(taken);
});

test.each(["123abc", "", "1e9", "-1", " 1", "99999999999999999"])("a time %j is refused", (time) => {
  const delivery = built("standard");
  const headers = { ...delivery.headers, "webhook-timestamp": time };
  expect(verified(profile("standard"), { ...delivery, headers })).toMatchObject({ verified: false });
});

test("names of headers are taken in any case, and a list of values as one", () => {
  const delivery = built("standard");
  const headers = Object.fromEntries(
    Object.entries(delivery.headers).map(([name, value]) => [name.toUpperCase(), [value]]),
  );
  expect(verifySignature(profile("standard"), { headers, body: delivery.body, nowMs, keys: [secret] }).verified).toBe(
    true,
  );
});

/** Profiles that sign what users name: it is read from a header, from an attribute, or from before the signature. */
const naming = (over: object, signature: object = {}): Profile => {
  const hmac = { kind: "hmac", header: "X-S", algorithm: "sha256", encoding: "hex", secretForm: "text" };
  const content = "{{source}}|{{eventId:e_}}|{{body}}";
  const headers = { "X-Event": "{{eventId}}" };
  return readProfile({
    id: "naming",
    title: "Naming",
    envelope: "{{data}}",
    ...over,
    headers: { ...headers, ...("headers" in over ? (over.headers as object) : {}) },
    signatures: [{ ...hmac, content, ...signature }],
  });
};

test.each<[string, Profile, string]>([
  ["a header", naming({ headers: { "X-Source": "{{source}}" } }), "X-Source"],
  [
    "an attribute of a CloudEvent",
    naming({ cloudevents: "binary", headers: { "ce-source": "{{source}}" } }),
    "ce-source",
  ],
  ["what stands before the signature", naming({}, { lead: "s={{source}};", prefix: "v1=", separator: "," }), "X-S"],
])("whatever users name their source, what is signed can be read from %s", (_, of, header) => {
  const source = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.oneof(source, fc.constantFrom(" a ", "Büro 東京", "a,b;c", "100%", "%C3", '"')), (one) => {
      const delivery = built(of, {
        event: { ...withData("{}").event, id: "1", type: "a", occurredAt: "", dataText: "{}", source: one },
      });
      expect(isHeaderValue(delivery.headers[header] ?? "\n")).toBe(true);
      // On the way, spaces at the ends of a value are lost.
      const headers = Object.fromEntries(Object.entries(delivery.headers).map(([name, value]) => [name, value.trim()]));
      expect(verified(of, { ...delivery, headers })).toEqual({ verified: true });
    }),
  );
});

test("each event of a batch has its own signature where it stands in the body, and one bad one spoils the batch", () => {
  const event = { id: "evt_2", type: "a", occurredAt: "2026-11-21T10:00:00Z", dataText: '{"n":1}' };
  const batch = [1, 2].map((n) => ({ deliveryId: `msg_${n}`, event }));
  const delivery = built("bakhmach", { batch });
  expect(verified(profile("bakhmach"), delivery)).toEqual({ verified: true });
  const changed = delivery.body.replace('{"n":1}', '{"n":2}');
  expect(verified(profile("bakhmach"), { ...delivery, body: changed })).toMatchObject({ verified: false });
});

test("a header with many quotes or commas is read in no time", () => {
  const started = performance.now();
  for (const hostile of ['"'.repeat(16_000), "(".repeat(16_000), `a=${" ".repeat(16_000)}`, "a=(),".repeat(3_000)]) {
    const headers = { "signature-input": hostile, signature: hostile, "content-digest": hostile };
    expect(verified(profile("rfc9421"), { headers, body: "" })).toMatchObject({ verified: false });
  }
  expect(performance.now() - started).toBeLessThan(2_000);
});
