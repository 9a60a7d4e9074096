// A trial of lanes: two engine processes at an ordered endpoint and at one with a rate; either is killed while events come.
import { setTimeout as delay } from "node:timers/promises";
import type { EndpointId } from "../../../src/model/ids.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { startReceiver, type Received, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { createClient, type Client } from "../client.ts";
import { createRandom, type Random } from "../random.ts";
import { checkLanes, isInOrder, type LaneVerdict } from "./lane-verdict.ts";
import type { Mutant } from "./mutants.ts";
import { attemptPoints, type Point } from "./points.ts";
import {
  inFolder,
  startProcesses,
  type Killed,
  type Place,
  type Processes,
  type Role,
  type Stops,
} from "./processes.ts";

export type LaneTrialOptions = Place & {
  seed: number;
  /** Keys of the order, and events of each. */
  keys: number;
  perKey: number;
  /** Events of each key a second. */
  perSecond: number;
  kills: number;
  /** Of the two processes; `all` for both unless given. */
  roles?: readonly [Role, Role];
  mutant?: Mutant;
};

export type LaneReport = {
  seed: number;
  accepted: number;
  /** Requests, with those that came again. */
  received: { ordered: number; limited: number };
  kills: Killed[];
  seconds: number;
  verdict: LaneVerdict;
};

type Parts = Processes & { clients: Client[]; store: Store; receiver: Receiver };

const eventType = "lane.happened";
/** What has not come after so long without a request does not come any more: a worker that is lost is found after 15 s. */
const quietMs = 30_000;
const waitLimitMs = 300_000;
/** How long a sender waits before it asks the other process, in milliseconds. */
const againMs = 50;

export function runLaneTrial(options: LaneTrialOptions): Promise<LaneReport> {
  return inFolder(options, async (folder, stops) => carryOut(await startParts(options, folder, stops), options));
}

async function startParts(options: LaneTrialOptions, folder: string, stops: Stops): Promise<Parts> {
  const { servers, mutant, roles = ["all", "all"] } = options;
  const processes = await startProcesses({ servers, mutant, folder, roles }, stops);
  const receiver = await startReceiver();
  stops.push(receiver[Symbol.asyncDispose]);
  const store = await openStore(processes.mongodbUri);
  stops.push(store.close);
  const clients = processes.engines.map(({ url, apiKey }) => createClient(url, apiKey));
  stops.push(...clients.map((client) => client.close));
  return { ...processes, receiver, store, clients };
}

async function carryOut(parts: Parts, options: LaneTrialOptions): Promise<LaneReport> {
  const random = createRandom(options.seed);
  const beganAt = performance.now();
  answer(parts, random);
  const ordered = await createEndpoint(parts, "ordered", { order: "{{event.data.key}}" });
  const limited = await createEndpoint(parts, "limited", { rateLimit: { max: 10, per: "500ms" } });
  const accepted = new Set<string>();
  const kills: Killed[] = [];
  await Promise.all([
    strike(parts, options, random, { accepted, kills }),
    publishAll(parts, options, { accepted, kills }),
  ]);
  const look = () => verdictOf(parts, { ordered, limited, accepted, kills });
  await drained(parts, look);
  return {
    seed: options.seed,
    accepted: accepted.size,
    received: { ordered: at(parts, "ordered").length, limited: at(parts, "limited").length },
    kills,
    seconds: Math.round((performance.now() - beganAt) / 1_000),
    verdict: await look(),
  };
}

/** Slowly at the ordered endpoint, so that its keys wait in line. One request in twelve fails, and its repetition does not. */
function answer({ receiver }: Parts, random: Random): void {
  const failed = new Set<unknown>();
  receiver.respond(async (request) => {
    await delay(request.path === "/ordered" ? random.between(100, 300) : random.between(5, 40));
    const id = request.headers["webhook-id"];
    if (failed.has(id) || random.next() > 1 / 12) return {};
    failed.add(id);
    return { status: 503 };
  });
}

async function createEndpoint({ clients, receiver }: Parts, name: string, settings: object): Promise<EndpointId> {
  const retry = { schedule: ["300ms", "300ms", "300ms", "300ms"], jitter: "none" };
  const body = { url: `${receiver.url}/${name}`, events: [eventType], breaker: false, retry, ...settings };
  const made = await clients[0]?.call("POST", "/v1/endpoints", body);
  if (made?.status !== 201) throw new Error(`The endpoint was refused: ${JSON.stringify(made?.body)}`);
  return (made.body as { id: EndpointId }).id; // Answered by the route as its document says.
}

type SoFar = { accepted: Set<string>; kills: Killed[] };

/** Each key has a sender of its own, which publishes one event after the other, to either process, until it is taken. */
async function publishAll({ clients }: Parts, options: LaneTrialOptions, { accepted, kills }: SoFar): Promise<void> {
  const startedAt = performance.now();
  const stretch = options.perKey / (options.kills + 2);
  const publishKey = async (key: string, random: Random) => {
    for (let n = 0; n < options.perKey; n++) {
      await delay(Math.max(0, startedAt + (n / options.perSecond) * 1_000 - performance.now()));
      // Each kill is to meet events.
      await until(() => n < stretch * (kills.length + 2), waitLimitMs);
      const id = `${key}-${n}`;
      await publish(clients, { id, type: eventType, data: { id, key, n } }, random.between(0, 1));
      accepted.add(id);
    }
  };
  await Promise.all(
    Array.from({ length: options.keys }, (_, key) => publishKey(`k${key}`, createRandom(options.seed + key))),
  );
}

async function publish(clients: readonly Client[], event: object, first: number): Promise<void> {
  for (let tries = first; ; tries++) {
    const taken = await clients[tries % clients.length]?.call("POST", "/v1/events", event).catch(() => undefined);
    if (taken?.status === 202) return;
    await delay(againMs);
  }
}

/** Kills one process after the other, each once some more events are accepted; the seed says where. */
async function strike(
  { kill }: Parts,
  { kills: count, keys, perKey, seed }: LaneTrialOptions,
  random: Random,
  { accepted, kills }: SoFar,
): Promise<void> {
  for (let n = 0; n < count; n++) {
    await until(() => accepted.size >= (keys * perKey * (n + 1)) / (count + 2), waitLimitMs);
    // In turns: with an event that is stored and not yet in its lane, and in the middle of an attempt.
    const inAttempt = attemptPoints[random.between(0, attemptPoints.length - 1)] ?? "begun";
    const point: Point = n % 2 === 0 ? "stored" : inAttempt;
    const engines = n % 2 === 0 ? [(seed + n / 2) % 2] : [0, 1];
    const killed = await kill({ engines, point, after: random.between(0, 3) }, async () => false);
    if (killed) kills.push(killed);
  }
}

type About = { ordered: EndpointId; limited: EndpointId; accepted: ReadonlySet<string>; kills: readonly Killed[] };

async function verdictOf(parts: Parts, { ordered, limited, accepted, kills }: About): Promise<LaneVerdict> {
  const tenant = await parts.store.tenants.ensureBootstrap("default");
  const rowsOf = async (endpoint: EndpointId) =>
    (await parts.store.deliveries.list(tenant, { endpoint }, { limit: accepted.size + 1 })).items;
  return checkLanes({
    accepted,
    ordered: at(parts, "ordered"),
    limited: at(parts, "limited"),
    orderedRows: await rowsOf(ordered),
    limitedRows: await rowsOf(limited),
    kills: kills.map((kill) => kill.atMs),
  });
}

/** Resolves when all is well, when something has gone wrong for good, or when nothing has come for long. */
async function drained({ receiver }: Parts, look: () => Promise<LaneVerdict>): Promise<void> {
  const isQuiet = () => Date.now() - (receiver.requests.at(-1)?.at.getTime() ?? 0) > quietMs;
  await until(async () => {
    const verdict = await look();
    return isInOrder(verdict) || verdict.disordered.length > 0 || isQuiet();
  }, waitLimitMs);
}

function at({ receiver }: Parts, name: string): Received[] {
  return receiver.requests.filter((request) => request.path === `/${name}`);
}

/** The report in lines. */
export function textOfLanes({ seed, accepted, received, kills, seconds, verdict }: LaneReport): string {
  const struck = kills.map(({ engine, point, after }) => `process ${engine} at “${point}” ${after}`);
  const wrong = Object.entries(verdict).filter(([, ids]) => ids.length > 0);
  return [
    `seed       ${seed}`,
    `accepted   ${accepted} events, each owed to two endpoints`,
    `received   ${received.ordered} requests in order, ${received.limited} at a rate`,
    `kills      ${kills.length}: ${struck.join(", ")}`,
    `seconds    ${seconds}`,
    ...wrong.map(([name, ids]) => `${name}: ${ids.length}: ${ids.slice(0, 10).join(", ")}`),
    isInOrder(verdict) ? "kept: all arrived in order, under one id" : "BROKEN",
  ].join("\n");
}
