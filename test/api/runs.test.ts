// Runs over HTTP: their shape, filters, steps in the plan's order, and cancelling.
import { stepsInOrder } from "../../src/api/run-steps.ts";
import type { RunId } from "../../src/model/ids.ts";
import type { StepRecord } from "../../src/model/step.ts";
import { aChoose, anAction, aPlan, aSet } from "../support/plans.ts";
import { until } from "../support/wait.ts";
import { aFlow, startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
const cancelled: string[] = [];
let outcome: "cancelled" | "cancelling" | "ended" | "unknown" = "cancelled";

beforeAll(async () => {
  app = await startApi({
    deps: {
      runs: {
        temporalUrl: (run) => `http://temporal.test/${run.id}`,
        async cancel(tenantId, runId) {
          cancelled.push(`${tenantId}/${runId}`);
          if (outcome === "cancelled") await app.store.runs.end(tenantId, runId, { status: "cancelled" });
          return outcome;
        },
      },
    },
  });
  const steps = [
    { id: "first", use: "webhook.post", with: { url: "https://hooks.example.com" } },
    { id: "second", name: "Then this", use: "webhook.post", with: { url: "https://hooks.example.com" } },
  ];
  await app.call("POST", "/v1/flows", { body: aFlow({ slug: "two-steps", filter: true, steps }) });
  await app.call("POST", "/v1/flows/two-steps/publish");
});
afterAll(() => app.stop());

const start = async (id?: string): Promise<RunId> => {
  const { body } = await app.call("POST", "/v1/events", {
    body: { type: "review.created", data: {}, ...(id ? { id } : {}) },
  });
  return body.runs[0];
};
const failure = { class: "transient", code: "http_503", message: "The receiver answered 503.", status: 503 } as const;

test("a run is shown with times, duration, failure and its address in Temporal's UI", async () => {
  const run = await start("shape");
  const startedAt = new Date();
  const row = await app.store.runs.find(app.tenantId, run);
  await app.store.runs.markRunning(row ? [row] : [], startedAt);
  await app.store.runs.end(app.tenantId, run, { status: "failed", failedStep: "first", error: failure });
  const { body } = await app.call("GET", `/v1/runs/${run}`);
  expect(body).toEqual({
    id: run,
    flow: { id: expect.stringMatching(/^flow_/), slug: "two-steps", name: "Escalate bad reviews" },
    version: 1,
    status: "failed",
    event: { id: "shape", type: "review.created" },
    createdAt: expect.stringMatching(/Z$/),
    startedAt: startedAt.toISOString(),
    endedAt: expect.stringMatching(/Z$/),
    durationMs: Date.parse(body.endedAt) - startedAt.getTime(),
    failedStep: "first",
    error: failure,
    retriedBy: [],
    temporalUrl: `http://temporal.test/${run}`,
  });
});

test("each filter of the list lets through what it names and nothing else", async () => {
  const since = new Date().toISOString();
  const [good, bad] = [await start("good"), await start("bad")];
  await app.store.runs.end(app.tenantId, good, { status: "succeeded", output: { large: true } });
  await app.store.runs.end(app.tenantId, bad, { status: "failed", failedStep: "second", error: failure });
  const list = async (query: string): Promise<string[]> => {
    const { status, body } = await app.call("GET", `/v1/runs?since=${since}&${query}`);
    expect([query, status]).toEqual([query, 200]);
    expect(body.data.every((run: object) => !("output" in run))).toBe(true);
    return body.data.map((run: { id: string }) => run.id);
  };
  expect(await list("flow=two-steps")).toEqual([bad, good]);
  expect(await list("version=1")).toEqual([bad, good]);
  expect(await list("version=2")).toEqual([]);
  expect(await list("status=succeeded")).toEqual([good]);
  expect(await list("event=bad")).toEqual([bad]);
  expect(await list("eventType=review.created")).toEqual([bad, good]);
  expect(await list("eventType=other")).toEqual([]);
  expect(await list("failedStep=second")).toEqual([bad]);
  expect(await list("errorClass=transient")).toEqual([bad]);
  expect(await list(`until=${since}`)).toEqual([]);
  for (const query of [
    "status=done",
    "errorClass=x",
    "version=0",
    "status[$ne]=failed",
    "status=failed&status=failed",
  ]) {
    expect([query, (await app.call("GET", `/v1/runs?${query}`)).status]).toEqual([query, 422]);
  }
});

test("steps stand in the order of the plan; those to come are pending while the run is open", async () => {
  const run = await start();
  const rows = async () => {
    const { body } = await app.call("GET", `/v1/runs/${run}/steps`);
    return body.data.map((step: { path: string; status: string }) => `${step.path} ${step.status}`);
  };
  expect(await rows()).toEqual(["first pending", "second pending"]);
  const attempt = {
    number: 1,
    trigger: "first",
    startedAt: new Date("2026-03-01T12:00:00Z"),
    durationMs: 7,
    phases: { total: 7 },
    outcome: "succeeded",
  } as const;
  const step = { tenantId: app.tenantId, runId: run, path: "first", id: "first", use: "webhook.post" };
  await app.store.steps.recordAttempt({ ...step, status: "succeeded", output: { status: 200 }, attempt }, []);
  expect(await rows()).toEqual(["first succeeded", "second pending"]);
  const { body } = await app.call("GET", `/v1/runs/${run}/steps`);
  expect(body.data[0]).toEqual({
    path: "first",
    id: "first",
    use: "webhook.post",
    status: "succeeded",
    output: { status: 200 },
    startedAt: "2026-03-01T12:00:00.000Z",
    endedAt: "2026-03-01T12:00:00.007Z",
    attempts: [{ ...attempt, startedAt: "2026-03-01T12:00:00.000Z" }],
  });
  expect(body.data[1]).toMatchObject({ name: "Then this", use: "webhook.post", attempts: [] });
  await app.store.runs.end(app.tenantId, run, { status: "cancelled" });
  expect(await rows()).toEqual(["first succeeded"]);
});

test("branches of a step that has ended and steps that only a failure brings are not pending", () => {
  const plan = aPlan(
    [
      aChoose("route", [
        {
          steps: [
            aChoose("inner", [{ steps: [aSet("deep", {}, { path: "route[0].inner[0].deep" })] }], {
              path: "route[0].inner",
            }),
          ],
        },
      ]),
      anAction("send", { onError: { steps: [anAction("mend", { path: "send.onError.mend" })] } }),
    ],
    { onFailure: [anAction("alarm")] },
  );
  const paths = (records: StepRecord[], isOpen = true) => stepsInOrder(plan, records, isOpen).map((row) => row.path);
  expect(paths([])).toEqual(["route", "route[0].inner", "route[0].inner[0].deep", "send"]);
  const ended: StepRecord = {
    tenantId: app.tenantId,
    runId: "run_1",
    id: "route",
    path: "route",
    status: "skipped",
    attempts: [],
    endedAt: new Date(),
  };
  expect(paths([ended])).toEqual(["route", "send"]);
  expect(paths([ended], false)).toEqual(["route"]);
  expect(stepsInOrder(undefined, [ended], true)).toHaveLength(1);
});

test("a step that was under way when its run ended from outside shows as cancelled, with nothing to come", () => {
  const plan = aPlan([anAction("a"), anAction("b")]);
  const startedAt = new Date(0);
  const attempt = {
    number: 1,
    trigger: "first",
    startedAt,
    durationMs: 1,
    phases: { total: 1 },
    outcome: "failed",
    nextAttemptAt: new Date(),
  } as const;
  const step = { tenantId: app.tenantId, runId: "run_1", id: "a", path: "a", status: "running", startedAt } as const;
  const record: StepRecord = { ...step, attempts: [attempt] };
  const { nextAttemptAt: _, ...rest } = attempt;
  expect(stepsInOrder(plan, [record], false)).toEqual([
    { id: "a", path: "a", status: "cancelled", startedAt, attempts: [rest] },
  ]);
  expect(stepsInOrder(plan, [record], true)).toMatchObject([
    { path: "a", status: "running", attempts: [attempt] },
    { path: "b", status: "pending" },
  ]);
});

test("a page of runs names the runs that repeat each of them, oldest first", async () => {
  const run = await start("repeated");
  await app.store.runs.end(app.tenantId, run, { status: "failed", failedStep: "first", error: failure });
  const ids: string[] = [];
  for (let n = 0; n < 2; n++) {
    const { status, body } = await app.call("POST", `/v1/runs/${run}/retry`, n === 0 ? { body: {} } : {});
    expect([status, body.retryOf, body.status]).toEqual([201, run, "pending"]);
    ids.push(body.id);
    await app.store.runs.end(app.tenantId, body.id, { status: "cancelled" });
  }
  const { body } = await app.call("GET", "/v1/runs?event=repeated");
  expect(body.data.map((row: { id: string; retriedBy: string[] }) => [row.id, row.retriedBy])).toEqual([
    [ids[1], []],
    [ids[0], []],
    [run, ids],
  ]);
  // What only the engine needs is not shown.
  expect(body.data[0]).not.toHaveProperty("recovery");
  expect(body.data[0]).not.toHaveProperty("rootRun");
});

test("a retry needs the scope runs:execute, and finds only the tenant's own runs and events", async () => {
  const run = await start("scoped");
  const key = await app.newKey(app.tenantId, ["runs:read", "events:read", "events:write"]);
  const stranger = await app.newKey(await app.store.tenants.create("Stranger"));
  for (const path of [`/v1/runs/${run}/retry`, "/v1/events/scoped/replay"]) {
    expect([path, (await app.call("POST", path, { body: {}, key })).status]).toEqual([path, 403]);
    expect([path, (await app.call("POST", path, { body: {}, key: stranger })).status]).toEqual([path, 404]);
  }
});

test("cancelling answers the run; one that has ended otherwise is a conflict", async () => {
  const run = await start();
  const cancel = () => app.call("POST", `/v1/runs/${run}/cancel`);
  outcome = "cancelling";
  expect((await cancel()).status).toBe(202);
  outcome = "cancelled";
  const done = await cancel();
  expect([done.status, done.body.status, done.body.durationMs]).toEqual([200, "cancelled", 0]);
  expect(cancelled).toEqual([`${app.tenantId}/${run}`, `${app.tenantId}/${run}`]);
  outcome = "ended";
  expect((await cancel()).status).toBe(200);
  const other = await start();
  await app.store.runs.end(app.tenantId, other, { status: "succeeded" });
  await until(async () => (await app.call("GET", `/v1/runs/${other}`)).body.status === "succeeded");
  const late = await app.call("POST", `/v1/runs/${other}/cancel`);
  expect([late.status, late.body.code]).toEqual([409, "state.conflict"]);
});

test("the signing secret is shown to who may see it, and changes by rotation", async () => {
  const reveal = async () => (await app.call("POST", "/v1/signing-secret/reveal")).body.secret;
  const first = await reveal();
  expect(first).toMatch(/^whsec_/);
  expect(await reveal()).toBe(first);
  const rotated = await app.call("POST", "/v1/signing-secret/rotate");
  expect(rotated.body).toEqual({ id: expect.stringMatching(/^sec_/), graceUntil: expect.stringMatching(/Z$/) });
  expect(await reveal()).not.toBe(first);
  expect((await app.call("GET", "/v1/signing-secret/reveal")).status).toBe(405);
});
