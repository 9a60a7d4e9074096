// A trial of recoveries: a retry by filter, a recovery of an endpoint and a replay go on at once while the engine is killed.
import { setTimeout as delay } from "node:timers/promises";
import { MongoClient } from "mongodb";
import type { EndpointId, EventId, RecoveryId, TenantId } from "../../../src/model/ids.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { startReceiver, type Received, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { createClient, type Client } from "../client.ts";
import { createRandom, type Random } from "../random.ts";
import type { Mutant } from "./mutants.ts";
import { attemptPoints, pagePoints, type Point } from "./points.ts";
import { inFolder, startProcesses, type Killed, type Place, type Processes, type Stops } from "./processes.ts";
import { checkRecoveries, isRecovered, type RecoverySeen, type RecoveryVerdict } from "./recovery-verdict.ts";

export type RecoveryTrialOptions = Place & {
  seed: number;
  /** Each of the three recoveries is about a delivery of each. */
  events: number;
  perSecond: number;
  kills: number;
  mutant?: Mutant;
};

export type RecoveryReport = {
  seed: number;
  recoveries: RecoverySeen["recovery"][];
  /** Requests since the recoveries were asked for, with those that came again. */
  requests: number;
  kills: Killed[];
  seconds: { failing: number; recovering: number };
  verdict: RecoveryVerdict;
};

type Parts = Processes & { client: Client; store: Store; mongo: MongoClient; receiver: Receiver };

const eventType = "recovery.happened";
/** One delivery in so many of the first recovery fails once more. */
const stubbornEvery = 25;
/** What has not changed for so long does not change any more, in milliseconds: a worker that is lost is found after 15 s. */
const quietMs = 30_000;
const waitLimitMs = 300_000;

export function runRecoveryTrial(options: RecoveryTrialOptions): Promise<RecoveryReport> {
  return inFolder(options, async (folder, stops) => carryOut(await startParts(options, folder, stops), options));
}

async function startParts(options: RecoveryTrialOptions, folder: string, stops: Stops): Promise<Parts> {
  const { servers, mutant } = options;
  const processes = await startProcesses({ servers, mutant, folder, roles: ["all"] }, stops);
  const receiver = await startReceiver();
  stops.push(receiver[Symbol.asyncDispose]);
  const store = await openStore(processes.mongodbUri);
  stops.push(store.close);
  const mongo = await new MongoClient(processes.mongodbUri).connect();
  stops.push(() => mongo.close());
  const [engine] = processes.engines;
  const client = createClient(engine?.url ?? "", engine?.apiKey ?? "");
  stops.push(client.close);
  return { ...processes, client, store, mongo, receiver };
}

async function carryOut(parts: Parts, options: RecoveryTrialOptions): Promise<RecoveryReport> {
  const { receiver } = parts;
  const random = createRandom(options.seed);
  const beganAt = performance.now();
  const world = await failAll(parts, options.events);
  const failedAt = performance.now();
  const before = receiver.requests.length;
  answerWell(parts);
  const ids = await askFor(parts, world, options.perSecond);
  const kills = await strike(parts, options, random, ids);
  const look = () => lookAt(parts, { world, ids, before, kills, events: options.events });
  await settled(look);
  const { seen, verdict } = await look();
  return {
    seed: options.seed,
    recoveries: seen.map(({ recovery }) => recovery),
    requests: receiver.requests.length - before,
    kills,
    seconds: {
      failing: Math.round((failedAt - beganAt) / 1_000),
      recovering: Math.round((performance.now() - failedAt) / 1_000),
    },
    verdict,
  };
}

type World = { tenant: TenantId; retried: EndpointId; recovered: EndpointId; late: EndpointId; gone: EventId };

/** Events that two endpoints do not get, and a third one, which is made afterwards, has missed. One of them is gone since. */
async function failAll(parts: Parts, events: number): Promise<World> {
  const { receiver, client, store, mongo } = parts;
  receiver.respond(() => ({ status: 500 }));
  const retried = await createEndpoint(parts, "retried");
  const recovered = await createEndpoint(parts, "recovered");
  const left = Array.from({ length: events }, (_, n) => n).values();
  const publish = async () => {
    for (const n of left) {
      const id = `e${n}`;
      await expectStatus(client.call("POST", "/v1/events", { id, type: eventType, data: { id, n } }), 202);
    }
  };
  await Promise.all(Array.from({ length: 16 }, publish));
  const tenant = await store.tenants.ensureBootstrap("default");
  await until(
    async () => (await store.deliveries.countMatching(tenant, { statuses: ["failed"] })).count === 2 * events,
    waitLimitMs,
  );
  const late = await createEndpoint(parts, "late");
  // What retention would do.
  const gone = `e${Math.floor(events / 3)}`;
  await mongo.db().collection("events").deleteOne({ id: gone });
  return { tenant, retried, recovered, late, gone };
}

async function createEndpoint({ client, receiver }: Parts, name: string): Promise<EndpointId> {
  const body = { url: `${receiver.url}/${name}`, events: [eventType], retry: "none", breaker: false };
  const made = await expectStatus(client.call("POST", "/v1/endpoints", body), 201);
  return (made as { id: EndpointId }).id; // Answered by the route as its document says.
}

/** From now on everything is taken, but for what is stubborn. */
function answerWell({ receiver }: Parts): void {
  receiver.respond(async (request) => {
    // Long enough that a kill meets many on their way.
    await delay(50);
    return { status: isStubborn(request) ? 500 : 200 };
  });
}

function isStubborn({ path, body }: Received): boolean {
  const { n } = (JSON.parse(body.toString()) as { data: { n: number } }).data; // As `failAll` publishes it.
  return path === "/retried" && n % stubbornEvery === 1;
}

async function askFor({ client }: Parts, world: World, perSecond: number): Promise<RecoveryId[]> {
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const asked = [
    await client.call("POST", "/v1/deliveries/retry", { filter: { endpoint: world.retried }, perSecond }),
    await client.call("POST", `/v1/endpoints/${world.recovered}/recover`, { since, perSecond }),
    await client.call("POST", `/v1/endpoints/${world.late}/replay-missed`, { since, perSecond }),
  ];
  return Promise.all(
    // Answered by the routes as their documents say.
    asked.map(async (one) => ((await expectStatus(Promise.resolve(one), 202)) as { id: RecoveryId }).id),
  );
}

/** Kills the engine in the middle of a page, then twice in the middle of an attempt, and again so; the seed says where. */
async function strike(
  parts: Parts,
  { kills: count, perSecond }: RecoveryTrialOptions,
  random: Random,
  ids: readonly RecoveryId[],
): Promise<Killed[]> {
  const kills: Killed[] = [];
  for (let n = 0; n < count; n++) {
    const points: readonly Point[] = n % 3 === 0 ? pagePoints : attemptPoints;
    const point = points[random.between(0, points.length - 1)] ?? "asked";
    // Pages are few, and what a page asks for is many.
    const after = point === "planned" || point === "ended" ? random.between(0, 2) : random.between(0, perSecond);
    const killed = await parts.kill({ engines: [0], point, after }, () => areOver(parts, ids));
    if (killed) kills.push(killed);
  }
  return kills;
}

async function areOver(parts: Parts, ids: readonly RecoveryId[]): Promise<boolean> {
  const all = await Promise.all(ids.map((id) => read(parts, id)));
  return all.every((recovery) => recovery.status !== "running");
}

async function read({ client }: Parts, id: RecoveryId): Promise<RecoverySeen["recovery"]> {
  const body = await expectStatus(client.call("GET", `/v1/delivery-recoveries/${id}`), 200);
  return body as RecoverySeen["recovery"]; // Answered by the route as its document says.
}

type About = { world: World; ids: readonly RecoveryId[]; before: number; kills: readonly Killed[]; events: number };

async function lookAt(
  parts: Parts,
  { world, ids, before, kills, events }: About,
): Promise<{ seen: RecoverySeen[]; verdict: RecoveryVerdict }> {
  const { store, receiver } = parts;
  const { tenant, retried, recovered, late, gone } = world;
  const requests = receiver.requests.slice(before);
  const endpoints = [
    { name: "retried", endpoint: retried, stubborn: Math.ceil((events - 1) / stubbornEvery) },
    { name: "recovered", endpoint: recovered, stubborn: 0 },
    { name: "late", endpoint: late, stubborn: 0 },
  ];
  const seen = await Promise.all(
    endpoints.map(async ({ name, endpoint, stubborn }, at): Promise<RecoverySeen> => {
      const recovery = await read(parts, ids[at] ?? "drec_");
      const until = new Date(recovery.createdAt);
      const total = name === "late" ? (await store.events.countBetween(tenant, { until })).count : events;
      const { items } = await store.deliveries.list(tenant, { endpoint }, { limit: events });
      return {
        recovery,
        expected: { done: total, retried: events - 1, refused: name === "late" ? 0 : 1, stubborn },
        rows: items.filter((row) => row.event.id !== gone),
        requests: requests.filter((request) => request.path === `/${name}`),
      };
    }),
  );
  const killsAt = kills.map((kill) => kill.atMs);
  return { seen, verdict: checkRecoveries(seen, killsAt) };
}

/** Resolves when all is well, when something came too often, or when nothing has changed for long. */
async function settled(look: () => ReturnType<typeof lookAt>): Promise<void> {
  let state = "";
  let changedAt = performance.now();
  await until(async () => {
    const { seen, verdict } = await look();
    const now = JSON.stringify([seen.map(({ recovery, requests }) => [recovery, requests.length]), verdict]);
    if (now !== state) changedAt = performance.now();
    state = now;
    return isRecovered(verdict) || verdict.unexplained.length > 0 || performance.now() - changedAt > quietMs;
  }, waitLimitMs);
}

async function expectStatus(call: ReturnType<Client["call"]>, status: number): Promise<unknown> {
  const answer = await call;
  if (answer.status !== status) throw new Error(`Expected ${status}: ${JSON.stringify(answer)}`);
  return answer.body;
}

/** The report in lines. */
export function textOfRecoveries({ seed, recoveries, requests, kills, seconds, verdict }: RecoveryReport): string {
  const struck = kills.map(({ point, after }) => `at “${point}” ${after}`);
  const wrong = Object.entries(verdict).filter(([, all]) => all.length > 0);
  return [
    `seed       ${seed}`,
    ...recoveries.map(
      ({ kind, status, progress, retried, refused }) =>
        `${kind.padEnd(10)} ${status}: ${progress.done} had their turn, ${retried} retried, ${refused} refused`,
    ),
    `requests   ${requests}`,
    `kills      ${kills.length}: ${struck.join(", ")}`,
    `seconds    failing ${seconds.failing}, recovering ${seconds.recovering}`,
    ...wrong.map(([name, all]) => `${name}: ${all.length}: ${all.slice(0, 10).join(", ")}`),
    isRecovered(verdict) ? "kept: everything had its turn once, and is counted once" : "BROKEN",
  ].join("\n");
}
