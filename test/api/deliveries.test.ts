// The delivery log over the API: what lists and one delivery show, cut or whole, and what is refused.
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import type { AttemptBodies, AttemptRow } from "../../src/model/delivery.ts";
import { deadLetterSchema, deliverySchema } from "../../src/model/delivery-schema.ts";
import { newId, type DeliveryId, type EndpointId } from "../../src/model/ids.ts";
import type { StoredDelivery } from "../../src/store/deliveries.ts";
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const startMs = Date.UTC(2026, 2, 1, 12);
let made = 0;

type Made = Partial<Omit<StoredDelivery, "event">> & { type?: string; eventId?: string };

async function aDelivery(given: Made = {}, bodies?: AttemptBodies): Promise<StoredDelivery> {
  const { type = "order.created", eventId = `order-${made}`, ...rest } = given;
  const createdAt = rest.createdAt ?? new Date(startMs + made++ * 1_000);
  const row: StoredDelivery = {
    _id: newId("dlv", createdAt.getTime()),
    tenantId: app.tenantId,
    endpointId: newId("ep"),
    event: { id: eventId, key: newId("evt", createdAt.getTime()), type },
    status: "delivered",
    begun: 1,
    attempts: [anAttempt()],
    createdAt,
    endedAt: createdAt,
    ...rest,
  };
  await app.store.deliveries.insert(row, bodies);
  return row;
}

function anAttempt(rest: Partial<AttemptRow> = {}): AttemptRow {
  return {
    number: 1,
    trigger: "first",
    startedAt: new Date(startMs),
    durationMs: 12.5,
    phases: { dns: 1, connect: 2, firstByte: 11, total: 12.5 },
    outcome: "succeeded",
    status: 200,
    ...rest,
  };
}

const sent = (body: string): NonNullable<AttemptBodies["request"]> => ({
  method: "POST",
  url: "https://hooks.example.com/in",
  headers: { "content-type": "application/json", "webhook-id": "dlv_1" },
  body,
});
const got = (body: string): NonNullable<AttemptBodies["response"]> => ({
  status: 200,
  headers: { server: "nginx" },
  body,
  truncated: false,
});
const failed = { outcome: "failed", class: "transient", message: "The receiver answered 503.", status: 503 } as const;
const checkDelivery = createSchemaCheck(deliverySchema);
const checkLetter = createSchemaCheck(deadLetterSchema);
const idsOf = ({ body }: { body: { data: { id: DeliveryId }[] } }) => body.data.map(({ id }) => id);

test("a row has the delivery's event, status and every attempt with what was sent and answered", async () => {
  const nextAttemptAt = new Date(startMs + 60_000);
  const attempt = anAttempt({ ...failed, nextAttemptAt });
  const row = await aDelivery(
    { status: "pending", class: "transient", nextAttemptAt, attempts: [attempt] },
    { request: sent('{"total":1}'), response: { ...got("busy"), status: 503 } },
  );
  const expected = {
    id: row._id,
    endpoint: row.endpointId,
    event: { id: row.event.id, type: "order.created" },
    status: "pending",
    class: "transient",
    attempts: [
      {
        ...attempt,
        startedAt: attempt.startedAt.toISOString(),
        nextAttemptAt: nextAttemptAt.toISOString(),
        request: sent('{"total":1}'),
        response: { ...got("busy"), status: 503 },
      },
    ],
    nextAttemptAt: nextAttemptAt.toISOString(),
  };
  const list = await app.call("GET", `/v1/deliveries?endpoint=${row.endpointId}`);
  expect(list.body.data).toEqual([expect.objectContaining(expected)]);
  expect(checkDelivery(list.body.data[0])).toEqual([]);
  const one = await app.call("GET", `/v1/deliveries/${row._id}`);
  expect(one.body).toMatchObject(expected);
  expect(checkDelivery(one.body)).toEqual([]);
});

test.each([
  ["letters", "x".repeat(60_000)],
  ["characters of two, three and four bytes", "é€😀".repeat(6_000)],
  ["quotes and backslashes, which JSON escapes", String.raw`\"\\`.repeat(9_000)],
  ["control characters, which JSON escapes at length", "\u0001\u0002".repeat(8_000)],
])("lists show the first 4 KB of a body, in whole %s, and say that there is more", async (_, body) => {
  const row = await aDelivery({}, { request: sent(body), response: got(body) });
  const list = await app.call("GET", `/v1/deliveries?endpoint=${row.endpointId}`);
  const { request, response } = list.body.data[0].attempts[0];
  for (const shown of [request, response]) {
    expect(shown.truncated).toBe(true);
    expect(body.startsWith(shown.body)).toBe(true);
    expect(Buffer.byteLength(shown.body)).toBeGreaterThan(4_096 - 4);
    expect(Buffer.byteLength(shown.body)).toBeLessThanOrEqual(4_096);
  }
  expect(request.headers).toEqual(sent("").headers);
  expect(checkDelivery(list.body.data[0])).toEqual([]);
  const one = await app.call("GET", `/v1/deliveries/${row._id}`);
  expect(one.body.attempts[0]).toMatchObject({ request: sent(body), response: got(body) });
});

test.each([0, 1, 4_095, 4_096, 4_097, 32_500, 32_600, 32_640, 32_660, 32_700, 32_768])(
  "a body of %d bytes comes whole in one delivery, and whole or cut in lists",
  async (bytes) => {
    const body = "b".repeat(bytes);
    const row = await aDelivery({}, { request: sent(body), response: got(body) });
    const [listed] = (await app.call("GET", `/v1/deliveries?endpoint=${row.endpointId}`)).body.data;
    const { request, response } = listed.attempts[0];
    expect(request.body).toBe(body.slice(0, 4_096));
    expect(response.body).toBe(body.slice(0, 4_096));
    expect([request.truncated ?? false, response.truncated]).toEqual([bytes > 4_096, bytes > 4_096]);
    const one = await app.call("GET", `/v1/deliveries/${row._id}`);
    expect(one.body.attempts[0].request.body).toBe(body);
  },
);

test("each filter is the one of its name, and several hold together", async () => {
  const endpoint: EndpointId = newId("ep");
  const rows = {
    plain: await aDelivery({ endpointId: endpoint }),
    failed: await aDelivery({ endpointId: endpoint, status: "failed", class: "timeout" }),
    rejected: await aDelivery({ endpointId: endpoint, status: "rejected", class: "not_found", type: "order.paid" }),
    late: await aDelivery({ endpointId: endpoint, createdAt: new Date(startMs + 86_400_000), type: "order.paid" }),
  };
  const found = async (query: string) => idsOf(await app.call("GET", `/v1/deliveries?endpoint=${endpoint}&${query}`));
  expect(await found("")).toEqual([rows.late._id, rows.rejected._id, rows.failed._id, rows.plain._id]);
  expect(await found("status=failed")).toEqual([rows.failed._id]);
  expect(await found("class=not_found")).toEqual([rows.rejected._id]);
  expect(await found("eventType=order.paid")).toEqual([rows.late._id, rows.rejected._id]);
  expect(await found("eventType=order.paid&status=delivered")).toEqual([rows.late._id]);
  expect(await found(`event=${rows.plain.event.id}`)).toEqual([rows.plain._id]);
  expect(await found("since=2026-03-02T00:00:00Z")).toEqual([rows.late._id]);
  expect(await found("until=2026-03-02T00:00:00Z&class=timeout")).toEqual([rows.failed._id]);
});

test("pages follow each other until the last, and a cursor of another list is refused", async () => {
  const endpoint: EndpointId = newId("ep");
  const ids: DeliveryId[] = [];
  for (let n = 0; n < 5; n++) ids.unshift((await aDelivery({ endpointId: endpoint }))._id);
  const first = await app.call("GET", `/v1/deliveries?endpoint=${endpoint}&limit=3`);
  expect(idsOf(first)).toEqual(ids.slice(0, 3));
  const second = await app.call("GET", `/v1/deliveries?endpoint=${endpoint}&limit=3&cursor=${first.body.nextCursor}`);
  expect(idsOf(second)).toEqual(ids.slice(3));
  expect(second.body.nextCursor).toBeNull();
  const foreign = Buffer.from(newId("run")).toString("base64url");
  expect((await app.call("GET", `/v1/deliveries?cursor=${foreign}`)).status).toBe(422);
});

test.each([
  ["status=lost", "/query/status"],
  ["class=nonsense", "/query/class"],
  ["endpoint=everyone", "/query/endpoint"],
  ["eventType=a b", "/query/eventType"],
  ["since=yesterday", "/query/since"],
  ["colour=red", "/query/colour"],
])("the query %s is refused with its place", async (query, pointer) => {
  const { status, body } = await app.call("GET", `/v1/deliveries?${query}`);
  expect(status).toBe(422);
  expect(body.errors).toEqual([expect.objectContaining({ pointer })]);
});

test("another tenant sees nothing of a delivery", async () => {
  const row = await aDelivery();
  const key = await app.newKey(await app.store.tenants.create("Other"));
  expect((await app.call("GET", `/v1/deliveries/${row._id}`, { key })).status).toBe(404);
  expect((await app.call("GET", "/v1/deliveries", { key })).body.data).toEqual([]);
  expect((await app.call("GET", `/v1/deliveries?event=${row.event.id}`, { key })).body.data).toEqual([]);
});

test("the deliveries of an endpoint that does not exist are 404", async () => {
  expect((await app.call("GET", `/v1/endpoints/${newId("ep")}/deliveries`)).status).toBe(404);
  expect((await app.call("GET", "/v1/deliveries/nonsense")).status).toBe(404);
});

test("dead letters are what was given up, with the reason, the last status and the number of attempts", async () => {
  const endpoint: EndpointId = newId("ep");
  const attempts = [1, 2].map((number) => anAttempt({ ...failed, number }));
  const given = await aDelivery({ endpointId: endpoint, status: "failed", class: "transient", attempts, begun: 2 });
  const undecided = await aDelivery({
    endpointId: endpoint,
    status: "failed",
    class: "filter",
    attempts: [],
    begun: 0,
    reason: { code: "budget", message: "The filter went over its budget." },
  });
  await aDelivery({ endpointId: endpoint, status: "cancelled" });
  await aDelivery({ endpointId: endpoint });
  const { body } = await app.call("GET", `/v1/dead-letters?endpoint=${endpoint}`);
  expect(body.data).toEqual([
    {
      id: undecided._id,
      endpoint,
      event: { id: undecided.event.id, type: "order.created" },
      status: "failed",
      reason: { code: "budget", message: "The filter went over its budget." },
      class: "filter",
      attempts: 0,
      createdAt: undecided.createdAt.toISOString(),
      endedAt: undecided.createdAt.toISOString(),
    },
    {
      id: given._id,
      endpoint,
      event: { id: given.event.id, type: "order.created" },
      status: "failed",
      class: "transient",
      message: "The receiver answered 503.",
      lastStatus: 503,
      lastAttemptAt: new Date(startMs).toISOString(),
      attempts: 2,
      createdAt: given.createdAt.toISOString(),
      endedAt: given.createdAt.toISOString(),
    },
  ]);
  expect(body.data.flatMap(checkLetter)).toEqual([]);
  const byClass = await app.call("GET", `/v1/dead-letters?endpoint=${endpoint}&class=filter`);
  expect(idsOf(byClass)).toEqual([undecided._id]);
});

test("a delivery is a curl command of its newest request, as it was recorded", async () => {
  const row = await aDelivery({}, { request: sent(`{"name":"O'Neil"}`), response: got("ok") });
  const { status, text, headers } = await app.call("GET", `/v1/deliveries/${row._id}/curl`);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(text).toContain("curl");
  expect(text).toContain("'https://hooks.example.com/in'");
  expect(text).toContain(String.raw`'{"name":"O'\''Neil"}'`);
  const untried = await aDelivery({ status: "skipped", attempts: [], begun: 0 });
  const none = await app.call("GET", `/v1/deliveries/${untried._id}/curl`);
  expect(none).toMatchObject({ status: 404, body: { detail: "Nothing has been sent of this delivery." } });
});
