// What senders and receivers see while a server is away, and after it is back: on servers that this file takes down.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { createActivities, type Activities } from "../../activities/index.ts";
import type { PerformStepInput, PerformStepOutput } from "../../activities/perform-step.ts";
import { connectors } from "../../connectors/index.ts";
import { createSigningSecrets } from "../../src/connector/signing-secrets.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createLog } from "../../src/log.ts";
import { parseApiKey } from "../../src/model/api-key.ts";
import { newId, type FlowId } from "../../src/model/ids.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { ensureBuilt, startEngine } from "../faults/engine-process.ts";
import { startServers, type Servers } from "../faults/servers.ts";
import { startApp, type Answer, type TestApp } from "../support/app.ts";
import { anAction } from "../support/plans.ts";
import { anExecutor } from "../support/executor.ts";
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
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  // A test that failed in the middle must not fail the ones after it.
  servers.mongodb.resume();
  await Promise.all([servers.mongodb.start(), servers.temporal.start()]);
});
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
      await app.publish(anEvent(ids[0] ?? ""));
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
    ["stopped in order", () => servers.mongodb.kill("SIGTERM"), () => servers.mongodb.start()],
    ["halted with its sockets open", async () => servers.mongodb.halt(), async () => servers.mongodb.resume()],
  ])(
    "%s: 503 with Retry-After within 5 s, and afterwards nothing accepted is lost, without a restart",
    async (how, away, back) => {
      await using app = await startApp(servers);
      await app.createFlow(flow());
      const name = how.replaceAll(" ", "-");
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
  const call = async (method: "GET" | "POST", path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${engine.apiKey}`, "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return JSON.parse(await (await fetch(`${engine.url}${path}`, { method, headers, ...sent })).text());
  };
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
    await until(async () => (await call("GET", `/v1/runs/${runs[0]}`)).endedAt !== undefined, 30_000);
    expect(await call("GET", `/v1/runs/${runs[0]}`)).toMatchObject({ status: "succeeded" });
    const [step] = (await call("GET", `/v1/runs/${runs[0]}/steps`)).data;
    // The first attempt has no record: nobody was there to write it.
    expect(step.attempts).toEqual([expect.objectContaining({ number: 2, outcome: "succeeded" })]);
    expect(new Set(receiver.requests.map((one) => one.headers["webhook-id"])).size).toBe(1);
    expect(engine.crashes()).toBe(0);
  } finally {
    await engine.stop();
  }
});

test("an event sent again after a crash between its insert and its run's row has a run that can be looked at", async () => {
  await using app = await startApp(servers);
  const flowId = (await app.createFlow(flow())) as FlowId; // The API's ids of flows are ours.
  const { slug, name } = (await app.call("GET", `/v1/flows/${flowId}`)).body;
  const key = await app.store.apiKeys.find(parseApiKey(app.apiKey)?.id ?? "");
  const runId = newId("run");
  const event = anEvent("half-stored");
  // What the process that was killed left: the outbox entry, under a lease that outlasts this test, and nothing else.
  await app.store.events.insert(
    newStoredEvent(
      { id: event.id, type: event.type, occurredAt: new Date().toISOString(), dataText: JSON.stringify(event.data) },
      {
        key: newEventKey(),
        tenantId: key?.tenantId ?? "tnt_missing",
        targets: [{ flow: { id: flowId, slug, name }, version: 1, runId, state: "pending" }],
        misses: [],
        due: new Date(Date.now() + 600_000),
      },
    ),
  );
  const answer = await app.publish(event);
  expect(answer.body).toMatchObject({ runs: [runId], duplicate: true });
  await untilReceived([event.id]);
  expect(await app.run(runId)).toMatchObject({ status: "succeeded", event: { id: event.id } });
  expect(receiver.requests).toHaveLength(1);
});

describe("an attempt whose success", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(servers.mongodbUri, { database: uniqueName("outage") });
  });
  afterAll(() => store.close());

  const event = { id: "e1", type: "outage.happened", occurredAt: "2026-01-02T03:04:05.000Z", dataText: "{}" };
  const anInput = async (): Promise<PerformStepInput> => ({
    tenantId: await store.tenants.create("outage"),
    runId: newId("run"),
    event,
    flow: { id: "flow_1", slug: "outage", name: "Outage", version: 1 },
    step: anAction("tell", { with: { url: receiver.url }, retry: { delaysMs: [1_000], jitter: "none" } }),
    scope: {},
    settled: [],
    endsRun: false,
    again: false,
  });

  /** Uses the activities over the real store, but for what the test puts in its place, and a real HTTP client. */
  async function withActivities<T>(
    steps: Partial<Store["steps"]>,
    use: (activities: Activities) => Promise<T>,
    afterAnswer: () => void = () => {},
  ) {
    const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
    const vault = createVault(parseKeyring(newKeyringEntry()));
    const executor = anExecutor({ http, connectors });
    const activities = createActivities({
      store: { ...store, steps: { ...store.steps, ...steps } },
      executor: { ...executor, perform: (input) => executor.perform(input).finally(afterAnswer) },
      signingSecrets: createSigningSecrets({ tenants: store.tenants, vault }),
      log: createLog("silent"),
    });
    try {
      return await use(activities);
    } finally {
      await http.close();
    }
  }

  const attempt = (number: number, { performStep }: Activities, input: PerformStepInput): Promise<PerformStepOutput> =>
    new MockActivityEnvironment({ attempt: number }).run(performStep, input);
  /** The attempts 1 and 2 of a step, as Temporal makes them when the result of attempt 1 never reached it. */
  const performTwice = async (activities: Activities) => {
    const input = await anInput();
    return [await attempt(1, activities, input), await attempt(2, activities, input)];
  };
  const webhookIds = () => new Set(receiver.requests.map((one) => one.headers["webhook-id"]));

  test("is recorded is not repeated when its answer is lost: the next attempt answers from the record", async () => {
    const [first, second] = await withActivities({}, performTwice);
    expect(receiver.requests).toHaveLength(1);
    expect(second).toEqual(first);
    expect(first?.output).toMatchObject({ status: 200 });
  });

  test("is recorded would be repeated if nobody looked, and the receiver could tell by the webhook-id", async () => {
    await withActivities({ find: async () => undefined }, performTwice);
    expect(receiver.requests).toHaveLength(2);
    expect(webhookIds().size).toBe(1);
  });

  test("could not be recorded succeeds all the same, and is recorded with the end of its run", async () => {
    const input = await anInput();
    const away = { recordAttempt: () => Promise.reject(new Error("MongoDB is away")) };
    const done = await withActivities(away, (activities) => attempt(1, activities, input));
    expect(receiver.requests).toHaveLength(1);
    const { tenantId, runId } = input;
    const finish = { tenantId, runId, event, end: { status: "succeeded" }, settled: [], unrecorded: [done.unrecorded] };
    // As Temporal carries it: JSON has no dates.
    const carried = JSON.parse(JSON.stringify(finish));
    await withActivities({}, ({ finishRun }) => finishRun(carried));
    const step = await store.steps.find(tenantId, runId, "tell");
    expect(step).toMatchObject({ status: "succeeded", output: { status: 200 } });
    expect(step?.attempts).toEqual([
      expect.objectContaining({ number: 1, outcome: "succeeded", startedAt: expect.any(Date) }),
    ]);
  });

  test("came while its worker was being stopped is recorded, and not made again", async () => {
    const input = await anInput();
    const environment = new MockActivityEnvironment({ attempt: 1 });
    const stop = () => environment.cancel("WORKER_SHUTDOWN");
    const done = await withActivities({}, ({ performStep }) => environment.run(performStep, input), stop);
    expect(done).toMatchObject({ output: { status: 200 } });
    const step = await store.steps.find(input.tenantId, input.runId, "tell");
    expect(step).toMatchObject({ status: "succeeded", attempts: [{ number: 1, outcome: "succeeded" }] });
  });

  describe("a try that could not begin", () => {
    test("because MongoDB was away does not count: even a step without retries is sent when it is back", async () => {
      const input = { ...(await anInput()), step: anAction("tell", { with: { url: receiver.url } }), again: true };
      const away = { find: () => Promise.reject(new Error("MongoDB is away")) };
      const environment = new MockActivityEnvironment({ attempt: 1 });
      const beats: unknown[] = [];
      environment.on("heartbeat", (details: unknown) => beats.push(details));
      const put = withActivities(away, ({ performStep }) => environment.run(performStep, input));
      await expect(put).rejects.toMatchObject({ type: "put_off", nonRetryable: false });
      expect(beats).toEqual([{ uncounted: 1, step: "tell", attempt: 1 }]);
      expect(receiver.requests).toHaveLength(0);
      await withActivities({}, ({ performStep }) =>
        new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats[0] }).run(performStep, input),
      );
      const step = await store.steps.find(input.tenantId, input.runId, "tell");
      expect(step?.attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
    });

    test("because its worker was stopped is made again, and nothing says that it failed", async () => {
      receiver.respond(() => "hang");
      const input = await anInput();
      const environment = new MockActivityEnvironment({ attempt: 1 });
      const stopped = withActivities({}, ({ performStep }) => environment.run(performStep, input));
      await receiver.waitFor(1);
      environment.cancel("WORKER_SHUTDOWN");
      await expect(stopped).rejects.toMatchObject({ type: "put_off", nonRetryable: false });
      expect(await store.steps.find(input.tenantId, input.runId, "tell")).toBeUndefined();
    });

    test("is not made beyond the policy: after a last attempt that a crash cut off the step has failed", async () => {
      const input = await anInput();
      const lost = withActivities({}, (activities) => attempt(3, activities, input));
      await expect(lost).rejects.toMatchObject({ nonRetryable: true, details: [{ code: "attempt_lost" }] });
      expect(receiver.requests).toHaveLength(0);
    });
  });
});
