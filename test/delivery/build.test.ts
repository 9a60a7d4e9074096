// What a delivery looks like on the wire, by profile.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { buildDelivery } from "../../src/delivery/build.ts";
import type { DeliveryInput } from "../../src/delivery/build.ts";
import { readProfile } from "../../src/delivery/profile.ts";
import type { Profile } from "../../src/delivery/profile.ts";
import { findProfile, profileIds } from "../../src/delivery/profiles.ts";
import { newWebhookSecret } from "../../src/delivery/sign.ts";

const nowMs = Date.now();
const secret = newWebhookSecret();

function profile(id: string): Profile {
  const found = findProfile(id);
  if (!found) throw new Error(id);
  return found;
}

function anInput(over: Partial<DeliveryInput> = {}): DeliveryInput {
  return {
    deliveryId: "msg_1",
    attempt: 1,
    willRetry: true,
    event: { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00.000Z", dataText: '{"rating":2}' },
    secrets: [secret],
    nowMs,
    ...over,
  };
}

function withData(dataText: string): Partial<DeliveryInput> {
  return { event: { ...anInput().event, dataText } };
}

function built(id: string, over: Partial<DeliveryInput> = {}): { headers: Record<string, string>; body: string } {
  const delivery = buildDelivery(profile(id), anInput(over));
  if (!delivery.ok) throw new Error(delivery.message);
  return delivery;
}

const hex = (body: string, key: string): string => createHmac("sha256", key).update(body, "utf8").digest("hex");

test("eleven profiles are shipped, and nothing else is found", () => {
  expect(profileIds).toHaveLength(11);
  expect(findProfile("__proto__")).toBeUndefined();
});

describe("standard", () => {
  test("the envelope and headers are those of Standard Webhooks, and the reference library verifies them", () => {
    const { headers, body } = built("standard");
    expect(body).toBe('{"type":"review.created","timestamp":"2026-11-21T10:00:00.000Z","data":{"rating":2}}');
    expect(headers).toEqual({
      "content-type": "application/json",
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(nowMs / 1000)),
      "webhook-attempt": "1",
      "webhook-will-retry": "true",
      "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: "review.created" });
  });

  test.each(['{ "b": 1, "a": 12345678901234567890, "x": 1.10, "e": "\\u00e9\\/", "b": 2 }', "[1, 2.0]", '"text"'])(
    "the bytes of the data %s survive",
    (dataText) => {
      expect(built("standard", withData(dataText)).body).toContain(`"data":${dataText}}`);
    },
  );

  test.each(["", "null", " null "])("an event without data (%j) has an empty object", (dataText) => {
    expect(built("standard", withData(dataText)).body).toContain('"data":{}}');
  });

  test("a later attempt has the same id and body, and a time and signature of its own", () => {
    const first = built("standard");
    const last = built("standard", { attempt: 3, willRetry: false, nowMs: nowMs + 60_000 });
    expect(last.body).toBe(first.body);
    expect(last.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(last.headers["webhook-signature"]).not.toBe(first.headers["webhook-signature"]);
    expect(last.headers).toMatchObject({ "webhook-attempt": "3", "webhook-will-retry": "false" });
  });

  test("with several secrets there is one signature for each, and each secret alone verifies", () => {
    const old = newWebhookSecret();
    const { headers, body } = built("standard", { secrets: [secret, old] });
    expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const one of [secret, old]) expect(() => new Webhook(one).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow(/No matching signature/);
  });

  test("a body of one's own goes out exactly as it stands, and is signed", () => {
    const own = '{ "b" : 1.10 }';
    const { headers, body } = built("standard", { body: own });
    expect(body).toBe(own);
    expect(() => new Webhook(secret).verify(own, headers)).not.toThrow();
  });

  test("a type of one's own stands in the envelope", () => {
    expect(built("standard", { type: "order.paid" }).body).toContain('"type":"order.paid"');
  });

  test("whatever the type and data, the body is JSON that holds them, and it verifies", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.json(), (type, dataText) => {
        const { headers, body } = built("standard", { type, ...withData(dataText) });
        expect(JSON.parse(body)).toEqual({ type, timestamp: expect.any(String), data: JSON.parse(dataText) ?? {} });
        expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe("hub", () => {
  const hub = (over: Partial<DeliveryInput> = {}): ReturnType<typeof built> =>
    built("hub", { secrets: ["your-secret-key"], configurationId: "ep_1", ...over });

  test("the body is the data, signed in hex, with the hub's headers and nothing more", () => {
    const { headers, body } = hub({ attempt: 2 });
    expect(body).toBe('{"rating":2}');
    expect(headers).toEqual({
      "content-type": "application/json",
      "X-Webhook-ID": "ep_1",
      "X-Delivery-ID": "msg_1_2",
      "X-Event-Type": "review.created",
      "X-Hub-Signature": `sha256=${hex(body, "your-secret-key")}`,
    });
  });

  test.each([
    ['{ "a": 1.10, "n": 12345678901234567890 }', '{"a":1.1,"n":12345678901234567000}'],
    ['{"b":1,"a":2,"b":3}', '{"b":3,"a":2}'],
    ["", "{}"],
    ["null", "{}"],
    ["[1, 2]", '{"data":[1,2]}'],
    ['"text"', '{"data":"text"}'],
  ])("the data %s is sent as %s", (dataText, expected) => {
    expect(hub(withData(dataText)).body).toBe(expected);
  });

  test("a receiver that hashes JSON.stringify of the parsed body finds the same signature", () => {
    fc.assert(
      fc.property(fc.json(), (dataText) => {
        const { headers, body } = hub(withData(dataText));
        const again = JSON.stringify(JSON.parse(body));
        expect(again).toBe(body);
        expect(headers["X-Hub-Signature"]).toBe(`sha256=${hex(again, "your-secret-key")}`);
        expect(body.startsWith("{")).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("a secret is text even when it begins with whsec_, and the newest of several signs alone", () => {
    const { headers, body } = hub({ secrets: [secret, "old"] });
    expect(headers["X-Hub-Signature"]).toBe(`sha256=${hex(body, secret)}`);
  });

  test("a type that cannot stand in a header is percent-encoded", () => {
    expect(hub({ type: "відгук\r\nx: 1" }).headers["X-Event-Type"]).toMatch(/^(?:%[0-9A-F]{2})+x: 1$/);
  });
});

test.each(["standard", "hub"])("%s never goes out unsigned", (id) => {
  expect(buildDelivery(profile(id), anInput({ secrets: [] }))).toMatchObject({ ok: false, code: "secret" });
  expect(buildDelivery(profile(id), anInput({ secrets: [""] }))).toMatchObject({ ok: false, code: "secret" });
});

test("one malformed secret among several stops the delivery without showing it", () => {
  const delivery = buildDelivery(profile("standard"), anInput({ secrets: [secret, "my-old-password"] }));
  expect(delivery).toMatchObject({ ok: false, code: "secret" });
  expect(JSON.stringify(delivery)).not.toContain("my-old-password");
});

test("a profile's envelope can hold text with variables, numbers by their type, and lists", () => {
  const own = readProfile({
    ...profile("standard"),
    id: "own",
    envelope: {
      id: "wh_{{deliveryId}}",
      n: "{{attempt}}",
      at: ["{{unixSeconds}}", true, null, 'a"b'],
      data: { in: "{{data}}" },
    },
  });
  const delivery = buildDelivery(own, anInput({ type: 'a"b' }));
  expect(delivery.ok && JSON.parse(delivery.body)).toEqual({
    id: "wh_msg_1",
    n: 1,
    at: [Math.floor(nowMs / 1000), true, null, 'a"b'],
    data: { in: { rating: 2 } },
  });
});

test.each([
  ["an unknown member", { extra: 1 }],
  ["a header with a line break", { headers: { "x\r\n": "a" } }],
  ["an unknown algorithm", { signatures: [{ ...profile("hub").signatures[0], algorithm: "md5" }] }],
  ["no signature", { signatures: [] }],
])("a profile with %s is refused", (_, over) => {
  expect(() => readProfile({ ...profile("standard"), ...over })).toThrow(TypeError);
});

test("a profile that names an unknown variable is refused", () => {
  expect(() => readProfile({ ...profile("standard"), headers: { "x-a": "{{process}}" } })).toThrow(
    /"\/headers\/x-a": .* no variable "process"/,
  );
});
