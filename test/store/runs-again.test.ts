// Rows of runs that were asked for again: one open run repeats another, and one request makes one run.
import { newId, type RunId, type TenantId } from "../../src/model/ids.ts";
import type { Run } from "../../src/model/run.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let tenantId: TenantId;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("again") });
  tenantId = await store.tenants.create("Acme");
});
afterAll(() => store.close());

function aRun(rest: Partial<Run> = {}): Run {
  const id = newId("run");
  return {
    id,
    tenantId,
    flow: { id: "flow_1", slug: "f", name: "F" },
    version: 1,
    status: "pending",
    event: { id: "e1", type: "t" },
    createdAt: new Date(),
    origin: "retry",
    recovery: { from: "start", keyRun: id, keys: { "a.$b": "run_1" }, inputs: { a: { $set: 1 } }, keeps: false },
    ...rest,
  };
}

test("what a run is asked for with comes back as it was, whatever its keys are called", async () => {
  const run = aRun();
  expect(await store.runs.insertAgain(run, { of: "run_a" })).toEqual({ outcome: "made" });
  expect(await store.runs.find(tenantId, run.id)).toEqual(run);
});

test("while one run that repeats another is open there is no second one; afterwards there may be", async () => {
  const [first, second] = [aRun(), aRun()];
  await store.runs.insertAgain(first, { of: "run_b" });
  expect(await store.runs.insertAgain(second, { of: "run_b" })).toMatchObject({
    outcome: "open",
    run: { id: first.id },
  });
  await store.runs.end(tenantId, first.id, { status: "failed" });
  expect(await store.runs.insertAgain(second, { of: "run_b" })).toEqual({ outcome: "made" });
  const elsewhere = await store.tenants.create("Other");
  expect(await store.runs.insertAgain(aRun({ tenantId: elsewhere }), { of: "run_b" })).toEqual({ outcome: "made" });
});

test("a request that did not see the run which it has made, and which has ended, makes no second one", async () => {
  const asked = { of: "run_c", requestId: "r1" };
  const first = aRun();
  await store.runs.insertAgain(first, asked);
  await store.runs.end(tenantId, first.id, { status: "succeeded" });
  expect(await store.runs.insertAgain(aRun(), asked)).toMatchObject({ outcome: "found", run: { id: first.id } });
  expect(await store.runs.insertAgain(aRun(), { ...asked, requestId: "r2" })).toEqual({ outcome: "made" });
});

test("edited data, family and newest run are the tenant's own", async () => {
  const root: RunId = newId("run");
  const run = aRun({ rootRun: root, retryOf: root, event: { id: "e7", type: "t" } });
  await store.runs.insertAgain(run, { of: root, dataText: '{"n":12345678901234567890}' });
  expect(await store.runs.editedData(tenantId, run.id)).toBe('{"n":12345678901234567890}');
  expect((await store.runs.family(tenantId, root)).map(({ id }) => id)).toEqual([run.id]);
  expect((await store.runs.newestOf(tenantId, "flow_1", "e7"))?.id).toBe(run.id);
  const other = await store.tenants.create("Other");
  expect(await store.runs.editedData(other, run.id)).toBeUndefined();
  expect(await store.runs.family(other, root)).toEqual([]);
  expect(await store.runs.newestOf(other, "flow_1", "e7")).toBeUndefined();
  expect((await store.runs.retriedBy(other, [root])).size).toBe(0);
  expect((await store.runs.retriedBy(tenantId, [root])).get(root)).toEqual([run.id]);
  expect(await store.runs.startState(other, run.id)).toBe("started");
  expect(await store.runs.startState(tenantId, run.id)).toBe("untried");
});
