// A trial of bulk retries: many failed runs, three of which cannot be mended, are retried at once while the engine is killed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";
import { createClient, type Client } from "./client.ts";
import { startEngine, type EngineProcess } from "./engine-process.ts";
import { startServers, type Servers } from "./servers.ts";

export type BulkTrialOptions = {
  /** All failed runs, with those that cannot be mended. */
  runs: number;
  perSecond: number;
  /** Whenever this many more have had their turn the engine is killed, or MongoDB halted until nobody is answered. */
  every: number;
  /** Leaves the folder with the logs and says where it is. */
  onKept?: (folder: string) => void;
};

type Bulk = {
  id: string;
  status: string;
  progress: { done: number; total: number };
  retried: number;
  refused: number;
  outcomes: Record<"succeeded" | "failed" | "filtered" | "cancelled" | "open", number>;
  errors: { run: string; code: string; message: string }[];
  failedAgain: { error?: { code: string; message: string } }[];
};

type Disturbed = { kills: number; halts: number };

export type BulkReport = Disturbed & {
  bulk: Bulk;
  runs: number;
  /** The most runs that were made for one. */
  mostPerRun: number;
  /** The most keys that one event's effect was tried under: receivers find a duplicate by its key. */
  mostKeys: number;
  /** Requests that came again after they had been taken: an attempt that a kill cut off is made once more. */
  repeated: number;
  seconds: { failing: number; retrying: number };
};

const answerLimitMs = 300_000;

/** Runs the trial in a folder of its own. Rejects when it could not be carried out. */
export async function runBulkTrial(options: BulkTrialOptions): Promise<BulkReport> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bulk-"));
  const stops: (() => Promise<void>)[] = [];
  try {
    const servers = await startServers(folder);
    stops.push(servers.stop);
    const receiver = await startReceiver();
    stops.push(receiver[Symbol.asyncDispose]);
    const engine = await startEngine({ servers, logFile: join(folder, "engine.log") });
    stops.push(engine.stop);
    const client = createClient(engine.url, engine.apiKey);
    stops.push(client.close);
    const mongo = await new MongoClient(servers.mongodbUri).connect();
    stops.push(() => mongo.close());
    return await carryOut({ servers, receiver, engine, client, mongo }, options);
  } finally {
    for (const stop of stops.toReversed()) await stop();
    if (options.onKept) options.onKept(folder);
    else await rm(folder, { recursive: true, force: true });
  }
}

type Parts = { servers: Servers; receiver: Receiver; engine: EngineProcess; client: Client; mongo: MongoClient };

async function carryOut(parts: Parts, options: BulkTrialOptions): Promise<BulkReport> {
  const { receiver, client, mongo } = parts;
  const beganAt = performance.now();
  const stubborn = Math.floor(options.runs / 2);
  await failRuns(parts, options.runs);
  const failedAt = performance.now();
  // What retention would do: the event of one run, and the version that the last one was carried out under.
  await mongo
    .db()
    .collection("events")
    .deleteOne({ id: `e${Math.floor(options.runs / 3)}` });
  await mongo
    .db()
    .collection("flowVersions")
    .deleteOne({ version: 1, flowId: await flowOf(client, "gone") });
  const before = receiver.requests.length;
  receiver.respond(({ body }) => ({ status: dataOf(body).n === stubborn ? 422 : 200 }));
  const asked = await client.call("POST", "/v1/runs/retry", { filter: {}, perSecond: options.perSecond });
  if (asked.status !== 202) throw new Error(`The bulk retry was refused: ${JSON.stringify(asked.body)}`);
  const { id } = asked.body as Bulk; // As the API's own schema has it.
  const disturbed = await disturb(parts, id, options);
  await until(async () => isOver(await read(client, id)), answerLimitMs);
  const bulk = await read(client, id);
  const requests = receiver.requests.slice(before).map(({ body, headers }) => ({ n: dataOf(body).n, headers }));
  const keysByEvent = new Map<number, Set<unknown>>();
  for (const { n, headers } of requests) {
    keysByEvent.set(n, (keysByEvent.get(n) ?? new Set()).add(headers["webhook-id"]));
  }
  const [most] = await mongo
    .db()
    .collection("runs")
    .aggregate<{ made: number }>([
      { $match: { retryOf: { $exists: true } } },
      { $group: { _id: "$retryOf", made: { $sum: 1 } } },
      { $sort: { made: -1 } },
      { $limit: 1 },
    ])
    .toArray();
  return {
    bulk,
    runs: options.runs,
    ...disturbed,
    mostPerRun: most?.made ?? 0,
    mostKeys: Math.max(...[...keysByEvent.values()].map((keys) => keys.size)),
    repeated: requests.length - keysByEvent.size,
    seconds: {
      failing: Math.round((failedAt - beganAt) / 1_000),
      retrying: Math.round((performance.now() - failedAt) / 1_000),
    },
  };
}

/** Runs that fail, of one flow but for the last: its flow has a second version by then. */
async function failRuns({ receiver, client }: Parts, runs: number): Promise<void> {
  receiver.respond(() => ({ status: 422 }));
  for (const slug of ["bulk", "gone"]) {
    // A refusal ends a run at once; an attempt that a kill cut off is made again.
    const retry = { attempts: 5, first: "1s", factor: 2 };
    const step = { id: "tell", use: "webhook.post", with: { url: receiver.url }, retry };
    await expectStatus(client.call("POST", "/v1/flows", { name: slug, slug, on: { event: slug }, steps: [step] }), 201);
    await expectStatus(client.call("POST", `/v1/flows/${slug}/publish`, {}), 200);
  }
  const publish = (n: number, type: string) =>
    expectStatus(client.call("POST", "/v1/events", { type, id: `e${n}`, data: { n } }), 202);
  const left = Array.from({ length: runs - 1 }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const n of left) await publish(n, "bulk");
    }),
  );
  await publish(runs - 1, "gone");
  await expectStatus(client.call("POST", "/v1/flows/gone/publish", {}), 200);
  await until(async () => {
    const counted = await client.call("POST", "/v1/runs/retry", { filter: {}, dryRun: true });
    return (counted.body as { count: number }).count === runs;
  }, answerLimitMs);
}

/** Whenever some more runs have had their turn, kills the engine or halts MongoDB, in turns; answers how often each. */
async function disturb(parts: Parts, id: string, options: BulkTrialOptions): Promise<Disturbed> {
  const { engine, client, servers } = parts;
  const disturbed = { kills: 0, halts: 0 };
  for (let done = options.every; done < options.runs; done += options.every) {
    let bulk: Bulk | undefined;
    await until(async () => {
      bulk = await read(client, id);
      return bulk.status !== "running" || bulk.progress.done >= done;
    }, answerLimitMs);
    if (bulk?.status !== "running") return disturbed;
    if (disturbed.kills > disturbed.halts) {
      servers.mongodb.halt();
      // By then the page that is on has had no answer either.
      await until(async () => (await client.call("GET", `/v1/bulk-retries/${id}`)).status === 503, answerLimitMs);
      servers.mongodb.resume();
      disturbed.halts++;
    } else {
      await engine.kill();
      await engine.ready();
      disturbed.kills++;
    }
  }
  return disturbed;
}

async function read(client: Client, id: string): Promise<Bulk> {
  const { status, body } = await client.call("GET", `/v1/bulk-retries/${id}`);
  if (status !== 200) throw new Error(`The bulk retry cannot be read: ${JSON.stringify(body)}`);
  return body as Bulk; // As the API's own schema has it.
}

function isOver({ status, outcomes }: Bulk): boolean {
  return status !== "running" && outcomes.open === 0;
}

async function flowOf(client: Client, slug: string): Promise<string> {
  return ((await client.call("GET", `/v1/flows/${slug}`)).body as { id: string }).id;
}

async function expectStatus(call: ReturnType<Client["call"]>, status: number): Promise<void> {
  const answer = await call;
  if (answer.status !== status) throw new Error(`Expected ${status}: ${JSON.stringify(answer)}`);
}

function dataOf(body: Buffer): { n: number } {
  return (JSON.parse(body.toString("utf8")) as { data: { n: number } }).data;
}

/** Whether all but three were mended, each by one run under one key, and the three say why. */
export function isMended({ bulk, runs, kills, mostPerRun, mostKeys }: BulkReport): boolean {
  const { outcomes, errors, failedAgain } = bulk;
  const reasons = [...errors.map(({ message }) => message), ...failedAgain.map(({ error }) => error?.message)];
  return (
    kills > 0 &&
    bulk.status === "succeeded" &&
    bulk.progress.done === runs &&
    outcomes.succeeded === runs - 3 &&
    bulk.retried + bulk.refused === runs &&
    reasons.length === 3 &&
    reasons.every((reason) => reason !== undefined && reason !== "") &&
    mostPerRun === 1 &&
    mostKeys === 1
  );
}

/** The report in lines. */
export function textOfBulk(report: BulkReport): string {
  const { bulk, kills, halts, mostPerRun, mostKeys, repeated, seconds } = report;
  const outcomes = Object.entries(bulk.outcomes).filter(([, count]) => count > 0);
  return [
    `runs       ${report.runs} failed, ${bulk.progress.done} of ${bulk.progress.total} had their turn: ${bulk.status}`,
    `retried    ${bulk.retried}: ${outcomes.map(([name, count]) => `${name} ${count}`).join(", ")}`,
    `refused    ${bulk.refused}`,
    ...bulk.errors.map(({ run, code, message }) => `  ${run} ${code}: ${message}`),
    ...bulk.failedAgain.map(({ error }) => `  failed again, ${error?.code}: ${error?.message}`),
    `made       at most ${mostPerRun} for one run, under at most ${mostKeys} key`,
    `repeated   ${repeated} requests`,
    `kills      ${kills} of the engine, and MongoDB halted ${halts} times`,
    `seconds    failing ${seconds.failing}, retrying ${seconds.retrying}`,
    isMended(report) ? "kept: all but three are mended, and three errors say why" : "BROKEN",
  ].join("\n");
}
