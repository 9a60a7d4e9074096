// What becomes of connections: which request they are opened for, and what the end of a request does to them.
import { setImmediate as turn } from "node:timers/promises";
import { Pool } from "undici";
import { createPools } from "../../src/delivery/pools.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";
import { codeOf, errorOf, get, post, useClients } from "./clients.ts";
import { pour, startRaw } from "./raw-receiver.ts";

const makeClient = useClients();
/** With one connection at a time. */
const aClient = () => makeClient({ limits: { socketsPerOriginMax: 1 } });
const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** Long enough for a connection on loopback to be made and noticed. */
async function someTurns(): Promise<void> {
  for (let count = 0; count < 100; count++) await turn();
}

test.each(["timed out", "cut off", "cancelled"])(
  "a request that is %s closes its connection, and opens no new one",
  async (how) => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        if (how === "cut off") pour(socket, `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(100_000)}`, 1_000_000);
      });
    });
    const abort = new AbortController();
    const sending = aClient().send(
      post(raw.url, { timeoutMs: how === "timed out" ? 100 : 5_000, signal: abort.signal }),
    );
    await until(() => raw.sockets.length === 1);
    await someTurns();
    if (how === "cancelled") abort.abort();
    await sending;
    await until(() => raw.sockets[0]?.destroyed === true);
    await someTurns();
    expect(raw.sockets).toHaveLength(1);
  },
);

test("a request that is given up while it waits for a connection costs nobody theirs", async () => {
  await using raw = await startRaw((socket) => {
    let count = 0;
    socket.on("data", () => (count++ === 0 ? setTimeout(() => socket.write(ok), 150) : socket.write(ok)));
  });
  const client = aClient();
  const first = client.send(get(`${raw.url}/1`));
  const second = client.send(get(`${raw.url}/2`, { timeoutMs: 50 }));
  const third = client.send(get(`${raw.url}/3`));
  expect(errorOf(await second)).toEqual({ error: "timeout", requestSent: false });
  expect(await first).toMatchObject({ ok: true });
  expect(await third).toMatchObject({ ok: true });
  expect(raw.sockets).toHaveLength(1);
});

test("a request that waited for a connection reports the phases of the one that was opened for it", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ headers: { connection: "close" } }]);
  const client = aClient();
  const results = await Promise.all([1, 2, 3].map((path) => client.send(get(`${receiver.url}/${path}`))));
  for (const result of results) expect(result).toMatchObject({ ok: true, phases: { connect: expect.any(Number) } });
});

test("its own time for connecting holds for it, too", async () => {
  await using raw = await startRaw(() => undefined);
  const client = aClient();
  const url = raw.url.replace("http:", "https:");
  const results = await Promise.all([
    client.send(get(url, { connectTimeoutMs: 100 })),
    client.send(get(url, { connectTimeoutMs: 200 })),
  ]);
  expect(results.map(codeOf)).toEqual(["connect_timeout", "connect_timeout"]);
  // One after the other, over one line.
  expect(results[1]?.phases.total).toBeGreaterThanOrEqual(290);
  expect(results[1]?.phases.total).toBeLessThan(4_000);
});

test("a kept connection that breaks before anything is written to it costs no request: nobody can have got it", async () => {
  const requests: number[] = [];
  await using raw = await startRaw((socket, connection) => {
    socket.on("data", () => {
      requests.push(connection);
      socket.write(ok);
    });
  });
  const client = aClient();
  for (let attempt = 0; attempt < 20; attempt++) {
    const kept = raw.sockets.at(-1);
    // The request is on its way to the connection at the moment when that breaks.
    const sending = client.send(post(raw.url));
    kept?.resetAndDestroy();
    expect(await sending).toMatchObject({ ok: true });
    await someTurns();
  }
  // Each arrived once.
  expect(requests).toHaveLength(20);
});

test("two endpoints of one origin that hang with all that they may have under way leave room for a third", async () => {
  await using receiver = await startReceiver();
  receiver.respond(({ path }) => (path === "/third" ? {} : "hang"));
  const client = makeClient();
  const hanging = Array.from({ length: 100 }, (_, index) =>
    client.send(post(`${receiver.url}/${index % 2 === 0 ? "first" : "second"}`)),
  );
  await receiver.waitFor(100);
  expect(await client.send(post(`${receiver.url}/third`))).toMatchObject({ ok: true });
  await client.close();
  await Promise.all(hanging);
});

test("the connections of the origin that was used longest ago are closed when there are too many origins", async () => {
  const receivers = await Promise.all(
    [1, 2, 3].map(() => startRaw((socket) => socket.on("data", () => socket.write(ok)))),
  );
  const client = makeClient({ limits: { originsMax: 2, keepAliveMs: 60_000 } });
  const [a, b, c] = receivers.map(({ url }) => url);
  for (const url of [a, b, a, c]) expect(await client.send(post(url ?? ""))).toMatchObject({ ok: true });
  const isOpen = () => receivers.map(({ sockets }) => sockets.some((socket) => !socket.destroyed));
  await until(() => isOpen()[1] === false);
  expect(isOpen()).toEqual([true, false, true]);
  await Promise.all(receivers.map((one) => one[Symbol.asyncDispose]()));
});

test.each([
  ["its last connection is closed", 200],
  ["no connection came about", undefined],
])("nothing is left of an origin when %s", async (_, status) => {
  let opened = 0;
  const pools = createPools(10, (origin) => {
    opened++;
    return new Pool(origin, { connections: 1 });
  });
  const receiver = await startReceiver();
  receiver.respond(() => ({ headers: { connection: "close" } }));
  if (status === undefined) await receiver[Symbol.asyncDispose]();
  const ask = () =>
    pools
      .of(receiver.url, undefined)
      .request({ path: "/", method: "GET" })
      .then(
        async (answer) => (await answer.body.dump(), answer.statusCode),
        () => undefined,
      );
  expect(await ask()).toBe(status);
  await someTurns();
  expect([await ask(), opened]).toEqual([status, 2]);
  await pools.close();
  if (status !== undefined) await receiver[Symbol.asyncDispose]();
});

describe("closing the client", () => {
  const waiting = 3;

  test("ends what runs on a line that its pool has given up since it found no connection, too", async () => {
    await using receiver = await startReceiver();
    receiver.respond(() => "hang");
    let asked = 0;
    const client = makeClient({
      limits: { socketsPerOriginMax: 1 },
      resolve: async () => (asked++ < 2 ? Promise.reject(new Error("no such name")) : ["127.0.0.1"]),
    });
    const url = receiver.url.replace("127.0.0.1", "flapping.example.com");
    const results = Array.from({ length: 2 + waiting }, () => client.send(post(url, { timeoutMs: 20_000 })));
    await receiver.waitFor(1);
    await client.close();
    const codes = (await Promise.all(results)).map(codeOf);
    expect(codes).toEqual(["dns", "dns", ...Array.from({ length: waiting }, () => "aborted")]);
  });
});
