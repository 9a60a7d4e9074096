// What an attempt does when it is not known what the one before it did, and when it cannot begin yet.
import { MockActivityEnvironment } from "@temporalio/testing";
import { createActivities } from "../../activities/index.ts";
import type { PerformStepInput, PerformStepOutput } from "../../activities/perform-step.ts";
import { deliveryIdOf } from "../../src/connector/delivery-id.ts";
import type { Limiter } from "../../src/connector/limiter.ts";
import type { Connections, Opened } from "../../src/connector/open-connection.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createLog } from "../../src/log.ts";
import { newId } from "../../src/model/ids.ts";
import type { PlanAction } from "../../src/model/plan.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { anExecutor, anOpenConnection, memoryLimiter, noConnections } from "../support/executor.ts";
import { anAction } from "../support/plans.ts";
import { startReceiver, type Answer, type Receiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { aLedger } from "./ledger-connector.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
let store: Store;
let receiver: Receiver;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("perform") });
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(async () => {
  await http.close();
  await store.close();
});

const event = { id: "e1", type: "order.paid", occurredAt: "2026-01-02T03:04:05.000Z", dataText: "{}" };

/** A step that books in a ledger: `use` says whether the ledger can be asked afterwards. */
function aStep(use: "ledger.book" | "ledger.bookBlind", rest: Partial<PlanAction> = {}): PerformStepInput {
  return {
    tenantId: newId("tnt"),
    runId: newId("run"),
    event,
    flow: { id: "flow_1", slug: "orders", name: "Orders", version: 1 },
    step: anAction("book", {
      use,
      with: { url: receiver.url, amount: 5 },
      retry: { delaysMs: [1_000, 2_000], jitter: "none" },
      ...rest,
    }),
    scope: {},
    settled: [],
    endsRun: false,
    again: false,
  };
}

type Ended =
  | { output: PerformStepOutput }
  | {
      failed: { type?: string; nonRetryable?: boolean; message: string; nextRetryDelay?: unknown; details?: unknown[] };
    };
type Options = { steps?: Partial<Store["steps"]>; connections?: Connections; limiter?: Limiter; details?: unknown };

/** The tries of one step, as Temporal makes them: each is handed the details of the last heartbeat. */
function triesOf(input: PerformStepInput, options: Options = {}) {
  const { steps = {}, details: before, ...parts } = options;
  const { performStep } = createActivities({
    store: { ...store, steps: { ...store.steps, ...steps } },
    executor: anExecutor({ http, connectors: [aLedger()], ...parts }),
    signingSecrets: { current: async () => [] },
    log: createLog("silent"),
  });
  let details = before;
  let tries = before === undefined ? 0 : 1;
  const next = async (environmentOf?: (environment: MockActivityEnvironment) => void): Promise<Ended> => {
    const environment = new MockActivityEnvironment({ attempt: ++tries, heartbeatDetails: details });
    environment.on("heartbeat", (told: unknown) => (details = told));
    environmentOf?.(environment);
    try {
      return { output: await environment.run(performStep, input) };
    } catch (error) {
      return { failed: error as Extract<Ended, { failed: unknown }>["failed"] }; // An ApplicationFailure.
    }
  };
  return {
    next,
    /** A worker that was lost in this try left nothing behind but what it had stored. */
    crash: () => void tries++,
    details: () => details,
  };
}

const methods = () => receiver.requests.map(({ method }) => method);
const bookings = () => methods().filter((method) => method === "POST").length;
const recorded = (input: PerformStepInput) => store.steps.find(input.tenantId, input.runId, "book");

/** Answers bookings and looks in the order given; the last one of each repeats. */
function answer(given: { POST?: Answer[]; GET?: Answer[] }): void {
  const counts = { POST: 0, GET: 0 };
  receiver.respond(({ method }) => {
    const kind = method === "POST" ? "POST" : "GET";
    const answers = given[kind] ?? [];
    return answers[counts[kind]++] ?? answers.at(-1) ?? {};
  });
}

const booked: Answer = { status: 201, body: '{"id":"b1"}' };
const found: Answer = { status: 200, body: '{"found":{"id":"b1"}}' };
const missing: Answer = { status: 200, body: '{"found":null}' };

describe("an unsafe write whose answer is lost", () => {
  test("is looked for: when it is found, the step has succeeded without a second write", async () => {
    answer({ POST: ["reset"], GET: [found] });
    const input = aStep("ledger.book");
    const tries = triesOf(input);
    expect(await tries.next()).toMatchObject({ failed: { type: "put_off", nonRetryable: false } });
    expect(await recorded(input)).toMatchObject({ status: "running", attempts: [{ number: 1, class: "ambiguous" }] });
    expect(await tries.next()).toEqual({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "GET"]);
    const step = await recorded(input);
    expect(step).toMatchObject({ status: "succeeded", output: { id: "b1" } });
    expect(step).not.toHaveProperty("error");
    expect(step?.attempts).toMatchObject([
      { number: 1, outcome: "failed" },
      { number: 2, outcome: "succeeded", trigger: "recovery", request: { method: "GET" } },
    ]);
  });

  test("is written again only after a look has found nothing, and as the policy says", async () => {
    answer({ POST: ["reset", booked], GET: [missing] });
    const tries = triesOf(aStep("ledger.book"));
    await tries.next();
    expect(await tries.next()).toMatchObject({
      failed: { type: "network", nonRetryable: false, nextRetryDelay: 1_000 },
    });
    expect(bookings()).toBe(1);
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "GET", "GET", "POST"]);
  });

  test("ends the step when it has not happened and the policy is used up", async () => {
    answer({ POST: ["reset"], GET: [missing] });
    const input = aStep("ledger.book", { retry: { delaysMs: [], jitter: "none" } });
    const tries = triesOf(input);
    await tries.next();
    expect(await tries.next()).toMatchObject({ failed: { type: "network", nonRetryable: true } });
    expect(await recorded(input)).toMatchObject({
      status: "failed",
      error: { class: "network" },
      endedAt: expect.any(Date),
    });
    expect(bookings()).toBe(1);
  });

  test("is not written again while the look itself fails: the look is repeated, ever more slowly", async () => {
    answer({
      POST: ["reset"],
      GET: [{ status: 503 }, "reset", { status: 429, headers: { "retry-after": "60" } }, found],
    });
    const input = aStep("ledger.book");
    const tries = triesOf(input);
    const ended = [await tries.next(), await tries.next(), await tries.next(), await tries.next()];
    expect(ended.map((one) => "failed" in one && [one.failed.type, one.failed.nextRetryDelay])).toEqual([
      ["put_off", 2_000],
      ["put_off", 2_000],
      ["put_off", 4_000],
      ["put_off", 60_000],
    ]);
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(bookings()).toBe(1);
  });

  test("is a question to a person when the look is refused", async () => {
    answer({ POST: ["reset"], GET: [{ status: 403 }] });
    const input = aStep("ledger.book");
    const tries = triesOf(input);
    await tries.next();
    expectQuestion(await tries.next());
    expect(await recorded(input)).toMatchObject({ status: "failed", error: { class: "ambiguous" } });
  });

  test.each<[string, Answer]>([
    ["a reset", "reset"],
    ["500", { status: 500 }],
    ["503 without Retry-After", { status: 503 }],
    ["a success that cannot be read", { status: 201, body: '{"id":' }],
  ])("is a question to a person after %s, where nothing can be looked for", async (_, lost) => {
    answer({ POST: [lost] });
    const input = aStep("ledger.bookBlind");
    expectQuestion(await triesOf(input).next());
    expect(methods()).toEqual(["POST"]);
    expect(await recorded(input)).toMatchObject({
      status: "failed",
      error: { class: "ambiguous", message: expect.stringContaining("Ledger") },
      attempts: [{ number: 1, class: "ambiguous" }],
    });
  });

  test.each<[string, Partial<PlanAction>]>([
    ["the step says so", { onAmbiguous: "repeat" }],
    ["the policy names it", { retry: { delaysMs: [1_000], jitter: "none", on: ["ambiguous"] } }],
  ])("is repeated without a look when %s", async (_, rest) => {
    answer({ POST: ["reset", booked], GET: [missing] });
    const tries = triesOf(aStep("ledger.book", rest));
    expect(await tries.next()).toMatchObject({ failed: { nonRetryable: false, nextRetryDelay: 1_000 } });
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "POST"]);
  });

  test("a refusal is none: 429, and 503 that says when to come back, are retried as they are", async () => {
    answer({ POST: [{ status: 429 }, { status: 503, headers: { "retry-after": "1" } }, booked] });
    const tries = triesOf(aStep("ledger.bookBlind"));
    await tries.next();
    await tries.next();
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "POST", "POST"]);
  });
});

function expectQuestion(ended: Ended): void {
  expect(ended).toMatchObject({ failed: { type: "ambiguous", nonRetryable: true } });
  const message = "failed" in ended ? ended.failed.message : "";
  for (const part of [
    "look in Ledger",
    "Book an amount",
    "retry the run from this step",
    "retry from the next one",
    "onAmbiguous",
  ])
    expect(message).toContain(part);
}

describe("an unsafe write that a crash cut off", () => {
  const sent = (input: PerformStepInput) =>
    store.steps.noteSending(
      { ...input, path: "book", id: "book", use: input.step.use },
      { attempt: 1, since: new Date(), at: new Date() },
    );

  test("is found by the intent that was noted before it was sent", async () => {
    answer({ POST: ["hang"] });
    const input = aStep("ledger.book");
    const tries = triesOf(input);
    const cutOff = tries.next();
    await receiver.waitFor(1);
    expect(await store.steps.doubt(input.tenantId, input.runId, "book")).toMatchObject({ attempt: 1 });
    expect(await recorded(input)).toMatchObject({ status: "running", attempts: [], input: { amount: 5 } });
    await receiver[Symbol.asyncDispose]();
    await cutOff;
  });

  test("is not made again when it has happened", async () => {
    answer({ GET: [found] });
    const input = aStep("ledger.book");
    await sent(input);
    const tries = triesOf(input);
    tries.crash();
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["GET"]);
  });

  test("would be made twice if no intent had been noted", async () => {
    answer({ POST: [booked], GET: [found] });
    const tries = triesOf(aStep("ledger.book"), { steps: { noteSending: async () => undefined } });
    tries.crash();
    await tries.next();
    expect(bookings()).toBe(1);
  });

  test("in the last attempt is still looked for", async () => {
    answer({ GET: [found] });
    const input = aStep("ledger.book", { retry: { delaysMs: [], jitter: "none" } });
    await sent(input);
    const tries = triesOf(input);
    tries.crash();
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
  });

  test("in the last attempt, and has not happened, ends the step: the policy leaves no attempt to make it in", async () => {
    answer({ GET: [missing] });
    const input = aStep("ledger.book", { retry: { delaysMs: [], jitter: "none" } });
    await sent(input);
    const tries = triesOf(input);
    tries.crash();
    expect(await tries.next()).toMatchObject({ failed: { type: "timeout", nonRetryable: true } });
    expect(bookings()).toBe(0);
    expect(await recorded(input)).toMatchObject({ status: "failed", error: { code: "attempt_lost" } });
  });

  test("is a question where nothing can be looked for, and the lost attempt gets its record", async () => {
    const input = aStep("ledger.bookBlind");
    await sent(input);
    const tries = triesOf(input);
    tries.crash();
    expectQuestion(await tries.next());
    expect(receiver.requests).toHaveLength(0);
    expect(await recorded(input)).toMatchObject({ status: "failed", attempts: [{ number: 1, class: "ambiguous" }] });
  });

  test("while its worker was stopped is looked for by the next one, and counted once", async () => {
    answer({ POST: ["hang", booked], GET: [missing] });
    const input = aStep("ledger.book");
    const tries = triesOf(input);
    let stop = (): void => undefined;
    const stopped = tries.next((environment) => (stop = () => environment.cancel("WORKER_SHUTDOWN")));
    await receiver.waitFor(1);
    stop();
    expect(await stopped).toMatchObject({ failed: { type: "put_off" } });
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "GET", "POST"]);
    expect((await recorded(input))?.attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
  });

  test("is none when its outcome was known and only its record failed", async () => {
    answer({ POST: [{ status: 429 }, booked], GET: [found] });
    let away = true;
    const recordAttempt: Store["steps"]["recordAttempt"] = (...given) =>
      away ? Promise.reject(new Error("MongoDB is away")) : store.steps.recordAttempt(...given);
    const tries = triesOf(aStep("ledger.book"), { steps: { recordAttempt } });
    expect(await tries.next()).toMatchObject({ failed: { type: "rate_limited", nonRetryable: false } });
    away = false;
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "POST"]);
  });

  test("in a workflow that was reset is found too, though an attempt of that number is recorded and the step had failed", async () => {
    answer({ POST: [{ status: 400 }], GET: [found] });
    const input = { ...aStep("ledger.book"), again: true };
    await triesOf(input).next();
    expect(await recorded(input)).toMatchObject({ status: "failed", attempts: [{ number: 1 }] });
    await sent(input);
    const tries = triesOf(input);
    tries.crash();
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(bookings()).toBe(1);
  });

  test("cannot happen while the intent cannot be noted: nothing is sent, and the step waits", async () => {
    const steps = { noteSending: () => Promise.reject(new Error("MongoDB is away")) };
    expect(await triesOf(aStep("ledger.book"), { steps }).next()).toMatchObject({ failed: { type: "put_off" } });
    expect(receiver.requests).toHaveLength(0);
  });
});

describe("in a run that was asked for again", () => {
  test("a step that keeps its key looks first, and does not repeat what has happened after all", async () => {
    answer({ GET: [found] });
    const earlier = newId("run");
    const input: PerformStepInput = { ...aStep("ledger.book"), keyRunId: earlier };
    expect(await triesOf(input).next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(receiver.requests).toMatchObject([
      { method: "GET", path: `/?key=${deliveryIdOf(input.tenantId, earlier, "book")}` },
    ]);
  });

  test.each<[string, Answer]>([
    ["nothing is found", missing],
    ["the look is refused", { status: 403 }],
  ])("a step that keeps its key is sent when %s, under the earlier key", async (_, look) => {
    answer({ POST: [booked], GET: [look] });
    const earlier = newId("run");
    const input: PerformStepInput = { ...aStep("ledger.book"), keyRunId: earlier };
    expect(await triesOf(input).next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(receiver.requests.at(-1)).toMatchObject({
      method: "POST",
      headers: { "x-key": deliveryIdOf(input.tenantId, earlier, "book") },
    });
  });

  test("an input that was edited is sent as it stands, without templates, and recorded without its secrets", async () => {
    answer({ POST: [booked] });
    const override = { url: receiver.url, amount: 7, note: "{{event.data.x}}", pin: "canary-pin" };
    const input: PerformStepInput = { ...aStep("ledger.book"), inputOverride: override };
    await triesOf(input).next();
    expect(JSON.parse(receiver.requests[0]?.body.toString() ?? "")).toMatchObject({
      amount: 7,
      note: "{{event.data.x}}",
    });
    const step = await recorded(input);
    expect(step?.input).toMatchObject({ amount: 7, note: "{{event.data.x}}", pin: "[redacted]" });
    expect(JSON.stringify(step)).not.toContain("canary-pin");
  });
});

test("an unsafe write that was applied is not repeated because its answer does not meet `expect`", async () => {
  answer({ POST: [booked] });
  const expect_ = { rule: false, uses: [] };
  expect(await triesOf(aStep("ledger.book", { expect: expect_ })).next()).toMatchObject({
    failed: { type: "expectation", nonRetryable: true },
  });
});

describe("a step that waits for its connection", () => {
  const failure = {
    class: "auth_revoked",
    code: "connection_reauth_required",
    message: "Give it new credentials.",
  } as const;

  test("is shown, asks again ever more slowly, uses up no attempt, and goes on after the repair", async () => {
    answer({ POST: [booked] });
    let opened: Opened = { outcome: "paused", failure, delayMs: 5_000 };
    const connections: Connections = { ...noConnections, open: async () => opened };
    const input = aStep("ledger.book", { connection: "books" });
    const tries = triesOf(input, { connections });
    const delays: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const ended = await tries.next();
      delays.push("failed" in ended && ended.failed.type === "put_off" && ended.failed.nextRetryDelay);
    }
    expect(delays).toEqual([2_000, 4_000, 8_000, 15_000, 30_000, 30_000]);
    expect(await recorded(input)).toMatchObject({
      status: "waiting",
      error: failure,
      attempts: [],
      input: { amount: 5 },
    });
    opened = { outcome: "open", connection: anOpenConnection() };
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    const step = await recorded(input);
    expect(step).toMatchObject({ status: "succeeded", attempts: [{ number: 1, trigger: "first" }] });
    expect(step).not.toHaveProperty("error");
  });

  test("after it was refused, is sent again when the connection is repaired: a refusal leaves nothing in doubt", async () => {
    answer({ POST: [{ status: 401 }, booked] });
    const connections: Connections = {
      ...noConnections,
      open: async () => ({ outcome: "open", connection: anOpenConnection() }),
      refused: async () => ({ outcome: "paused", failure, delayMs: 5_000 }),
    };
    const input = aStep("ledger.bookBlind", { connection: "books" });
    const tries = triesOf(input, { connections });
    expect(await tries.next()).toMatchObject({ failed: { type: "put_off" } });
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
    expect(methods()).toEqual(["POST", "POST"]);
  });

  test("after it was refused, is in doubt again when a crash cuts off what is sent after the repair", async () => {
    answer({ POST: [{ status: 401 }, "hang"] });
    const open = async () => ({ outcome: "open", connection: anOpenConnection() }) as const;
    const refused = async () => ({ outcome: "paused", failure, delayMs: 5_000 }) as const;
    const input = aStep("ledger.bookBlind", { connection: "books", timeoutMs: 500 });
    const tries = triesOf(input, { connections: { ...noConnections, open, refused } });
    await tries.next();
    // The second try is sent and never tells how it ended: its record is what the crash takes away.
    const lost = triesOf(input, {
      connections: { ...noConnections, open, refused },
      steps: { recordAttempt: () => Promise.reject(new Error("MongoDB is away")) },
      details: tries.details(),
    });
    await lost.next();
    const after = triesOf(input, { connections: { ...noConnections, open, refused }, details: tries.details() });
    after.crash();
    expectQuestion(await after.next());
    expect(bookings()).toBe(2);
  });

  test("after it was refused, leaves nothing in doubt though MongoDB was away when that was to be told", async () => {
    answer({ POST: [{ status: 401 }, booked] });
    const open = async () => ({ outcome: "open", connection: anOpenConnection() }) as const;
    const refused = () => Promise.reject(new Error("MongoDB is away"));
    const input = aStep("ledger.bookBlind", { connection: "books" });
    const tries = triesOf(input, { connections: { ...noConnections, open, refused } });
    expect(await tries.next()).toMatchObject({ failed: { type: "put_off" } });
    expect(await tries.next()).toMatchObject({ output: { output: { id: "b1" } } });
  });

  test("waits while the connections cannot be read", async () => {
    const connections = { ...noConnections, open: () => Promise.reject(new Error("MongoDB is away")) };
    const tries = triesOf(aStep("ledger.book", { connection: "books" }), { connections });
    expect(await tries.next()).toMatchObject({ failed: { type: "put_off" } });
    expect(tries.details()).toEqual({ uncounted: 1, step: "book", attempt: 1 });
  });
});

describe("a step that waits for its turn", () => {
  const tenantId = newId("tnt");
  /** One booking in ten seconds. */
  const aSlow = (): PerformStepInput => ({
    ...aStep("ledger.book", { with: { url: receiver.url, amount: 5, perMs: 10_000 } }),
    tenantId,
  });

  test("sleeps until the slot that was reserved for it, and does not reserve another one", async () => {
    answer({ POST: [booked] });
    let nowMs = 1_000_000;
    const limiter = memoryLimiter(() => nowMs);
    expect(await triesOf(aSlow(), { limiter }).next()).toHaveProperty("output");
    const tries = triesOf(aSlow(), { limiter });
    expect(await tries.next()).toMatchObject({ failed: { type: "put_off", nextRetryDelay: 10_000 } });
    nowMs += 10_000;
    expect(await tries.next()).toHaveProperty("output");
    const third = await triesOf(aSlow(), { limiter }).next();
    expect(third).toMatchObject({ failed: { type: "put_off", nextRetryDelay: 10_000 } });
    expect(bookings()).toBe(2);
  });

  test("reserves another slot when it comes too late for its own", async () => {
    let nowMs = 1_000_000;
    const limiter = memoryLimiter(() => nowMs);
    answer({ POST: [booked] });
    await triesOf(aSlow(), { limiter }).next();
    const late = triesOf(aSlow(), { limiter });
    await late.next();
    nowMs += 16_000;
    expect(await late.next()).toMatchObject({ failed: { type: "put_off", nextRetryDelay: 4_000 } });
  });

  test("is never sent without a limit because the limits cannot be read", async () => {
    const away = { claim: () => Promise.reject(new Error("MongoDB is away")), block: async () => undefined };
    expect(await triesOf(aSlow(), { limiter: away }).next()).toMatchObject({
      failed: { type: "put_off" },
    });
    expect(receiver.requests).toHaveLength(0);
  });
});
