// One delivery made again by hand, ended, and what is kept of it: over the API, on real servers.
import type { DeliveryRowView } from "../../../src/model/delivery-schema.ts";
import { newId, type DeliveryId, type EndpointId } from "../../../src/model/ids.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

jest.setTimeout(60_000);

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

type Given = Omit<Parameters<typeof makeEndpoint>[1], "url" | "events">;
let types = 0;

/** An endpoint with an event type of its own, and its first delivery once it stands as it is expected to. */
async function delivered(
  status: string,
  given: Given = {},
): Promise<{ endpoint: EndpointId; type: string; id: DeliveryId }> {
  const type = `retries${++types}.happened`;
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], ...given });
  await app.publish({ type, data: { n: 1 } });
  await until(async () => (await deliveriesOf(app, endpoint))[0]?.status === status);
  const [row] = await deliveriesOf(app, endpoint);
  return { endpoint, type, id: row!._id };
}

const read = async (id: DeliveryId) => (await app.call<DeliveryRowView>("GET", `/v1/deliveries/${id}`)).body;
const retry = (id: DeliveryId) => app.call<DeliveryRowView>("POST", `/v1/deliveries/${id}/retry`, {});
const settled = async (id: DeliveryId, attempts: number, status: string) => {
  await until(async () => {
    const now = await read(id);
    return now.attempts.length === attempts && now.status === status;
  }, 20_000).catch(() => undefined);
  const now = await read(id);
  expect({ status: now.status, attempts: now.attempts.length }).toEqual({ status, attempts });
  return now;
};
const once = { retry: "none" } as const;

test("a retry by hand is an attempt of its own, numbered and labelled, under the same id", async () => {
  receiver.respond([
    { status: 500, body: "no" },
    { status: 200, body: "yes" },
  ]);
  const { id } = await delivered("failed", once);
  const { status, body } = await retry(id);
  expect({ status, body }).toMatchObject({ status: 202, body: { id, status: "pending" } });
  const { attempts } = await settled(id, 2, "delivered");
  expect(attempts).toMatchObject([
    { number: 1, trigger: "first", outcome: "failed", status: 500, response: { body: "no" } },
    { number: 2, trigger: "manual", outcome: "succeeded", status: 200, response: { body: "yes" } },
  ]);
  expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([id]));
});

test("two retries by hand are both carried out, one after the other or at once", async () => {
  receiver.respond([{ status: 500 }]);
  const { id } = await delivered("failed", once);
  await retry(id);
  await retry(id);
  await settled(id, 3, "failed");
  expect((await Promise.all([retry(id), retry(id), retry(id)])).map(({ status }) => status)).toEqual([202, 202, 202]);
  const { attempts } = await settled(id, 6, "failed");
  expect(attempts.map(({ trigger }) => trigger)).toEqual(["first", ...Array(5).fill("manual")]);
  expect(receiver.requests).toHaveLength(6);
});

test("a retry takes the place of the automatic attempt that waits, and the schedule goes on after it", async () => {
  receiver.respond([{ status: 503 }, { status: 503 }, { status: 200 }]);
  const { id } = await delivered("pending", { retry: { schedule: ["4s", "5s", "1h"], jitter: "none" } });
  expect((await retry(id)).status).toBe(202);
  // The second delay of the policy follows the second attempt. What waited before would have come in between.
  const { attempts } = await settled(id, 3, "delivered");
  expect(attempts.map(({ trigger }) => trigger)).toEqual(["first", "manual", "automatic"]);
  const [first, second, third] = attempts;
  expect(Date.parse(second!.startedAt) - Date.parse(first!.startedAt)).toBeLessThan(4_000);
  expect(Date.parse(third!.startedAt) - Date.parse(second!.startedAt)).toBeGreaterThanOrEqual(5_000);
  expect(receiver.requests).toHaveLength(3);
});

test("a delivery that has just failed can be retried at once: nothing of its record is missing", async () => {
  receiver.respond([{ status: 503 }, { status: 200 }]);
  const type = `retries${++types}.happened`;
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: [type],
    retry: { schedule: ["1h"], jitter: "none" },
  });
  await app.publish({ type, data: {} });
  let row: { _id: DeliveryId } | undefined;
  await until(async () => ([row] = await deliveriesOf(app, endpoint)) && row !== undefined);
  expect((await retry(row!._id)).status).toBe(202);
  const { attempts } = await settled(row!._id, 2, "delivered");
  expect(attempts.map(({ trigger }) => trigger)).toEqual(["first", "manual"]);
});

test("one that was delivered is sent once more, under the same id", async () => {
  const { id } = await delivered("delivered");
  expect((await retry(id)).status).toBe(202);
  const { attempts } = await settled(id, 2, "delivered");
  expect(attempts.map(({ trigger, outcome }) => `${trigger} ${outcome}`)).toEqual([
    "first succeeded",
    "manual succeeded",
  ]);
});

test("one that was skipped while its endpoint was disabled is sent when it is on again", async () => {
  const { endpoint, type } = await delivered("delivered");
  await app.endpoints!.setStatus(await tenantOf(app), endpoint, "disabled");
  await app.publish({ type, data: { n: 2 } });
  await until(async () => (await deliveriesOf(app, endpoint))[1]?.status === "skipped");
  const { _id: id } = (await deliveriesOf(app, endpoint))[1]!;
  expect(await retry(id)).toMatchObject({
    status: 409,
    body: { code: "state.conflict", detail: "Its endpoint is disabled: enable it first." },
  });
  expect(receiver.requests).toHaveLength(1);
  await app.endpoints!.setStatus(await tenantOf(app), endpoint, "enabled");
  expect((await retry(id)).status).toBe(202);
  const { attempts, reason } = await settled(id, 1, "delivered");
  expect(attempts).toMatchObject([{ number: 1, trigger: "manual" }]);
  expect(reason).toBeUndefined();
});

test("one of an endpoint that was deleted, or whose event is gone, is refused with the reason", async () => {
  receiver.respond([{ status: 500 }]);
  const gone = await delivered("failed", once);
  await app.endpoints!.remove(await tenantOf(app), gone.endpoint);
  expect(await retry(gone.id)).toMatchObject({
    status: 409,
    body: { detail: "Its endpoint was deleted: nothing more is sent to it." },
  });
  expect(
    (await app.call<{ data: unknown[] }>("GET", `/v1/deliveries?endpoint=${gone.endpoint}`)).body.data,
  ).toHaveLength(1);
  const lost = await delivered("failed", once);
  const tenantId = await tenantOf(app);
  const id = newId("dlv");
  const row = (await deliveriesOf(app, lost.endpoint))[0]!;
  await app.store.deliveries.insert({ ...row, _id: id, event: { ...row.event, key: newId("evt") }, attempts: [] });
  expect(await retry(id)).toMatchObject({ status: 422, body: { code: "delivery.not_retriable" } });
  expect((await app.store.deliveries.find(tenantId, id))?.status).toBe("failed");
  expect((await retry(newId("dlv"))).status).toBe(404);
});

test("a delivery that is ended gets no further attempt, and ending it twice is the same", async () => {
  receiver.respond([{ status: 503 }]);
  const { id } = await delivered("pending", { retry: { schedule: ["2s"], jitter: "none" } });
  const cancel = () => app.call<DeliveryRowView>("POST", `/v1/deliveries/${id}/cancel`, {});
  expect(await cancel()).toMatchObject({
    status: 200,
    body: { status: "cancelled", reason: { code: "manual", message: "Somebody ended it." } },
  });
  expect((await cancel()).status).toBe(200);
  // Beyond the time of the attempt that waited: another one's comes, and this one's has not.
  const later = await delivered("pending", { retry: { schedule: ["2s"], jitter: "none" } });
  await settled(later.id, 2, "failed");
  await settled(id, 1, "cancelled");
  expect(await app.call("POST", `/v1/deliveries/${later.id}/cancel`, {})).toMatchObject({
    status: 409,
    body: { detail: "The delivery has ended already: it is failed." },
  });
});

test("bodies go on demand, of one delivery, of an endpoint, or of before a time; rows stay", async () => {
  const { id, endpoint, type } = await delivered("delivered");
  expect((await read(id)).attempts[0]).toMatchObject({ request: { method: "POST" }, response: { status: 200 } });
  expect((await app.call("DELETE", `/v1/deliveries/${id}/bodies`)).status).toBe(204);
  const [attempt] = (await read(id)).attempts;
  expect(attempt).toMatchObject({ number: 1, outcome: "succeeded", status: 200 });
  expect(attempt).not.toHaveProperty("request");
  expect(attempt).not.toHaveProperty("response");
  expect((await app.call("GET", `/v1/deliveries/${id}/curl`)).status).toBe(404);
  for (const n of [2, 3]) await app.publish({ type, data: { n } });
  await until(async () => (await deliveriesOf(app, endpoint)).every(({ status }) => status === "delivered"));
  await until(async () => (await deliveriesOf(app, endpoint)).length === 3);
  const expunge = (body: object) =>
    app.call<{ deliveries: number; removed: number; nextCursor: null }>("POST", "/v1/deliveries/expunge", body);
  const nothing = await expunge({ endpoint, before: "2020-01-01T00:00:00Z" });
  expect(nothing.body).toEqual({ deliveries: 0, removed: 0, nextCursor: null });
  expect((await expunge({ endpoint })).body).toEqual({ deliveries: 3, removed: 2, nextCursor: null });
  const { body } = await app.call<{ data: DeliveryRowView[] }>("GET", `/v1/endpoints/${endpoint}/deliveries`);
  expect(body.data.map(({ attempts }) => attempts.map((one) => one.request))).toEqual([
    [undefined],
    [undefined],
    [undefined],
  ]);
  expect((await expunge({})).status).toBe(422);
  // What a cursor goes on with has to be said again: alone it would be everything.
  expect((await expunge({ cursor: id })).status).toBe(422);
  expect((await expunge({ before: "2016-12-31T23:59:60Z" })).status).toBe(422);
});

test("an answer of any size is cut in the log, and a payload that cannot be rendered is a failed attempt to be seen", async () => {
  receiver.respond([{ status: 500, body: "x".repeat(3_000_000) }]);
  const large = await delivered("failed", once);
  const { attempts } = await read(large.id);
  expect(attempts).toHaveLength(1);
  expect(attempts[0]!.response).toMatchObject({ status: 500, truncated: true });
  expect(attempts[0]!.response!.body.length).toBeLessThanOrEqual(64 * 1024);
  const type = `retries${++types}.happened`;
  const transform = { payload: { total: "{{number event.data.total}}" } };
  const broken = await makeEndpoint(app, { url: receiver.url, events: [type], transform, ...once });
  await app.publish({ type, data: { total: "a lot" } });
  await until(async () => (await deliveriesOf(app, broken.endpoint))[0]?.status === "failed");
  const unsent = await read((await deliveriesOf(app, broken.endpoint))[0]!._id);
  expect(unsent.attempts).toMatchObject([{ number: 1, trigger: "first", outcome: "failed", class: "template" }]);
  expect(unsent.attempts[0]).not.toHaveProperty("request");
  expect(receiver.requests).toHaveLength(1);
});

test("an event says how its deliveries stand", async () => {
  receiver.respond([{ status: 500 }, { status: 200 }]);
  const { endpoint, type } = await delivered("failed", once);
  const { body } = await app.publish({ type, data: {} });
  await until(async () => (await deliveriesOf(app, endpoint))[1]?.status === "delivered");
  const event = await app.call<{ deliveries: object }>("GET", `/v1/events/${body.id}`);
  expect(event.body.deliveries).toEqual({
    total: 1,
    pending: 0,
    delivered: 1,
    failed: 0,
    rejected: 0,
    skipped: 0,
    cancelled: 0,
  });
});
