// The HTTP client against receivers that behave and receivers that do not.
import { gzipSync } from "node:zlib";
import { startReceiver } from "../support/receiver.ts";
import { cert, key } from "./certificate.ts";
import { errorOf, get, useClients } from "./clients.ts";
import { answering, drip, pour, startRaw } from "./raw-receiver.ts";

const aClient = useClients();

test("method, path, headers and the body's bytes arrive as given, and the answer comes back with its phases", async () => {
  await using receiver = await startReceiver();
  receiver.respond(() => ({ status: 201, headers: { "X-Kind": "test", "Set-Cookie": ["a=1", "b=2"] }, body: "done" }));
  const headers = { "X-Team": "support", "content-type": "application/json" };
  const body = '{"b":1,"a":12345678901234567890}';
  const result = await aClient().send(get(`${receiver.url}/a%20b?x=1#part`, { method: "POST", headers, body }));
  expect(result).toMatchObject({ ok: true, status: 201, truncated: false });
  if (!result.ok) return;
  expect(result.body.toString()).toBe("done");
  expect(result.headers).toMatchObject({ "x-kind": "test", "set-cookie": "a=1, b=2" });
  expect(result.phases).toMatchObject({ connect: expect.any(Number), firstByte: expect.any(Number) });
  expect(result.phases.total).toBeGreaterThanOrEqual(result.phases.firstByte ?? Infinity);
  expect(result.phases).not.toHaveProperty("dns");
  const [received] = receiver.requests;
  expect(received).toMatchObject({ method: "POST", path: "/a%20b?x=1" });
  expect(received?.body.toString()).toBe(body);
  expect(received?.rawHeaders).toEqual(expect.arrayContaining(["X-Team", "support", "accept-encoding", "identity"]));
});

test.each([
  ["its own name, whatever its case", { "User-AGENT": "Lawless/1.0" }, ["Lawless/1.0"]],
  ["ours where it has none", {}, ["Millrace"]],
])("a request says what sends it: %s", async (_, headers, expected) => {
  await using receiver = await startReceiver();
  await aClient().send(get(receiver.url, { headers }));
  const raw = receiver.requests[0]?.rawHeaders ?? [];
  expect(raw.filter((_, index) => raw[index - 1]?.toLowerCase() === "user-agent")).toEqual(expected);
});

test("a request over a connection that is open already reports no phase of making one", async () => {
  await using receiver = await startReceiver();
  const client = aClient();
  await client.send(get(receiver.url));
  await client.send(get(receiver.url));
  const { phases } = await client.send(get(receiver.url));
  expect(Object.keys(phases).sort()).toEqual(["firstByte", "total"]);
});

test.each([301, 302, 303, 307, 308])("a redirect with %i is returned, not followed", async (status) => {
  await using inner = await startReceiver();
  await using receiver = await startReceiver();
  receiver.respond([{ status, headers: { location: `${inner.url}/secret`, refresh: `0; url=${inner.url}` } }]);
  const result = await aClient().send(get(receiver.url));
  expect(result).toMatchObject({ ok: true, status, headers: { location: `${inner.url}/secret` } });
  expect(inner.requests).toHaveLength(0);
});

test("an endless body is cut at 64 KB and its connection closed", async () => {
  let closed: () => void = () => undefined;
  const socketClosed = new Promise<void>((resolve) => (closed = resolve));
  await using raw = await startRaw((socket) => {
    socket.once("close", closed);
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
    pour(socket, "x".repeat(16_384));
  });
  const result = await aClient().send(get(raw.url));
  await socketClosed;
  expect(result).toMatchObject({ ok: true, status: 200, truncated: true });
  expect(result.ok && result.body.length).toBe(64 * 1024);
});

test("a body of exactly 64 KB is whole", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ body: "x".repeat(64 * 1024) }]);
  expect(await aClient().send(get(receiver.url))).toMatchObject({ ok: true, truncated: false });
});

test("a receiver that never answers is given up at the request's timeout", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  const result = await aClient().send(get(receiver.url, { timeoutMs: 100 }));
  expect(errorOf(result)).toEqual({ error: "timeout", requestSent: true });
  expect(result.phases.total).toBeLessThan(4_000);
});

test("a body that drips is stopped by the total timeout", async () => {
  await using raw = await startRaw((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      drip(socket, "x", 10);
    });
  });
  expect(errorOf(await aClient().send(get(raw.url, { timeoutMs: 150 }))).error).toBe("timeout");
});

test("a compressed answer is kept as it came, never inflated", async () => {
  const packed = gzipSync(Buffer.alloc(10_000_000));
  await using receiver = await startReceiver();
  receiver.respond([{ headers: { "content-encoding": "gzip" }, body: packed }]);
  const result = await aClient().send(get(receiver.url));
  expect(result.ok && result.body.equals(packed)).toBe(true);
});

test.each([
  ["conflicting lengths", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello"],
  ["length beside chunks", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["200 KB of headers", `HTTP/1.1 200 OK\r\nx-large: ${"x".repeat(200_000)}\r\n\r\n`],
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a status that is none", "HTTP/1.1 20x OK\r\n\r\n"],
])("an answer with %s is an error of the protocol", async (_, text) => {
  await using raw = await startRaw(answering(text));
  expect(errorOf(await aClient().send(get(raw.url, { timeoutMs: 5_000 }))).error).toBe("protocol");
});

test.each([
  ["before the answer", ""],
  ["in the headers", "HTTP/1.1 200 OK\r\ncontent-le"],
  ["in the body", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"],
])("a connection that breaks %s is a reset after the request was sent", async (_, text) => {
  await using raw = await startRaw((socket) => {
    socket.once("data", () => (text === "" ? socket.resetAndDestroy() : socket.end(text)));
  });
  const { error, requestSent } = errorOf(await aClient().send(get(raw.url, { timeoutMs: 5_000 })));
  expect(["reset", "protocol"]).toContain(error);
  expect(requestSent).toBe(true);
});

test("a port that nobody listens on is refused before anything is sent", async () => {
  const { url, [Symbol.asyncDispose]: stop } = await startRaw(() => undefined);
  await stop();
  expect(errorOf(await aClient().send(get(url)))).toEqual({ error: "refused", requestSent: false });
});

test("a cancelled request ends at once, before or after it was sent", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  const client = aClient();
  const before = await client.send(get(receiver.url, { signal: AbortSignal.abort() }));
  expect(errorOf(before)).toEqual({ error: "aborted", requestSent: false });
  expect(receiver.requests).toHaveLength(0);
  const abort = new AbortController();
  const sending = client.send(get(receiver.url, { signal: abort.signal }));
  await receiver.waitFor(1);
  abort.abort();
  expect(errorOf(await sending)).toEqual({ error: "aborted", requestSent: true });
});

test("a request that times out while it waits for a free connection is never sent", async () => {
  await using receiver = await startReceiver();
  receiver.respond((_, index) => (index === 0 ? "hang" : {}));
  const client = aClient({ limits: { socketsPerOriginMax: 1 } });
  const abort = new AbortController();
  const first = client.send(get(`${receiver.url}/first`, { signal: abort.signal }));
  await receiver.waitFor(1);
  const second = await client.send(get(`${receiver.url}/second`, { timeoutMs: 50 }));
  expect(errorOf(second)).toEqual({ error: "timeout", requestSent: false });
  abort.abort();
  await first;
  expect(await client.send(get(`${receiver.url}/third`))).toMatchObject({ ok: true });
  expect(receiver.requests.map(({ path }) => path)).toEqual(["/first", "/third"]);
});

test("closing the client ends requests under way", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  const client = aClient();
  const sending = client.send(get(receiver.url));
  await receiver.waitFor(1);
  await client.close();
  expect(errorOf(await sending).error).toBe("aborted");
});

test.each([
  ["a header with a line break", { headers: { "x-a": "b\r\nx-evil: 1" } }],
  ["a header with NUL", { headers: { "x-a": "b\0" } }],
  ["a method that is none", { method: "GET / HTTP/1.1\r\nx: y\r\n\r\n" }],
])("%s is never sent", async (_, over) => {
  await using receiver = await startReceiver();
  expect(errorOf(await aClient().send(get(receiver.url, over)))).toEqual({ error: "protocol", requestSent: false });
  expect(receiver.requests).toHaveLength(0);
});

test("pools of origins beyond the limit are closed, and their requests still end well", async () => {
  const receivers = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
  const client = aClient({ limits: { originsMax: 1 } });
  const results = await Promise.all(receivers.map(({ url }) => client.send(get(url))));
  expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()));
});

describe("TLS", () => {
  const resolve = async (): Promise<string[]> => ["127.0.0.1"];
  const named = (url: string): string => url.replace("127.0.0.1", "receiver.test");

  test("the certificate is checked against the name, not the address that was dialled, and each phase is timed", async () => {
    await using receiver = await startReceiver({ tls: { key, cert } });
    const result = await aClient({ ca: cert, resolve }).send(get(named(receiver.url)));
    expect(result).toMatchObject({ ok: true, status: 200 });
    const { dns, connect, tls, firstByte, total } = result.phases;
    const phases = [dns, connect, tls, firstByte, total];
    expect(phases).toEqual([...phases].sort((a, b) => Number(a) - Number(b)));
    expect(receiver.requests[0]?.headers.host).toMatch(/^receiver\.test:\d+$/);
  });

  test("a certificate for another name is refused before the request is sent", async () => {
    await using receiver = await startReceiver({ tls: { key, cert } });
    const url = receiver.url.replace("127.0.0.1", "other.test");
    const result = await aClient({ ca: cert, resolve }).send(get(url));
    expect(errorOf(result)).toEqual({ error: "tls", requestSent: false });
    expect(receiver.requests).toHaveLength(0);
  });

  test("a certificate of an unknown authority is refused", async () => {
    await using receiver = await startReceiver({ tls: { key, cert } });
    expect(errorOf(await aClient({ resolve }).send(get(named(receiver.url)))).error).toBe("tls");
  });

  test("a receiver that speaks no TLS is a failure of TLS", async () => {
    await using raw = await startRaw(answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const url = raw.url.replace("http:", "https:");
    expect(errorOf(await aClient().send(get(url)))).toEqual({ error: "tls", requestSent: false });
  });

  test("a handshake that hangs is given up at the connection's timeout", async () => {
    await using raw = await startRaw(() => undefined);
    const url = raw.url.replace("http:", "https:");
    const result = await aClient({ limits: { connectTimeoutMs: 100 } }).send(get(url));
    expect(errorOf(result)).toEqual({ error: "timeout", requestSent: false });
  });
});
