// Receivers that mean harm, or that are only broken: what they can cost us is bounded, and what they say is believed of nobody else.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { HttpLimits } from "../../src/delivery/http.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";
import { codeOf, errorOf, get, openPolicy, post, useClients } from "./clients.ts";
import { answering, drip, pour, startRaw } from "./raw-receiver.ts";

const makeClient = useClients();
const aClient = (limits: Partial<HttpLimits> = {}) => makeClient({ limits });
/** Long enough for what is to be seen, short enough to be waited for. */
const brief = { timeoutMs: 300 };
const head = "HTTP/1.1 200 OK\r\n";

describe("answers that never end", () => {
  test("headers that come one byte at a time are ended by the total time", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}x-slow: `);
        drip(socket, "x", 10);
      });
    });
    const result = await aClient().send(get(raw.url, brief));
    expect(codeOf(result)).toBe("timeout");
    expect(result.phases.firstByte).toBeUndefined();
    await until(() => raw.sockets.every((socket) => socket.destroyed));
  });

  test("a body of one byte a second is ended by the total time, and its connection closed", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: 1000\r\n\r\nx`);
        drip(socket, "x", 1_000);
      });
    });
    const result = await aClient().send(get(raw.url, { timeoutMs: 1_500 }));
    expect(errorOf(result)).toEqual({ error: "timeout", requestSent: true });
    expect(result.phases.total).toBeLessThan(5_000);
    await until(() => raw.sockets.every((socket) => socket.destroyed));
  });

  test("the mutant without that time waits for as long as the receiver likes", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: 40\r\n\r\n`);
        drip(socket, "x", 20);
      });
    });
    expect(await aClient().send(get(raw.url, { timeoutMs: 60_000 }))).toMatchObject({ ok: true });
  });

  test("informational answers without end are given up after twenty, long before the time is over", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => pour(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100)));
    });
    const result = await aClient().send(get(raw.url, { timeoutMs: 20_000 }));
    expect(errorOf(result)).toEqual({ error: "protocol", requestSent: true });
    expect(result).toMatchObject({ message: expect.stringMatching(/1xx/) });
    expect(result.phases.total).toBeLessThan(10_000);
    await until(() => raw.sockets.every((socket) => socket.destroyed));
  });

  test("the mutant that counts no informational answers is held by them until its time is over", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => drip(socket, "HTTP/1.1 102 Processing\r\n\r\n", 5));
    });
    const result = await aClient({ informationalMax: Infinity }).send(get(raw.url, brief));
    expect(codeOf(result)).toBe("timeout");
  });

  test("a few informational answers before the real one are passed over", async () => {
    await using raw = await startRaw(
      answering(`HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${head}content-length: 2\r\n\r\nok`),
    );
    expect(await aClient().send(get(raw.url))).toMatchObject({ ok: true, status: 200 });
  });

  test("a 100 that nobody asked for is passed over, however often it comes, and an end is made of it like of others", async () => {
    const unasked = "HTTP/1.1 100 Continue\r\n\r\n";
    const answer = `${head}content-length: 2\r\n\r\nok`;
    await using raw = await startRaw((socket, index) => {
      socket.on("data", () => {
        if (index === 0) socket.write(`${unasked}HTTP/1.1 103 Early Hints\r\n\r\n${unasked}${unasked}${answer}`);
        else pour(socket, unasked.repeat(100));
      });
    });
    const client = aClient({ socketsPerOriginMax: 1 });
    for (let count = 0; count < 3; count++) expect(await client.send(post(raw.url))).toMatchObject({ status: 200 });
    expect(raw.sockets).toHaveLength(1);
    raw.sockets[0]?.destroy();
    await until(() => raw.sockets[0]?.closed === true);
    expect(errorOf(await client.send(post(raw.url, { timeoutMs: 20_000 })))).toMatchObject({ error: "protocol" });
  });

  test("a body that looks like a 100 stays as it is", async () => {
    const body = "HTTP/1.1 100 Continue\r\n\r\n";
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: ${body.length * 2}\r\n\r\n`);
        setTimeout(() => socket.write(body), 20);
        setTimeout(() => socket.write(body), 40);
      });
    });
    const result = await aClient().send(post(raw.url));
    expect(result.ok && result.body.toString()).toBe(body + body);
  });

  test("an answer of 100 MB is cut at 64 KB, and the connection closed before most of it was sent", async () => {
    const bytes = 100 * 1024 * 1024;
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: ${bytes}\r\n\r\n`);
        pour(socket, Buffer.alloc(64 * 1024, "x"), bytes);
      });
    });
    const result = await aClient().send(get(raw.url));
    expect(result).toMatchObject({ ok: true, status: 200, truncated: true });
    expect(result.ok && result.body.length).toBe(64 * 1024);
    const [socket] = raw.sockets;
    await until(() => socket?.destroyed === true);
    // What the two kernels had taken into their buffers by then.
    expect(socket?.bytesWritten).toBeLessThan(20 * 1024 * 1024);
  });

  test("the mutant with a larger limit keeps the whole of it", async () => {
    const bytes = 5 * 1024 * 1024;
    await using receiver = await startReceiver();
    receiver.respond([{ body: Buffer.alloc(bytes, "x") }]);
    const result = await aClient({ bodyBytesMax: bytes }).send(get(receiver.url));
    expect(result.ok && result.body.length).toBe(bytes);
  });

  test.each<[string, (count: number) => string]>([
    ["headers", (index) => `x-${index}: ${"y".repeat(100)}\r\n`],
    ["one header", () => "x".repeat(1000)],
  ])("%s without end are too large after 16 KB", async (_, piece) => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}x-first: `);
        let count = 0;
        const more = (): void => {
          while (!socket.destroyed && socket.write(piece(count++)));
        };
        socket.on("drain", more);
        more();
      });
    });
    const result = await aClient().send(get(raw.url, { timeoutMs: 20_000 }));
    expect(errorOf(result).error).toBe("protocol");
    await until(() => raw.sockets.every((socket) => socket.destroyed));
  });

  test("trailers without end are too large, too", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`);
        pour(socket, `x-trailer: ${"y".repeat(1000)}\r\n`);
      });
    });
    expect(errorOf(await aClient().send(get(raw.url, { timeoutMs: 20_000 }))).error).toBe("protocol");
  });

  test("an extension of a chunk without end is ended by the total time", async () => {
    await using raw = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n2;`);
        drip(socket, "x".repeat(100), 5);
      });
    });
    const result = await aClient().send(get(raw.url, brief));
    expect(["timeout", "protocol"]).toContain(errorOf(result).error);
  });
});

describe("compressed answers", () => {
  const zeros = Buffer.alloc(20 * 1024 * 1024);
  test.each<[string, Buffer]>([
    ["gzip", gzipSync(zeros)],
    ["br", brotliCompressSync(zeros)],
    ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(zeros)))],
    ["deflate", Buffer.from("no deflate at all")],
  ])("a bomb of %s stays packed, whatever the receiver says of it", async (encoding, packed) => {
    await using receiver = await startReceiver();
    receiver.respond([{ headers: { "content-encoding": encoding }, body: packed }]);
    const result = await aClient().send(get(receiver.url));
    expect(result.ok && result.body.equals(packed)).toBe(true);
  });

  test("nobody asks for compression, not even a header that a user gave", async () => {
    await using receiver = await startReceiver();
    await aClient().send(get(receiver.url, { headers: { "Accept-Encoding": "gzip, br" } }));
    expect(receiver.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });
});

describe("redirects", () => {
  const statuses = [301, 302, 303, 307, 308];
  const places: [string, (inner: string, own: string) => string][] = [
    ["an internal address", (inner) => `${inner}/secret`],
    ["the metadata service", () => "http://169.254.169.254/latest/meta-data/"],
    ["another scheme", () => "file:///etc/passwd"],
    ["a scheme without encryption", () => "http://example.com/"],
    ["gopher", () => "gopher://127.0.0.1:6379/_FLUSHALL"],
    ["itself", (_, own) => `${own}/`],
    ["no place at all", () => ""],
    ["nonsense", () => "http://[::1"],
  ];
  test.each(statuses.flatMap((status) => places.map(([what, where]) => ({ status, what, where }))))(
    "$status to $what is the answer: it is not followed, and says where it points",
    async ({ status, where }) => {
      await using inner = await startReceiver();
      await using receiver = await startReceiver();
      const location = where(inner.url, receiver.url);
      receiver.respond([{ status, headers: { location } }]);
      const result = await aClient().send(post(receiver.url, { retryStale: true }));
      expect(result).toMatchObject({ ok: true, status, headers: { location } });
      expect(inner.requests).toHaveLength(0);
      expect(receiver.requests).toHaveLength(1);
    },
  );

  test("a loop of two receivers is visited once", async () => {
    await using one = await startReceiver();
    await using other = await startReceiver();
    one.respond([{ status: 302, headers: { location: other.url } }]);
    other.respond([{ status: 302, headers: { location: one.url } }]);
    expect(await aClient().send(get(one.url))).toMatchObject({ ok: true, status: 302 });
    expect([one.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  test("the mutant, a client of the platform that follows, is led to the inside", async () => {
    await using inner = await startReceiver();
    await using receiver = await startReceiver();
    receiver.respond([{ status: 307, headers: { location: `${inner.url}/secret` } }]);
    await fetch(receiver.url, { method: "POST", body: "{}" });
    expect(inner.requests).toHaveLength(1);
  });
});

describe("answers that are wrong", () => {
  test.each<[string, string]>([
    ["a header without a colon", `${head}nonsense\r\n\r\n`],
    ["a header with an empty name", `${head}: a\r\n\r\n`],
    ["a space before the colon", `${head}content-length : 2\r\n\r\nok`],
    ["NUL in a header", `${head}x-a: b\0c\r\ncontent-length: 0\r\n\r\n`],
    ["a bare line feed", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
    ["a header that goes on in the next line", `${head}x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
    ["a negative length", `${head}content-length: -1\r\n\r\n`],
    ["a length beyond all numbers", `${head}content-length: 99999999999999999999999\r\n\r\n`],
    ["a length that is none", `${head}content-length: 0x10\r\n\r\n`],
    ["two lengths in one header", `${head}content-length: 2, 3\r\n\r\nok`],
    ["a version of the future", "HTTP/7.3 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["HTTP/2 without being asked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["chunks of no size", `${head}transfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n`],
    ["chunks of a negative size", `${head}transfer-encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n`],
    ["chunks larger than all numbers", `${head}transfer-encoding: chunked\r\n\r\n${"F".repeat(20)}\r\nok\r\n`],
    ["a chunk longer than it says", `${head}transfer-encoding: chunked\r\n\r\n1\r\nokay\r\n0\r\n\r\n`],
    ["chunks and a length", `${head}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["an encoding that is not the last", `${head}transfer-encoding: chunked, gzip\r\ncontent-length: 2\r\n\r\nok`],
    ["a switch to another protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"],
  ])("%s is an error or a failing answer, never a success, and never hangs", async (_, text) => {
    await using raw = await startRaw((socket) => void socket.once("data", () => socket.end(text, "latin1")));
    const result = await aClient().send(post(raw.url));
    expect(result.ok ? `answered ${result.status}` : result.error).toMatch(/^(protocol|reset)$/);
  });

  test("random bytes never bring the client down, and the next receiver is served", async () => {
    await using raw = await startRaw((socket, index) => {
      const bytes = Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 7919 + index * 104_729) % 256));
      socket.once("data", () => socket.end(index % 2 === 0 ? bytes : Buffer.concat([Buffer.from(head), bytes])));
    });
    const client = aClient();
    for (let attempt = 0; attempt < 100; attempt++) {
      expect(errorOf(await client.send(get(raw.url))).error).toMatch(/^(protocol|reset)$/);
    }
    await using receiver = await startReceiver();
    expect(await client.send(get(receiver.url))).toMatchObject({ ok: true });
  });

  test("headers with the names of JavaScript's own members are headers like others", async () => {
    await using raw = await startRaw(
      answering(`${head}__proto__: polluted\r\nconstructor: x\r\ntoString: y\r\ncontent-length: 0\r\n\r\n`),
    );
    const result = await aClient().send(get(raw.url));
    expect(result.ok && Object.entries(result.headers)).toEqual(
      expect.arrayContaining([
        ["__proto__", "polluted"],
        ["constructor", "x"],
        ["tostring", "y"],
      ]),
    );
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("old and odd answers that are right", () => {
  test.each<[string, string, number, string]>([
    ["HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"],
    ["HTTP/1.0 until the connection ends", "HTTP/1.0 201 Created\r\n\r\nok", 201, "ok"],
    ["HTTP/1.1 until the connection ends", `${head}\r\nok`, 200, "ok"],
    ["no reason", "HTTP/1.1 202 \r\ncontent-length: 0\r\n\r\n", 202, ""],
    [
      "chunks with extensions and trailers",
      `${head}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx: y\r\n\r\n`,
      200,
      "ok",
    ],
    ["a status that nobody has registered", "HTTP/1.1 299 Fine\r\ncontent-length: 0\r\n\r\n", 299, ""],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""],
    ["Latin-1 in a header", `${head}x-name: Caf\u00e9\r\ncontent-length: 0\r\n\r\n`, 200, ""],
  ])("%s is understood", async (_, text, status, body) => {
    await using raw = await startRaw((socket) => void socket.once("data", () => socket.end(text, "latin1")));
    const result = await aClient().send(post(raw.url));
    expect(result).toMatchObject({ ok: true, status });
    expect(result.ok && result.body.toString()).toBe(body);
  });
});

describe("answers that are not ours", () => {
  const ok = (text: string): string => `${head}content-length: ${text.length}\r\n\r\n${text}`;

  test("a second answer behind the first is never taken for that of the next request", async () => {
    await using raw = await startRaw((socket, index) => {
      socket.on("data", () => socket.write(index === 0 ? ok("mine") + ok("forged") : ok("next")));
    });
    const client = aClient({ socketsPerOriginMax: 1 });
    const first = await client.send(get(raw.url));
    const second = await client.send(get(raw.url));
    expect(first.ok && first.body.toString()).toBe("mine");
    expect(second.ok && second.body.toString()).toBe("next");
  });

  test("an answer that comes before anything was asked is never taken for one", async () => {
    await using raw = await startRaw((socket, index) => {
      socket.on("data", () => socket.write(ok(index === 0 ? "first" : "next")));
      if (index === 0) socket.once("data", () => void setImmediate(() => socket.write(ok("forged"))));
    });
    const client = aClient({ socketsPerOriginMax: 1 });
    await client.send(get(raw.url));
    await until(() => raw.sockets[0]?.destroyed === true);
    const second = await client.send(get(raw.url));
    expect(second.ok && second.body.toString()).toBe("next");
  });

  test("a body behind an answer that has none does not begin the next one", async () => {
    await using raw = await startRaw((socket, index) => {
      socket.on("data", () =>
        socket.write(index === 0 ? `HTTP/1.1 204 No Content\r\n\r\n${ok("forged")}` : ok("next")),
      );
    });
    const client = aClient({ socketsPerOriginMax: 1 });
    expect(await client.send(get(raw.url))).toMatchObject({ ok: true, status: 204 });
    const second = await client.send(get(raw.url));
    expect(second.ok && second.body.toString()).toBe("next");
  });
});

describe("what can be said of a request that got no answer", () => {
  test("closed after it was read: it may have been delivered", async () => {
    let received = "";
    await using raw = await startRaw((socket) => {
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString();
        if (received.endsWith("paid")) socket.end();
      });
    });
    const result = await aClient().send(post(raw.url, { body: "invoice paid" }));
    expect(errorOf(result)).toEqual({ error: "reset", requestSent: true });
    expect(received).toContain("invoice paid");
  });

  test.each<[string, () => Promise<{ url: string } & AsyncDisposable>, string]>([
    ["dns", () => startRaw(() => undefined).then((raw) => ({ ...raw, url: "http://unknown.example.com/" })), "dns"],
    [
      "refused",
      () => startRaw(() => undefined).then(async (raw) => (await raw[Symbol.asyncDispose](), raw)),
      "refused",
    ],
    ["reset", () => startRaw((socket) => void socket.once("data", () => socket.resetAndDestroy())), "reset"],
    [
      "tls",
      () => startRaw(answering("no TLS")).then((raw) => ({ ...raw, url: raw.url.replace("http", "https") })),
      "tls",
    ],
    ["timeout", () => startRaw(() => undefined), "timeout"],
  ])("each kind of failure has its own class: %s", async (_, start, expected) => {
    const receiver = await start();
    const resolve = (): Promise<string[]> => Promise.reject(new Error("NXDOMAIN"));
    const client = makeClient({ resolve });
    const result = await client.send(post(receiver.url, { timeoutMs: 500 }));
    if (expected !== "refused") await receiver[Symbol.asyncDispose]();
    expect(errorOf(result).error).toBe(expected);
    expect(result.ok ? "" : result.message).not.toMatch(/127\.0\.0\.1|ECONN|NXDOMAIN/);
  });
});

describe("names that change their address between attempts", () => {
  test("the next attempt goes to the new address, if it is one that may be reached", async () => {
    await using receiver = await startReceiver({ host: "127.0.0.2" });
    const port = new URL(receiver.url).port;
    let address = "127.0.0.3";
    const client = createHttpClient({ policy: openPolicy, resolve: () => Promise.resolve([address]) });
    const request = get(`http://moved.example.com:${port}/`);
    expect(errorOf(await client.send(request)).error).toBe("refused");
    address = "127.0.0.2";
    expect(await client.send(request)).toMatchObject({ ok: true });
    await client.close();
  });

  test("a connection that is always busy is no reason to stay at the old address", async () => {
    await using old = await startReceiver({ host: "127.0.0.2" });
    const port = new URL(old.url).port;
    await using moved = await startReceiver({ host: "127.0.0.3", port: Number(port) });
    let address = "127.0.0.2";
    const resolve = (): Promise<string[]> => Promise.resolve([address]);
    const client = makeClient({ resolve, limits: { connectionMsMax: 300, socketsPerOriginMax: 1 } });
    const request = post(`http://moved.example.com:${port}/`);
    for (let count = 0; count < 5; count++) expect(await client.send(request)).toMatchObject({ ok: true });
    expect(new Set(old.requests.map(({ headers }) => headers.connection))).toEqual(new Set(["keep-alive"]));
    address = "127.0.0.3";
    const startedMs = performance.now();
    while (moved.requests.length === 0 && performance.now() - startedMs < 5_000) {
      expect(await client.send(request)).toMatchObject({ ok: true });
    }
    expect(moved.requests).toHaveLength(1);
    expect(old.requests.at(-1)?.headers.connection).toBe("close");
  });

  test.each([
    ["is blocked where the new address is an inner one", false, "blocked"],
    ["reaches it in the mutant that allows all of loopback", true, "answered"],
  ])("the next attempt %s", async (_, isOpen, expected) => {
    await using inner = await startReceiver();
    await using outer = await startReceiver({ host: "127.0.0.2", port: Number(new URL(inner.url).port) });
    outer.respond([{ headers: { connection: "close" } }]);
    let address = "127.0.0.2";
    const client = createHttpClient({
      policy: { allowHttp: true, allowNetworks: isOpen ? ["127.0.0.0/8"] : ["127.0.0.2/32"] },
      resolve: () => Promise.resolve([address]),
    });
    const request = get(inner.url.replace("127.0.0.1", "rebind.example.com"));
    expect(await client.send(request)).toMatchObject({ ok: true });
    address = "127.0.0.1";
    const result = await client.send(request);
    await client.close();
    expect(result.ok ? "answered" : result.error).toBe(expected);
    expect(inner.requests).toHaveLength(isOpen ? 1 : 0);
  });
});

test("header names arrive as they were written, in their order, beside our own", async () => {
  await using receiver = await startReceiver();
  const headers = {
    "X-CuStOm-Id": "1",
    authorization: "Bearer a",
    SOAPAction: "x",
    "Content-Type": "application/json",
  };
  await aClient().send(post(receiver.url, { headers }));
  const names = receiver.requests[0]?.rawHeaders.filter((_, index) => index % 2 === 0);
  expect(names?.filter((name) => name in headers)).toEqual(Object.keys(headers));
});
