// The client against a real Millrace: typed routes, one class of errors, safe repetitions, lists to their end.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient, MillraceError, type ClientOptions, type Flow } from "../../client/index.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { uniqueName } from "../support/servers.ts";
import { tellAboutBigOrders } from "./example.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const clientWith = (options: Partial<ClientOptions> = {}) =>
  createClient({ url: app.url, apiKey: app.apiKey, ...options });
const aFlow = (): Flow => ({
  name: uniqueName("flow"),
  on: { event: "nobody.sends.this" },
  steps: [{ id: "x", stop: "succeeded" }],
});
const flowsNamed = async (name: string): Promise<number> => {
  let found = 0;
  for await (const flow of clientWith().rows("/v1/flows", { query: { limit: 200 } })) if (flow.name === name) found++;
  return found;
};
/** The error that a call rejects with. */
const refusal = async (call: Promise<unknown>): Promise<MillraceError> => {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  if (error instanceof MillraceError) return error;
  throw new Error("The call did not fail as it should.", { cause: error });
};

/** A `fetch` that really sends, and then does what `then` says with the n-th try; it notes what was sent. */
function meddling(then: (number: number, answer: Response) => Response | Error) {
  const sent: { method: string; key: string | null; body: unknown }[] = [];
  const meddlingFetch: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    sent.push({ method: init?.method ?? "", key: headers.get("idempotency-key"), body: init?.body });
    const outcome = then(sent.length, await fetch(input, init));
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { fetch: meddlingFetch, sent };
}

const busy = (retryAfter = "0", status = 503) =>
  Response.json(
    { code: "service.overloaded", detail: "Too much to do.", status },
    { status, headers: { "retry-after": retryAfter } },
  );

/** A server that is not Millrace. */
async function startServer(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("the types are those that the routes have now", () => {
  const root = join(__dirname, "../..");
  const script = join(root, "scripts/generate-client.ts");
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect([stderr.split("\n").filter((line) => line.includes("npm run client")), status]).toEqual([[], 0]);
});

test("the program of the documentation does what it says", async () => {
  await using receiver = await startReceiver();
  const { accepted, runs } = await tellAboutBigOrders(app.url, app.apiKey, receiver.url);
  expect(accepted).toMatchObject({ id: "order-1", matched: 1, duplicate: false });
  expect(runs).toEqual(accepted.runs);
  expect((await app.run(runs[0])).status).toBe("succeeded");
});

test("an answer has its status, its body and its ETag", async () => {
  const created = await clientWith().post("/v1/flows", { body: aFlow() });
  expect([created.status, created.etag, created.headers.get("location")]).toEqual([
    201,
    '"r1"',
    `/v1/flows/${created.body.id}`,
  ]);
  const read = await clientWith().get("/v1/flows/{id}", { params: { id: created.body.id } });
  expect(read.body).toEqual(created.body);
  const changed = await clientWith().put("/v1/flows/{id}", {
    params: { id: read.body.id },
    headers: { "if-match": read.etag ?? "" },
    body: { ...read.body.draft, name: "Renamed" },
  });
  expect([changed.body.name, changed.etag]).toEqual(["Renamed", '"r2"']);
});

test("a refusal is thrown with everything that the problem says", async () => {
  // Safe: the server is what shall refuse it.
  const error = await refusal(
    clientWith().post("/v1/flows", { body: { name: "No steps", on: {} } as unknown as Flow }),
  );
  expect(error).toMatchObject({ code: "flow.invalid", status: 422, detail: expect.stringContaining("errors") });
  expect(error.errors).toContainEqual({ pointer: "/steps", code: "required", message: expect.any(String) });
  expect(error.requestId).toMatch(/^req_/);
  expect(error.message).toContain("flow.invalid");
  const wrongKey = await refusal(clientWith({ apiKey: "mr_test_wrong" }).get("/v1/flows"));
  expect([wrongKey.code, wrongKey.status]).toEqual(["auth.invalid", 401]);
});

test.each<[string, (answer: Response) => Response | Error]>([
  ["an answer that says 503", () => busy()],
  ["an answer that never arrives", () => new TypeError("fetch failed")],
  ["a gateway that gave up", () => new Response("<html>", { status: 504, headers: { "retry-after": "0" } })],
])("after %s the request is repeated under its key, and makes one object", async (_, lose) => {
  const { fetch, sent } = meddling((number, answer) => (number === 1 ? lose(answer) : answer));
  const body = aFlow();
  const created = await clientWith({ fetch }).post("/v1/flows", { body });
  expect([created.status, created.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
  expect(await flowsNamed(body.name)).toBe(1);
});

test("each POST has a key of its own, unless the caller gives one", async () => {
  const { fetch, sent } = meddling((_, answer) => answer);
  const client = clientWith({ fetch });
  const body = aFlow();
  await client.post("/v1/flows/validate", { body });
  await client.post("/v1/flows/validate", { body });
  await client.post("/v1/flows/validate", { body, idempotencyKey: "mine" });
  await client.get("/v1/flows");
  const keys = sent.map(({ key }) => key);
  expect([new Set(keys).size, keys[2], keys[3]]).toEqual([4, "mine", null]);
});

test("a POST has its key also where the page of a browser has no HTTPS, and so no randomUUID", async () => {
  const { crypto } = globalThis;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    const { fetch, sent } = meddling((_, answer) => answer);
    await clientWith({ fetch }).post("/v1/flows", { body: aFlow() });
    expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  } finally {
    Reflect.deleteProperty(crypto, "randomUUID");
  }
});

test("repeating has an end: the last refusal is thrown", async () => {
  const { fetch, sent } = meddling(() => busy());
  const error = await refusal(clientWith({ fetch }).get("/v1/flows"));
  expect([error.code, error.status, error.retryAfterMs, sent.length]).toEqual(["service.overloaded", 503, 0, 4]);
  const never = meddling(() => busy());
  await refusal(clientWith({ fetch: never.fetch, retries: 0 }).get("/v1/flows"));
  expect(never.sent).toHaveLength(1);
});

test("what repeating cannot mend is not repeated: refusals, long waits, and changes without a key", async () => {
  const refused = meddling((_, answer) => answer);
  await refusal(clientWith({ fetch: refused.fetch }).get("/v1/flows/{id}", { params: { id: "nothing" } }));
  expect(refused.sent).toHaveLength(1);
  const long = meddling(() => busy("3600", 429));
  expect((await refusal(clientWith({ fetch: long.fetch }).get("/v1/flows"))).retryAfterMs).toBe(3_600_000);
  expect(long.sent).toHaveLength(1);
  const put = meddling(() => busy());
  await refusal(
    clientWith({ fetch: put.fetch }).put("/v1/flows/{id}", {
      params: { id: "nothing" },
      headers: { "if-match": "*" },
      body: aFlow(),
    }),
  );
  expect(put.sent).toHaveLength(1);
});

test("a caller who gives up is heard, also between two tries", async () => {
  const waiting = new AbortController();
  const { fetch } = meddling(() => {
    queueMicrotask(() => waiting.abort(new Error("no longer wanted")));
    return busy("20");
  });
  await expect(clientWith({ fetch }).get("/v1/flows", { signal: waiting.signal })).rejects.toThrow("no longer wanted");
  const before = AbortSignal.abort(new Error("never wanted"));
  await expect(clientWith().get("/v1/flows", { signal: before })).rejects.toThrow("never wanted");
});

test("a server that never answers is given up after the time limit", async () => {
  await using silent = await startServer(() => undefined);
  const error = await refusal(clientWith({ url: silent.url, timeoutMs: 50, retries: 0 }).get("/v1/flows"));
  expect([error.code, error.status, error.detail]).toEqual(["network.failed", 0, "No answer came within 50 ms."]);
});

test("the API key does not follow a redirect", async () => {
  const asked: string[] = [];
  await using elsewhere = await startServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("{}");
  });
  await using moved = await startServer((_, response) => {
    response.writeHead(302, { location: `${elsewhere.url}/v1/flows` }).end();
  });
  const error = await refusal(clientWith({ url: moved.url, retries: 0 }).get("/v1/flows"));
  expect([error.code, asked]).toEqual(["network.failed", []]);
});

test("an answer of something else than Millrace is said to be that", async () => {
  await using proxy = await startServer((_, response) => response.writeHead(403).end("<h1>Forbidden</h1>"));
  const error = await refusal(clientWith({ url: proxy.url }).get("/v1/flows"));
  expect([error.code, error.status, error.errors]).toEqual(["answer.unreadable", 403, []]);
});

test.each([
  ["a page", "text/html", "<h1>Sign in</h1>"],
  ["broken JSON", "application/json", '{"data":['],
  ["JSON of something else", "application/json", '{"hello":"world"}'],
  ["nothing", "text/plain", ""],
])("a list that is answered with %s is an error, and is not asked for again and again", async (_, type, body) => {
  let asked = 0;
  await using proxy = await startServer((_request, response) => {
    asked++;
    response.writeHead(200, { "content-type": type }).end(body);
  });
  const all = async () => {
    for await (const page of clientWith({ url: proxy.url }).pages("/v1/flows")) if (asked > 5) return page;
    return [];
  };
  const error = await refusal(all());
  expect([error.code, error.status, asked]).toEqual(["answer.unreadable", 200, 1]);
});

test("the pages of a list cover it once, and its rows are theirs", async () => {
  const type = `paged.${uniqueName("x").replaceAll(/[^a-z0-9]/gi, "")}`;
  const client = clientWith();
  await client.post("/v1/events/batch", {
    body: Array.from({ length: 5 }, (_, n) => ({ type, data: n, id: `${type}-${n}` })),
  });
  const query = { type, limit: 2 };
  const pages: string[][] = [];
  for await (const page of client.pages("/v1/events", { query })) pages.push(page.map(({ id }) => id));
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(new Set(pages.flat()).size).toBe(5);
  const rows: string[] = [];
  for await (const { id } of client.rows("/v1/events", { query })) rows.push(id);
  expect(rows).toEqual(pages.flat());
  for await (const page of client.pages("/v1/events", { query: { type: "nobody.sends.this" } }))
    expect(page).toEqual([]);
});

test("bytes are answered as bytes, even where they are JSON", async () => {
  const tenantId = await app.store.tenants.ensureBootstrap("default");
  const { id } = await app.store.blobs.put(tenantId, Buffer.from('{"a":1}'), "application/json");
  const { body } = await clientWith().get("/v1/blobs/{id}", { params: { id } });
  expect(Buffer.from(body).toString()).toBe('{"a":1}');
});

test("a parameter stays one segment of its path", async () => {
  const asked: string[] = [];
  await using server = await startServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "application/json").end("{}");
  });
  const client = clientWith({ url: `${server.url}/` });
  await client.get("/v1/runs/{id}", { params: { id: "a/../b?c#d" } });
  expect(asked).toEqual(["/v1/runs/a%2F..%2Fb%3Fc%23d"]);
  for (const id of ["", ".", ".."])
    await expect(client.get("/v1/runs/{id}", { params: { id } })).rejects.toThrow(TypeError);
  expect(asked).toHaveLength(1);
});
