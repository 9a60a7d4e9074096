// Are lists and counts of deliveries carried by an index, in its order, whatever is asked for? And right?
import { connectDatabase, type Database } from "../../src/store/database.ts";
import { deliveryStatuses, type DeliveryStatus } from "../../src/model/delivery.ts";
import type { FailureClass } from "../../src/model/failure.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import type { StoredDelivery } from "../../src/store/deliveries.ts";
import { createDeliveryLists, queryOf, waysTo, type DeliveryFilter } from "../../src/store/delivery-lists.ts";
import { idsBetween } from "../../src/store/page.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

const rowsMax = 24_000;
const startMs = Date.UTC(2026, 0, 1);
const stepMs = 1_000;
const tenants: TenantId[] = [newId("tnt", startMs), newId("tnt", startMs + 1)];
const endpoints: EndpointId[] = Array.from({ length: 12 }, (_, n) => newId("ep", startMs + n));
const types = ["order.created", "order.paid", "review.created", "review.removed"];
const classes: FailureClass[] = ["network", "timeout", "transient"];
const [tenant] = tenants as [TenantId, TenantId];

let database: Database;
let store: Store;
let rows: StoredDelivery[];

beforeAll(async () => {
  const name = uniqueName("lists");
  store = await openStore(testServers().mongodbUri, { database: name });
  database = await connectDatabase(testServers().mongodbUri, { database: name });
  rows = Array.from({ length: rowsMax }, (_, n) => aRow(n));
  const raw = database.raw<StoredDelivery>("deliveries");
  for (let at = 0; at < rows.length; at += 4_000) await raw.insertMany(rows.slice(at, at + 4_000));
}, 60_000);
afterAll(async () => {
  await database.close();
  await store.close();
});

/** A row of many: nearly all delivered, of two tenants, in an order of time. Nothing is left to chance. */
function aRow(n: number): StoredDelivery {
  const atMs = startMs + n * stepMs;
  const isTroubled = n % 23 === 0;
  const status = isTroubled ? at(deliveryStatuses, n / 23) : "delivered";
  const isFailed = status === "failed" || status === "rejected" || status === "pending";
  return {
    _id: newId("dlv", atMs),
    tenantId: at(tenants, n % 7 === 0 ? 1 : 0),
    endpointId: at(endpoints, (n * 7) % 31),
    event: {
      id: `event-${Math.floor(n / 5)}`,
      key: newId("evt", atMs),
      type: n % 50 === 0 ? at(types, n / 50) : "order.created",
    },
    status,
    ...(isFailed ? { class: at(classes, n / 23) } : {}),
    begun: 1,
    attempts: [],
    createdAt: new Date(atMs),
  };
}

function at<T>(list: readonly T[], n: number): T {
  return list[Math.floor(n) % list.length]!;
}

const someTime = (share: number) => new Date(startMs + rowsMax * share * stepMs);
const choices = {
  endpoint: [undefined, endpoints[3]],
  eventType: [undefined, "order.created", "review.removed"],
  statuses: [undefined, ["delivered"], ["failed"], ["failed", "rejected"], [...deliveryStatuses]] as (
    DeliveryStatus[] | undefined
  )[],
  class: [undefined, "timeout"] as (FailureClass | undefined)[],
  event: [undefined, "event-900"],
  time: [{}, { since: someTime(0.4) }, { until: someTime(0.6) }, { since: someTime(0.3), until: someTime(0.7) }],
};
const combinations: DeliveryFilter[] = choices.endpoint.flatMap((endpoint) =>
  choices.eventType.flatMap((eventType) =>
    choices.statuses.flatMap((statuses) =>
      choices.class.flatMap((failureClass) =>
        choices.event.flatMap((event) =>
          choices.time.map((time) => ({ endpoint, eventType, statuses, class: failureClass, event, ...time })),
        ),
      ),
    ),
  ),
);

const matches = (row: StoredDelivery, filter: DeliveryFilter) =>
  row.tenantId === tenant &&
  (filter.endpoint === undefined || row.endpointId === filter.endpoint) &&
  (filter.eventType === undefined || row.event.type === filter.eventType) &&
  (filter.statuses === undefined || filter.statuses.includes(row.status)) &&
  (filter.class === undefined || row.class === filter.class) &&
  (filter.event === undefined || row.event.id === filter.event) &&
  (filter.since === undefined || row.createdAt >= filter.since) &&
  (filter.until === undefined || row.createdAt < filter.until);

type Stage = { stage: string; inputStage?: Stage; inputStages?: Stage[]; queryPlan?: Stage };
const stagesOf = (stage: Stage | undefined): string[] =>
  stage === undefined
    ? []
    : [stage.stage, ...[stage.inputStage, stage.queryPlan, ...(stage.inputStages ?? [])].flatMap(stagesOf)];

test("every combination of filters runs on an index in its order, forwards and backwards", async () => {
  const raw = database.raw<StoredDelivery>("deliveries");
  const found = new Set<string>();
  for (const filter of combinations) {
    for (const [way, sort] of waysTo(tenant, filter).flatMap(
      (one) =>
        [
          [one, -1],
          [one, 1],
        ] as const,
    )) {
      const query = queryOf(way, { ...idsBetween("dlv", filter) });
      const { queryPlanner } = await raw
        .find(query, { sort: { _id: sort }, limit: 51, hint: way.hint })
        .explain("queryPlanner");
      const stages = stagesOf(queryPlanner.winningPlan);
      expect(stages).toContain("IXSCAN");
      for (const stage of stages) found.add(stage);
    }
  }
  expect(combinations.length).toBe(480);
  // SORT_MERGE takes rows from parts of an index that are each in order: nothing is sorted.
  expect([...found].toSorted()).toEqual(["FETCH", "IXSCAN", "LIMIT", "SORT_MERGE"]);
}, 120_000);

test("every list and count, as it is really asked for, looks at no more rows than it may", async () => {
  await database.command({ profile: 2 });
  const lists = createDeliveryLists(database);
  for (const filter of combinations) {
    const { nextCursor } = await lists.list(tenant, filter, { limit: 20 });
    await lists.list(tenant, filter, { limit: 20, cursor: nextCursor ?? newId("dlv") });
    await lists.countMatching(tenant, filter);
    await lists.idsAfter(tenant, filter, undefined, 20);
  }
  await lists.statusesOfEvent(tenant, "event-900");
  await database.command({ profile: 0 });
  type Profiled = { ns: string; planSummary?: string; hasSortStage?: boolean; keysExamined: number };
  const asked = await database
    .raw<Profiled>("system.profile")
    .find({ ns: /\.deliveries$/ })
    .toArray();
  // The profile is a capped collection: it holds the last of them.
  expect(asked.length).toBeGreaterThan(300);
  expect(asked.filter(({ planSummary }) => !planSummary?.startsWith("IXSCAN"))).toEqual([]);
  expect(asked.filter(({ hasSortStage }) => hasSortStage === true)).toEqual([]);
}, 120_000);

test("where the index alone decides, a page costs its own rows", async () => {
  const raw = database.raw<StoredDelivery>("deliveries");
  const decided: DeliveryFilter[] = [
    {},
    { endpoint: endpoints[3] },
    { eventType: "order.created" },
    { event: "event-900" },
    { statuses: ["failed"] },
    { statuses: ["failed", "rejected"] },
    { endpoint: endpoints[3], statuses: ["failed", "rejected"] },
    { class: "timeout" },
  ];
  for (const filter of decided) {
    for (const way of waysTo(tenant, filter)) {
      expect(way.rest).toEqual({});
      const cursor = raw.find(queryOf(way, {}), { sort: { _id: -1 }, limit: 21, hint: way.hint });
      const { executionStats } = await cursor.explain("executionStats");
      expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(21);
      expect(executionStats.totalKeysExamined).toBeLessThanOrEqual(30);
    }
  }
});

test("pages cover what matches once, newest first, for every combination", async () => {
  for (const filter of combinations.filter(({ since }) => since === undefined)) {
    const expected = rows.filter((row) => matches(row, filter)).map(({ _id }) => _id);
    // Of long lists the first pages; of short ones all.
    const limit = Math.max(20, Math.ceil(expected.length / 3));
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.deliveries.list(tenant, filter, { limit, cursor });
      ids.push(...page.items.map(({ _id }) => _id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(ids).toEqual(expected.toReversed());
    expect(await store.deliveries.countMatching(tenant, filter)).toEqual({ count: expected.length, capped: false });
  }
}, 240_000);

test("pages that may look at few rows at once cover the same, and counts say that they are capped", async () => {
  const lists = createDeliveryLists(database, { rowsPerLook: 150, looksPerPage: 2, rowsPerCount: 100 });
  const filters: DeliveryFilter[] = [
    { eventType: "review.removed" },
    { eventType: "order.created", statuses: ["failed", "rejected", "skipped"] },
    { endpoint: endpoints[3], eventType: "order.paid" },
    { class: "network", statuses: ["rejected"] },
  ];
  for (const filter of filters) {
    const expected = rows.filter((row) => matches(row, filter)).map(({ _id }) => _id);
    expect(expected.length).toBeGreaterThan(3);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await lists.list(tenant, filter, { limit: 3, cursor });
      ids.push(...page.items.map(({ _id }) => _id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(ids).toEqual(expected.toReversed());
    const forwards: string[] = [];
    let after: StoredDelivery["_id"] | undefined;
    do {
      const page = await lists.idsAfter(tenant, filter, after, 3);
      forwards.push(...page.ids);
      after = page.next;
    } while (after !== undefined);
    expect(forwards).toEqual(expected);
  }
  const { count, capped } = await lists.countMatching(tenant, { statuses: ["delivered"] });
  expect({ capped, isLess: count <= 100 }).toEqual({ capped: true, isLess: true });
});

test("ids come oldest first, each once, and end", async () => {
  const filter: DeliveryFilter = { statuses: ["failed", "cancelled"], since: someTime(0.2) };
  const expected = rows.filter((row) => matches(row, filter)).map(({ _id }) => _id);
  const ids: string[] = [];
  let after: StoredDelivery["_id"] | undefined;
  do {
    const page = await store.deliveries.idsAfter(tenant, filter, after, 17);
    ids.push(...page.ids);
    after = page.next;
  } while (after !== undefined);
  expect(expected.length).toBeGreaterThan(50);
  expect(ids).toEqual(expected);
});

test("another tenant's deliveries are in no list", async () => {
  const stranger = newId("tnt");
  expect(await store.deliveries.list(stranger, {}, { limit: 10 })).toEqual({ items: [], nextCursor: undefined });
  const page = await store.deliveries.list(tenant, {}, { limit: 200 });
  expect(new Set(page.items.map(({ tenantId }) => tenantId))).toEqual(new Set([tenant]));
});

test("the deliveries of an event are counted by how they stand", async () => {
  const of = rows.filter((row) => row.tenantId === tenant && row.event.id === "event-900");
  const counts = await store.deliveries.statusesOfEvent(tenant, "event-900");
  expect([...counts.values()].reduce((sum, one) => sum + one, 0)).toBe(of.length);
  expect(of.length).toBeGreaterThan(2);
});
