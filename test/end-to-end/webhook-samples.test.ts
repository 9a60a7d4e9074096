// Real-shaped webhook bodies of many providers, from ../shared beside the project: what goes in comes out, byte for byte.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { packageRoot } from "../../src/package-root.ts";
import { startApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";

type Sample = { provider: string; eventType: string; body: unknown };

const file = join(packageRoot, "..", "shared", "webhook-samples", "samples.json");
const samples = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Sample[]) : undefined;

if (!samples) console.warn(`Skipped: there are no webhook samples at ${file}.`);

(samples ? test : test.skip)(
  "every sample that is published arrives once, byte for byte and with a signature that verifies",
  () => publishAndCompare(samples ?? []),
  120_000,
);

async function publishAndCompare(samples: Sample[]): Promise<void> {
  await using app = await startApp();
  await using receiver = await startReceiver();
  await app.createFlow({
    on: { event: "*" },
    steps: [{ id: "pass", use: "webhook.post", with: { url: receiver.url } }],
  });
  // Spellings that parsing and writing again would not keep: indentation, escapes, a big number.
  const texts = samples.map(
    (sample, i) =>
      `{ "n": ${i}.0, "big": 12345678901234567890, "é": "\\u00e9",\n${JSON.stringify(sample.body, null, 1).replace(
        /^[[{]/,
        (open) => `"body": ${open}`,
      )}\n}`,
  );
  const sent = new Map<string, string>();
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let i = lane; i < texts.length; i += 8) {
      const body = `{"type":"sample.${i}","id":"sample-${i}","data":${texts[i]}}`;
      const answer = await app.call("POST", "/v1/events", body);
      expect(answer.status).toBe(202);
      sent.set(`sample.${i}`, texts[i] ?? "");
    }
  });
  await Promise.all(lanes);
  const requests = await receiver.waitFor(texts.length, 60_000);
  const { body: revealed } = await app.call("POST", "/v1/signing-secret/reveal", {});
  const webhook = new Webhook((revealed as { secret: string }).secret);
  for (const { body, headers } of requests) {
    const text = body.toString("utf8");
    const { type } = webhook.verify(text, headers as Record<string, string>) as { type: string };
    const data = sent.get(type) ?? "";
    expect(text.endsWith(`"data":${data}}`)).toBe(true);
    sent.delete(type);
  }
  expect(sent.size).toBe(0);
}
