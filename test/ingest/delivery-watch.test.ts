// Who looks after the lanes finds each that waits, however many others wait, and however much waits in each.
import type { LaneKey } from "../../src/endpoint/hand-on.ts";
import { watchDeliveries } from "../../src/ingest/delivery-watch.ts";
import { createLog } from "../../src/log.ts";
import type { EndpointStatus } from "../../src/model/endpoint.ts";
import { newId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { newEventKey } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

jest.setTimeout(60_000);

let store: Store;
beforeEach(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("watch") });
});
afterEach(() => store.close());

const inAnHour = new Date(Date.now() + 3_600_000);

async function aLane(tenantId: TenantId, status: EndpointStatus, waiting = 1): Promise<EndpointId> {
  const endpointId = newId("ep");
  const settings = { url: "https://hooks.example.com/in", events: ["*"], profile: "standard" };
  const rows = Array.from({ length: waiting }, () => ({
    _id: newId("dlv"),
    tenantId,
    endpointId,
    event: { id: "e", key: newEventKey(), type: "order.created" },
    status: "pending" as const,
    begun: 0,
    attempts: [],
    lane: { why: "limit" as const },
    createdAt: new Date(),
  }));
  await Promise.all([
    store.endpoints.create(tenantId, endpointId, { settings, status, sealed: "sealed" }),
    ...rows.map((row) => store.deliveries.insert(row)),
  ]);
  return endpointId;
}

test("a lane that nobody drains is told, behind any number of lanes of paused endpoints", async () => {
  const tenantId = newId("tnt");
  await Promise.all(Array.from({ length: 1_200 }, () => aLane(tenantId, "paused")));
  const lost = await Promise.all(
    Array.from({ length: 20 }, (_, n) => aLane(n % 2 === 0 ? tenantId : newId("tnt"), "enabled")),
  );
  const told = new Set<EndpointId>();
  const watch = watchDeliveries({
    store,
    start: async () => ({ outcome: "started" }),
    wakeLane: async ({ endpointId }) => {
      told.add(endpointId);
      return { outcome: "started" };
    },
    log: createLog("silent"),
    nowMs: () => inAnHour.getTime(),
    times: { lookEveryMs: 10 },
  });
  try {
    await until(async () => told.size >= lost.length, 40_000);
  } finally {
    await watch.close();
  }
  expect([...told].toSorted()).toEqual(lost.toSorted());
});

test("lanes come in pages, each once, with what waits since before the time only", async () => {
  const tenants = [newId("tnt"), newId("tnt")] as const;
  const made: LaneKey[] = [];
  for (const tenantId of tenants) {
    for (let n = 0; n < 3; n++) made.push({ tenantId, endpointId: await aLane(tenantId, "enabled", 3) });
  }
  const found: LaneKey[] = [];
  let after: LaneKey | undefined;
  do {
    const page = await store.deliveries.lanesSince(inAnHour, after, 2);
    found.push(...page.lanes);
    after = page.last;
  } while (after !== undefined);
  const names = (lanes: LaneKey[]) => lanes.map((lane) => `${lane.tenantId}/${lane.endpointId}`).toSorted();
  expect(names(found)).toEqual(names(made));
  expect((await store.deliveries.lanesSince(new Date(Date.now() - 3_600_000), undefined, 100)).lanes).toEqual([]);
});
