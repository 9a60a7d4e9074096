// Receivers that mean harm or are broken, before the whole app: each costs its own attempt and nothing else.
import { gzipSync } from "node:zlib";
import { freePort } from "../../../src/embedded/ports.ts";
import { drip, pour, startRaw } from "../../delivery/raw-receiver.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveryWith, newType } from "./delivery-log.ts";
import { deliveriesOf, makeEndpoint } from "./endpoints.ts";

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

const hourMs = 3_600_000;

test.each<[string, number]>([
  ["-5", hourMs],
  ["1e300", hourMs],
  ["inf", hourMs],
  ["Infinity", hourMs],
  ["nan", hourMs],
  ["", hourMs],
  ["0", hourMs],
  ["0x7fffffff", hourMs],
  ["12 hours", hourMs],
  ["60, 120", hourMs],
  ["Thu, 01 Jan 1970 00:00:00 GMT", hourMs],
  ["Thu, 31 Dec 2099 23:59:59 GMT", 24 * hourMs],
  ["99999999999999999999", 24 * hourMs],
  ["60", hourMs],
  ["7200", 2 * hourMs],
])("Retry-After %j puts the next attempt off by %i ms", async (value, expectedMs) => {
  receiver.respond([{ status: 503, headers: { "retry-after": value } }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, {
    url: receiver.url,
    events: [type],
    retry: { schedule: ["1h"], jitter: "none" },
  });
  await app.publish({ type, data: {} });
  const { attempts, nextAttemptAt = "" } = await deliveryWith(app, endpoint, "pending");
  const [first] = attempts;
  const endedMs = Date.parse(first?.startedAt ?? "") + (first?.durationMs ?? 0);
  expect(Math.abs(Date.parse(nextAttemptAt) - endedMs - expectedMs)).toBeLessThan(1_500);
  expect(first?.nextAttemptAt).toBe(nextAttemptAt);
});

const head = "HTTP/1.1 200 OK\r\n";
const bytes = 100 * 1024 * 1024;
/** What each does with a connection, and how the attempt has to end. */
const hostile: [name: string, start: Parameters<typeof startRaw>[0], expected: object][] = [
  [
    "headers that drip",
    (socket) => {
      socket.once("data", () => {
        socket.write(`${head}x-slow: `);
        drip(socket, "x", 100);
      });
    },
    { class: "timeout" },
  ],
  [
    "a body that drips",
    (socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: 1000\r\n\r\nx`);
        drip(socket, "x", 250);
      });
    },
    { class: "timeout" },
  ],
  [
    "100 MB",
    (socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 500 No\r\ncontent-length: ${bytes}\r\n\r\n`);
        pour(socket, Buffer.alloc(64 * 1024, "x"), bytes);
      });
    },
    { class: "transient", status: 500, response: { truncated: true } },
  ],
  [
    "a gzip bomb",
    (socket) => {
      const packed = gzipSync(Buffer.alloc(20 * 1024 * 1024));
      socket.once("data", () => {
        socket.write(`HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
        socket.write(packed);
      });
    },
    { class: "transient", status: 500 },
  ],
  [
    "informational answers without end",
    (socket) => {
      socket.once("data", () => pour(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100)));
    },
    { outcome: "failed" },
  ],
  ["nothing at all", (socket) => void socket.resume(), { class: "timeout" }],
];

test("slow drips, 100 MB, a gzip bomb and endless 1xx end as failed attempts of bounded size, and a healthy endpoint has no part in it", async () => {
  const type = newType();
  const healthy = await makeEndpoint(app, { url: receiver.url, events: [type] });
  const made = await Promise.all(
    hostile.map(async ([name, start, expected]) => {
      const raw = await startRaw(start);
      const settings = { events: [type], timeout: "2s", breaker: false as const, retry: { schedule: ["1h"] } };
      const { endpoint } = await makeEndpoint(app, { url: raw.url, ...settings });
      return { name, raw, endpoint, expected };
    }),
  );
  for (let n = 0; n < 5; n++) await app.publish({ type, data: { n } });
  // Long before the two seconds that the others take.
  await until(async () => {
    const rows = await deliveriesOf(app, healthy.endpoint);
    return rows.length === 5 && rows.every(({ status }) => status === "delivered");
  });
  for (const { name, raw, endpoint, expected } of made) {
    await until(async () => (await deliveriesOf(app, endpoint)).length === 5);
    const { attempts } = await deliveryWith(app, endpoint, "pending");
    expect([name, attempts]).toMatchObject([name, [{ number: 1, outcome: "failed", ...expected }]]);
    expect(attempts[0]?.durationMs).toBeLessThan(5_000);
    expect(attempts[0]?.response?.body.length ?? 0).toBeLessThanOrEqual(64 * 1024);
    // The bomb's answer was whole, and its connections are kept for the next requests.
    if (name !== "a gzip bomb") await until(() => raw.sockets.every((socket) => socket.destroyed));
    await raw[Symbol.asyncDispose]();
  }
});

test("a connection that is closed after the request was read is a failure that says so, and is retried under the same id", async () => {
  const ids: string[] = [];
  await using raw = await startRaw((socket) => {
    socket.once("data", (chunk: Buffer) => {
      ids.push(/webhook-id: (\S+)/i.exec(chunk.toString())?.[1] ?? "");
      if (ids.length === 1) socket.end();
      else socket.end(`${head}content-length: 0\r\nconnection: close\r\n\r\n`);
    });
  });
  const type = newType();
  const { endpoint } = await makeEndpoint(app, {
    url: raw.url,
    events: [type],
    retry: { schedule: ["1s"], jitter: "none" },
  });
  await app.publish({ type, data: {} });
  const { id, attempts } = await deliveryWith(app, endpoint, "delivered");
  expect(attempts).toMatchObject([
    { number: 1, outcome: "failed", class: "network" },
    { number: 2, outcome: "succeeded", status: 200 },
  ]);
  expect(attempts[0]?.message).toMatch(/closed|broke|connection/i);
  expect(ids).toEqual([id, id]);
});

test("each way in which a connection fails is recorded by its class and in words, without addresses", async () => {
  const type = newType();
  const settings = { events: [type], timeout: "1s", retry: { schedule: ["1h"] } };
  receiver.respond((request) => (request.path === "/hang" ? "hang" : "reset"));
  const port = await freePort();
  const rows: [url: string, expected: { class: string; message: RegExp }][] = [
    [`http://127.0.0.1:${port}/`, { class: "network", message: /refus/i }],
    [`${receiver.url}/reset`, { class: "network", message: /clos|broke|reset/i }],
    [`${receiver.url}/hang`, { class: "timeout", message: /time|answer/i }],
    [receiver.url.replace("http:", "https:"), { class: "network", message: /TLS/i }],
    ["http://no-such-host.invalid/", { class: "network", message: /name|address/i }],
  ];
  const made = await Promise.all(
    rows.map(async ([url, expected]) => ({ url, expected, ...(await makeEndpoint(app, { url, ...settings })) })),
  );
  await app.publish({ type, data: {} });
  for (const { url, endpoint, expected } of made) {
    const { attempts } = await deliveryWith(app, endpoint, "pending");
    const message = expect.stringMatching(expected.message);
    expect([url, attempts]).toMatchObject([url, [{ outcome: "failed", class: expected.class, message }]]);
    expect(attempts[0]?.message).not.toMatch(/127\.0\.0\.1|ECONN|ENOTFOUND|errno/);
    expect(attempts[0]).not.toHaveProperty("status");
  }
});

test("five hundred deliveries to an endpoint that hangs hold up none of a healthy one, and none of them is lost", async () => {
  await using dead = await startReceiver();
  dead.respond(() => "hang");
  const type = newType();
  const settings = { events: [type], timeout: "8s", breaker: { min: 10, open: "1h" }, retry: { schedule: ["1h"] } };
  const hung = await makeEndpoint(app, { url: dead.url, ...settings });
  const healthy = await makeEndpoint(app, { url: receiver.url, events: [`${type}.healthy`] });
  const batch = Array.from({ length: 100 }, (_, n) => ({ type, data: { n } }));
  for (let part = 0; part < 5; part++) expect((await app.call("POST", "/v1/events/batch", batch)).status).toBe(202);
  const startedMs = performance.now();
  for (let n = 0; n < 20; n++) await app.publish({ type: `${type}.healthy`, data: { n } });
  await receiver.waitFor(20);
  // Behind the other, or beside five hundred requests of its, they would wait for eight seconds at the least.
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(dead.requests.length).toBeLessThanOrEqual(50);
  await until(async () => (await deliveriesOf(app, hung.endpoint)).length === 500, 30_000);
  const rows = await deliveriesOf(app, hung.endpoint);
  expect(rows.every(({ status }) => status === "pending")).toBe(true);
  expect(rows.some(({ lane }) => lane?.why === "breaker")).toBe(true);
  expect((await deliveriesOf(app, healthy.endpoint)).map(({ status }) => status)).toEqual(Array(20).fill("delivered"));
});
