// Deliveries' rows: what is recorded stays, whoever else writes at the same moment, and what is owed is found.
import type { AttemptRow } from "../../src/model/delivery.ts";
import { newId } from "../../src/model/ids.ts";
import type { StoredDelivery } from "../../src/store/deliveries.ts";
import { newEventKey } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("deliveries") });
});
afterAll(() => store.close());

function aDelivery(rest: Partial<StoredDelivery> = {}): StoredDelivery {
  return {
    _id: newId("dlv"),
    tenantId: newId("tnt"),
    endpointId: newId("ep"),
    event: { id: "e", key: newEventKey(), type: "order.created" },
    status: "pending",
    begun: 0,
    attempts: [],
    createdAt: new Date(),
    ...rest,
  };
}

function anAttempt(number: number): AttemptRow {
  const phases = { total: 1 };
  return { number, trigger: "first", startedAt: new Date(), durationMs: 1, phases, outcome: "succeeded", status: 200 };
}

const delivered = { status: "delivered" } as const;

test("a success that is recorded while the lane of its endpoint is being ended stays a success", async () => {
  const { tenantId, endpointId } = aDelivery();
  const rows = Array.from({ length: 1_500 }, () =>
    aDelivery({ tenantId, endpointId, begun: 1, lane: { why: "limit" } }),
  );
  await Promise.all(rows.map((row) => store.deliveries.insert(row)));
  const reason = { code: "endpoint_disabled", message: "The endpoint was disabled." };
  await Promise.all([
    ...rows.map(({ _id: id }) =>
      store.deliveries.record({ tenantId, id, attempt: anAttempt(1), bodies: {}, change: delivered }),
    ),
    store.deliveries.cancelLane(tenantId, endpointId, reason),
  ]);
  const found = await store.deliveries.findMany(
    tenantId,
    rows.map((row) => row._id),
  );
  expect(found.filter((row) => row.attempts.length === 1 && row.status !== "delivered")).toEqual([]);
  expect(await store.deliveries.isLaneEmpty(tenantId, endpointId)).toBe(true);
});

test("the number of a batch's attempt is used up for each of its deliveries, however often each was begun", async () => {
  const row = aDelivery({ begun: 1 });
  const { tenantId, _id: id } = row;
  await store.deliveries.insert(row);
  const change = { status: "pending", nextAttemptAt: new Date() } as const;
  await store.deliveries.record({ tenantId, id, attempt: anAttempt(2), bodies: {}, change });
  expect((await store.deliveries.begin(tenantId, id))?.begun).toBe(3);
});

test("a delivery that somebody asked for is overdue when nobody carries it out", async () => {
  const row = aDelivery({ status: "delivered", begun: 1, attempts: [anAttempt(1)] });
  await store.deliveries.insert(row);
  await store.deliveries.reopen(row.tenantId, row._id, "somebody", "manual");
  const overdue = await store.deliveries.overdue(new Date(Date.now() + 60_000), 100);
  expect(overdue.map((one) => one._id)).toContain(row._id);
});
