// `kill -9` between every two steps of "first attempt direct": nothing is lost, nothing is stuck, repeats carry the same id.
// Each point has its mutant, the same path with the guard off that the point needs: the same look must find it out.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId, type EndpointId } from "../../../src/model/ids.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { testServers, uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";
import { createClient, type Client } from "../client.ts";
import { ensureBuilt, startEngine, type EngineProcess } from "../engine-process.ts";
import { faultPoints, readPlan, writePlan, type FaultPointName } from "./plan.ts";

jest.setTimeout(240_000);

let folder: string;
let planFile: string;
let engine: EngineProcess;
let client: Client;
let store: Store;

beforeAll(async () => {
  ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), "millrace-fan-out-"));
  planFile = join(folder, "plan.json");
  writePlan(planFile, {});
  const servers = testServers();
  const uri = new URL(servers.mongodbUri);
  uri.pathname = `/${uniqueName("fan-out")}`;
  engine = await startEngine({
    servers: { ...servers, mongodbUri: uri.toString() },
    logFile: join(folder, "engine.log"),
    program: [join("test", "faults", "fan-out", "engine-main.ts"), planFile, uniqueName("fan-out")],
  });
  client = createClient(engine.url, engine.apiKey);
  store = await openStore(uri.toString());
});

afterAll(async () => {
  await store.close();
  await client.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

test.each(faultPoints)("killed at the point “%s”, the engine loses and sticks nothing", async (point) => {
  expect(await killedAt(point, undefined)).toEqual({
    lost: 0,
    stuck: 0,
    owed: 0,
    otherIds: 0,
    firstAttemptsTooMany: 0,
    status: ["delivered"],
  });
});

test.each(faultPoints)("with the guard of “%s” off, the same look finds what is wrong", async (point) => {
  const found = await killedAt(point, point);
  const { status, ...wrong } = found;
  expect(Object.values(wrong).some((count) => count > 0) || status.join() !== "delivered").toBe(true);
});

/** What went wrong after the engine was killed at a point with an event on its way. */
async function killedAt(point: FaultPointName, mutant: FaultPointName | undefined) {
  await using receiver = await startReceiver();
  const isRetried = point === "recorded" || point === "started";
  if (isRetried) receiver.respond([{ status: 503 }, {}]);
  const type = `fault.${point}`;
  const endpoint = await createEndpoint(receiver, type, point);
  writePlan(planFile, { point, ...(mutant === undefined ? {} : { mutant }) });
  const id = newId("evt");
  // The answer may be lost with the process: the sender asks again with the same id, as it is told to.
  const published = client.call("POST", "/v1/events", { id, type, data: { point } }).catch(() => undefined);
  await until(async () => readPlan(planFile).point === undefined, 20_000);
  await published;
  await engine.ready();
  const isMutant = mutant !== undefined;
  await until(async () => isGood(await look(receiver, endpoint, id, isRetried)), isMutant ? 12_000 : 40_000).catch(
    () => {},
  );
  const found = await look(receiver, endpoint, id, isRetried);
  writePlan(planFile, {});
  await client.call("POST", `/v1/endpoints/${endpoint}/disable`, {});
  return found;
}

type Found = Awaited<ReturnType<typeof look>>;

function isGood({ status, ...wrong }: Found): boolean {
  return status.join() === "delivered" && Object.values(wrong).every((count) => count === 0);
}

async function look(receiver: Receiver, endpoint: EndpointId, id: string, isRetried: boolean) {
  const tenant = await store.tenants.ensureBootstrap("default");
  const event = await store.events.find(tenant, id);
  const { items } = await store.deliveries.list(tenant, { endpoint }, { limit: 10 });
  const ids = new Set(receiver.requests.map((one) => one.headers["webhook-id"]));
  const requestsOfFirst = receiver.requests.filter((one) => one.headers["webhook-attempt"] === "1").length;
  return {
    lost: receiver.requests.length === 0 ? 1 : 0,
    stuck: items.filter((row) => row.status === "pending").length,
    owed: event?.fanOut?.state === "pending" ? 1 : 0,
    otherIds: Math.max(0, ids.size - 1) + items.filter((row) => !ids.has(row._id)).length,
    // A first attempt that is recorded is not made again.
    firstAttemptsTooMany: isRetried ? Math.max(0, requestsOfFirst - 1) : 0,
    status: items.map((row) => row.status),
  };
}

/** An endpoint whose deliveries come to the point: some are parked, since one event a minute is its rate. */
async function createEndpoint(receiver: Receiver, type: string, point: FaultPointName): Promise<EndpointId> {
  const isParked = point === "parked" || point === "woken";
  const answer = await client.call("POST", "/v1/endpoints", {
    url: receiver.url,
    events: [type],
    retry: { schedule: ["1s", "1s", "1s"], jitter: "none" },
    ...(isParked ? { order: "{{event.type}}" } : {}),
  });
  if (answer.status !== 201) throw new Error(`The endpoint was refused: ${JSON.stringify(answer.body)}`);
  return (answer.body as { id: EndpointId }).id; // Answered by the route as its document says.
}
