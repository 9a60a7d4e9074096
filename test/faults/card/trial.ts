// One trial of the design card: its gallery flow on a real engine, while its systems fail and the engine is killed.
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Flow } from "../../../src/model/flow.ts";
import { packageRoot } from "../../../src/package-root.ts";
import { createClient, type Client } from "../client.ts";
import { startEngine, type EngineProcess } from "../engine-process.ts";
import { createRandom } from "../random.ts";
import { startServers } from "../servers.ts";
import { createFaultSource, type FaultKind, type FaultSource } from "./faults.ts";
import { publishReviews } from "./publisher.ts";
import { startSystems, type Systems } from "./systems.ts";
import { checkCard, isKept, repeatedMessages, type CardVerdict, type Seen } from "./verdict.ts";

export type CardTrialOptions = {
  seed: number;
  events: number;
  perSecond: number;
  /** When the engine is killed for the first time, and how long after each kill the next one follows. */
  firstKillMs: number;
  killEveryMs: number;
  /** A flow that creates its cases, without a key, and repeats what may have happened: it must make some of them twice. */
  mutant?: boolean;
  /** What has not come after so long without any change does not come any more, in milliseconds. */
  quietMs?: number;
  /** Leaves the folder with the logs and says where it is. */
  onKept?: (folder: string) => void;
};

export type CardReport = {
  seed: number;
  events: number;
  accepted: number;
  cases: number;
  messages: number;
  /** Messages that say again what one before them said. */
  repeated: number;
  faults: Record<FaultKind, number>;
  requests: { salesforce: number; slack: number; tokens: number };
  /** Most messages that reached one channel of Slack within a second. */
  perChannelSecondMax: number;
  kills: number;
  crashes: number;
  seconds: { publishing: number; draining: number };
  verdict: CardVerdict;
};

/** The kills of the long trial: one a minute. */
export const longCard = { events: 1_000, perSecond: 15, firstKillMs: 20_000, killEveryMs: 60_000 } as const;
/** What shows the mutant, without a kill. */
export const mutantCard = {
  events: 30,
  perSecond: 15,
  firstKillMs: 600_000,
  killEveryMs: 600_000,
  mutant: true,
  quietMs: 10_000,
} as const;
/** Seconds, with one kill in the middle of everything. */
export const shortCard = { events: 60, perSecond: 15, firstKillMs: 3_000, killEveryMs: 600_000 } as const;

/** A field that takes the same value twice. */
const copyField = "Copy_Id__c";
const channels = Array.from({ length: 20 }, (_, index) => `support-${index}`);
/** The watch over open runs looks at one after a minute at the earliest: a shorter quiet proves nothing. */
const quietMsDefault = 90_000;

/** Runs a trial in a folder of its own. Rejects when the trial itself could not be carried out. */
export async function runCardTrial(options: CardTrialOptions): Promise<CardReport> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-card-"));
  const stops: (() => Promise<void>)[] = [];
  try {
    return await runWith(await startParts(folder, options, stops), options);
  } finally {
    for (const stop of stops.toReversed()) await stop();
    if (options.onKept) options.onKept(folder);
    else await rm(folder, { recursive: true, force: true });
  }
}

type Parts = { faults: FaultSource; systems: Systems; engine: EngineProcess; client: Client; logFile: string };

/** What has been started is in `stops`, whether or not the rest could be. */
async function startParts(
  folder: string,
  { seed, mutant }: CardTrialOptions,
  stops: (() => Promise<void>)[],
): Promise<Parts> {
  const faults = createFaultSource(createRandom(seed));
  const servers = await startServers(folder);
  stops.push(servers.stop);
  const systems = await startSystems(faults, channels);
  stops.push(systems.stop);
  const logFile = join(folder, "engine.log");
  const engine = await startEngine({ servers, logFile, logLevel: "debug" });
  stops.push(engine.stop);
  const client = createClient(engine.url, engine.apiKey);
  stops.push(client.close);
  await install(client, systems, mutant === true ? asMutant : (steps) => steps);
  return { faults, systems, engine, client, logFile };
}

async function runWith(parts: Parts, options: CardTrialOptions): Promise<CardReport> {
  const { faults, systems, engine, client } = parts;
  const startedAt = performance.now();
  const nemesis = startNemesis(engine, options);
  const published = { accepted: [] as string[], atMs: 0 };
  let seen: Seen;
  try {
    published.accepted = await publishReviews({ ...options, client, name: `s${options.seed}`, channels });
    published.atMs = performance.now();
    const quietMs = options.quietMs ?? quietMsDefault;
    seen = await drain(client, { ...parts, accepted: published.accepted, quietMs });
  } finally {
    await nemesis.stop();
  }
  const endedAt = performance.now();
  const messages = systems.slack.messages.map(({ text }) => text ?? "");
  return {
    seed: options.seed,
    events: options.events,
    accepted: published.accepted.length,
    cases: seen.cases.length,
    messages: messages.length,
    repeated: repeatedMessages(messages),
    faults: faults.counts,
    requests: requestsOf(systems),
    perChannelSecondMax: fastestChannel(systems),
    kills: nemesis.kills(),
    crashes: engine.crashes(),
    seconds: {
      publishing: Math.round((published.atMs - startedAt) / 1_000),
      draining: Math.round((endedAt - published.atMs) / 1_000),
    },
    verdict: checkCard(seen),
  };
}

/** The connections, and the gallery's flow: with a channel for each review, and with patience that outlasts the faults. */
async function install(
  client: Client,
  { credentials }: Systems,
  change: (steps: Flow["steps"]) => Flow["steps"],
): Promise<void> {
  for (const connector of ["salesforce", "slack"] as const) {
    const body = { connector, name: connector, slug: connector, credentials: credentials[connector] };
    const made = await client.call("POST", "/v1/connections", body);
    if (made.status !== 201) throw new Error(`The connection was refused: ${JSON.stringify(made.body)}`);
  }
  const file = join(packageRoot, "templates", "flows", "escalate-reviews.json");
  const flow = JSON.parse(readFileSync(file, "utf8")) as Flow; // A test of the gallery holds it to the schema.
  const steps = change(flow.steps).map((step) => {
    const patience = { retry: { attempts: 50, first: "200ms", factor: 1.3, max: "1s" }, timeout: "3s" };
    if (!("with" in step) || step.id !== "tell") return { ...step, ...patience };
    return { ...step, ...patience, with: { ...step.with, channel: "{{event.data.channel}}" } };
  });
  const created = await client.call("POST", "/v1/flows", { ...flow, steps, tests: [] });
  const { id } = created.body as { id?: string };
  const published = await client.call("POST", `/v1/flows/${id}/publish`, {});
  if (published.status !== 200) {
    throw new Error(`The trial's flow was refused: ${JSON.stringify([created.body, published.body])}`);
  }
}

function asMutant(steps: Flow["steps"]): Flow["steps"] {
  return steps.map((step) => {
    if (!("use" in step) || step.use !== "salesforce.upsertByExternalId") return step;
    const { object, fields } = step.with as { object: string; fields: object }; // The gallery's flow has them.
    const input = { object, fields: { ...fields, [copyField]: "{{event.id}}" } };
    return { ...step, use: "salesforce.createRecord", with: input, onAmbiguous: "repeat" } as typeof step;
  });
}

/** Kills the engine again and again until it is stopped. A kill is over when the next process is ready. */
function startNemesis(engine: EngineProcess, { firstKillMs, killEveryMs }: CardTrialOptions) {
  const end = new AbortController();
  let kills = 0;
  const running = (async () => {
    for (let waitMs = firstKillMs; ; waitMs = killEveryMs) {
      await delay(waitMs, undefined, { signal: end.signal }).catch(() => undefined);
      if (end.signal.aborted) return;
      await engine.kill();
      kills++;
      await engine.ready();
    }
  })();
  // Whoever stops it hears of its failure.
  running.catch(() => undefined);
  return {
    kills: () => kills,
    async stop() {
      end.abort();
      await running;
    },
  };
}

type Looking = { accepted: string[]; systems: Systems; logFile: string; quietMs: number };

/** Waits until the promise is kept, or until nothing has changed for so long that it never will be. */
async function drain(client: Client, given: Looking): Promise<Seen> {
  let last = "";
  let changedAt = performance.now();
  for (;;) {
    const seen = await look(client, given);
    const state = JSON.stringify([seen?.messages.length, seen?.cases.length, seen?.runs.map((run) => run.status)]);
    if (state !== last) changedAt = performance.now();
    last = state;
    const isQuiet = performance.now() - changedAt > given.quietMs;
    if (seen !== undefined && (isKept(checkCard(seen)) || isQuiet)) return { ...seen, leaks: await leaksOf(given) };
    if (isQuiet) throw new Error("The engine's runs cannot be listed.");
    await delay(1_000);
  }
}

/** Without what the log holds. Undefined while the engine does not answer: it may just have been killed. */
async function look(client: Client, { accepted, systems }: Looking): Promise<Seen | undefined> {
  const runs = await listRuns(client).catch(() => undefined);
  if (runs === undefined) return undefined;
  return {
    accepted,
    runs,
    cases: systems.salesforce.org
      .records("Case")
      .map((row) => ({ id: textOf(row["Id"]), eventId: textOf(row["Event_Id__c"] ?? row[copyField]) })),
    messages: systems.slack.messages.map(({ text }) => text ?? ""),
    leaks: [],
  };
}

/** The secrets that stand in the engine's log, by number. */
async function leaksOf({ systems, logFile }: Looking): Promise<string[]> {
  const log = await readFile(logFile, "utf8");
  if (log === "") throw new Error("The engine has logged nothing, so that a search for secrets would prove nothing.");
  return systems.canaries().flatMap((canary, index) => (log.includes(canary) ? [`secret ${index}`] : []));
}

async function listRuns(client: Client): Promise<Seen["runs"]> {
  const runs: Seen["runs"] = [];
  for (let cursor = ""; ;) {
    const { status, body } = await client.call("GET", `/v1/runs?limit=200${cursor}`);
    if (status !== 200) throw new Error(`The runs cannot be listed: ${JSON.stringify(body)}`);
    // As the API's own schema has it.
    const page = body as { data: { id: string; event: { id: string }; status: string }[]; nextCursor: string | null };
    runs.push(...page.data.map((run) => ({ id: run.id, event: run.event.id, status: run.status })));
    if (page.nextCursor === null) return runs;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

function requestsOf({ salesforce, slack }: Systems): CardReport["requests"] {
  return {
    salesforce: salesforce.requests.length,
    slack: slack.calls.length,
    tokens: salesforce.tokenRequests.length,
  };
}

function fastestChannel({ slack }: Systems): number {
  const timesByChannel = new Map<string, number[]>();
  for (const { args, received } of slack.calls) {
    const channel = String(args["channel"]);
    timesByChannel.set(channel, [...(timesByChannel.get(channel) ?? []), received.at.getTime()]);
  }
  const most = (times: number[]) =>
    Math.max(...times.map((at) => times.filter((one) => one >= at && one < at + 1_000).length));
  return Math.max(0, ...[...timesByChannel.values()].map(most));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
