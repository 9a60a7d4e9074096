// Publishes events at a steady rate as a careful sender would: the same event again, with the same id, until it is taken.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "./client.ts";
import { isAccepted, type History, type Publication, type Try } from "./history.ts";
import type { Random } from "./random.ts";

export type GeneratorOptions = {
  client: Client;
  random: Random;
  /** Begins every id. */
  name: string;
  eventType: string;
  events: number;
  perSecond: number;
};

export type Generator = {
  history: History;
  /** Resolves when this many events are accepted, or none will be any more. */
  untilAccepted(count: number): Promise<void>;
  /** Resolves when every event is accepted or given up. */
  done: Promise<void>;
};

/** Events on their way at once; when all of them wait for an answer, no new one begins. */
const inFlightMax = 64;
/** How long a sender goes on trying. Longer than any outage of a trial. */
const giveUpMs = 120_000;
/** One event in so many does not pass the flow's filter, and one is sent twice at the same moment. */
const unwantedEvery = 10;
const twiceEvery = 20;

export function startGenerator(options: GeneratorOptions): Generator {
  const history: History = [];
  let accepted = 0;
  let ended = false;
  let waiting: { count: number; resolve(): void }[] = [];
  const tell = () => {
    const reached = waiting.filter((one) => ended || accepted >= one.count);
    waiting = waiting.filter((one) => !reached.includes(one));
    for (const one of reached) one.resolve();
  };

  const publish = async (number: number): Promise<void> => {
    const publication: Publication = {
      id: `${options.name}-${number}`,
      wanted: number % unwantedEvery !== 0,
      tries: [],
      runs: new Set(),
    };
    history.push(publication);
    const senders = number % twiceEvery === 7 ? 2 : 1;
    await Promise.all(Array.from({ length: senders }, () => sendUntilTaken(options, publication)));
    if (isAccepted(publication)) accepted++;
    tell();
  };

  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    const inFlight = new Set<Promise<void>>();
    for (let number = 0; number < options.events; number++) {
      await delay(Math.max(0, startedAt + (number / options.perSecond) * 1_000 - performance.now()));
      while (inFlight.size >= inFlightMax) await Promise.race(inFlight);
      const one = publish(number).finally(() => inFlight.delete(one));
      inFlight.add(one);
    }
    await Promise.all(inFlight);
  };
  const done = run().finally(() => {
    ended = true;
    tell();
  });

  return {
    history,
    untilAccepted: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        tell();
      }),
    done,
  };
}

async function sendUntilTaken(options: GeneratorOptions, publication: Publication): Promise<void> {
  const { client, random, eventType } = options;
  const { id, wanted } = publication;
  const event = { id, type: eventType, data: { id, rating: wanted ? 1 : 5 } };
  const deadline = performance.now() + giveUpMs;
  while (performance.now() < deadline) {
    const tried = await sendOnce(client, event, publication);
    publication.tries.push(tried);
    if (tried.outcome === "ok") return;
    await delay(random.between(100, 400));
  }
}

async function sendOnce(client: Client, event: object, publication: Publication): Promise<Try> {
  try {
    const { status, body } = await client.call("POST", "/v1/events", event);
    if (status === 202) for (const run of runsOf(body)) publication.runs.add(run);
    return { outcome: outcomeOf(status), detail: String(status) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    // Nobody took the connection, so nobody took the event. Whatever else breaks may break after it was stored.
    return { outcome: code === "ECONNREFUSED" ? "failed" : "unknown", detail: code };
  }
}

function outcomeOf(status: number): Try["outcome"] {
  if (status === 202) return "ok";
  // By the promise, a 503 may have stored the event; other refusals say that it was not.
  return status >= 500 ? "unknown" : "failed";
}

function runsOf(body: unknown): string[] {
  const runs = (body as { runs?: unknown } | null)?.runs;
  return Array.isArray(runs) ? runs.map(String) : [];
}
