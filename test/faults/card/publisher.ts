// Publishes the trial's reviews at a steady rate, each again with the same id until it is accepted.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../client.ts";

export type PublishOptions = { client: Client; name: string; events: number; perSecond: number; channels: string[] };

const giveUpMs = 120_000;
const againMs = 250;

/** Resolves with the ids of the events that were accepted. Reviews of one and two stars, spread over the channels. */
export async function publishReviews(options: PublishOptions): Promise<string[]> {
  const startedAt = performance.now();
  const published: Promise<string | undefined>[] = [];
  for (let number = 0; number < options.events; number++) {
    await delay(Math.max(0, startedAt + (number / options.perSecond) * 1_000 - performance.now()));
    published.push(publishUntilTaken(options, number));
  }
  return (await Promise.all(published)).flatMap((id) => id ?? []);
}

async function publishUntilTaken(
  { client, name, channels }: PublishOptions,
  number: number,
): Promise<string | undefined> {
  const id = `${name}-${number}`;
  const channel = `#${channels[number % channels.length]}`;
  const data = { rating: 1 + (number % 2), content: `Review ${id}`, business_id: "biz_1", channel };
  const deadline = performance.now() + giveUpMs;
  while (performance.now() < deadline) {
    // Without an answer it may have been taken: the same id makes the repetition harmless.
    const answer = await client.call("POST", "/v1/events", { id, type: "review.created", data }).catch(() => undefined);
    if (answer?.status === 202) return id;
    await delay(againMs);
  }
  return undefined;
}
