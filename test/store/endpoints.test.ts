// Are lists of endpoints carried by an index, in its order, whatever they are asked for?
import { newId, type TenantId } from "../../src/model/ids.ts";
import { connectDatabase, type Database } from "../../src/store/database.ts";
import { fieldsOf, freshHealth } from "../../src/store/endpoint-row.ts";
import type { EndpointFilter, StoredEndpoint } from "../../src/store/endpoints.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

const startMs = Date.UTC(2026, 0, 1);
const tenants: TenantId[] = [newId("tnt", startMs), newId("tnt", startMs + 1)];
const types = ["order.created", "order.*", "user.created", "*"];

let database: Database;
let store: Store;

/** A row of many, in an order of time. Nothing is left to chance. */
function aRow(n: number): StoredEndpoint {
  const atMs = startMs + n * 1_000;
  const events = [types[n % 4] ?? "*", types[Math.floor(n / 4) % 4] ?? "*"];
  const profile = n % 100 === 0 ? "hub" : "standard";
  return {
    _id: newId("ep", atMs),
    tenantId: tenants[n % 5 === 0 ? 1 : 0] ?? "tnt_",
    revision: 1,
    status: n % 50 === 0 ? "disabled" : "enabled",
    ...fieldsOf({ url: "https://hooks.example.com/", events, profile }),
    sealed: "",
    health: freshHealth,
    createdAt: new Date(atMs),
    updatedAt: new Date(atMs),
  };
}

beforeAll(async () => {
  const name = uniqueName("endpoints");
  store = await openStore(testServers().mongodbUri, { database: name });
  database = await connectDatabase(testServers().mongodbUri, { database: name });
  await database.raw<StoredEndpoint>("endpoints").insertMany(Array.from({ length: 4_000 }, (_, n) => aRow(n)));
});
afterAll(async () => {
  await database.close();
  await store.close();
});

const filters: EndpointFilter[] = [undefined, "enabled", "disabled"].flatMap((status) =>
  [undefined, "order.created", "order.item.added"].flatMap((eventType) =>
    [undefined, "hub"].map((profile) => ({ status, eventType, profile }) as EndpointFilter),
  ),
);

test("every list is read from an index and sorted by none, page after page", async () => {
  await database.command({ profile: 2 });
  const [tenant = "tnt_"] = tenants;
  for (const filter of filters) {
    const { nextCursor } = await store.endpoints.list(tenant, filter, { limit: 20 });
    await store.endpoints.list(tenant, filter, { limit: 20, cursor: nextCursor });
  }
  await store.endpoints.usesProfile(tenant, "hub");
  await database.command({ profile: 0 });
  const asked = await database
    .raw<{ _id: never; planSummary: string; hasSortStage?: boolean; nreturned: number; docsExamined: number }>(
      "system.profile",
    )
    .find({ op: "query", ns: /\.endpoints$/ })
    .toArray();
  expect(asked).toHaveLength(filters.length * 2 + 1);
  for (const { planSummary, hasSortStage, docsExamined } of asked) {
    expect([planSummary, hasSortStage ?? false]).toEqual([expect.stringMatching(/^IXSCAN/), false]);
    // Rows of a tenant that one of several conditions lets through and another one does not are few here.
    expect(docsExamined).toBeLessThanOrEqual(1_000);
  }
});

test("a list by event type has those that get events of it, once each, and of no other tenant", async () => {
  const [tenant = "tnt_"] = tenants;
  const rows = Array.from({ length: 4_000 }, (_, n) => aRow(n)).filter(({ tenantId }) => tenantId === tenant);
  const wanted = rows.filter(({ events }) => events.some((one) => one === "*" || one === "order.*"));
  let count = 0;
  const seen = new Set<string>();
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await store.endpoints.list(tenant, { eventType: "order.item.added" }, { limit: 200, cursor });
    for (const { id, tenantId } of page.items) {
      expect(tenantId).toBe(tenant);
      seen.add(id);
      count++;
    }
    cursor = page.nextCursor;
  }
  expect([count, seen.size]).toEqual([wanted.length, wanted.length]);
});
