// What has had its time goes, bodies before rows; what is pending, or was tried again since, stays.
import { readConfig } from "../../src/config.ts";
import { startRetention } from "../../src/ingest/retention.ts";
import { createLog } from "../../src/log.ts";
import type { AttemptRow } from "../../src/model/delivery.ts";
import { newId, type DeliveryId, type TenantId } from "../../src/model/ids.ts";
import type { StoredDelivery } from "../../src/store/deliveries.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("retention") });
});
afterAll(() => store.close());

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 1);
const retention = { bodiesMs: 30 * dayMs, deliveriesMs: 180 * dayMs };
const daysAgo = (days: number) => new Date(nowMs - days * dayMs);
const body = { method: "POST", url: "https://hooks.example.com/in", headers: {}, body: "{}" };

function anAttempt(number: number, startedAt: Date): AttemptRow {
  const phases = { total: 1 };
  return { number, trigger: "first", startedAt, durationMs: 1, phases, outcome: "succeeded", status: 200 };
}

async function aDelivery(days: number, rest: Partial<StoredDelivery> = {}, tenantId: TenantId = newId("tnt")) {
  const createdAt = daysAgo(days);
  const row: StoredDelivery = {
    _id: newId("dlv", createdAt.getTime()),
    tenantId,
    endpointId: newId("ep"),
    event: { id: `e${days}`, key: newId("evt"), type: "order.created" },
    status: "delivered",
    begun: 1,
    attempts: [anAttempt(1, createdAt)],
    createdAt,
    endedAt: createdAt,
    ...rest,
  };
  await store.deliveries.insert(row, { request: body });
  return row;
}

/** The attempts of a delivery that are listed, and those whose bodies are there. */
async function keptOf({ tenantId, _id }: { tenantId: TenantId; _id: DeliveryId }) {
  const row = await store.deliveries.find(tenantId, _id);
  const bodies = await store.deliveryBodies.of(tenantId, [_id]);
  return {
    attempts: row?.attempts.map(({ number }) => number),
    bodies: [...bodies.keys()].map((key) => Number(key.split("/")[1])),
  };
}

async function sweptWhen(holds: () => Promise<boolean>): Promise<void> {
  const loop = startRetention({ store, retention, log: createLog("silent"), nowMs: () => nowMs });
  try {
    await until(holds);
  } finally {
    await loop.close();
  }
}

test("bodies go after their time and rows after theirs, of every tenant", async () => {
  const [young, middling, old] = [await aDelivery(29), await aDelivery(31), await aDelivery(181)];
  await sweptWhen(async () => (await store.deliveries.find(old.tenantId, old._id)) === undefined);
  expect(await keptOf(young)).toEqual({ attempts: [1], bodies: [1] });
  expect(await keptOf(middling)).toEqual({ attempts: [1], bodies: [] });
  expect(await keptOf(old)).toEqual({ attempts: undefined, bodies: [] });
});

test("what is pending is never removed, and an attempt of today keeps its bodies whatever the delivery's age", async () => {
  const { endedAt: _, ...pending } = { endedAt: undefined, status: "pending" as const };
  const waiting = await aDelivery(200, pending);
  await store.deliveries.change(waiting.tenantId, waiting._id, { status: "pending" });
  const again = await aDelivery(200, { status: "failed" });
  await store.deliveries.reopen(again.tenantId, again._id, "by", "manual");
  const attempt = anAttempt(2, daysAgo(0));
  const { tenantId, _id: id } = again;
  await store.deliveries.record({ tenantId, id, attempt, bodies: { request: body }, change: { status: "delivered" } });
  const gone = await aDelivery(190);
  await sweptWhen(async () => (await store.deliveries.find(gone.tenantId, gone._id)) === undefined);
  expect(await keptOf(waiting)).toEqual({ attempts: [1], bodies: [] });
  expect(await keptOf(again)).toEqual({ attempts: [1, 2], bodies: [2] });
});

test("more than one portion is swept, one after the other", async () => {
  const tenantId = newId("tnt");
  for (let n = 0; n < 24; n++) {
    await Promise.all(Array.from({ length: 100 }, () => aDelivery(185 + n / 100, {}, tenantId)));
  }
  const kept = await aDelivery(10, {}, tenantId);
  const left = async () => (await store.deliveries.countMatching(tenantId, {})).count;
  expect(await left()).toBe(2_401);
  await sweptWhen(async () => (await left()) === 1);
  expect((await store.deliveries.list(tenantId, {}, { limit: 5 })).items.map(({ _id }) => _id)).toEqual([kept._id]);
});

test("expunging goes through many in portions, and goes on where it ended", async () => {
  const tenantId = newId("tnt");
  const rows: StoredDelivery[] = [];
  for (let n = 0; n < 3; n++) rows.push(await aDelivery(20 - n, {}, tenantId));
  const done = await store.deliveryBodies.expungeMany(tenantId, { before: daysAgo(18.5) }, undefined);
  expect(done).toEqual({ deliveries: 2, removed: 2 });
  expect((await keptOf(rows[2]!)).bodies).toEqual([1]);
  expect(await store.deliveryBodies.expungeMany(tenantId, {}, rows[1]!._id)).toEqual({ deliveries: 1, removed: 1 });
});

test.each([
  [{}, { bodiesMs: 30 * dayMs, deliveriesMs: 180 * dayMs }],
  [
    { MILLRACE_RETENTION_BODIES: "12h", MILLRACE_RETENTION_DELIVERIES: "31d" },
    { bodiesMs: dayMs / 2, deliveriesMs: 31 * dayMs },
  ],
])("the settings %j are read", (env, expected) => {
  expect(readConfig(env).retention).toEqual(expected);
});

test.each([
  [{ MILLRACE_RETENTION_BODIES: "soon" }, 'MILLRACE_RETENTION_BODIES is "soon"'],
  [{ MILLRACE_RETENTION_BODIES: "0d" }, "it must be a number of hours or days, such as 12h or 30d"],
  [{ MILLRACE_RETENTION_DELIVERIES: "30d" }, "MILLRACE_RETENTION_DELIVERIES must be 31d or more"],
  [{ MILLRACE_RETENTION_BODIES: "200d" }, "must not be longer than MILLRACE_RETENTION_DELIVERIES"],
])("the settings %j are refused with a sentence", (env, sentence) => {
  expect(() => readConfig(env)).toThrow(sentence);
});
