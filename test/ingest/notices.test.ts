// The owner's event of a connection that needs them: raised once, by whichever process finds the notice.
import type { Accept } from "../../src/ingest/accept.ts";
import { raiseNotices } from "../../src/ingest/notices.ts";
import { createLog } from "../../src/log.ts";
import type { Event } from "../../src/model/event.ts";
import { newId, type TenantId } from "../../src/model/ids.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("notices") });
});
afterAll(() => store.close());

const log = createLog("silent");

async function marked() {
  const tenantId = await store.tenants.create("Acme");
  const id = newId("conn");
  const fields = { slug: "team-slack", name: "Team Slack", connector: "slack", kind: "bearer" as const };
  await store.connections.create(tenantId, id, fields, "sealed");
  await store.connections.requireReauth({ tenantId, id }, { credentialsVersion: 1 }, "Slack: token_revoked.");
  return { tenantId, id };
}
const noticeOf = async ({ tenantId, id }: Awaited<ReturnType<typeof marked>>) =>
  (await store.connections.read(tenantId, id))?.notice;

/** Stores events as accepting does, and counts how they were taken. */
function accepting() {
  const taken: { tenantId: TenantId; event: Event; outcome: string }[] = [];
  const accept: Accept = async (tenantId, event) => {
    const rest = { key: newEventKey(), tenantId, targets: [], misses: [], due: new Date() };
    const { outcome } = await store.events.insert(newStoredEvent(event, rest));
    taken.push({ tenantId, event, outcome });
    return {
      outcome: outcome === "duplicate" ? "duplicate" : "accepted",
      id: event.id,
      matched: 0,
      runs: [],
      deliveries: 0,
    };
  };
  return { accept, taken };
}

test("two processes that look at once raise one event, with what the owner has to know", async () => {
  const connection = await marked();
  const { accept, taken } = accepting();
  const loops = [raiseNotices({ store, accept, log }), raiseNotices({ store, accept, log })];
  await until(async () => (await noticeOf(connection)) === undefined);
  await Promise.all(loops.map((one) => one.close()));
  const ours = taken.filter((one) => one.tenantId === connection.tenantId);
  expect(ours.filter((one) => one.outcome !== "duplicate")).toHaveLength(1);
  expect(ours[0]?.event).toMatchObject({ type: "connection.reauth_required", id: `reauth_${connection.id}_2` });
  expect(JSON.parse(ours[0]?.event.dataText ?? "")).toEqual({
    connection: { id: connection.id, slug: "team-slack", name: "Team Slack", connector: "slack" },
    reason: "Slack: token_revoked.",
  });
});

test("a process that dies after the event was accepted leaves a notice that makes no second one", async () => {
  const connection = await marked();
  const { accept, taken } = accepting();
  const dying = { ...store.connections, clearNotice: () => Promise.reject(new Error("died")) };
  const first = raiseNotices({ store: { connections: dying }, accept, log });
  await until(() => taken.some((one) => one.tenantId === connection.tenantId));
  await first.close();
  expect(await noticeOf(connection)).toBeDefined();
  const second = raiseNotices({ store, accept, log });
  await until(async () => (await noticeOf(connection)) === undefined);
  await second.close();
  const outcomes = taken.filter((one) => one.tenantId === connection.tenantId).map((one) => one.outcome);
  expect(outcomes.filter((one) => one !== "duplicate")).toHaveLength(1);
  expect(outcomes.at(-1)).toBe("duplicate");
});

test("without room for events the notice stays and is tried again", async () => {
  const connection = await marked();
  const { accept, taken } = accepting();
  let refused = 0;
  const overloaded: Accept = async (...of) =>
    refused++ < 1 ? { outcome: "overloaded", retryAfterMs: 1_000 } : accept(...of);
  const loop = raiseNotices({ store, accept: overloaded, log });
  await until(async () => (await noticeOf(connection)) === undefined);
  await loop.close();
  expect([refused, taken.length]).toEqual([2, 1]);
});

test("a connection that is refused again after its repair raises another event", async () => {
  const connection = await marked();
  const { accept, taken } = accepting();
  const loop = raiseNotices({ store, accept, log });
  await until(async () => (await noticeOf(connection)) === undefined);
  const { tenantId, id } = connection;
  await store.connections.replaceCredentials(tenantId, id, undefined, { kind: "bearer", sealed: "sealed anew" });
  await store.connections.requireReauth(connection, { credentialsVersion: 2 }, "Slack: account_inactive.");
  await until(async () => (await noticeOf(connection)) === undefined);
  await loop.close();
  expect(new Set(taken.map((one) => one.event.id)).size).toBe(2);
});
