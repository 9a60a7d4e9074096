// CloudEvents, GitHub, batches, and signatures sent beside each other.
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { buildDelivery, profileHeaderNames } from "../../src/delivery/build.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { readProfile } from "../../src/delivery/profile.ts";
import { verifySignature } from "../../src/delivery/verify.ts";
import { anInput, built, headersOf, nowMs, profile, secret, withData } from "./deliveries.ts";

const hex = (body: string): string => createHmac("sha256", secret).update(body).digest("hex");
const event = (n: number, type = "review.created") => ({
  deliveryId: `msg_${n}`,
  event: { id: `evt_${n}`, type, occurredAt: "2026-11-21T10:00:00Z", dataText: `{"n":${n}.0}` },
});
const batch = [event(1), event(2)];

test("a CloudEvent in structured mode is one JSON object with the data's bytes", () => {
  const { headers, body } = built("cloudevents", withData('{"x":1.10}'));
  expect(headers["content-type"]).toBe("application/cloudevents+json");
  expect(body).toBe(
    '{"specversion":"1.0","id":"evt_1","source":"/tenants/tnt_1","type":"review.created","time":"2026-11-21T10:00:00Z","datacontenttype":"application/json","data":{"x":1.10}}',
  );
});

test("a CloudEvent in binary mode has its attributes in headers, percent-encoded as the binding says", () => {
  const given = { ...anInput().event, id: 'a "b" 100%', type: "відгук", source: "https://shop.example/a b?é=%20" };
  const { headers, body } = built("cloudevents-binary", { event: given });
  expect(body).toBe('{"rating":2}');
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "a%20%22b%22%20100%25",
    "ce-type": encodeURIComponent("відгук"),
    "ce-source": "https://shop.example/a%2520b?%25C3%25A9=%2520",
    "ce-time": "2026-11-21T10:00:00Z",
  });
  expect(decodeURIComponent(headers["ce-source"] ?? "")).toBe("https://shop.example/a%20b?%C3%A9=%20");
});

test("the source of a CloudEvent is a URI, also where a percent sign in it encodes nothing", () => {
  for (const [source, uri] of [
    ["100% cotton%2", "100%25%20cotton%252"],
    ["%C3%BC", "%C3%BC"],
  ]) {
    const { body } = built("cloudevents", { event: { ...anInput().event, source: source ?? "" } });
    expect((JSON.parse(body) as { source: string }).source).toBe(uri);
  }
});

test("CloudEvents in batched mode are a list, also where there is one only", () => {
  for (const over of [{}, { batch }]) {
    const { headers, body } = built("cloudevents-batch", over);
    expect(headers["content-type"]).toBe("application/cloudevents-batch+json");
    expect(JSON.parse(body)).toHaveLength("batch" in over ? 2 : 1);
  }
});

test("several CloudEvents in structured mode go out in the batched one", () => {
  const { headers, body } = built("cloudevents", { batch });
  expect(headers["content-type"]).toBe("application/cloudevents-batch+json");
  expect(JSON.parse(body)).toMatchObject([{ id: "evt_1" }, { id: "evt_2" }]);
});

test("a batch is a list of envelopes under the batch's own id, and is signed once", () => {
  const { headers, body } = built("standard", { deliveryId: "batch_1", batch });
  expect(body).toBe(
    '[{"type":"review.created","timestamp":"2026-11-21T10:00:00Z","data":{"n":1.0}},{"type":"review.created","timestamp":"2026-11-21T10:00:00Z","data":{"n":2.0}}]',
  );
  expect(headers["webhook-id"]).toBe("batch_1");
  expect(new Webhook(secret).verify(body, headers)).toHaveLength(2);
});

test("the type of a batch is that of its events, or `batch` when they differ", () => {
  expect(built("hub", { batch }).headers["X-Event-Type"]).toBe("review.created");
  expect(built("hub", { batch: [event(1), event(2, "other")] }).headers["X-Event-Type"]).toBe("batch");
});

test.each([
  ["cloudevents-binary", {}],
  ["aqio", { contentType: "application/x-www-form-urlencoded" }],
])("%s refuses a batch that it cannot write", (id, over) => {
  expect(buildDelivery(profile(id), anInput({ ...over, batch }))).toMatchObject({ ok: false, code: "batch" });
});

test("github sends what receivers of GitHub's webhooks read", () => {
  const { headers, body } = built("github", { ...withData('{ "action": "opened" }'), type: "pull_request" });
  expect(body).toBe('{ "action": "opened" }');
  expect(headers).toEqual({
    "content-type": "application/json",
    "X-GitHub-Event": "pull_request",
    "X-GitHub-Delivery": "msg_1",
    "X-GitHub-Hook-ID": "ep_1",
    "X-Hub-Signature-256": `sha256=${hex(body)}`,
  });
});

test("GitHub's published example", () => {
  const { headers } = built("github", { secrets: ["It's a Secret to Everybody"], body: "Hello, World!" });
  expect(headers["X-Hub-Signature-256"]).toBe(
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
  );
});

describe("while a receiver changes over", () => {
  test("the signatures of other profiles stand beside, over the same body, and each verifies", () => {
    const also = [profile("standard"), profile("rfc9421")];
    const delivery = built("github", { also });
    const given = { headers: delivery.headers, body: delivery.body, nowMs, keys: [secret] };
    for (const one of [profile("github"), ...also]) {
      expect(verifySignature(one, { ...given, url: "https://example.com/hooks?a=1&b=%20" })).toEqual({
        verified: true,
      });
    }
    expect(delivery.headers["X-GitHub-Event"]).toBe("review.created");
    expect(new Webhook(secret).verify(delivery.body, delivery.headers)).toEqual({ rating: 2 });
  });

  test("a header that both set is the first profile's", () => {
    const own = readProfile({
      id: "own",
      title: "Own",
      envelope: "{{data}}",
      headers: { "WEBHOOK-ATTEMPT": "no", "x-own": "yes" },
      signatures: [{ ...profile("hub").signatures[0], header: "x-own-signature" }],
    });
    const { headers } = built("standard", { also: [own] });
    expect(headers).toMatchObject({
      "webhook-attempt": "1",
      "x-own": "yes",
      "x-own-signature": `sha256=${hex(built("standard").body)}`,
    });
    expect(headers).not.toHaveProperty("WEBHOOK-ATTEMPT");
  });

  test.each([
    ["hub", "bakhmach", "signs in the body"],
    ["directory", "aqio", 'the header "X-Webhook-Signature", which is another'],
    ["standard", "standard", 'the header "webhook-signature"'],
  ])("to %s nothing of %s can be put beside", (id, other, message) => {
    expect(buildDelivery(profile(id), anInput({ also: [profile(other)] }))).toMatchObject({
      ok: false,
      code: "profile",
      message: expect.stringContaining(message),
    });
  });

  test("a secret that the other profile cannot use stops the delivery", () => {
    const delivery = buildDelivery(profile("hub"), anInput({ secrets: ["my password"], also: [profile("standard")] }));
    expect(delivery).toMatchObject({ ok: false, code: "secret" });
  });
});

test.each(profileIds)("every header that %s sends but the content type is told beforehand", (id) => {
  const sent = Object.keys(headersOf(built(id))).filter((name) => name !== "content-type");
  expect(
    profileHeaderNames(profile(id))
      .map((name) => name.toLowerCase())
      .toSorted(),
  ).toEqual(sent.toSorted());
});

test.each([
  ["no object", "[1]"],
  ["no JSON", "text"],
  ["one that has the member", '{"signature":1}'],
])("bakhmach cannot sign a body of one's own that is %s", (_, body) => {
  expect(buildDelivery(profile("bakhmach"), anInput({ body }))).toMatchObject({ ok: false, code: "body" });
  const smuggled = anInput({ body, contentType: "application/jose" });
  expect(buildDelivery(profile("bakhmach"), smuggled)).toMatchObject({ ok: false, code: "body" });
});

test("bakhmach signs a body of one's own as it stands, its member last", () => {
  expect(built("bakhmach", { body: '{ "a" : 1.10 }' }).body).toBe(
    `{ "a" : 1.10 ,"signature":"sha256=${hex('{ "a" : 1.10 }')}"}`,
  );
  expect(built("bakhmach", { body: "{}" }).body).toBe(`{"signature":"sha256=${hex("{}")}"}`);
});

test.each([
  ["evt_1", "evt_1"],
  ["1", "evt_1"],
  ["e", "evt_e"],
])("the event %s is %s to those who know evt_ only", (id, expected) => {
  expect(JSON.parse(built("brainsait", { event: { ...anInput().event, id } }).body)).toMatchObject({ id: expected });
});

test.each([
  ["evt_1", "wh_evt_1"],
  ["1", "wh_evt_1"],
  ["wh_evt_1", "wh_evt_1"],
])("the event %s is %s to aqio", (id, expected) => {
  expect(JSON.parse(built("aqio", { event: { ...anInput().event, id } }).body)).toMatchObject({ id: expected });
});
