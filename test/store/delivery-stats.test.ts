// Statistics: what several processes add comes out as one sum, by each of the ways to look at it, and from an index.
import mongoose from "mongoose";
import { newCounts, type DeliveryCounts } from "../../src/model/delivery-stats.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { createDeliveryStatsStore, type StatsCell } from "../../src/store/delivery-stats.ts";
import { connectDatabase } from "../../src/store/database.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
const database = uniqueName("stats");
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database });
});
afterAll(() => store.close());

const hour = 3_600_000;
const at = (text: string) => Date.parse(`2026-03-10T${text}:00Z`);
const between = { from: new Date(at("00:00")), to: new Date(at("00:00") + 24 * hour) };

function cell(
  of: { tenantId: TenantId; endpointId: EndpointId },
  minuteMs: number,
  more: Partial<DeliveryCounts>,
  eventType = "order.created",
): StatsCell {
  return { ...of, eventType, minuteMs, counts: { ...newCounts(), ...more } };
}
const made = () => ({ tenantId: newId("tnt"), endpointId: newId("ep") });

test("what processes add at once is summed, with classes and answer times", async () => {
  const of = made();
  const answers = newCounts().answers;
  answers[3] = 2;
  const more = { attempts: 3, failedAttempts: 1, delivered: 2, answers, answerMsSum: 15.5, byClass: { timeout: 1 } };
  await Promise.all(
    Array.from({ length: 20 }, () =>
      store.deliveryStats.add([cell(of, at("10:05"), more), cell(of, at("10:06"), more)]),
    ),
  );
  const total = await store.deliveryStats.total({ ...of, ...between, unit: "hour" });
  expect(total).toMatchObject({
    attempts: 120,
    failedAttempts: 40,
    delivered: 80,
    answerMsSum: 620,
    byClass: { timeout: 40 },
  });
  expect(total.answers[3]).toBe(80);
  const minutes = await store.deliveryStats.byTime({ ...of, ...between, unit: "minute" }, "minute");
  expect(minutes.map((one) => [one.at.toISOString(), one.counts.attempts])).toEqual([
    ["2026-03-10T10:05:00.000Z", 60],
    ["2026-03-10T10:06:00.000Z", 60],
  ]);
});

test("a tenant's totals are those of all its endpoints, and of nobody else's", async () => {
  const one = made();
  const other = { tenantId: one.tenantId, endpointId: newId("ep") };
  await store.deliveryStats.add([
    cell(one, at("10:00"), { attempts: 1 }),
    cell(other, at("11:59"), { attempts: 10 }),
    cell(other, at("12:00"), { attempts: 100 }, "order.paid"),
    cell(made(), at("10:00"), { attempts: 1_000 }),
  ]);
  const tenant = { tenantId: one.tenantId, ...between, unit: "hour" as const };
  expect((await store.deliveryStats.total(tenant)).attempts).toBe(111);
  expect((await store.deliveryStats.total({ ...tenant, eventType: "order.paid" })).attempts).toBe(100);
  expect((await store.deliveryStats.total({ ...tenant, to: new Date(at("12:00")) })).attempts).toBe(11);
  expect((await store.deliveryStats.total(tenant, ["order.paid"])).attempts).toBe(11);
  const days = await store.deliveryStats.byTime(tenant, "day");
  expect(days.map((day) => [day.at.toISOString(), day.counts.attempts])).toEqual([["2026-03-10T00:00:00.000Z", 111]]);
  const types = await store.deliveryStats.byType(tenant);
  expect(types.map((type) => [type.eventType, type.counts.attempts])).toEqual([
    ["order.paid", 100],
    ["order.created", 11],
  ]);
  const byEndpoint = await store.deliveryStats.byEndpoint(tenant, [one.endpointId, other.endpointId, newId("ep")]);
  expect(byEndpoint.size).toBe(2);
  expect(byEndpoint.get(one.endpointId)?.attempts).toBe(1);
  expect(byEndpoint.get(other.endpointId)?.attempts).toBe(110);
});

test("minutes go after three days, hours after 400", async () => {
  const of = made();
  await store.deliveryStats.add([cell(of, at("10:05"), { attempts: 1 })]);
  const connection = mongoose.createConnection(testServers().mongodbUri, { dbName: database });
  await connection.asPromise();
  const rows = await connection
    .collection("deliveryStats")
    .find({ tenantId: of.tenantId, endpointId: of.endpointId })
    .toArray();
  const indexes = await connection.collection("deliveryStats").indexes();
  await connection.close();
  const kept = rows.map((row) => [row["unit"], (row["expiresAt"].getTime() - row["at"].getTime()) / (24 * hour)]);
  expect(Object.fromEntries(kept)).toEqual({ hour: 400, minute: 3 });
  expect(indexes.find((one) => one["key"].expiresAt === 1)?.["expireAfterSeconds"]).toBe(0);
});

test("every look at statistics reads what it asks for from one index, whatever else there is", async () => {
  const own = await connectDatabase(testServers().mongodbUri, { database });
  const of = made();
  const others = Array.from({ length: 400 }, () => cell(made(), at("10:05"), { attempts: 1 }));
  await store.deliveryStats.add([...others, cell(of, at("10:05"), { attempts: 1 })]);
  const looked: { keys: number; stages: string }[] = [];
  const raw = own.raw("deliveryStats");
  const aggregate = raw.aggregate.bind(raw);
  const explaining = createDeliveryStatsStore({
    ...own,
    connection: { model: () => ({}) },
    raw: () => ({
      aggregate: (pipeline: object[], options: object) => ({
        async toArray() {
          const plan = await aggregate(pipeline, options).explain("executionStats");
          const stats = plan["executionStats"] ?? plan["stages"][0].$cursor.executionStats;
          looked.push({ keys: stats.totalKeysExamined, stages: JSON.stringify(plan) });
          return aggregate(pipeline, options).toArray();
        },
      }),
    }),
  } as unknown as Parameters<typeof createDeliveryStatsStore>[0]); // Only what the queries use.
  const query = { ...of, ...between, unit: "hour" as const };
  await explaining.total(query);
  await explaining.byTime({ tenantId: of.tenantId, ...between, unit: "minute" }, "hour");
  await explaining.byType({ ...query, eventType: "order.created" });
  await explaining.byEndpoint(query, [of.endpointId]);
  await own.close();
  expect(looked).toHaveLength(4);
  for (const { keys, stages } of looked) {
    expect(keys).toBeLessThanOrEqual(6);
    expect(stages).toContain("IXSCAN");
    expect(stages).not.toContain("COLLSCAN");
  }
});
