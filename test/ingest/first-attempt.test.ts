// A first attempt whose delivery stands already: another process took it over while this one was slow.
import type { Attempted } from "../../src/endpoint/attempt.ts";
import { createGates } from "../../src/endpoint/gates.ts";
import type { OpenEndpoint } from "../../src/endpoint/open-endpoint.ts";
import { sendFirst, type FirstAttemptDeps } from "../../src/ingest/first-attempt.ts";
import { createLog } from "../../src/log.ts";
import type { AttemptRow } from "../../src/model/delivery.ts";
import { newId } from "../../src/model/ids.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("first") });
});
afterAll(() => store.close());

const request = { method: "POST", url: "https://hooks.example.com/in", headers: {}, body: "{}" };

function attempted(number: number, status: number): Attempted {
  const failure =
    status === 200 ? undefined : ({ class: "transient", code: "http_503", message: "It failed.", status } as const);
  const attempt: AttemptRow = {
    number,
    trigger: "first",
    startedAt: new Date(),
    durationMs: 1,
    phases: { total: 1 },
    outcome: failure === undefined ? "succeeded" : "failed",
    status,
    ...(failure === undefined ? {} : { class: failure.class, message: failure.message }),
  };
  const bodies = { request, response: { status, headers: {}, body: `${status}`, truncated: false } };
  return { attempt, bodies, judgement: { ...(failure && { failure }), disables: false, stops: false } };
}

function aProcess(status: number): FirstAttemptDeps {
  return {
    store,
    attempt: async (job) => attempted(job.number, status),
    gates: createGates({ limits: store.limits, nowMs: Date.now }),
    endpoints: { disable: async () => undefined, noteOpen: async () => undefined },
    observer: { attempted: () => undefined, limited: () => undefined },
    start: async () => ({ outcome: "started" }),
    nowMs: Date.now,
    random: () => 0.5,
    log: createLog("silent"),
  };
}

function anEvent() {
  const endpoint = {
    id: newId("ep"),
    tenantId: newId("tnt"),
    revision: 1,
    concurrency: 50,
    retry: { delaysMs: [60_000, 60_000, 60_000], jitter: "none" },
    health: { consecutiveFailures: 0, state: "healthy" },
  } as unknown as OpenEndpoint; // All that a first attempt asks of it.
  const event = newStoredEvent(
    { id: newId("evt"), type: "order.created", occurredAt: new Date().toISOString(), dataText: "{}" },
    { key: newEventKey(), tenantId: endpoint.tenantId, targets: [], misses: [], due: new Date() },
  );
  return { endpoint, event };
}

test("an attempt of a process that slept through its lease is listed beside the others, and hides none of them", async () => {
  const { endpoint, event } = anEvent();
  await sendFirst(aProcess(503), event, endpoint);
  await sendFirst(aProcess(503), event, endpoint);
  const [row] = (await store.deliveries.list(endpoint.tenantId, {}, { limit: 1 })).items;
  if (row === undefined) throw new Error("There is no delivery.");
  const begun = await store.deliveries.begin(row.tenantId, row._id);
  const { attempt, bodies } = attempted(begun?.begun ?? 0, 200);
  const change = { status: "delivered" } as const;
  await store.deliveries.record({ tenantId: row.tenantId, id: row._id, attempt, bodies, change });
  const now = await store.deliveries.find(row.tenantId, row._id);
  expect(now?.status).toBe("delivered");
  expect(now?.attempts.map((one) => one.status)).toEqual([503, 503, 200]);
  expect(new Set(now?.attempts.map((one) => one.number)).size).toBe(3);
  expect((await store.deliveryBodies.of(row.tenantId, [row._id])).size).toBe(3);
});

test("also one that comes after somebody else's success, and before a retry by hand", async () => {
  const { endpoint, event } = anEvent();
  await sendFirst(aProcess(200), event, endpoint);
  await sendFirst(aProcess(503), event, endpoint);
  const [row] = (await store.deliveries.list(endpoint.tenantId, {}, { limit: 1 })).items;
  if (row === undefined) throw new Error("There is no delivery.");
  expect(row).toMatchObject({ status: "delivered", attempts: [{ status: 200 }, { status: 503 }] });
  await store.deliveries.reopen(row.tenantId, row._id, "somebody", "manual");
  const begun = await store.deliveries.begin(row.tenantId, row._id);
  expect(row.attempts.map((one) => one.number)).not.toContain(begun?.begun);
});
