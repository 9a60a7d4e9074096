// Requests that the vendor bounds: short waits are waited out, long ones make the step sleep, a refusal stops the others.
import type { Performed, PerformInput, Waiting } from "../../src/connector/executor.ts";
import type { Limiter } from "../../src/connector/limiter.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { aLedger } from "../activities/ledger-connector.ts";
import { anExecutor, memoryLimiter } from "../support/executor.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  receiver.respond(() => ({ body: "{}" }));
});
afterEach(() => receiver[Symbol.asyncDispose]());

const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };

function book(limiter: Limiter, perMs: number, over: Partial<PerformInput> = {}): Promise<Performed | Waiting> {
  return anExecutor({ http, connectors: [aLedger()], limiter }).perform({
    use: "ledger.book",
    input: { url: receiver.url, amount: 1, perMs },
    tenantId: "tnt_1",
    call: { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event },
    tenantSecrets: [],
    timeoutMs: 2_000,
    ...over,
  });
}

test("a wait of up to a second is waited out in place", async () => {
  const limiter = memoryLimiter(Date.now);
  // Not when the first arrived: its way may have been slower than that of the second.
  const startedAt = Date.now();
  await book(limiter, 300);
  expect(await book(limiter, 300)).toMatchObject({ outcome: { ok: true } });
  expect((receiver.requests[1]?.at.getTime() ?? 0) - startedAt).toBeGreaterThanOrEqual(290);
});

test("a longer one answers the slot that it has reserved, and sends nothing", async () => {
  const limiter = memoryLimiter(() => 1_000_000);
  await book(limiter, 5_000);
  expect(await book(limiter, 5_000)).toMatchObject({
    waiting: { why: "throttled", failure: { class: "rate_limited" }, delayMs: 5_000, slotAtMs: 1_005_000 },
  });
  expect(receiver.requests).toHaveLength(1);
});

test("a cancel ends the wait, and nothing is sent after it", async () => {
  const limiter = memoryLimiter(() => 1_000_000);
  await book(limiter, 900);
  const cancel = new AbortController();
  const waiting = book(limiter, 900, { signal: cancel.signal });
  cancel.abort();
  expect(await waiting).toMatchObject({ outcome: { failure: { class: "cancelled" } } });
  expect(receiver.requests).toHaveLength(1);
});

test.each([
  ["7", 7_000],
  [undefined, 1_000],
])("after 429 with Retry-After %s the others of the same key wait %i ms too", async (retryAfter, delayMs) => {
  receiver.respond([{ status: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } }]);
  let nowMs = 1_000_000;
  const limiter = memoryLimiter(() => nowMs);
  expect(await book(limiter, 1)).toMatchObject({ outcome: { failure: { class: "rate_limited" } } });
  nowMs += 1;
  expect(
    (await limiter.claim({ tenantId: "tnt_1", connector: "ledger", throttle: { key: "book", perMs: 1 } })).waitMs,
  ).toBe(delayMs - 1);
});

test("a limiter that cannot be told of a refusal changes nothing about the refusal", async () => {
  receiver.respond([{ status: 429 }]);
  const limiter = { ...memoryLimiter(Date.now), block: () => Promise.reject(new Error("MongoDB is away")) };
  expect(await book(limiter, 1)).toMatchObject({ outcome: { failure: { class: "rate_limited" } } });
});
