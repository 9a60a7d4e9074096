// The inbox and the catalogue: every list comes from an index, and what is kept for a day ends after it.
import mongoose from "mongoose";
import { newId } from "../../src/model/ids.ts";
import { inboxKeptSeconds } from "../../src/store/inbox.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let connection: mongoose.Connection;
const database = uniqueName("tools");
const tenantId = newId("tnt");
beforeAll(async () => {
  const { mongodbUri } = testServers();
  store = await openStore(mongodbUri, { database });
  connection = await mongoose.createConnection(mongodbUri, { dbName: database }).asPromise();
  const verification = { verified: false };
  for (const name of ["one", "two"]) {
    await store.inbox.put(tenantId, { name, headers: [], body: Buffer.from("{}"), status: 200, verification });
    const given = { name: `${name}.created`, description: "", schema: null, mode: "off" as const, retired: false };
    await store.eventTypes.create(tenantId, newId("etyp"), given);
  }
});
afterAll(async () => {
  await connection.close();
  await store.close();
});

const own = { tenantId: String(tenantId) };
test.each<[string, string, object]>([
  ["the messages of an inbox", "inboxMessages", { ...own, name: "one" }],
  ["a page of them", "inboxMessages", { ...own, name: "one", _id: { $lt: "msg_z" } }],
  ["the messages of a tenant", "inboxMessages", own],
  ["the catalogue", "eventTypes", own],
  ["a group of the catalogue", "eventTypes", { ...own, group: "one" }],
  ["an event type", "eventTypes", { ...own, name: "one.created" }],
])("%s: no collection scan, no sorting in memory", async (_, collection, filter) => {
  const plan = await connection.collection(collection).find(filter).sort({ _id: -1 }).limit(51).explain("queryPlanner");
  const winning = JSON.stringify(plan["queryPlanner"].winningPlan);
  expect(winning).toContain("IXSCAN");
  expect(winning).not.toMatch(/COLLSCAN|"SORT"/);
});

test("messages of an inbox end after a day", async () => {
  const indexes = await connection.collection("inboxMessages").indexes();
  const ending = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
  expect(ending).toMatchObject([{ key: { at: 1 }, expireAfterSeconds: inboxKeptSeconds }]);
});
