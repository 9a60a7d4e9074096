// What ends a request that takes too long, and which word says so.
import type { HttpResult } from "../../src/delivery/http.ts";
import { startReceiver } from "../support/receiver.ts";
import { codeOf, errorOf, get, useClients } from "./clients.ts";
import { drip, startRaw } from "./raw-receiver.ts";

const aClient = useClients();

/** Takes connections and says nothing, neither TLS nor HTTP. */
const silent = (): ReturnType<typeof startRaw> => startRaw(() => undefined);
const secure = (url: string): string => url.replace("http:", "https:");
const totalOf = (result: HttpResult): number => result.phases.total;

test("a connection that is not made in the request's own time ends it, before anything is sent", async () => {
  await using raw = await silent();
  const result = await aClient().send(get(secure(raw.url), { connectTimeoutMs: 100, timeoutMs: 20_000 }));
  expect(errorOf(result)).toEqual({ error: "timeout", requestSent: false });
  expect(codeOf(result)).toBe("connect_timeout");
  expect(totalOf(result)).toBeLessThan(4_000);
});

test("a request's own time for connecting holds instead of the client's, in both directions", async () => {
  await using raw = await silent();
  const client = aClient({ limits: { connectTimeoutMs: 100 } });
  const longer = await client.send(get(secure(raw.url), { connectTimeoutMs: 1_000 }));
  const unsaid = await client.send(get(secure(raw.url)));
  expect([longer, unsaid].map(codeOf)).toEqual(["connect_timeout", "connect_timeout"]);
  expect(totalOf(longer)).toBeGreaterThanOrEqual(990);
  expect(totalOf(unsaid)).toBeLessThan(990);
});

test("a receiver that takes the request and stays silent is given up after the time for silence", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  const result = await aClient().send(get(receiver.url, { readTimeoutMs: 100, timeoutMs: 20_000 }));
  expect(errorOf(result)).toEqual({ error: "timeout", requestSent: true });
  expect(codeOf(result)).toBe("read_timeout");
  expect(totalOf(result)).toBeLessThan(4_000);
});

test("silence in the middle of an answer counts as well", async () => {
  await using raw = await startRaw((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
  });
  const result = await aClient().send(get(raw.url, { readTimeoutMs: 100, timeoutMs: 20_000 }));
  expect(codeOf(result)).toBe("read_timeout");
  expect(result.phases.firstByte).toBeDefined();
});

test("a receiver that keeps sending is ended by the total time, not by that for silence", async () => {
  await using raw = await startRaw((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      drip(socket, "x", 20);
    });
  });
  const result = await aClient().send(get(raw.url, { readTimeoutMs: 700, timeoutMs: 900 }));
  expect(codeOf(result)).toBe("timeout");
  expect(totalOf(result)).toBeGreaterThanOrEqual(890);
});

test("an answer that comes piece by piece, each in time, is whole although it takes longer than any silence may", async () => {
  await using raw = await startRaw((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n");
      drip(socket, "x", 60);
    });
  });
  const result = await aClient().send(get(raw.url, { readTimeoutMs: 1_000 }));
  expect(result).toMatchObject({ ok: true, truncated: false });
  expect(totalOf(result)).toBeGreaterThan(1_000);
});

test("waiting for a free connection is no silence of the receiver", async () => {
  await using receiver = await startReceiver();
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  receiver.respond(async (_, index) => {
    if (index === 0) await held;
    return {};
  });
  const client = aClient({ limits: { socketsPerOriginMax: 1 } });
  const first = client.send(get(`${receiver.url}/first`));
  await receiver.waitFor(1);
  const second = client.send(get(`${receiver.url}/second`, { readTimeoutMs: 400 }));
  const third = await client.send(get(`${receiver.url}/third`, { readTimeoutMs: 400, timeoutMs: 800 }));
  // It has waited for twice the time for silence, and what ended it is the total time.
  expect(errorOf(third)).toEqual({ error: "timeout", requestSent: false });
  expect(codeOf(third)).toBe("timeout");
  answer();
  expect(await first).toMatchObject({ ok: true });
  expect(await second).toMatchObject({ ok: true });
});

test("the total time ends a request whatever phase it is in", async () => {
  await using raw = await silent();
  const limits = { connectTimeoutMs: 10_000, readTimeoutMs: 10_000, timeoutMs: 100 };
  const client = aClient();
  const results = [await client.send(get(secure(raw.url), limits)), await client.send(get(raw.url, limits))];
  expect(results.map(codeOf)).toEqual(["timeout", "timeout"]);
  expect(results.map((result) => errorOf(result).requestSent)).toEqual([false, true]);
});
