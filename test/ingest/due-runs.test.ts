// Runs that somebody asked for again start sooner or later, or are seen to have failed: over a real MongoDB.
import { createCancel } from "../../src/ingest/cancel.ts";
import { startDueRuns, type DueRuns } from "../../src/ingest/due-runs.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { StartOutcome } from "../../src/engine/start-outcome.ts";
import type { RunTarget } from "../../src/engine/start.ts";
import { createLog } from "../../src/log.ts";
import { newId, type FlowId, type RunId, type TenantId } from "../../src/model/ids.ts";
import type { Run } from "../../src/model/run.ts";
import { newEventKey, newStoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { anAction, aPlan } from "../support/plans.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
let tenantId: TenantId;
let flowId: FlowId;
let due: DueRuns | undefined;
let started: RunTarget[];
let cancelled: RunId[];
let answer: (target: RunTarget) => StartOutcome | Promise<StartOutcome>;

beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("due") });
  tenantId = await store.tenants.create("Acme");
  const draft = { name: "Flow", on: { event: "t" }, steps: [{ id: "a", use: "webhook.post", with: {} }] };
  const flow = await store.flows.create(tenantId, newId("flow"), { draft, slug: "flow", problems: [] });
  if (flow === "slug_taken") throw new Error("a new database has a flow");
  flowId = flow.id;
  const plan = { ...aPlan([anAction("a")]), flow: { id: flowId, slug: "flow", name: "Flow", version: 1 } };
  await store.flows.publish(tenantId, flow, { number: 1, plan, enable: true });
  const event = { id: "e1", type: "t", occurredAt: new Date().toISOString(), dataText: '{"of":"the event"}' };
  const about = { key: newEventKey(), tenantId, targets: [], misses: [], due: new Date() };
  await store.events.insert(newStoredEvent(event, about));
});
beforeEach(() => {
  started = [];
  cancelled = [];
  answer = () => ({ outcome: "started" });
});
afterEach(async () => {
  await due?.close();
  due = undefined;
});
afterAll(() => store.close());

function start() {
  due = startDueRuns({
    store,
    engine: {
      isUp: () => true,
      start: async (target) => {
        started.push(target);
        return answer(target);
      },
      cancel: async (run) => {
        cancelled.push(run.id);
        return "cancelling";
      },
    },
    log: createLog("silent"),
  });
}

async function aRun(rest: Partial<Run> = {}, dataText?: string): Promise<Run> {
  const id = newId("run");
  const run: Run = {
    id,
    tenantId,
    flow: { id: flowId, slug: "flow", name: "Flow" },
    version: 1,
    status: "pending",
    event: { id: "e1", type: "t" },
    createdAt: new Date(),
    origin: "retry",
    recovery: { from: "start", keyRun: id, keys: { a: "run_0" }, inputs: { a: { url: "x" } }, keeps: true },
    ...rest,
  };
  await store.runs.insertAgain(run, { of: id, dataText });
  return run;
}
const statusOf = async (run: Run) => (await store.runs.find(tenantId, run.id))?.status;

test("a run whose maker died after its row was written is started, with all that it was asked for with", async () => {
  const run = await aRun();
  start();
  await until(async () => (await statusOf(run)) === "running");
  expect(started).toMatchObject([
    {
      tenantId,
      runId: run.id,
      event: { id: "e1", dataText: '{"of":"the event"}' },
      again: { retry: { keyRun: run.id, keys: { a: "run_0" }, inputs: { a: { url: "x" } }, keeps: true } },
    },
  ]);
});

test("a run that was started by a process which died before it noted that is started again, and found", async () => {
  const run = await aRun();
  expect((await store.runs.claimDue(0))?.run.id).toBe(run.id);
  start();
  await until(async () => (await statusOf(run)) === "running");
  // Started once by this process; Temporal knows the workflow by its id.
  expect(started).toHaveLength(1);
});

test("a claim keeps others away until its lease ends", async () => {
  const run = await aRun();
  expect((await store.runs.claimDue(60_000))?.run.id).toBe(run.id);
  expect(await store.runs.claimDue(60_000)).toBeUndefined();
  await store.runs.end(tenantId, run.id, { status: "cancelled" });
});

test("edited data takes the place of the event's own, also in a run that only refers to it", async () => {
  const id = newId("run");
  const recovery = { from: "start", keyRun: id, keys: {}, inputs: {}, keeps: false, editedIn: id };
  const run = await aRun({ id, recovery }, '{"of":"somebody"}');
  const later = await aRun({ recovery });
  start();
  await until(() => started.length === 2);
  for (const one of [run, later]) {
    const target = started.find(({ runId }) => runId === one.id);
    expect(target).toMatchObject({ event: { dataText: '{"of":"somebody"}' }, again: { editedIn: id } });
  }
  await until(async () => (await statusOf(later)) === "running");
});

test("while Temporal does not answer the run waits, however often that is", async () => {
  let tries = 0;
  answer = () => (++tries < 8 ? { outcome: "unavailable", cause: new Error("away") } : { outcome: "started" });
  const run = await aRun();
  start();
  await until(async () => {
    await store.runs.putOffStart(run, 0, "unavailable");
    due?.wake();
    return (await statusOf(run)) === "running";
  }, 25_000);
  expect(started).toHaveLength(8);
});

test("a start that Temporal refuses is tried five times; then the run has failed, and may be asked for again", async () => {
  answer = () => ({ outcome: "refused", cause: new Error("no") });
  const run = await aRun();
  start();
  await until(async () => {
    await store.runs.putOffStart(run, 0, "unavailable");
    due?.wake();
    return (await statusOf(run)) === "failed";
  }, 25_000);
  expect(started).toHaveLength(5);
  expect(await store.runs.find(tenantId, run.id)).toMatchObject({ error: { class: "start" } });
  expect(await store.runs.findAgain(tenantId, { of: run.id })).toEqual({ outcome: "unknown" });
});

test("a run that is cancelled while its start is on its way is cancelled in Temporal too", async () => {
  const run = await aRun();
  answer = async () => {
    await store.runs.requestCancel(tenantId, run.id);
    await store.runs.end(tenantId, run.id, { status: "cancelled" });
    return { outcome: "started" };
  };
  start();
  await until(() => cancelled.length === 1);
  expect(cancelled).toEqual([run.id]);
  expect(await statusOf(run)).toBe("cancelled");
});

describe("cancelling a run that is not known to have started", () => {
  type Prepare = (run: Run) => Promise<unknown>;
  const claim: Prepare = () => store.runs.claimDue(600_000);
  const tried: Prepare = async (run) => {
    await claim(run);
    await store.runs.putOffStart(run, 600_000, "unavailable");
  };

  test.each<[string, Prepare | undefined, "unknown" | "cancelling" | "silent", string]>([
    ["never tried, while Temporal is silent, is cancelled", undefined, "silent", "cancelled"],
    ["never tried, is cancelled", undefined, "unknown", "cancelled"],
    ["being started, while Temporal is silent, is left to the watch", claim, "silent", "cancelling"],
    ["being started, is left to the watch", claim, "unknown", "cancelling"],
    ["tried, while Temporal is silent, is left to the watch", tried, "silent", "cancelling"],
    ["tried, of which Temporal knows nothing, is cancelled", tried, "unknown", "cancelled"],
    ["tried, of which Temporal knows, is cancelled there", tried, "cancelling", "cancelling"],
  ])("%s", async (_, prepare, says, outcome) => {
    const run = await aRun();
    await prepare?.(run);
    const asked = async () => (says === "silent" ? Promise.reject(new Error("away")) : says);
    // Of the engine only what a cancel asks of it.
    const engine = { cancel: asked } as unknown as Engine;
    const cancel = createCancel({ store, engine, log: createLog("silent") });
    expect(await cancel(tenantId, run.id)).toBe(outcome);
    expect(await statusOf(run)).toBe(outcome === "cancelled" ? "cancelled" : "pending");
    // Whatever is said: nobody begins to start it from now on.
    await store.runs.putOffStart(run, -1_000, "unavailable");
    expect(await store.runs.claimDue(1_000)).toBeUndefined();
  });

  test("does not wait for a Temporal that never answers", async () => {
    const run = await aRun();
    const engine = { cancel: () => new Promise(() => {}) } as unknown as Engine; // As above.
    const startedAt = performance.now();
    expect(await createCancel({ store, engine, log: createLog("silent") })(tenantId, run.id)).toBe("cancelled");
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
