// Connections that are kept open, and close at the moment when the next request goes out.
import type { Socket } from "node:net";
import { until } from "../support/wait.ts";
import { codeOf, errorOf, post, useClients } from "./clients.ts";
import { startRaw } from "./raw-receiver.ts";

const makeClient = useClients();
/** With one connection at a time: each request goes over the one that the request before it left. */
const aClient = () => makeClient({ limits: { socketsPerOriginMax: 1 } });
const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** Calls back with each request of a connection, by its number there, from 0. */
function onRequest(socket: Socket, act: (index: number) => void): void {
  let count = 0;
  // The tests' requests are small and come one at a time: each is one chunk.
  socket.on("data", () => act(count++));
}

/** Answers the first request of each connection, and lets `stale` deal with its second one. */
function keepingAlive(stale: (socket: Socket) => void, seen: number[] = []): (socket: Socket, index: number) => void {
  return (socket, connection) =>
    onRequest(socket, (index) => {
      seen.push(connection);
      if (index === 0) socket.write(ok);
      else stale(socket);
    });
}

test.each<[string, (socket: Socket) => void]>([
  ["is reset", (socket) => socket.resetAndDestroy()],
  ["is closed", (socket) => socket.end()],
])(
  "a request whose kept connection %s before the answer is sent once more at once, over a new one",
  async (_, stale) => {
    const seen: number[] = [];
    await using raw = await startRaw(keepingAlive(stale, seen));
    const client = aClient();
    await client.send(post(raw.url));
    const result = await client.send(post(raw.url, { retryStale: true }));
    expect(result).toMatchObject({ ok: true, status: 200, repeated: true });
    expect(seen).toEqual([0, 0, 1]);
  },
);

test("who did not ask for it gets the reset, and learns that the request may have arrived", async () => {
  const seen: number[] = [];
  await using raw = await startRaw(keepingAlive((socket) => socket.resetAndDestroy(), seen));
  const client = aClient();
  await client.send(post(raw.url));
  const result = await client.send(post(raw.url));
  expect(errorOf(result)).toEqual({ error: "reset", requestSent: true });
  expect(result).not.toHaveProperty("repeated");
  expect(seen).toEqual([0, 0]);
});

test("a new connection that is reset is the receiver's answer: nothing is repeated", async () => {
  await using raw = await startRaw((socket) => onRequest(socket, () => socket.resetAndDestroy()));
  const result = await aClient().send(post(raw.url, { retryStale: true }));
  expect(errorOf(result)).toEqual({ error: "reset", requestSent: true });
  expect(raw.sockets).toHaveLength(1);
});

test("once a byte of the answer has come, nothing is repeated", async () => {
  const seen: number[] = [];
  await using raw = await startRaw(keepingAlive((socket) => socket.end("HTTP/1.1 2"), seen));
  const client = aClient();
  await client.send(post(raw.url));
  expect(errorOf(await client.send(post(raw.url, { retryStale: true }))).requestSent).toBe(true);
  expect(seen).toEqual([0, 0]);
});

test("it is sent twice at most", async () => {
  let requests = 0;
  await using raw = await startRaw((socket, connection) =>
    onRequest(socket, (index) => {
      requests++;
      if (connection === 0 && index === 0) socket.write(ok);
      else socket.resetAndDestroy();
    }),
  );
  const client = aClient();
  await client.send(post(raw.url));
  const result = await client.send(post(raw.url, { retryStale: true }));
  expect(result).toMatchObject({ ok: false, error: "reset", requestSent: true, repeated: true });
  expect(requests).toBe(3);
});

test("the second try has what is left of the total time, and no more", async () => {
  await using raw = await startRaw((socket, connection) =>
    onRequest(socket, (index) => {
      if (index === 0 && connection === 0) socket.write(ok);
      else if (connection === 0) socket.resetAndDestroy();
    }),
  );
  const client = aClient();
  await client.send(post(raw.url));
  const result = await client.send(post(raw.url, { retryStale: true, timeoutMs: 150 }));
  expect(codeOf(result)).toBe("timeout");
  expect(result).toMatchObject({ requestSent: true, repeated: true });
  expect(result.phases.total).toBeLessThan(4_000);
});

test("a cancelled request is not sent again", async () => {
  const abort = new AbortController();
  const seen: number[] = [];
  await using raw = await startRaw(keepingAlive((socket) => (abort.abort(), socket.resetAndDestroy()), seen));
  const client = aClient();
  await client.send(post(raw.url));
  const result = await client.send(post(raw.url, { retryStale: true, signal: abort.signal }));
  expect(errorOf(result)).toEqual({ error: "aborted", requestSent: true });
  expect(seen).toEqual([0, 0]);
});

test("a receiver that restarts with fifty kept connections costs no delivery", async () => {
  const first = await startRaw((socket) => onRequest(socket, () => socket.write(ok)));
  const client = makeClient();
  const burst = () => Promise.all(Array.from({ length: 50 }, () => client.send(post(first.url, { retryStale: true }))));
  expect((await burst()).every((result) => result.ok)).toBe(true);
  expect(first.sockets).toHaveLength(50);
  await first[Symbol.asyncDispose]();
  await using second = await startRaw((socket) => onRequest(socket, () => socket.write(ok)), { port: first.port });
  expect((await burst()).filter((result) => !result.ok)).toEqual([]);
  expect(second.sockets.length).toBeGreaterThan(0);
});

test("where all kept connections are dead without a word, the second try takes none of them", async () => {
  const seen: number[] = [];
  await using raw = await startRaw(keepingAlive((socket) => socket.resetAndDestroy(), seen));
  const client = makeClient();
  const burst = (count: number) =>
    Promise.all(Array.from({ length: count }, () => client.send(post(raw.url, { retryStale: true }))));
  expect((await burst(20)).every((result) => result.ok)).toBe(true);
  expect(raw.sockets).toHaveLength(20);
  // Ten dead connections are found out by these, and ten are left for their second tries to fall into.
  const results = await burst(10);
  expect(results.filter((result) => !result.ok)).toEqual([]);
  expect(results.filter((result) => result.repeated).length).toBeGreaterThan(0);
  // No connection got a third request, and those of second tries got one.
  expect(seen.filter((connection) => connection >= 20)).toHaveLength(new Set(seen.filter((one) => one >= 20)).size);
});

test("the second try takes no other kept connection either, which may be as dead as the first", async () => {
  const [held, seen]: [Socket[], string[]] = [[], []];
  let answered: Promise<unknown> = Promise.resolve();
  await using raw = await startRaw((socket, connection) => {
    socket.on("data", (chunk: Buffer) => {
      const [, path = ""] = /^POST (\S+)/.exec(chunk.toString()) ?? [];
      seen.push(`${path} ${connection}`);
      if (path === "/slow" || path.startsWith("/warm")) held.push(socket);
      if (path === "/slow") return;
      if (path === "/warm" && held.length === 2) for (const one of held.splice(0)) one.write(ok);
      if (path === "/second" && connection === 0) socket.resetAndDestroy();
      if (path === "/second" && connection === 2) socket.write(ok);
      if (path !== "/second" || connection !== 1) return;
      // The first connection is free again when the second one turns out to be dead.
      for (const one of held.splice(0)) one.write(ok);
      void answered.then(() => socket.resetAndDestroy());
    });
  });
  const client = makeClient({ limits: { socketsPerOriginMax: 2 } });
  await Promise.all([1, 2].map(() => client.send(post(`${raw.url}/warm`))));
  answered = client.send(post(`${raw.url}/slow`));
  await until(() => seen.includes("/slow 0"));
  const result = await client.send(post(`${raw.url}/second`, { retryStale: true }));
  expect(result).toMatchObject({ ok: true, repeated: true });
  expect(seen.slice(2)).toEqual(["/slow 0", "/second 1", "/second 2"]);
});

test("closing the client ends a second try, too", async () => {
  await using raw = await startRaw((socket, connection) =>
    onRequest(socket, (index) => {
      if (connection === 0 && index === 0) socket.write(ok);
      else if (connection === 0) socket.resetAndDestroy();
      else void client.close();
    }),
  );
  const client = aClient();
  await client.send(post(raw.url));
  const result = await client.send(post(raw.url, { retryStale: true }));
  expect(result).toMatchObject({ ok: false, error: "aborted", repeated: true });
});
