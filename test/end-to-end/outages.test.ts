// What senders and receivers see while a server is away, and after it is back: on servers that this file takes down.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { createPerformStep, type PerformStepInput, type PerformStepOutput } from "../../activities/perform-step.ts";
import { connectors } from "../../connectors/index.ts";
import { createExecutor } from "../../src/connector/executor.ts";
import { createSigningSecrets } from "../../src/connector/signing-secrets.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createLog } from "../../src/log.ts";
import { newId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { createClient } from "../faults/client.ts";
import { ensureBuilt, startEngine } from "../faults/engine-process.ts";
import { startServers, type Servers } from "../faults/servers.ts";
import { startApp, type Answer, type TestApp } from "../support/app.ts";
import { anAction } from "../support/plans.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

jest.setTimeout(90_000);

let folder: string;
let servers: Servers;
let receiver: Receiver;
beforeAll(async () => {
  ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), "millrace-outages-"));
  servers = await startServers(folder);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(async () => {
  await servers?.stop();
  await rm(folder, { recursive: true, force: true });
});

const patient = { attempts: 10, first: "1s", factor: 2, max: "5s" };
const flow = () => ({
  name: uniqueName("outage"),
  on: { event: "outage.happened" },
  filter: { "<=": [{ var: "event.data.rating" }, 2] },
  steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url }, retry: patient, timeout: "5s" }],
});
const anEvent = (id: string) => ({ id, type: "outage.happened", data: { id, rating: 1 } });
const idsOf = (requests: Receiver["requests"]) =>
  requests.map((request) => String(JSON.parse(request.body.toString()).data.id));

/** Resolves when the receiver has every one of these events. */
async function untilReceived(ids: Iterable<string>, limitMs = 60_000): Promise<void> {
  await until(() => {
    const received = new Set(idsOf(receiver.requests));
    return [...ids].every((id) => received.has(id));
  }, limitMs);
}

async function untilNoneOpen(call: TestApp["call"]): Promise<void> {
  await until(async () => {
    const open = await Promise.all(
      ["pending", "running", "waiting"].map((status) => call("GET", `/v1/runs?status=${status}&limit=1`)),
    );
    return open.every((answer) => answer.status === 200 && answer.body.data.length === 0);
  }, 60_000);
}

describe("Temporal is away", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)(
    "after %s: publishes are answered 202, and drain when it is back, without a restart",
    async (signal) => {
      await using app = await startApp(servers);
      await app.createFlow(flow());
      const ids = Array.from({ length: 30 }, (_, number) => `${signal}-${number}`);
      await app.publish(anEvent(ids[0]!));
      await untilReceived(ids.slice(0, 1));

      await servers.temporal.kill(signal);
      // `publish` fails the test on anything but a 202.
      await Promise.all(ids.slice(1, 15).map((id) => app.publish(anEvent(id))));
      for (const id of ids.slice(15)) await app.publish(anEvent(id));
      const health = await app.call("GET", "/readyz");
      expect(health.status).toBe(200);
      expect(JSON.stringify(health.body)).toContain('"temporal":"unavailable"');

      await servers.temporal.start();
      await untilReceived(ids);
      await untilNoneOpen(app.call);
      expect(receiver.requests.length).toBe(new Set(receiver.requests.map((one) => one.headers["webhook-id"])).size);
    },
  );
});

describe("MongoDB is away", () => {
  type Sent = { id: string; answer: Answer; tookMs: number };
  const send = async (app: TestApp, id: string): Promise<Sent> => {
    const startedAt = performance.now();
    const answer = await app.call("POST", "/v1/events", anEvent(id));
    return { id, answer, tookMs: performance.now() - startedAt };
  };

  test.each([
    ["killed", () => servers.mongodb.kill(), () => servers.mongodb.start()],
    ["halted with its sockets open", () => servers.mongodb.halt(), () => servers.mongodb.resume()],
  ])(
    "%s: 503 with Retry-After within 5 s, and afterwards nothing accepted is lost, without a restart",
    async (how, away, back) => {
      await using app = await startApp(servers);
      await app.createFlow(flow());
      const name = how.slice(0, 6);
      const before = await Promise.all(
        Array.from({ length: 10 }, (_, number) => send(app, `${name}-before-${number}`)),
      );
      expect(before.map(({ answer }) => answer.status)).toEqual(before.map(() => 202));

      // These are on their way when the server goes: each is answered either way, and what was promised holds.
      const during = Array.from({ length: 10 }, (_, number) => send(app, `${name}-during-${number}`));
      await away();
      const met = await Promise.all(during);
      const refused = [
        await send(app, `${name}-alone`),
        ...(await Promise.all(Array.from({ length: 40 }, (_, number) => send(app, `${name}-away-${number}`)))),
      ];
      const ready = await app.call("GET", "/readyz");
      await back();

      for (const { answer, tookMs } of refused) {
        expect(answer.status).toBe(503);
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
        expect(answer.body.code).toBe("service.storage_unavailable");
        expect(tookMs).toBeLessThan(5_000);
      }
      for (const { answer, tookMs } of met) {
        expect([202, 503]).toContain(answer.status);
        expect(tookMs).toBeLessThan(5_000);
      }
      expect(ready.status).toBe(503);

      // Who was told 503 sends the same event again, and is told 202 before long.
      const again = [...met, ...refused].filter(({ answer }) => answer.status === 503).map(({ id }) => id);
      await Promise.all(again.map((id) => until(async () => (await send(app, id)).answer.status === 202, 30_000)));
      await untilReceived([...before, ...met, ...refused].map(({ id }) => id));
      await untilNoneOpen(app.call);
      const received = idsOf(receiver.requests);
      expect(new Set(received).size).toBe(new Set(receiver.requests.map((one) => one.headers["webhook-id"])).size);
    },
  );
});

test("a worker killed in the middle of an attempt: the run goes on with attempt 2 and the same webhook-id", async () => {
  receiver.respond((_, index) => (index === 0 ? "hang" : {}));
  const engine = await startEngine({ servers, logFile: join(folder, "engine.log") });
  const client = createClient(engine.url, engine.apiKey);
  // The shapes are those of the API's own schemas; what is missing fails the test where it is looked at.
  const call = async (method: "GET" | "POST", path: string, body?: unknown) =>
    (await client.call(method, path, body)).body as any;
  try {
    const document = flow();
    const created = await call("POST", "/v1/flows", {
      ...document,
      steps: [{ ...document.steps[0], timeout: "60s" }],
    });
    await call("POST", `/v1/flows/${created.id}/publish`, {});
    const { runs } = await call("POST", "/v1/events", anEvent("cut-off"));
    await receiver.waitFor(1);
    await engine.kill();

    await receiver.waitFor(2, 60_000);
    let run: any;
    await until(async () => (run = await call("GET", `/v1/runs/${runs[0]}`)).endedAt !== undefined, 30_000);
    expect(run.status).toBe("succeeded");
    const [step] = (await call("GET", `/v1/runs/${runs[0]}/steps`)).data;
    // The first attempt has no record: nobody was there to write it.
    expect(step.attempts.map((one: any) => [one.number, one.outcome])).toEqual([[2, "succeeded"]]);
    expect(new Set(receiver.requests.map((one) => one.headers["webhook-id"])).size).toBe(1);
    expect(engine.crashes()).toBe(0);
  } finally {
    await client.close();
    await engine.stop();
  }
});

describe("an attempt whose success was recorded but whose answer was lost", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(servers.mongodbUri, { database: uniqueName("outage") });
  });
  afterAll(() => store.close());

  /** Runs the attempts 1 and 2 of a step as Temporal does when the result of attempt 1 never reached it. */
  async function performTwice(steps: Store["steps"]) {
    const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };
    const http = createHttpClient({ policy });
    const signingSecrets = createSigningSecrets({
      tenants: store.tenants,
      vault: createVault(parseKeyring(newKeyringEntry())),
    });
    const performStep = createPerformStep({
      store: { ...store, steps },
      executor: createExecutor({ http, connectors, nowMs: Date.now }),
      signingSecrets,
      log: createLog("silent"),
    });
    const event = { id: "e1", type: "outage.happened", occurredAt: "2026-01-02T03:04:05.000Z", dataText: "{}" };
    const input: PerformStepInput = {
      tenantId: await store.tenants.create("outage"),
      runId: newId("run"),
      event,
      flow: { id: "flow_1", slug: "outage", name: "Outage", version: 1 },
      step: anAction("tell", { with: { url: receiver.url } }),
      scope: {},
      settled: [],
      again: false,
    };
    const attempts = [1, 2].map((attempt) => new MockActivityEnvironment({ attempt }));
    const outputs: PerformStepOutput[] = [];
    for (const attempt of attempts) outputs.push(await attempt.run(performStep, input));
    await http.close();
    return outputs;
  }

  test("is not repeated: the second attempt answers with what was recorded", async () => {
    const [first, second] = await performTwice(store.steps);
    expect(receiver.requests).toHaveLength(1);
    expect(second).toEqual(first);
    expect(first?.output).toMatchObject({ status: 200 });
  });

  test("would be repeated if nobody looked at the record, and the receiver could tell by the webhook-id", async () => {
    await performTwice({ ...store.steps, find: async () => undefined });
    expect(receiver.requests).toHaveLength(2);
    expect(new Set(receiver.requests.map((one) => one.headers["webhook-id"])).size).toBe(1);
  });
});
