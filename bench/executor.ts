// What does the executor cost? Processor time of a call of an action beside a bare undici request of the same bytes to the
// same receiver, alternating in one process. MongoDB is real; the receiver and MongoDB are processes of their own.
//   npm run bench:executor                  medians of the rounds; ends with 1 when a call costs more than the target
//   npm run bench:executor -- --rounds 21   more of them, on a machine that others load
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { connectors } from "../connectors/index.ts";
import { createConnections } from "../src/connector/connections.ts";
import { createExecutor, type Executor, type PerformInput } from "../src/connector/executor.ts";
import { createLimiter } from "../src/connector/limiter.ts";
import { createHttpClient } from "../src/delivery/http.ts";
import { createLog } from "../src/log.ts";
import { newId, type TenantId } from "../src/model/ids.ts";
import type { JsonObject } from "../src/model/json.ts";
import { packageRoot } from "../src/package-root.ts";
import { openStore } from "../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../src/vault/keyring.ts";
import { createVault } from "../src/vault/vault.ts";
import { median } from "./load.ts";
import { stopChild } from "./millrace.ts";
import { startServers } from "./servers.ts";

/** What a call may cost more than the bare request, in milliseconds of processor time. */
const targetMs = 1.5;
const callsARound = 1_000;
const warmUpCalls = 1_500;
const inFlight = 10;
/** More than are posted to within a second: nothing waits for its turn, and each call takes one all the same. */
const channels = 6_000;
const review = { rating: 2, content: "Cold food, slow service", business_id: "biz_1", author: { name: "Ann" } };

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });
const rounds = Number(values.rounds);

/** One of the two that are compared: the n-th call. Rejects when it does not succeed. */
type Unit = (number: number) => Promise<void>;
type Pair = { name: string; ours: Unit; bare: Unit };

const servers = await startServers({ temporal: false });
const sink = fork(join(packageRoot, "bench", "executor-sink.ts"), { execArgv: ["--import", "tsx"] });
const [port] = (await once(sink, "message")) as [number]; // The first thing that the sink says.
const url = `http://127.0.0.1:${port}`;
const pool = new Pool(url, { connections: inFlight, pipelining: 1 });
try {
  await measure();
} finally {
  await pool.close();
  await stopChild(sink);
  await servers.stop();
}

async function measure(): Promise<void> {
  const store = await openStore(servers.mongodbUri, { database: "bench" });
  const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };
  const http = createHttpClient({ policy });
  const vault = createVault(parseKeyring(newKeyringEntry()));
  const connections = createConnections({ ...store, vault, http, policy, connectors, log: createLog("warn") });
  const limiter = createLimiter(store.limits);
  const executor = createExecutor({ http, connectors, connections, limiter, blobs: store.blobs, nowMs: Date.now });
  const tenantId = await store.tenants.create("Bench");
  const connect = async (connector: string, credentials: JsonObject): Promise<void> => {
    const given = { connector, name: connector, slug: connector, credentials };
    const made = await connections.create(tenantId, newId("conn"), given);
    if (made.outcome !== "made") throw new Error(`The connection was refused: ${JSON.stringify(made)}`);
  };
  await connect("http", { token: "tok_4f9aa1c2d3e4b5a6", baseUrl: url });
  await connect("slack", { token: "xoxb-0000000000-bench-token", apiUrl: `${url}/api` });
  try {
    for (const pair of [httpRequest(executor, tenantId), postMessage(executor, tenantId)]) await compare(pair);
  } finally {
    await http.close();
    await store.close();
  }
}

function httpRequest(executor: Executor, tenantId: TenantId): Pair {
  const headers = {
    "content-type": "application/json",
    "idempotency-key": "dlv_0123456789abcdef01234567",
    "user-agent": "Millrace",
    authorization: "Bearer tok_4f9aa1c2d3e4b5a6",
  };
  return {
    name: "http.request",
    ours: performing(executor, () =>
      inputOf(tenantId, "http.request", "http", { method: "POST", url: "/orders", body: review }),
    ),
    bare: requesting("/orders", headers, () => review),
  };
}

/** With the limit of its channel, which MongoDB keeps. */
function postMessage(executor: Executor, tenantId: TenantId): Pair {
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Millrace",
    authorization: "Bearer xoxb-0000000000-bench-token",
  };
  const message = (number: number): JsonObject => ({
    channel: `C0${number % channels}`,
    text: "A review with 2 of 5 stars",
    blocks: [{ type: "section", text: { type: "mrkdwn", text: "*2 of 5 stars* from Ann\n> Cold food, slow service" } }],
  });
  return {
    name: "slack.postMessage",
    ours: performing(executor, (number) => inputOf(tenantId, "slack.postMessage", "slack", message(number))),
    bare: requesting("/api/chat.postMessage", headers, message),
  };
}

function inputOf(tenantId: TenantId, use: string, connection: string, input: JsonObject): PerformInput {
  const dataText = JSON.stringify(review);
  const event = { id: "evt_1", type: "review.created", occurredAt: "2026-03-01T12:00:00.000Z", dataText };
  return {
    use,
    input,
    tenantId,
    connection,
    call: { deliveryId: "dlv_0123456789abcdef01234567", attempt: 1, willRetry: true, nowMs: Date.now(), event },
    tenantSecrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    timeoutMs: 30_000,
  };
}

function performing(executor: Executor, input: (number: number) => PerformInput): Unit {
  return async (number) => {
    const performed = await executor.perform(input(number));
    if ("waiting" in performed) throw new Error(`A call waits: ${performed.waiting.failure.message}`);
    if (!performed.outcome.ok) throw new Error(`A call failed: ${performed.outcome.failure.message}`);
  };
}

function requesting(path: string, headers: Record<string, string>, body: (number: number) => JsonObject): Unit {
  return async (number) => {
    const answer = await pool.request({ method: "POST", path, headers, body: JSON.stringify(body(number)) });
    await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`A request was answered ${answer.statusCode}.`);
  };
}

/** Alternating rounds, each kind first in half of them; prints the medians. */
async function compare({ name, ours, bare }: Pair): Promise<void> {
  const counter = { next: 0 };
  await run(bare, warmUpCalls, counter);
  await run(ours, warmUpCalls, counter);
  const ms = { ours: [] as number[], bare: [] as number[], more: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["bare", "ours"] as const) : (["ours", "bare"] as const);
    const of = { ours: 0, bare: 0 };
    for (const kind of order) of[kind] = await cpuMsPerCall(kind === "ours" ? ours : bare, counter);
    ms.ours.push(of.ours);
    ms.bare.push(of.bare);
    ms.more.push(of.ours - of.bare);
  }
  const more = median(ms.more);
  const spread = `${Math.min(...ms.more).toFixed(3)} to ${Math.max(...ms.more).toFixed(3)}`;
  const figures = `ours ${median(ms.ours).toFixed(3)}, bare ${median(ms.bare).toFixed(3)}, more ${more.toFixed(3)} (${spread})`;
  console.log(
    `${name.padEnd(18)} CPU-ms a call: ${figures}; target ${targetMs}: ${more <= targetMs ? "met" : "MISSED"}`,
  );
  if (more > targetMs) process.exitCode = 1;
}

/** Of all of this process, the garbage that the calls leave included. */
async function cpuMsPerCall(unit: Unit, counter: { next: number }): Promise<number> {
  const before = process.cpuUsage();
  await run(unit, callsARound, counter);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / callsARound;
}

async function run(unit: Unit, calls: number, counter: { next: number }): Promise<void> {
  let left = calls;
  const lane = async () => {
    while (left > 0) {
      left--;
      await unit(counter.next++);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
