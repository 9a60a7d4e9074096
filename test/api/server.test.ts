// The HTTP server itself, over raw sockets: what no client library would send, limits, and the end.
import { connect } from "node:net";
import { aFlow, startApi, type Answered, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi({ limits: { headersTimeoutMs: 400, requestTimeoutMs: 600, checkIntervalMs: 50 } });
});
afterAll(() => app.stop());

/** Sends bytes and reads until the server closes the connection, or has answered with this status. */
const exchange = (text: string, untilStatus?: number) =>
  new Promise<{ status: number; head: string; problem: Answered["body"] }>((resolve, reject) => {
    const socket = connect(app.port, "127.0.0.1", () => socket.write(text));
    let received = "";
    const end = () => {
      const [head = "", body = ""] = received.split("\r\n\r\n", 2);
      resolve({
        status: Number(head.split(" ")[1]),
        head,
        problem: body.startsWith("{") ? JSON.parse(body) : undefined,
      });
      socket.destroy();
    };
    socket.on("data", (chunk) => {
      received += chunk.toString();
      const [head = "", body] = received.split("\r\n\r\n", 2);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
      if (untilStatus !== undefined && head.includes(` ${untilStatus} `) && (body?.length ?? 0) >= (length || 0)) end();
    });
    socket.on("end", end);
    socket.on("error", reject);
  });
const head = (line: string, ...headers: string[]) => [line, "Host: x", ...headers, "", ""].join("\r\n");
const auth = () => `Authorization: Bearer ${app.key}`;

test.each<[string, () => string, number, string]>([
  ["headers of 20 KB", () => head("GET / HTTP/1.1", `X-A: ${"a".repeat(20_000)}`), 431, "request.headers_too_large"],
  [
    "120 headers",
    () => head("GET / HTTP/1.1", "Connection: close", ...Array.from({ length: 120 }, (_, i) => `X-${i}: 1`)),
    431,
    "request.headers_too_large",
  ],
  ["no HTTP at all", () => "hello\r\n\r\n", 400, "request.malformed"],
  ["no Host", () => "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "request.malformed"],
  [
    "two lengths",
    () => head("POST /v1/events HTTP/1.1", "Content-Length: 5", "Content-Length: 6"),
    400,
    "request.malformed",
  ],
  [
    "a length beside chunks",
    () => head("POST /v1/events HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"),
    400,
    "request.malformed",
  ],
  ["headers that never end", () => "GET / HTTP/1.1\r\nHost: x\r\n", 408, "request.timeout"],
  [
    "a body that never ends",
    () => head("POST /v1/events HTTP/1.1", auth(), "Content-Type: application/json", "Content-Length: 100") + "{",
    408,
    "request.timeout",
  ],
])("%s is answered with a problem and the connection closed", async (_, text, status, code) => {
  const answer = await exchange(text());
  expect([answer.status, answer.problem?.code]).toEqual([status, code]);
  expect(answer.head.toLowerCase()).toContain("content-type: application/problem+json");
  expect(answer.head.toLowerCase()).toContain(`x-request-id: ${answer.problem.requestId}`.toLowerCase());
});

test("a whole address in the first line is its path, also for who asks without a key", async () => {
  const asked = (path: string) => exchange(head(`GET http://x${path} HTTP/1.1`, "Connection: close"));
  expect((await asked("/healthz")).status).toBe(200);
  expect((await asked("/v1/nothing")).problem.code).toBe("auth.missing");
  expect((await asked("/nothing")).problem.code).toBe("route.unknown");
});

test("headers that are too large are refused on a connection that has served before, too", async () => {
  const first = head("GET /healthz HTTP/1.1");
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(app.port, "127.0.0.1", () => socket.write(first));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString();
      if (received.includes('"ok"') && !received.includes("431"))
        socket.write(head("GET / HTTP/1.1", `X: ${"a".repeat(20_000)}`));
    });
    socket.on("close", () => resolve(received));
  });
  expect(answer).toContain("request.headers_too_large");
});

test("who asks before sending a body is refused without it, or told to go on", async () => {
  const ask = (...headers: string[]) =>
    head("POST /v1/events HTTP/1.1", "Content-Type: application/json", "Expect: 100-continue", ...headers);
  const refused = await exchange(ask("Content-Length: 20"));
  expect([refused.status, refused.problem.code]).toEqual([401, "auth.missing"]);
  const large = await exchange(ask(auth(), "Content-Length: 99000000"));
  expect(large.status).toBe(413);
  expect((await exchange(ask(auth(), "Content-Length: 20"), 100)).status).toBe(100);
});

test("the connection is kept after a refusal whose body was read past", async () => {
  const body = "x".repeat(1_000);
  const text =
    head("POST /v1/events HTTP/1.1", "Content-Type: application/json", `Content-Length: ${body.length}`) +
    body +
    head("GET /healthz HTTP/1.1", "Connection: close");
  const received = await new Promise<string>((resolve) => {
    const socket = connect(app.port, "127.0.0.1", () => socket.write(text));
    let all = "";
    socket.on("data", (chunk) => (all += chunk.toString()));
    socket.on("close", () => resolve(all));
  });
  expect([received.includes("auth.missing"), received.includes('{"status":"ok"}')]).toEqual([true, true]);
});

test("HEAD answers like GET without the body", async () => {
  const answer = await app.call("HEAD", "/healthz");
  expect([answer.status, answer.text, answer.headers.get("content-length")]).toEqual([200, "", "15"]);
});

test("browsers of listed origins may call, others may not", async () => {
  const open = await startApi({
    deps: { config: { publicUrl: "https://api.example.com", corsOrigins: ["https://app.example.com"] } },
  });
  const preflight = (origin: string) =>
    open.call("OPTIONS", "/v1/flows", { key: null, headers: { origin, "access-control-request-method": "PUT" } });
  const listed = await preflight("https://app.example.com");
  expect([listed.status, listed.headers.get("access-control-allow-origin")]).toEqual([204, "https://app.example.com"]);
  expect(listed.headers.get("access-control-allow-credentials")).toBeNull();
  for (const origin of ["https://evil.example.com", "null", "https://app.example.com.evil.com"]) {
    expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull();
  }
  expect((await open.call("GET", "/nothing")).body.type).toBe("https://api.example.com/docs/errors#route.unknown");
  await open.stop();
  const closed = await app.call("GET", "/healthz", { headers: { origin: "https://app.example.com" } });
  expect(closed.headers.get("access-control-allow-origin")).toBeNull();
});

test("closing turns new work away and lets requests finish", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const slow = await startApi({
    deps: {
      async accept() {
        arrived();
        await held;
        return { outcome: "accepted", id: "x", matched: 0, runs: [], deliveries: 0 };
      },
    },
  });
  const answer = slow.call("POST", "/v1/events", { body: { type: "a", data: 1 } });
  await arrival;
  const closing = slow.close();
  await expect(slow.call("GET", "/healthz")).rejects.toThrow("fetch failed");
  release();
  expect((await answer).status).toBe(202);
  await closing;
  await slow.flows.close();
  await slow.store.close();
});

test("readiness is what the house says, and no as soon as the server closes", async () => {
  let ready = true;
  const state = await startApi({
    deps: { ready: async () => ({ ready, checks: { mongodb: ready ? "ok" : "unavailable" } }) },
  });
  const look = async () => {
    const { status, body, headers } = await state.call("GET", "/readyz", { key: null });
    return [status, body, headers.get("retry-after")];
  };
  expect(await look()).toEqual([200, { ready: true, checks: { mongodb: "ok" } }, null]);
  ready = false;
  expect(await look()).toEqual([503, { ready: false, checks: { mongodb: "unavailable" } }, "2"]);
  ready = true;
  state.api.beginClosing();
  expect(await look()).toEqual([503, { ready: false, checks: { server: "closing" } }, "2"]);
  await state.stop();
});

test("a storage that does not answer makes every read a 503", async () => {
  const lost = await startApi();
  await lost.call("POST", "/v1/flows", { body: aFlow() });
  await lost.flows.close();
  await lost.store.close();
  for (const path of ["/v1/flows", "/v1/runs", "/v1/events"]) {
    const { status, body, headers } = await lost.call("GET", path);
    expect([path, status, body.code, headers.get("retry-after")]).toEqual([
      path,
      503,
      "service.storage_unavailable",
      "2",
    ]);
  }
  await lost.close();
});
