// What a page of a bulk retry does when things go wrong in the middle: on a real MongoDB, where nothing starts the new runs.
import { createLog } from "../../src/log.ts";
import type { BulkFilter, BulkRetry } from "../../src/model/bulk-retry.ts";
import { AppError } from "../../src/model/errors.ts";
import { newId, type RunId } from "../../src/model/ids.ts";
import type { Run, RunStatus } from "../../src/model/run.ts";
import { createBulkPages } from "../../src/recovery/bulk.ts";
import { createRecovery, type Recovery } from "../../src/recovery/retry.ts";
import { startDueBulkRetries } from "../../src/ingest/due-bulk-retries.ts";
import { aFlow, startApi, type TestApi } from "../api/start-api.ts";
import { until } from "../support/wait.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

let types = 0;

/** Runs that have failed, each of an event of its own, in the order of their ids. */
async function failedRuns(count: number): Promise<{ runs: Run[]; eventType: string }> {
  const eventType = `page${++types}.happened`;
  const { body: flow } = await app.call("POST", "/v1/flows", {
    body: aFlow({ on: { event: eventType }, filter: true }),
  });
  await app.call("POST", `/v1/flows/${flow.id}/publish`, { body: {} });
  const ids: RunId[] = [];
  for (let n = 0; n < count; n++) {
    const { body } = await app.call("POST", "/v1/events", { body: { type: eventType, data: { n } } });
    ids.push(body.runs[0]);
    await end(body.runs[0], "failed");
  }
  const runs = await Promise.all(ids.map((id) => app.store.runs.find(app.tenantId, id)));
  return { runs: runs.map((run) => run!), eventType };
}

async function end(run: RunId, status: "failed" | "succeeded" | "cancelled"): Promise<void> {
  const error = { class: "network", code: "refused", message: "Nobody answers." } as const;
  await app.store.runs.end(app.tenantId, run, {
    status,
    ...(status === "failed" ? { failedStep: "notify", error } : {}),
  });
}

async function bulkOf(choice: { eventType: string } | { runs: RunId[] }): Promise<BulkRetry> {
  const { tenantId } = app;
  const filter: BulkFilter = { status: "failed", ...("runs" in choice ? {} : choice) };
  const bulk: BulkRetry = {
    id: newId("bulk"),
    tenantId,
    status: "running",
    choice: "runs" in choice ? choice : { filter },
    version: "same",
    perSecond: 20,
    createdAt: new Date(),
    total: 0,
    capped: false,
    retried: 0,
    refused: 0,
  };
  await app.store.bulkRetries.insert(bulk);
  return bulk;
}

const real = () => createRecovery({ store: app.store, actions: new Map(), nowMs: Date.now });
const pagesWith = (retryRun: Recovery["retryRun"] = real().retryRun) =>
  createBulkPages({ store: app.store, recovery: { retryRun }, log: createLog("silent") });
const around = { limit: 20, isLastTry: false, signal: new AbortController().signal };
const stored = async ({ tenantId, id }: BulkRetry) => (await app.store.bulkRetries.find(tenantId, id))!;
const retriesOf = (runs: Run[]) =>
  app.store.runs.retriedBy(
    app.tenantId,
    runs.map(({ id }) => id),
  );
const refusalsOf = ({ tenantId, id }: BulkRetry) => app.store.bulkRefusals.first(tenantId, id, 100);

test("a page that was cut off comes again: every run is retried once and counted once", async () => {
  const { runs, eventType } = await failedRuns(16);
  const bulk = await bulkOf({ eventType });
  let calls = 0;
  const breaking: Recovery["retryRun"] = async (...args) => {
    const retried = await real().retryRun(...args);
    // The row is made, and the answer is lost.
    if (++calls === 5) throw new AppError("service.storage_unavailable");
    return retried;
  };
  await expect(pagesWith(breaking).nextPage(bulk, around)).rejects.toMatchObject({
    code: "service.storage_unavailable",
  });
  // Eight are under way at once: when the fifth breaks, the four before it have been followed by others. Those go on to their end.
  const cutOff = (await retriesOf(runs)).size;
  expect(cutOff).toBeGreaterThanOrEqual(5);
  expect(cutOff).toBeLessThan(16);
  expect(await stored(bulk)).toMatchObject({ retried: 0, refused: 0 });
  expect(await pagesWith().nextPage(bulk, around)).toEqual({ outcome: "ended" });
  expect(await stored(bulk)).toMatchObject({ status: "succeeded", retried: 16, refused: 0 });
  expect([...(await retriesOf(runs)).values()].map((by) => by.length)).toEqual(Array(16).fill(1));
  expect(await refusalsOf(bulk)).toEqual([]);
});

test("a write that may have happened is repeated only for somebody who has asked for such runs", async () => {
  const { runs, eventType } = await failedRuns(1);
  const [run] = runs;
  const { body } = await app.call("POST", "/v1/events", { body: { type: eventType, data: {} } });
  const error = { class: "ambiguous", code: "reset", message: "The connection broke." } as const;
  await app.store.runs.end(app.tenantId, body.runs[0], { status: "failed", failedStep: "notify", error });
  const byFilter = await bulkOf({ eventType });
  expect(await pagesWith().nextPage(byFilter, around)).toEqual({ outcome: "ended" });
  expect(await stored(byFilter)).toMatchObject({ retried: 1, refused: 1 });
  expect(await refusalsOf(byFilter)).toMatchObject([
    { run: body.runs[0], code: "run.not_retriable", message: expect.stringContaining("look there first") },
  ]);
  expect([...(await retriesOf(runs)).keys()]).toEqual([run!.id]);
  const byId = await bulkOf({ runs: [body.runs[0]] });
  expect(await pagesWith().nextPage(byId, around)).toEqual({ outcome: "ended" });
  expect(await stored(byId)).toMatchObject({ retried: 1, refused: 0 });
});

test("a page whose answer was lost counts nothing twice", async () => {
  const { eventType } = await failedRuns(1);
  const bulk = await bulkOf({ eventType });
  const advance = { position: newId("run"), retried: 3, refused: 2 };
  await app.store.bulkRetries.advance(bulk, advance);
  await app.store.bulkRetries.advance(bulk, advance);
  expect(await stored(bulk)).toMatchObject({ retried: 3, refused: 2 });
});

test("a run that was refused stays refused when its page comes again", async () => {
  const { runs, eventType } = await failedRuns(1);
  const { body } = await app.call("POST", "/v1/events", { body: { type: eventType, data: {} } });
  const open: RunId = body.runs[0];
  const bulk = await bulkOf({ runs: [runs[0]!.id, open] });
  const breaking: Recovery["retryRun"] = (tenantId, run, request) =>
    run === open
      ? real().retryRun(tenantId, run, request)
      : Promise.reject(new AppError("service.storage_unavailable"));
  await expect(pagesWith(breaking).nextPage(bulk, around)).rejects.toThrow("The database does not answer");
  expect(await refusalsOf(bulk)).toMatchObject([{ run: open, code: "state.conflict" }]);
  // It could be retried by now; but it has had its turn, and would be counted twice.
  await end(open, "failed");
  await pagesWith().nextPage(bulk, around);
  expect(await stored(bulk)).toMatchObject({ retried: 1, refused: 1 });
  expect((await app.store.runs.retriedBy(app.tenantId, [open])).size).toBe(0);
});

test("a run that is being retried by hand is refused, with the run that does it", async () => {
  const { runs, eventType } = await failedRuns(1);
  const retry = await real().retryRun(app.tenantId, runs[0]!.id);
  const bulk = await bulkOf({ eventType });
  await pagesWith().nextPage(bulk, around);
  const message = `It is being retried already, by ${retry.run.id}, which is pending.`;
  expect(await refusalsOf(bulk)).toEqual([{ run: runs[0]!.id, code: "state.conflict", message }]);
});

test("a run that was retried before its page was cut off is not refused too, whatever came after it", async () => {
  const { runs } = await failedRuns(1);
  const bulk = await bulkOf({ runs: runs.map(({ id }) => id) });
  const own = (await real().retryRun(app.tenantId, runs[0]!.id, { requestId: bulk.id })).run;
  await end(own.id, "failed");
  await real().retryRun(app.tenantId, own.id);
  await pagesWith().nextPage(bulk, around);
  expect(await stored(bulk)).toMatchObject({ retried: 1, refused: 0 });
});

test("of runs that repeat each other only the newest is retried", async () => {
  for (const status of ["failed", "succeeded", "cancelled"] as const) {
    const { runs, eventType } = await failedRuns(1);
    const [first] = runs;
    const second = (await real().retryRun(app.tenantId, first!.id)).run;
    await end(second.id, status);
    // The bulk retry begins a moment after the run was made.
    await until(() => Date.now() > second.createdAt.getTime());
    const bulk = await bulkOf({ eventType });
    await pagesWith().nextPage(bulk, around);
    const retriedBy = await retriesOf([first!, second]);
    expect(retriedBy.get(first!.id)).toEqual([second.id]);
    expect(retriedBy.has(second.id)).toBe(status === "failed");
    expect((await refusalsOf(bulk)).map(({ run, code }) => [run, code])).toEqual([[first!.id, "state.conflict"]]);
  }
});

test("a run whose turn is on in another bulk retry is left to that one, until its lease is over", async () => {
  const { runs, eventType } = await failedRuns(1);
  const [run] = runs;
  const other = newId("bulk");
  await app.store.bulkTurns.begin(app.tenantId, run!.id, other, 60_000);
  const bulk = await bulkOf({ eventType });
  await pagesWith().nextPage(bulk, around);
  expect(await refusalsOf(bulk)).toEqual([
    { run: run!.id, code: "state.conflict", message: `It is being retried at this moment by ${other}.` },
  ]);
  expect((await retriesOf(runs)).size).toBe(0);
  // Whoever had it has died.
  await app.store.bulkTurns.finish(app.tenantId, run!.id, other);
  await app.store.bulkTurns.begin(app.tenantId, run!.id, other, -1);
  const next = await bulkOf({ eventType });
  await pagesWith().nextPage(next, around);
  expect(await stored(next)).toMatchObject({ retried: 1, refused: 0 });
});

test("while the database does not answer nothing is refused", async () => {
  const { runs, eventType } = await failedRuns(1);
  const bulk = await bulkOf({ eventType });
  const away: Recovery["retryRun"] = () => Promise.reject(new AppError("service.storage_unavailable"));
  const page = pagesWith(away).nextPage(bulk, { ...around, isLastTry: true });
  await expect(page).rejects.toMatchObject({ code: "service.storage_unavailable" });
  expect(await refusalsOf(bulk)).toEqual([]);
  expect((await retriesOf(runs)).size).toBe(0);
  expect(await stored(bulk)).toMatchObject({ status: "running", retried: 0, refused: 0 });
});

test("a run that fails for no known reason is tried a few times, and then holds up nobody", async () => {
  const { runs, eventType } = await failedRuns(3);
  const bulk = await bulkOf({ eventType });
  const poisoned: Recovery["retryRun"] = (tenantId, run, request) =>
    run === runs[1]!.id ? Promise.reject(new TypeError("secret detail")) : real().retryRun(tenantId, run, request);
  await expect(pagesWith(poisoned).nextPage(bulk, around)).rejects.toThrow(TypeError);
  expect(await pagesWith(poisoned).nextPage(bulk, { ...around, isLastTry: true })).toEqual({ outcome: "ended" });
  expect(await stored(bulk)).toMatchObject({ status: "succeeded", retried: 2, refused: 1 });
  const [refusal] = await refusalsOf(bulk);
  expect(refusal).toMatchObject({ run: runs[1]!.id, code: "service.internal" });
  expect(refusal!.message).not.toContain("secret");
});

test("a page ends in the middle when its worker is told to stop, and is not counted", async () => {
  const { runs, eventType } = await failedRuns(3);
  const bulk = await bulkOf({ eventType });
  const page = pagesWith().nextPage(bulk, { ...around, signal: AbortSignal.abort(new Error("stopping")) });
  await expect(page).rejects.toThrow("stopping");
  expect((await retriesOf(runs)).size).toBe(0);
  expect(await stored(bulk)).toMatchObject({ status: "running", retried: 0 });
});

test("runs made after the bulk retry, and those that it made itself, are left alone", async () => {
  const { runs, eventType } = await failedRuns(2);
  const bulk = await bulkOf({ eventType });
  const page = { ...around, limit: 1 };
  expect(await pagesWith().nextPage(bulk, page)).toEqual({ outcome: "open", made: 1 });
  const [retry] = (await retriesOf(runs)).get(runs[0]!.id)!;
  await end(retry!, "failed");
  await app
    .call("POST", "/v1/events", { body: { type: eventType, data: {} } })
    .then(({ body }) => end(body.runs[0], "failed"));
  // By a clock that is ahead: the bulk retry's own runs would seem to have been there before.
  const ahead = { ...(await stored(bulk)), createdAt: new Date(Date.now() + 60_000) };
  const left = (await app.store.runs.candidates(ahead, 20)).runs.map(({ id }) => id);
  expect(left).toContain(runs[1]!.id);
  expect(left).not.toContain(retry);
  await pagesWith().nextPage(bulk, page);
  await pagesWith().nextPage(bulk, page);
  expect(await stored(bulk)).toMatchObject({ status: "succeeded", retried: 2, refused: 0 });
});

test("a bulk retry that is to stop, or has ended, gives nobody a turn", async () => {
  const { runs, eventType } = await failedRuns(1);
  const bulk = await bulkOf({ eventType });
  await app.store.bulkRetries.markStarted(bulk, new Date(), 60_000);
  await app.store.bulkRetries.requestStop(app.tenantId, bulk.id);
  expect((await stored(bulk)).status).toBe("running");
  expect(await pagesWith().nextPage(bulk, around)).toEqual({ outcome: "ended" });
  expect((await stored(bulk)).status).toBe("cancelled");
  expect(await pagesWith().nextPage(bulk, around)).toEqual({ outcome: "ended" });
  expect((await retriesOf(runs)).size).toBe(0);
});

test("a matching run is found behind thousands that do not match", async () => {
  const { runs, eventType } = await failedRuns(1);
  const [found] = runs;
  const others = Array.from({ length: 5_200 }, () => ({
    ...found!,
    id: newId("run", found!.createdAt.getTime() - 10_000),
    status: "failed" as RunStatus,
    event: { id: "evt_other", type: "other.happened" },
  }));
  await Promise.all(others.map((run) => app.store.runs.insert(run)));
  const bulk = await bulkOf({ eventType });
  expect(await app.store.runs.countCandidates(app.tenantId, { status: "failed", eventType }, bulk.createdAt)).toEqual({
    count: 1,
    capped: false,
    sample: [found!.id],
  });
  expect(await pagesWith().nextPage(bulk, around)).toEqual({ outcome: "open", made: 0 });
  for (let pages = 0; pages < 5 && (await stored(bulk)).status === "running"; pages++)
    await pagesWith().nextPage(bulk, around);
  expect(await stored(bulk)).toMatchObject({ status: "succeeded", retried: 1, refused: 0 });
});

describe("the loop that starts bulk retries", () => {
  type Engine = Parameters<typeof startDueBulkRetries>[0]["engine"]["bulkRetries"];
  const loopWith = (bulkRetries: Partial<Engine>) => {
    const engine = {
      isUp: () => true,
      bulkRetries: {
        start: async () => ({ outcome: "started" as const }),
        cancel: async () => undefined,
        describe: async () => ({ state: "open" as const }),
        ...bulkRetries,
      },
    };
    const loop = startDueBulkRetries({ store: app.store, engine, log: createLog("silent") });
    return { [Symbol.asyncDispose]: loop.close };
  };
  /** Other tests' bulk retries are due as well. */
  const only = (bulk: BulkRetry) => app.store.bulkRetries.putOff(bulk, -1_000, "well");

  test("starts one again that Temporal knows nothing of", async () => {
    const bulk = await bulkOf({ runs: [] });
    await app.store.bulkRetries.markStarted(bulk, new Date(), 60_000);
    await only(bulk);
    let starts = 0;
    await using _loop = loopWith({
      start: async ({ id }) => (id === bulk.id && starts++, { outcome: "started" as const }),
      describe: async () => ({ state: "unknown" as const }),
    });
    await until(() => starts === 1);
    expect((await stored(bulk)).status).toBe("running");
  });

  test("tells the workflow of one that is to stop once more, when the first cancel did not get through", async () => {
    const bulk = await bulkOf({ runs: [] });
    await app.store.bulkRetries.markStarted(bulk, new Date(), 60_000);
    await app.store.bulkRetries.requestStop(app.tenantId, bulk.id);
    await only(bulk);
    const cancelled: string[] = [];
    await using _loop = loopWith({ cancel: async ({ id }) => void cancelled.push(id) });
    await until(() => cancelled.includes(bulk.id));
    expect((await stored(bulk)).status).toBe("running");
  });

  test("gives one up that Temporal refuses to start, after a few tries", async () => {
    const bulk = await bulkOf({ runs: [] });
    for (let tries = 0; tries < 4; tries++) await app.store.bulkRetries.putOff(bulk, -1_000, "refused");
    const refuse = async () => ({ outcome: "refused" as const, cause: new Error("no") });
    await using _loop = loopWith({ start: refuse });
    await until(async () => (await stored(bulk)).status === "failed");
    expect(await stored(bulk)).toMatchObject({ status: "failed", error: { code: "refused" } });
  });

  test("leaves one that was stopped before it started ended, and starts nothing", async () => {
    const bulk = await bulkOf({ runs: [] });
    await app.store.bulkRetries.requestStop(app.tenantId, bulk.id);
    expect((await stored(bulk)).status).toBe("cancelled");
    const marker = await bulkOf({ runs: [] });
    const started: string[] = [];
    await using _loop = loopWith({ start: async ({ id }) => (started.push(id), { outcome: "started" as const }) });
    await until(() => started.includes(marker.id));
    expect(started).not.toContain(bulk.id);
  });
});
