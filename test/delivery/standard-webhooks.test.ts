// Standard Webhooks: the published vectors, and our deliveries before the verifiers of others in three languages.
import { createPublicKey, verify as verifyByKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { newPrivateKey, publicKeyFor } from "../../src/delivery/ed25519.ts";
import { readProfile } from "../../src/delivery/profile.ts";
import { newWebhookSecret } from "../../src/delivery/sign.ts";
import { awkwardData, built, privateSecret, publicKey, run, secret, withData } from "./deliveries.ts";
import type { Built } from "./deliveries.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const vector = { deliveryId: "msg_p5jXN8AQM9LWM0D4loKWxJek", nowMs: 1614265330_000, body: '{"test": 2432232314}' };

test.each([
  ["a", secret, vector, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
  [
    "b",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    {
      deliveryId: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
      nowMs: 1649367553_999,
      body: '{"email":"test@example.com","username":"test_user"}',
    },
    "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
  ],
  [
    "c",
    privateSecret,
    vector,
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
  ],
])("the published vector %s", (_, key, given, expected) => {
  expect(built("standard", { ...given, secrets: [key] }).headers["webhook-signature"]).toBe(expected);
});

test("the public key of a private one is that of the published pair", () => {
  expect(publicKeyFor(privateSecret)).toMatchObject({ text: publicKey, jwk: { kty: "OKP", crv: "Ed25519" } });
});

test("in a rotation from HMAC to ed25519 one header carries both, and each verifies", () => {
  const delivery = built("standard", { secrets: [privateSecret, secret] });
  expect(delivery.headers["webhook-signature"]).toMatch(/^v1a,\S{88} v1,\S{44}$/);
  expect(() => new Webhook(secret).verify(delivery.body, delivery.headers)).not.toThrow();
  expect(verifiesAsymmetric(delivery, publicKey)).toBe(true);
});

test("whatever is published, standardwebhooks and svix verify it, and ed25519 is verified by its public key", () => {
  fc.assert(
    fc.property(fc.json(), (dataText) => {
      const [hmac, pair] = [newWebhookSecret(), newPrivateKey()];
      const delivery = built("standard", { ...withData(dataText), secrets: [hmac, pair] });
      expect(() => new Webhook(hmac).verify(delivery.body, delivery.headers)).not.toThrow();
      expect(() => new SvixWebhook(hmac).verify(delivery.body, delivery.headers)).not.toThrow();
      expect(verifiesAsymmetric(delivery, publicKeyFor(pair)?.text ?? "")).toBe(true);
      const changed = { ...delivery, body: `${delivery.body} ` };
      expect(() => new Webhook(hmac).verify(changed.body, changed.headers)).toThrow(/No matching signature/);
      expect(verifiesAsymmetric(changed, publicKeyFor(pair)?.text ?? "")).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test("a profile with the header names of Svix is verified by svix", () => {
  const own = readProfile({
    id: "svix-like",
    title: "Svix",
    envelope: "{{data}}",
    headers: { "svix-id": "{{deliveryId}}", "svix-timestamp": "{{unixSeconds}}" },
    signatures: [{ kind: "standard-webhooks", header: "svix-signature" }],
  });
  const delivery = built(own);
  expect(new SvixWebhook(secret).verify(delivery.body, delivery.headers)).toEqual({ rating: 2 });
});

test.each(["cloudevents", "cloudevents-binary", "cloudevents-batch"])("%s is signed as Standard Webhooks", (id) => {
  const delivery = built(id);
  expect(() => new Webhook(secret).verify(delivery.body, delivery.headers)).not.toThrow();
});

test("an id with a point is refused: what is signed could be read in two ways", () => {
  expect(() => built("standard", { deliveryId: "a.1" })).toThrow(/^id: /);
});

function verifiesAsymmetric({ headers, body }: Built, key: string): boolean {
  const raw = Buffer.from(key.slice("whpk_".length), "base64").toString("base64url");
  const publicOne = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw }, format: "jwk" });
  const item = headers["webhook-signature"]?.split(" ").find((one) => one.startsWith("v1a,"));
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return verifyByKey(null, Buffer.from(content), publicOne, Buffer.from(item?.slice(4) ?? "", "base64"));
}

const deliveries = awkwardData.map((dataText) =>
  built("standard", { ...withData(dataText), secrets: [secret, privateSecret] }),
);
const library = installed();
if (!library) console.warn("Skipped: standardwebhooks of PyPI cannot be installed here.");

(library ? test : test.skip)("the library of Standard Webhooks for Python verifies every one", checkInPython);

function checkInPython(): void {
  const program = `
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
for one in given["deliveries"]:
    webhook.verify(one["body"], one["headers"])
    try:
        webhook.verify(one["body"] + " ", one["headers"])
        sys.exit("a changed body was accepted")
    except WebhookVerificationError:
        print("verified")
`;
  const args = ["-c", `import sys; sys.path.insert(0, ${JSON.stringify(folder)})\n${program}`];
  const said = run("python3", args, JSON.stringify({ secret, deliveries }));
  expect(said?.trim().split("\n")).toHaveLength(deliveries.length);
}

const goVersion = run("go", ["version"]);
if (goVersion === undefined) console.warn("Skipped: there is no Go here.");

(goVersion === undefined ? test.skip : test)(
  "Go's crypto/ed25519 verifies every one, and no changed one",
  checkInGo,
  120_000,
);

function checkInGo(): void {
  const main = join(folder, "main.go");
  writeFileSync(main, goProgram);
  const items = deliveries.map(({ headers, body }) => ({
    content: `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`,
    signature: headers["webhook-signature"]?.split(" v1a,")[1],
  }));
  const said = run("go", ["run", main], JSON.stringify({ key: publicKey.slice(5), items }), folder);
  expect(said?.trim().split("\n")).toEqual(items.map(() => "true false"));
}

const goProgram = `package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	var given struct {
		Key   string
		Items []struct{ Content, Signature string }
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	key, err := base64.StdEncoding.DecodeString(given.Key)
	if err != nil {
		panic(err)
	}
	for _, item := range given.Items {
		signature, err := base64.StdEncoding.DecodeString(item.Signature)
		if err != nil {
			panic(err)
		}
		good := ed25519.Verify(key, []byte(item.Content), signature)
		changed := ed25519.Verify(key, []byte(item.Content+" "), signature)
		fmt.Println(good, changed)
	}
}
`;

/** Whether the library is there, beside nothing else that the machine may have. */
function installed(): boolean {
  try {
    const args = ["-m", "pip", "install", "--quiet", "--target", folder, "standardwebhooks==1.1.0"];
    return run("python3", args) !== undefined;
  } catch {
    return false;
  }
}
