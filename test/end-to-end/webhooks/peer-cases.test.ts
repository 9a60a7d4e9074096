// What the tests of other webhook systems hold, held by this one: who gets an event, how often, and what is said of it.
// docs/peer-cases.md has the whole list, and says which test holds which case.
import type { EndpointId } from "../../../src/model/ids.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveryWith, newType } from "./delivery-log.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

jest.setTimeout(90_000);

let app: TestApp;
let receiver: Receiver;
/** An endpoint whose thirty attempts are made meanwhile: Temporal counts their delays in whole seconds. */
let patient: { endpoint: EndpointId; receiver: Receiver };
beforeAll(async () => {
  app = await startApp();
  const retry = { schedule: Array.from({ length: 29 }, () => "1ms"), jitter: "none" } as const;
  const broken = await startReceiver();
  broken.respond(() => ({ status: 503 }));
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: broken.url, events: [type], breaker: false, retry });
  patient = { endpoint, receiver: broken };
  await app.publish({ type, data: {} });
});
afterAll(async () => {
  await app.close();
  await patient.receiver[Symbol.asyncDispose]();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

test("a redirect is the attempt's answer, shown with where it points, and that place is never visited", async () => {
  await using other = await startReceiver();
  receiver.respond([{ status: 308, headers: { location: `${other.url}/elsewhere` }, body: "moved" }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  await app.publish({ type, data: {} });
  const { attempts } = await deliveryWith(app, endpoint, "rejected");
  expect(attempts).toMatchObject([
    { status: 308, outcome: "failed", response: { body: "moved", headers: { location: `${other.url}/elsewhere` } } },
  ]);
  expect(receiver.requests).toHaveLength(1);
  expect(other.requests).toHaveLength(0);
});

test("one event reaches each of five endpoints once, and each has a status and an attempt of its own", async () => {
  const answers = { a: 200, b: 400, c: 500, d: 410, e: 204 };
  const statuses = { a: "delivered", b: "rejected", c: "failed", d: "rejected", e: "delivered" } as const;
  receiver.respond(({ path }) => ({
    status: Object.entries(answers).find(([name]) => path === `/${name}`)?.[1] ?? 599,
  }));
  const type = newType();
  const made = await Promise.all(
    Object.entries(statuses).map(async ([name, status]) => {
      const { endpoint } = await makeEndpoint(app, { url: `${receiver.url}/${name}`, events: [type], retry: "none" });
      return { endpoint, status };
    }),
  );
  expect((await app.publish({ type, data: {} })).body.deliveries).toBe(5);
  const rows = await Promise.all(made.map(({ endpoint, status }) => deliveryWith(app, endpoint, status)));
  expect(rows.map(({ attempts }) => attempts.map(({ status }) => status))).toEqual(
    Object.values(answers).map((status) => [status]),
  );
  expect(new Set(rows.map(({ id }) => id)).size).toBe(5);
  expect(receiver.requests.map(({ path }) => path).toSorted((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(answers).map((name) => `/${name}`),
  );
});

test("an event that comes again under its id, one after the other or at once, is called a duplicate and delivered once", async () => {
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  const event = { id: `${type}-1`, type, data: { n: 1 } };
  const first = await app.publish(event);
  const again = await app.publish({ ...event, data: { n: 2 } });
  expect(first.body).toMatchObject({ duplicate: false, deliveries: 1 });
  expect(again).toMatchObject({ body: { id: first.body.id, duplicate: true } });
  const other = { ...event, id: `${type}-2` };
  const together = await Promise.all(Array.from({ length: 8 }, () => app.publish(other)));
  expect(together.filter(({ body }) => !body.duplicate)).toHaveLength(1);
  await app.idle();
  await until(async () => (await deliveriesOf(app, endpoint)).length === 2);
  const sent = receiver.requests.map(({ body }) => (JSON.parse(body.toString()) as { data: unknown }).data);
  expect(sent).toEqual([{ n: 1 }, { n: 1 }]);
});

test("types and filters choose exactly: endpoints that do not match get nothing, and show no delivery", async () => {
  const base = newType().replace(".happened", "");
  const settings: { [path: string]: { events: string[]; filter?: object } } = {
    exact: { events: [`${base}.created`] },
    wildcard: { events: [`${base}.*`] },
    two: { events: [`${base}.created`, `${base}.paid`] },
    other: { events: [`${base}x.created`] },
    large: { events: [`${base}.*`], filter: { ">": [{ var: "event.data.total" }, 100] } },
    simple: { events: [`${base}.created`], filter: { field: "data.country", operator: "in", value: ["DE", "FR"] } },
    nested: {
      events: ["*"],
      filter: [
        { field: "data.customer.tier", operator: "equals", value: "gold" },
        { field: "data.total", operator: "exists", value: true },
      ],
    },
  };
  const made = await Promise.all(
    Object.entries(settings).map(async ([path, { events, filter }]) => {
      // The conditions stand above as people write them, and are checked as they are saved.
      const more = filter === undefined ? {} : { filter: filter as never };
      const { endpoint } = await makeEndpoint(app, { url: `${receiver.url}/${path}`, events, ...more });
      return { path, endpoint };
    }),
  );
  const matched: [event: { type: string; data: object }, paths: string[]][] = [
    [{ type: `${base}.created`, data: { total: 100, country: "DE" } }, ["exact", "simple", "two", "wildcard"]],
    [{ type: `${base}.paid`, data: { total: 101, country: "DE" } }, ["large", "two", "wildcard"]],
    [
      { type: `${base}.created`, data: { total: 500, country: "IT", customer: { tier: "gold" } } },
      ["exact", "large", "nested", "two", "wildcard"],
    ],
    [{ type: `${base}.sub.created`, data: { customer: { tier: "gold" } } }, ["wildcard"]],
    [{ type: base, data: { total: 500 } }, []],
  ];
  for (const [event, paths] of matched) {
    expect([event.type, (await app.publish(event)).body.deliveries]).toEqual([event.type, paths.length]);
  }
  const expected = matched.flatMap(([, paths]) => paths).length;
  await receiver.waitFor(expected);
  await app.idle();
  const got = receiver.requests.map(({ path }) => path.slice(1));
  for (const { path, endpoint } of made) {
    const count = matched.filter(([, paths]) => paths.includes(path)).length;
    expect([path, got.filter((one) => one === path).length]).toEqual([path, count]);
    await until(async () => (await deliveriesOf(app, endpoint)).length === count);
    const log = await app.call<{ data: unknown[] }>("GET", `/v1/deliveries?endpoint=${endpoint}`);
    expect([path, log.body.data.length]).toEqual([path, count]);
  }
});

test("custom headers arrive with the case in which they were written, and forbidden ones are refused at their place", async () => {
  const type = newType();
  const headers = { "X-Api-KEY": "value with spaces", "x-lower": "1", ETag: "e", "X-Ünicode": "no" };
  const { ["X-Ünicode"]: _, ...good } = headers;
  const made = await app.call("POST", "/v1/endpoints", { url: receiver.url, events: [type], headers: good });
  expect(made.status).toBe(201);
  await app.publish({ type, data: {} });
  const [request] = await receiver.waitFor(1);
  expect(request?.rawHeaders).toEqual(expect.arrayContaining(["X-Api-KEY", "value with spaces", "x-lower", "ETag"]));
  const forbidden = ["Host", "content-length", "Transfer-Encoding", "webhook-id", "Webhook-Signature", "X-Ünicode"];
  for (const name of forbidden) {
    const refused = await app.call("POST", "/v1/endpoints", {
      url: receiver.url,
      events: [type],
      headers: { [name]: "x" },
    });
    expect([name, refused.status, refused.body.code]).toEqual([name, 422, "endpoint.invalid"]);
    expect(refused.body.errors.map(({ pointer }) => pointer)).toEqual([`/headers/${name}`]);
  }
  const split = await app.call("POST", "/v1/endpoints", {
    url: receiver.url,
    events: [type],
    headers: { a: "b\r\nc: d" },
  });
  expect(split.body.errors).toMatchObject([{ pointer: "/headers/a" }]);
});

test("where plain HTTP is not allowed an http URL is refused, and one that was saved before is not dialled", async () => {
  await using strict = await startApp({ env: { MILLRACE_ALLOW_HTTP: "false" } });
  const refused = await strict.call("POST", "/v1/endpoints", { url: receiver.url, events: ["*"] });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/url", code: "url.scheme" }] } });
  const { endpoint } = await makeEndpoint(strict, { url: receiver.url.replace("http:", "https:"), events: ["*"] });
  await strict.store.endpoints.update(await tenantOf(strict), endpoint, 1, {
    settings: { url: receiver.url, events: ["*"], profile: "standard" },
  });
  expect(await strict.endpoints?.find(await tenantOf(strict), endpoint)).toMatchObject({ url: receiver.url });
  await until(async () => {
    await strict.publish({ type: "order.created", data: {} });
    await strict.idle();
    return (await deliveriesOf(strict, endpoint)).at(-1)?.attempts[0]?.class === "blocked";
  });
  expect(receiver.requests).toHaveLength(0);
});

test("an endpoint gets nothing while it is disabled, and what is published from then on once it is enabled", async () => {
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type] });
  await app.call("POST", `/v1/endpoints/${endpoint}/disable`, {});
  await app.publish({ type, data: { n: 1 } });
  expect((await deliveryWith(app, endpoint, "skipped")).attempts).toEqual([]);
  await app.call("POST", `/v1/endpoints/${endpoint}/enable`, {});
  await app.publish({ type, data: { n: 2 } });
  await deliveryWith(app, endpoint, "delivered");
  expect((await deliveriesOf(app, endpoint)).map(({ status }) => status)).toEqual(["skipped", "delivered"]);
  expect(receiver.requests).toHaveLength(1);
});

test("a policy of no retries makes one attempt, and one of thirty makes thirty", async () => {
  receiver.respond(() => ({ status: 503 }));
  const type = newType();
  const { endpoint } = await makeEndpoint(app, { url: receiver.url, events: [type], breaker: false, retry: "none" });
  await app.publish({ type, data: {} });
  expect((await deliveryWith(app, endpoint, "failed")).attempts).toHaveLength(1);
  const { attempts } = await deliveryWith(app, patient.endpoint, "failed", 60_000);
  expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  expect(patient.receiver.requests).toHaveLength(30);
});
