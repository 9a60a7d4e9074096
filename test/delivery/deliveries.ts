// Deliveries for tests of the wire format.
import { spawnSync } from "node:child_process";
import { buildDelivery } from "../../src/delivery/build.ts";
import type { DeliveryInput } from "../../src/delivery/build.ts";
import { findProfile } from "../../src/delivery/profiles.ts";
import type { Profile } from "../../src/delivery/profile.ts";

export const nowMs = Date.now();
export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** Seed and public key, from the published vector of `v1a`. */
export const privateSecret =
  "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
export const publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

export type Built = { headers: Record<string, string>; body: string };

export function profile(id: string): Profile {
  const found = findProfile(id);
  if (!found) throw new Error(id);
  return found;
}

export function anInput(over: Partial<DeliveryInput> = {}): DeliveryInput {
  return {
    deliveryId: "msg_1",
    configurationId: "ep_1",
    tenantId: "tnt_1",
    attempt: 1,
    willRetry: true,
    event: { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00Z", dataText: '{"rating":2}' },
    secrets: [secret],
    nowMs,
    url: "https://Example.com:443/hooks?a=1&b=%20#part",
    ...over,
  };
}

export function withData(dataText: string): Partial<DeliveryInput> {
  return { event: { ...anInput().event, dataText } };
}

/** A delivery that can be made. */
export function built(of: string | Profile, over: Partial<DeliveryInput> = {}): Built {
  const delivery = buildDelivery(typeof of === "string" ? profile(of) : of, anInput(over));
  if (!delivery.ok) throw new Error(`${delivery.code}: ${delivery.message}`);
  return delivery;
}

export function headersOf(delivery: Built): Record<string, string> {
  return Object.fromEntries(Object.entries(delivery.headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Data whose spelling does not survive parsing and writing, or whose text is unusual. */
export const awkwardData: readonly string[] = [
  '{ "b": 1, "a": 12345678901234567890, "x": 1.10, "y": 1.0, "z": 1E2, "n": -0, "s": 1e-7, "t": 1e21 }',
  '{"10":1,"9":2,"b":{"2":1,"1":2},"a":3}',
  '{"e":"\\u00e9\\/\\ud83d\\ude00","raw":"é/😀 відгук","q":"\\"\\\\\\n\\t\\u0000\\u2028"}',
  '{"b":1,"a":2,"b":3}',
  '{"signature":"sha256=00","__proto__":{"a":1},"constructor":1,"id":"x"}',
  "\n{ }\t",
  "{}",
];

/** The command's answer, or undefined where it is not on the machine. */
export function run(command: string, args: readonly string[], input = "", cwd?: string): string | undefined {
  const done = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1e8, cwd });
  if (done.error !== undefined) return undefined;
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}
