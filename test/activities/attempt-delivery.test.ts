// What an attempt of a delivery does when the process that made the one before it died with its record.
import { ApplicationFailure } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { createAttemptDelivery, type AttemptDeliveryInput } from "../../activities/attempt-delivery.ts";
import type { Attempted } from "../../src/endpoint/attempt.ts";
import { createGates } from "../../src/endpoint/gates.ts";
import { newDelivery } from "../../src/endpoint/new-delivery.ts";
import type { OpenEndpoint } from "../../src/endpoint/open-endpoint.ts";
import { createLog } from "../../src/log.ts";
import { newId } from "../../src/model/ids.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("attempt") });
});
afterAll(() => store.close());

const delayMs = 300_000;

/** A delivery under retry at an endpoint that always answers 503, and Temporal's tries of its workflow. */
async function aDelivery() {
  const endpoint = {
    id: newId("ep"),
    tenantId: newId("tnt"),
    revision: 1,
    status: "enabled",
    concurrency: 50,
    retry: { delaysMs: [delayMs, delayMs, delayMs], jitter: "none" },
    health: { consecutiveFailures: 0, state: "healthy" },
  } as unknown as OpenEndpoint; // All that an attempt asks of it, where the sending itself is given.
  const event = newStoredEvent(
    { id: newId("evt"), type: "order.created", occurredAt: new Date().toISOString(), dataText: "{}" },
    { key: newEventKey(), tenantId: endpoint.tenantId, targets: [], misses: [], due: new Date() },
  );
  await store.events.insert(event);
  const row = newDelivery(event, endpoint.id);
  await store.deliveries.insert(row);
  const world = { sent: 0, nowMs: Date.now() };
  const attemptDelivery = createAttemptDelivery({
    store,
    attempt: async ({ number }) => {
      world.sent++;
      return failed(number, world.nowMs);
    },
    gates: createGates({ limits: store.limits, nowMs: () => world.nowMs }),
    open: async () => endpoint,
    endpoints: { disable: async () => undefined, noteOpen: async () => undefined },
    observer: { attempted: () => undefined, limited: () => undefined },
    start: async () => ({ outcome: "started" }),
    wakeLane: async () => ({ outcome: "started" }),
    nowMs: () => world.nowMs,
    random: () => 0.5,
    log: createLog("silent"),
  });
  const { tenantId, id: endpointId } = endpoint;
  const input = { tenantId, endpointId, eventId: event.id, deliveryId: row._id, by: "a-run" };
  /** For how long Temporal is asked to wait, in milliseconds. */
  const attempt = async (more: Partial<AttemptDeliveryInput> = {}): Promise<number> => {
    const environment = new MockActivityEnvironment();
    const ended: unknown = await environment
      .run(attemptDelivery, { ...input, ...more })
      .catch((error: unknown) => error);
    if (!(ended instanceof ApplicationFailure)) throw new Error(`It did not fail: ${String(ended)}`);
    return Number(ended.nextRetryDelay);
  };
  return { world, attempt };
}

function failed(number: number, nowMs: number): Attempted {
  const failure = { class: "transient", code: "http_503", message: "It failed.", status: 503 } as const;
  const { message } = failure;
  return {
    attempt: {
      number,
      trigger: "automatic",
      startedAt: new Date(nowMs),
      durationMs: 20,
      phases: { total: 20 },
      outcome: "failed",
      status: 503,
      class: "transient",
      message,
    },
    bodies: {},
    judgement: { failure, disables: false, stops: false },
  };
}

test("an attempt that was recorded, and of which Temporal has not heard, is followed by the policy's delay", async () => {
  const { world, attempt } = await aDelivery();
  expect(await attempt()).toBeGreaterThan(delayMs - 5_000);
  // Its process died before it could answer: Temporal finds out after 15 seconds of silence, and tries again.
  world.nowMs += 16_000;
  const leftMs = await attempt();
  expect(world.sent).toBe(1);
  expect(leftMs).toBeGreaterThan(delayMs - 17_000);
  expect(leftMs).toBeLessThanOrEqual(delayMs - 15_000);
  world.nowMs += leftMs;
  await attempt();
  expect(world.sent).toBe(2);
});

test("somebody who asks for an attempt gets it, due or not", async () => {
  const { world, attempt } = await aDelivery();
  await attempt();
  await attempt({ by: "another-run", trigger: "manual" });
  expect(world.sent).toBe(2);
});

test("a timer of Temporal's counts where the clock was set back, or is a little behind", async () => {
  const { world, attempt } = await aDelivery();
  await attempt();
  world.nowMs -= 600_000;
  await attempt();
  expect(world.sent).toBe(2);
  world.nowMs += delayMs - 500;
  await attempt();
  expect(world.sent).toBe(3);
});
