// Many deliveries made again: by filter, of an endpoint since a time, and what an endpoint missed. Over the API, on real servers.
import { createSchemaCheck } from "../../../src/flow/schema-findings.ts";
import { recoverySchema } from "../../../src/model/delivery-recovery.ts";
import type { DeliveryStatus } from "../../../src/model/delivery.ts";
import { newId, type EndpointId } from "../../../src/model/ids.ts";
import { newKeyringEntry } from "../../../src/vault/keyring.ts";
import { startApp, type Answer, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

jest.setTimeout(90_000);

type Recovery = {
  id: string;
  kind: string;
  status: string;
  filter: object;
  progress: { done: number; total: number };
  retried: number;
  refused: number;
  errors: { delivery: string; code: string; message: string }[];
  outcomes: { [status: string]: number };
  code?: string;
  count?: number;
};

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

let types = 0;
const newType = () => `recoveries${++types}.happened`;
const checkRecovery = createSchemaCheck(recoverySchema);
const post = (path: string, body: object) => app.call<Recovery>("POST", path, body);
const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

/** The recovery once it has ended. */
async function ended({ status, body }: Answer<Recovery>, on: TestApp = app): Promise<Recovery> {
  expect({ status, body }).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^drec_/) } });
  const now = async () => (await on.call<Recovery>("GET", `/v1/delivery-recoveries/${body.id}`)).body;
  await until(async () => (await now()).status !== "running", 40_000);
  const recovery = await now();
  expect(checkRecovery(recovery)).toEqual([]);
  return recovery;
}

/** Publishes so many events, and waits until the endpoint has a delivery of each that stands as it is expected to. */
async function publishTo(endpoint: EndpointId, type: string, count: number, status: DeliveryStatus) {
  const before = (await deliveriesOf(app, endpoint)).length;
  for (let n = 0; n < count; n++) await app.publish({ type, data: { n } });
  await until(async () => {
    const rows = (await deliveriesOf(app, endpoint)).slice(before);
    return rows.length === count && rows.every((row) => row.status === status);
  });
}

const statusesOf = async (endpoint: EndpointId) => (await deliveriesOf(app, endpoint)).map(({ status }) => status);

test("all that match are counted first, and then made again, each once", async () => {
  receiver.respond((_, index) => ({ status: index < 12 ? 500 : 200 }));
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry: "none" });
  await publishTo(endpoint, type, 12, "failed");
  const filter = { endpoint, class: "transient", eventType: type };
  expect(await post("/v1/deliveries/retry", { filter, dryRun: true })).toMatchObject({
    status: 200,
    body: { count: 12 },
  });
  expect(receiver.requests).toHaveLength(12);
  const recovery = await ended(await post("/v1/deliveries/retry", { filter, perSecond: 100 }));
  expect(recovery).toMatchObject({
    kind: "retry",
    status: "succeeded",
    filter: { ...filter, statuses: ["failed", "rejected"] },
    progress: { done: 12, total: 12 },
    retried: 12,
    refused: 0,
    errors: [],
  });
  await until(async () => (await statusesOf(endpoint)).every((status) => status === "delivered"));
  const rows = await deliveriesOf(app, endpoint);
  expect(rows.map(({ attempts }) => attempts.map(({ trigger }) => trigger))).toEqual(
    Array(12).fill(["first", "recovery"]),
  );
  expect(receiver.requests).toHaveLength(24);
  const { body } = await app.call<Recovery>("GET", `/v1/delivery-recoveries/${recovery.id}`);
  expect(body.outcomes).toMatchObject({ delivered: 12, failed: 0, pending: 0 });
  // What was mended matches no more.
  expect((await post("/v1/deliveries/retry", { filter, dryRun: true })).body.count).toBe(0);
});

test("recovering an endpoint makes again exactly what did not arrive since then", async () => {
  const type = newType();
  // By its data: some arrive, some are refused, some fail.
  receiver.respond(({ body }, index) => {
    const { n } = JSON.parse(body.toString()).data;
    return { status: index >= 9 || n % 3 === 0 ? 200 : n % 3 === 1 ? 404 : 500 };
  });
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry: "none" });
  for (let n = 0; n < 9; n++) await app.publish({ type, data: { n } });
  await until(async () => (await statusesOf(endpoint)).filter((status) => status !== "pending").length === 9);
  const { _id: early } = (await deliveriesOf(app, endpoint))[0]!;
  expect(early).toBeDefined();
  const recover = (body: object) => post(`/v1/endpoints/${endpoint}/recover`, body);
  expect((await recover({ since: hourAgo(), dryRun: true })).body).toEqual({ count: 6 });
  expect((await recover({ since: new Date().toISOString(), dryRun: true })).body).toEqual({ count: 0 });
  expect((await recover({ since: hourAgo(), until: hourAgo(), dryRun: true })).body).toEqual({ count: 0 });
  const recovery = await ended(await recover({ since: hourAgo(), perSecond: 50 }));
  expect(recovery).toMatchObject({ kind: "recover", status: "succeeded", retried: 6, refused: 0 });
  await until(async () => (await statusesOf(endpoint)).every((status) => status === "delivered"));
  expect(receiver.requests).toHaveLength(15);
  const attempts = (await deliveriesOf(app, endpoint)).map((row) => row.attempts.length);
  expect(attempts.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 2]);
});

test("a beginning that is too long ago, none at all, or one that does not exist is refused", async () => {
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [newType()] });
  const since = new Date(Date.now() - 31 * 86_400_000).toISOString();
  for (const path of ["recover", "replay-missed"]) {
    const refused = await app.call("POST", `/v1/endpoints/${endpoint}/${path}`, { since });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/since", code: "range" }] } });
    expect((await post(`/v1/endpoints/${endpoint}/${path}`, {})).status).toBe(422);
    expect((await post(`/v1/endpoints/${endpoint}/${path}`, { since: "2016-12-31T23:59:60Z" })).status).toBe(422);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const future = await app.call("POST", `/v1/endpoints/${endpoint}/${path}`, { since: inAnHour });
    expect([future.status, future.body]).toMatchObject([422, { errors: [{ pointer: "/since", code: "range" }] }]);
    expect((await post(`/v1/endpoints/${newId("ep")}/${path}`, { since: hourAgo() })).status).toBe(404);
  }
  expect((await post("/v1/deliveries/retry", {})).status).toBe(422);
  expect((await post("/v1/deliveries/retry", { filter: { status: "lost" } })).status).toBe(422);
  expect((await post("/v1/deliveries/retry", { filter: {}, perSecond: 100_000 })).status).toBe(422);
});

test("an endpoint that is disabled is not recovered, and its deliveries are refused one by one in a retry of many", async () => {
  receiver.respond([{ status: 500 }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry: "none" });
  await publishTo(endpoint, type, 3, "failed");
  await app.endpoints!.setStatus(await tenantOf(app), endpoint, "disabled");
  for (const path of ["recover", "replay-missed"]) {
    const refused = await app.call("POST", `/v1/endpoints/${endpoint}/${path}`, { since: hourAgo() });
    expect(refused).toMatchObject({ status: 409, body: { detail: "The endpoint is disabled: enable it first." } });
  }
  const recovery = await ended(await post("/v1/deliveries/retry", { filter: { endpoint } }));
  expect(recovery).toMatchObject({ status: "succeeded", progress: { done: 3, total: 3 }, retried: 0, refused: 3 });
  const message = "Its endpoint is disabled: enable it first.";
  const ids = (await deliveriesOf(app, endpoint)).map(({ _id }) => _id);
  expect(recovery.errors).toEqual(ids.map((delivery) => ({ delivery, code: "state.conflict", message })));
  const pages = await app.call<{ data: Recovery["errors"]; nextCursor: string }>(
    "GET",
    `/v1/delivery-recoveries/${recovery.id}/errors?limit=2`,
  );
  expect(pages.body.data.map(({ delivery }) => delivery)).toEqual(ids.toReversed().slice(0, 2));
  const rest = await app.call<{ data: Recovery["errors"] }>(
    "GET",
    `/v1/delivery-recoveries/${recovery.id}/errors?cursor=${pages.body.nextCursor}`,
  );
  expect(rest.body.data.map(({ delivery }) => delivery)).toEqual([ids[0]]);
  expect(receiver.requests).toHaveLength(3);
});

test("what an endpoint missed is sent: before it existed and while it was disabled, by its types and filter of now", async () => {
  const type = newType();
  const other = newType();
  await app.publish({ type, data: { n: 0, keep: true } });
  await app.publish({ type, data: { n: 1, keep: false } });
  await app.publish({ type: other, data: { n: 2, keep: true } });
  const filter = { "==": [{ var: "event.data.keep" }, true] };
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], filter });
  await app.publish({ type, data: { n: 3, keep: true } });
  await receiver.waitFor(1);
  const tenantId = await tenantOf(app);
  await app.endpoints!.setStatus(tenantId, endpoint, "disabled");
  await app.publish({ type, data: { n: 4, keep: true } });
  await until(async () => (await statusesOf(endpoint)).includes("skipped"));
  await app.endpoints!.setStatus(tenantId, endpoint, "enabled");
  await until(async () => (await statusesOf(endpoint)).includes("delivered"));
  const recovery = await ended(await post(`/v1/endpoints/${endpoint}/replay-missed`, { since: hourAgo() }));
  expect(recovery).toMatchObject({ kind: "replay", status: "succeeded", retried: 2, refused: 0 });
  expect(recovery.progress.done).toBeGreaterThanOrEqual(5);
  await until(async () => (await statusesOf(endpoint)).every((status) => status === "delivered"));
  const sent = receiver.requests.map(({ body }) => JSON.parse(body.toString()).data.n);
  expect(new Set(sent)).toEqual(new Set([0, 3, 4]));
  expect(sent).toHaveLength(3);
  const rows = await deliveriesOf(app, endpoint);
  expect(rows.map(({ attempts }) => attempts.map(({ trigger }) => trigger))).toEqual([
    ["recovery"],
    ["first"],
    ["recovery"],
  ]);
  // Nothing is missed any more.
  const again = await ended(await post(`/v1/endpoints/${endpoint}/replay-missed`, { since: hourAgo() }));
  expect(again).toMatchObject({ status: "succeeded", retried: 0 });
  expect(receiver.requests).toHaveLength(3);
});

test("a recovery keeps its pace, and one that is cancelled stops while what it asked for goes on", async () => {
  receiver.respond((_, index) => ({ status: index < 8 ? 500 : 200 }));
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], retry: "none" });
  await publishTo(endpoint, type, 8, "failed");
  const begun = await post("/v1/deliveries/retry", { filter: { endpoint }, perSecond: 1 });
  await receiver.waitFor(9);
  const stopped = await post(`/v1/delivery-recoveries/${begun.body.id}/cancel`, {});
  expect([200, 202]).toContain(stopped.status);
  const recovery = await ended({ ...begun });
  expect(recovery.status).toBe("cancelled");
  expect(recovery.retried).toBeLessThan(8);
  expect((await post(`/v1/delivery-recoveries/${begun.body.id}/cancel`, {})).status).toBe(200);
  const list = await app.call<{ data: Recovery[] }>("GET", "/v1/delivery-recoveries?limit=1");
  expect(list.body.data).toMatchObject([{ id: begun.body.id, status: "cancelled" }]);
  expect((await app.call("GET", `/v1/delivery-recoveries/${newId("drec")}`)).status).toBe(404);
});

test("the same request under an Idempotency-Key makes one recovery", async () => {
  const headers = { "Idempotency-Key": uniqueName("key") };
  const body = { filter: { eventType: newType() } };
  const [first, second] = [
    await app.call<Recovery>("POST", "/v1/deliveries/retry", body, headers),
    await app.call<Recovery>("POST", "/v1/deliveries/retry", body, headers),
  ];
  expect(second.body.id).toBe(first.body.id);
  expect(await ended(first)).toMatchObject({ status: "succeeded", progress: { done: 0, total: 0 } });
});

test("a recovery goes on where it was when its process stops in the middle, and each delivery is made once", async () => {
  const same = { database: uniqueName("app"), taskQueue: uniqueName("queue"), keyring: newKeyringEntry() };
  const first = await startApp(same);
  receiver.respond((_, index) => ({ status: index < 12 ? 500 : 200 }));
  const type = newType();
  const { endpoint } = await makeEndpoint(first, { url: receiver.url, events: [type], retry: "none" });
  for (let n = 0; n < 12; n++) await first.publish({ type, data: { n } });
  const stands = async (on: TestApp, status: string) =>
    (await deliveriesOf(on, endpoint)).filter((row) => row.status === status).length === 12;
  await until(() => stands(first, "failed"));
  const begun = await first.call<Recovery>("POST", "/v1/deliveries/retry", { filter: { endpoint }, perSecond: 3 });
  await receiver.waitFor(15, 20_000);
  await first.close();
  expect(receiver.requests.length).toBeLessThan(24);
  await using second = await startApp(same);
  const recovery = await ended(begun, second);
  expect(recovery).toMatchObject({ status: "succeeded", retried: 12, refused: 0, progress: { done: 12, total: 12 } });
  await until(() => stands(second, "delivered"), 30_000);
  const rows = await deliveriesOf(second, endpoint);
  expect(rows.map(({ attempts }) => attempts.map(({ trigger }) => trigger))).toEqual(
    Array(12).fill(["first", "recovery"]),
  );
  expect(receiver.requests).toHaveLength(24);
});
