// Many runs at once: bulk retries over HTTP, on real servers, against a receiver that counts.
import { Client, Connection } from "@temporalio/client";
import { MongoClient } from "mongodb";
import { newApiKey, parseApiKey } from "../../src/model/api-key.ts";
import type { BulkRetryId, TenantId } from "../../src/model/ids.ts";
import { scopes } from "../../src/model/scope.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { startApp, type AnswerBody, type RunView, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

jest.setTimeout(90_000);

type Refusal = { run: string; code: string; message: string };
type Bulk = {
  id: BulkRetryId;
  status: string;
  progress: { done: number; total: number };
  retried: number;
  refused: number;
  errors: Refusal[];
  outcomes: { succeeded: number; failed: number; filtered: number; cancelled: number; open: number };
  failedAgain: { run: string; retryOf: string; error?: { code: string } }[];
  endedAt?: string;
  error?: { code: string };
};
type Counted = { count: number; sample: string[] };

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => app[Symbol.asyncDispose]());

let types = 0;
const newType = () => `bulk${++types}.happened`;
const flowOf = (type: string, name?: string) => ({
  on: { event: type },
  steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url }, retry: "none" as const }],
  ...(name === undefined ? {} : { name }),
});
const numberOf = (body: Buffer): unknown => (JSON.parse(body.toString()) as { data: { n: unknown } }).data.n;
/** Refuses everything. */
const breakDown = () => receiver.respond(() => ({ status: 422 }));
/** Takes everything but these. */
const repair = (...refused: number[]) =>
  receiver.respond(({ body }) => ({ status: refused.includes(Number(numberOf(body))) ? 422 : 200 }));

/** Publishes so many events, numbered from 0, to a flow whose receiver refuses them; answers their runs once they failed. */
async function failedRuns(count: number, type: string, on: TestApp = app): Promise<string[]> {
  breakDown();
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push((await on.publish({ type, data: { n } })).body.runs[0]!);
  await until(async () => (await dryRun({ eventType: type }, on)).body.count === count, 60_000);
  return ids;
}

const ask = <Body = Bulk>(body: object, on: TestApp = app, headers = {}) =>
  on.call<Body & AnswerBody>("POST", "/v1/runs/retry", body, headers);
const dryRun = (filter: object, on: TestApp = app) => ask<Counted>({ filter, dryRun: true }, on);
const read = async (id: string, on: TestApp = app) => (await on.call<Bulk>("GET", `/v1/bulk-retries/${id}`)).body;

/** Asks for a bulk retry; answers its id. */
async function begin(body: object, on: TestApp = app): Promise<string> {
  const answer = await ask(body, on);
  if (answer.status !== 202) throw new Error(`Expected 202: ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

/** The bulk retry once every run has had its turn and every new run has ended. */
async function ended(id: string, on: TestApp = app): Promise<Bulk> {
  await until(async () => {
    const { status, outcomes } = await read(id, on);
    return status !== "running" && outcomes.open === 0;
  }, 60_000);
  return read(id, on);
}

const retriesOf = async (ids: string[], on: TestApp = app) =>
  Promise.all(ids.map(async (id) => (await on.call<RunView>("GET", `/v1/runs/${id}`)).body.retriedBy));

test("of forty failed runs with three that cannot be mended, all others succeed, and three errors say why", async () => {
  const database = uniqueName("bulk");
  const [taskQueue, keyring] = [uniqueName("queue"), newKeyringEntry()];
  const [type, goneType] = [newType(), newType()];
  let ids: string[] = [];
  let goneFlow: string;
  {
    await using first = await startApp({ database, taskQueue, keyring });
    await first.createFlow(flowOf(type));
    goneFlow = await first.createFlow(flowOf(goneType));
    ids = [...(await failedRuns(39, type, first)), ...(await failedRuns(1, goneType, first))];
    expect((await first.call("POST", `/v1/flows/${goneFlow}/publish`, {})).body).toMatchObject({ version: 2 });
  }
  // As retention does it, and between two processes, since one that has used a version has it in memory.
  const mongo = await new MongoClient(testServers().mongodbUri).connect();
  const lost = await mongo
    .db(database)
    .collection("runs")
    .findOne({ _id: ids[3] as never });
  await mongo.db(database).collection("events").deleteOne({ id: lost!["event"].id });
  await mongo.db(database).collection("flowVersions").deleteOne({ flowId: goneFlow, version: 1 });
  await mongo.close();

  await using second = await startApp({ database, taskQueue, keyring });
  const counted = await dryRun({}, second);
  expect([counted.status, counted.body]).toEqual([200, { count: 40, sample: ids.slice(0, 10) }]);
  expect(await retriesOf(ids, second)).toEqual(ids.map(() => []));
  repair(7);
  const before = receiver.requests.length;
  const answer = await ask({ filter: {}, perSecond: 200 }, second);
  expect(answer.status).toBe(202);
  expect(answer.headers.get("location")).toBe(`/v1/bulk-retries/${answer.body.id}`);
  expect(answer.body).toMatchObject({
    status: "running",
    filter: { status: "failed" },
    progress: { done: 0, total: 40 },
  });

  const bulk = await ended(answer.body.id, second);
  expect(bulk).toMatchObject({
    status: "succeeded",
    progress: { done: 40, total: 40 },
    retried: 38,
    refused: 2,
    outcomes: { succeeded: 37, failed: 1, filtered: 0, cancelled: 0, open: 0 },
    errors: [
      { run: ids[3], code: "run.not_retriable", message: "The run's event is no longer stored." },
      { run: ids[39], code: "run.not_retriable", message: "The flow's version is no longer stored." },
    ],
    failedAgain: [{ retryOf: ids[7], error: { code: "http_422" } }],
    endedAt: expect.any(String),
  });
  const errors = await second.call<{ data: Refusal[] }>("GET", `/v1/bulk-retries/${bulk.id}/errors?limit=1`);
  expect(errors.body.data.map(({ run }) => run)).toEqual([ids[39]]);
  const cursor = (errors.body as unknown as { nextCursor: string }).nextCursor;
  const rest = await second.call<{ data: Refusal[] }>("GET", `/v1/bulk-retries/${bulk.id}/errors?cursor=${cursor}`);
  expect(rest.body).toEqual({ data: [bulk.errors[0]], nextCursor: null });
  expect(receiver.requests.length - before).toBe(38);
  expect((await retriesOf(ids, second)).map((by) => by.length)).toEqual(
    ids.map((_, n) => (n === 3 || n === 39 ? 0 : 1)),
  );

  // Asked for by the same filter once more, only what failed again is retried, and from where that got to.
  repair();
  const again = await ended(await begin({ filter: {}, perSecond: 200 }, second), second);
  expect(again).toMatchObject({ retried: 1, refused: 40, outcomes: { succeeded: 1, failed: 0 } });
  expect(receiver.requests.length - before).toBe(39);
  const reasons = new Map(again.errors.map(({ run, message }) => [run, message]));
  const [mended, failedAgain] = await retriesOf([ids[0]!, ids[7]!], second);
  expect(reasons.get(ids[0]!)).toBe(`It was already retried by ${mended![0]}, which succeeded.`);
  expect(reasons.get(ids[7]!)).toBe(
    `It was already retried by ${failedAgain![0]}, which failed: that is the one to retry.`,
  );
  const list = await second.call<{ data: Bulk[] }>("GET", "/v1/bulk-retries");
  expect(list.body.data.map(({ id, retried }) => [id, retried])).toEqual([
    [again.id, 1],
    [bulk.id, 38],
  ]);
});

test("two bulk retries with the same filter at once retry each run once", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  const ids = await failedRuns(30, type);
  repair();
  const before = receiver.requests.length;
  const body = { filter: { eventType: type }, perSecond: 200 };
  const both = await Promise.all((await Promise.all([begin(body), begin(body)])).map((id) => ended(id)));
  expect((await retriesOf(ids)).map((by) => by.length)).toEqual(ids.map(() => 1));
  expect(receiver.requests.length - before).toBe(30);
  expect(both.reduce((sum, { retried }) => sum + retried, 0)).toBe(30);
  expect(both.reduce((sum, { refused }) => sum + refused, 0)).toBe(30);
  expect(both.map(({ progress }) => progress)).toEqual(Array(2).fill({ done: 30, total: 30 }));
});

test("a bulk retry goes no faster than it was told", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  const ids = await failedRuns(24, type);
  repair();
  const bulk = await ended(await begin({ filter: { eventType: type }, perSecond: 8 }));
  expect(bulk).toMatchObject({ retried: 24, outcomes: { succeeded: 24 } });
  const made = (await retriesOf(ids)).flat();
  const times = await Promise.all(made.map(async (id) => Date.parse((await app.run(id)).createdAt ?? "")));
  times.sort((a, b) => a - b);
  // Three pages with a second each between their beginnings; a page's own runs are made as fast as may be.
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(1_500);
  const inASecond = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
  expect(Math.max(...inASecond)).toBeLessThanOrEqual(16);
});

test("a bulk retry that is stopped makes no more runs, and keeps those that it has made", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  const ids = await failedRuns(12, type);
  repair();
  const id = await begin({ filter: { eventType: type }, perSecond: 1 });
  await until(async () => (await read(id)).retried >= 2);
  const stop = () => app.call<Bulk>("POST", `/v1/bulk-retries/${id}/stop`);
  expect((await stop()).status).toBe(202);
  const bulk = await ended(id);
  expect(bulk.status).toBe("cancelled");
  expect(bulk.retried).toBeGreaterThanOrEqual(2);
  expect(bulk.retried).toBeLessThan(6);
  expect(bulk.progress.total).toBe(12);
  expect((await retriesOf(ids)).flat()).toHaveLength(bulk.outcomes.succeeded);
  const once = await stop();
  expect([once.status, once.body.status, once.body.endedAt]).toEqual([200, "cancelled", bulk.endedAt]);
  // The others can be retried afterwards, and only they are.
  const rest = await ended(await begin({ filter: { eventType: type } }));
  expect(rest).toMatchObject({ retried: 12 - bulk.outcomes.succeeded, refused: bulk.outcomes.succeeded });
});

test("a bulk retry whose workflow is terminated from outside does not stay running", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  await failedRuns(5, type);
  repair();
  const id = (await begin({ filter: { eventType: type }, perSecond: 1 })) as BulkRetryId;
  await until(async () => (await read(id)).retried >= 1);
  const tenantId = await tenantOf(app);
  const connection = await Connection.connect({ address: testServers().temporalAddress });
  const client = new Client({ connection, namespace: testServers().temporalNamespace });
  await client.workflow.getHandle(`${tenantId}/${id}`).terminate("by hand");
  await connection.close();
  // The look that comes each minute comes now.
  const stored = await app.store.bulkRetries.find(tenantId, id);
  await app.store.bulkRetries.putOff(stored!, 0, "well");
  expect(await ended(id)).toMatchObject({ status: "failed", error: { code: "terminated" } });
});

test("named runs are retried each once, oldest first; those that are not there are refused", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  const [a, b, c] = await failedRuns(3, type);
  repair();
  const nobody = `run_${"0".repeat(22)}`;
  const bulk = await ended(await begin({ runs: [b, nobody, a, b], from: "start" }));
  expect(bulk).toMatchObject({ status: "succeeded", runs: [nobody, a, b], retried: 2, refused: 1 });
  expect(bulk.errors).toEqual([{ run: nobody, code: "resource.not_found", message: "There is no run with this id." }]);
  expect((await retriesOf([a!, b!, c!])).map((by) => by.length)).toEqual([1, 1, 0]);
});

test("another tenant's bulk retries and runs are not found", async () => {
  const type = newType();
  await app.createFlow(flowOf(type));
  const [run] = await failedRuns(1, type);
  const id = await begin({ filter: { eventType: type } });
  await ended(id);
  const key = newApiKey("test");
  const { id: _id, hash } = parseApiKey(key)!;
  const tenantId = await app.store.tenants.create(uniqueName("other"));
  await app.store.apiKeys.put({ _id, tenantId, name: "other", hash, scopes: [...scopes], createdAt: new Date() });
  const foreign = { authorization: `Bearer ${key}` };
  const asked = [
    await app.call("GET", `/v1/bulk-retries/${id}`, undefined, foreign),
    await app.call("GET", `/v1/bulk-retries/${id}/errors`, undefined, foreign),
    await app.call("POST", `/v1/bulk-retries/${id}/stop`, undefined, foreign),
  ];
  expect(asked.map(({ status }) => status)).toEqual([404, 404, 404]);
  expect((await app.call("GET", "/v1/bulk-retries", undefined, foreign)).body.data).toEqual([]);
  expect((await ask<Counted>({ filter: {}, dryRun: true }, app, foreign)).body).toEqual({ count: 0, sample: [] });
  const theirs = await ask({ runs: [run] }, app, foreign);
  await until(
    async () => (await app.store.bulkRetries.find(tenantId, theirs.body.id as BulkRetryId))?.status === "succeeded",
    30_000,
  );
  const [refusal] = await app.store.bulkRefusals.first(tenantId, theirs.body.id as BulkRetryId, 10);
  expect(refusal).toMatchObject({ run, code: "resource.not_found" });
});

test("the same request under one Idempotency-Key makes one bulk retry", async () => {
  const headers = { "idempotency-key": uniqueName("key") };
  const body = { filter: { eventType: newType() } };
  const [first, second] = [await ask(body, app, headers), await ask(body, app, headers)];
  expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id]);
  expect(await ended(first.body.id)).toMatchObject({
    status: "succeeded",
    retried: 0,
    progress: { done: 0, total: 0 },
  });
});

test("a request that says too little, too much or the impossible is refused with its place", async () => {
  const errorsOf = async (body: object) => {
    const { status, body: problem } = await ask<AnswerBody>(body);
    expect([status, problem.code]).toEqual([422, "request.invalid"]);
    return problem.errors.map(({ pointer, code }) => [pointer, code]);
  };
  expect(await errorsOf({})).toEqual([["", "form"]]);
  expect(await errorsOf({ filter: {}, runs: [`run_${"0".repeat(22)}`] })).toEqual([["", "form"]]);
  expect(await errorsOf({ filter: { status: "running" } })).toEqual([["/filter/status", "value"]]);
  expect(await errorsOf({ filter: { status: "succeeded" } })).toEqual([["/from", "required"]]);
  expect(await errorsOf({ filter: { status: "filtered" }, from: "failed" })).toEqual([["/from", "value"]]);
  expect(await errorsOf({ runs: ["evt_1"] })).toEqual([["/runs/0", "format"]]);
  expect(await errorsOf({ runs: [] })).toEqual([["/runs", "range"]]);
  expect(await errorsOf({ filter: {}, perSecond: 201 })).toEqual([["/perSecond", "range"]]);
  expect((await ask({ filter: { flow: "nobody" } })).status).toBe(404);
  const get = await app.call("GET", "/v1/runs/retry");
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
});

test("the runs are chosen by every field of the filter", async () => {
  const [type, otherType] = [newType(), newType()];
  const flow = await app.createFlow(flowOf(type));
  await app.createFlow(flowOf(otherType));
  const [first, second] = await failedRuns(2, type);
  await failedRuns(1, otherType);
  const { event, createdAt } = (await app.call<RunView>("GET", `/v1/runs/${second}`)).body;
  const chosen = async (filter: object) => (await dryRun({ eventType: type, ...filter })).body.sample;
  expect(await chosen({})).toEqual([first, second]);
  expect(await chosen({ flow })).toEqual([first, second]);
  expect(await chosen({ version: 1, failedStep: "tell", errorClass: "validation" })).toEqual([first, second]);
  expect(await chosen({ version: 2 })).toEqual([]);
  expect(await chosen({ failedStep: "other" })).toEqual([]);
  expect(await chosen({ errorClass: "timeout" })).toEqual([]);
  expect(await chosen({ status: "cancelled" })).toEqual([]);
  expect(await chosen({ event: event.id })).toEqual([second]);
  expect(await chosen({ since: createdAt })).toEqual([second]);
  expect(await chosen({ until: createdAt })).toEqual([first]);
});

async function tenantOf(one: TestApp): Promise<TenantId> {
  const key = await one.store.apiKeys.find(parseApiKey(one.apiKey)?.id ?? "");
  return key!.tenantId;
}
