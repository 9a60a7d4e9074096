// What http.request sends and reads: bodies of each kind, answers of each kind, pages of each kind.
import { nextPage } from "../../../connectors/http/pages.ts";
import { connectors } from "../../../connectors/index.ts";
import type { Performed } from "../../../src/connector/executor.ts";
import type { Connections } from "../../../src/connector/open-connection.ts";
import { createHttpClient } from "../../../src/delivery/http.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { anExecutor, anOpenConnection, attempted, memoryBlobs, noConnections } from "../../support/executor.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

const blobs = memoryBlobs();
const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };
const baseUrlOf = (): Connections => {
  const view = { id: "conn_1", kind: "bearer", fields: { baseUrl: `${receiver.url}/v1` } } as const;
  const connection = anOpenConnection({ view, baseUrl: `${receiver.url}/v1` });
  return { ...noConnections, open: async () => ({ outcome: "open", connection }) };
};

function request(input: JsonObject, connections?: Connections): Promise<Performed> {
  const executor = anExecutor({ http, connectors, blobs, ...(connections ? { connections } : {}) });
  const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event };
  const to = { tenantId: "tnt_1" as const, tenantSecrets: [], timeoutMs: 5_000 };
  return attempted(executor, {
    use: "http.request",
    input,
    call,
    ...to,
    ...(connections ? { connection: "mine" } : {}),
  });
}

async function outputOf(performing: Promise<Performed>): Promise<{ body: Json } & JsonObject> {
  const { outcome } = await performing;
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.output as { body: Json } & JsonObject; // Outputs of http.request have a body.
}

const failureOf = async (performing: Promise<Performed>) => {
  const { outcome } = await performing;
  return outcome.ok ? "ok" : [outcome.failure.class, outcome.failure.code];
};

describe("what is sent", () => {
  test("parts are a form that others can read: fields, and stored blobs as files", async () => {
    const bytes = Buffer.from([137, 80, 78, 71, 0, 255, 13, 10, 45, 45]);
    const ref = await blobs.put("tnt_1", bytes, "image/png");
    const multipart = [
      { name: "title", value: 'A "quoted"\r\ntitle' },
      { name: "paid", value: true },
      { name: "file", blob: ref.id, filename: 'receipt".png' },
    ];
    await request({ method: "POST", url: receiver.url, multipart });
    const [received] = receiver.requests;
    // Node's own reader of such forms, which shares nothing with the writer.
    const form = await new Response(received?.body, {
      headers: { "content-type": String(received?.headers["content-type"]) },
    }).formData();
    expect(form.get("title")).toBe('A "quoted"\r\ntitle');
    expect(form.get("paid")).toBe("true");
    const file = form.get("file");
    if (!(file instanceof File)) throw new Error("The file did not arrive as one.");
    expect([file.type, Buffer.from(await file.arrayBuffer()).equals(bytes)]).toEqual(["image/png", true]);
  });

  test("a value cannot end its part and begin another one", async () => {
    const value = 'x\r\n--millrace-0\r\ncontent-disposition: form-data; name="admin"\r\n\r\ntrue\r\n--millrace-0--';
    await request({ method: "POST", url: receiver.url, multipart: [{ name: 'a"; name="admin', value }] });
    const [received] = receiver.requests;
    const form = await new Response(received?.body, {
      headers: { "content-type": String(received?.headers["content-type"]) },
    }).formData();
    expect([...form.values()]).toEqual([value]);
    expect(form.has("admin")).toBe(false);
  });

  test("a stored blob is the whole body, of its own type", async () => {
    const ref = await blobs.put("tnt_1", Buffer.from([0, 1, 255]), "application/pdf");
    await request({ method: "PUT", url: receiver.url, blob: ref.id });
    expect(receiver.requests[0]?.body.equals(Buffer.from([0, 1, 255]))).toBe(true);
    expect(receiver.requests[0]?.headers["content-type"]).toBe("application/pdf");
  });

  test("a blob that is gone, or another tenant's, is said before anything is sent", async () => {
    const foreign = await blobs.put("tnt_other", Buffer.from("x"), "text/plain");
    expect(await failureOf(request({ method: "PUT", url: receiver.url, blob: foreign.id }))).toEqual([
      "validation",
      "blob_unknown",
    ]);
    expect(receiver.requests).toHaveLength(0);
  });

  test("more stored bytes than a request may hold are refused before they are put together", async () => {
    const ref = await blobs.put("tnt_1", Buffer.alloc(4 * 1024 * 1024), "application/pdf");
    const parts = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `file${n}`, blob: ref.id }));
    const post = (count: number) => request({ method: "POST", url: receiver.url, multipart: parts(count) });
    expect(await failureOf(post(3))).toEqual(["limit", "blobs_too_large"]);
    expect(receiver.requests).toHaveLength(0);
    expect(await failureOf(post(2))).toBe("ok");
  });

  test("a relative URL follows the connection's base URL", async () => {
    await request({ method: "GET", url: "/orders" }, baseUrlOf());
    expect(receiver.requests).toMatchObject([
      { path: "/v1/orders", headers: { authorization: "Bearer canary-token" } },
    ]);
  });

  test("a step that names a connection cannot authenticate by itself too", async () => {
    const headers = { Authorization: "Bearer mine" };
    expect(await failureOf(request({ method: "GET", url: "/orders", headers }, baseUrlOf()))).toEqual([
      "validation",
      "header.denied",
    ]);
  });
});

describe("what is read", () => {
  test("bytes are stored, and the output says where", async () => {
    const bytes = Buffer.alloc(300_000, 7);
    receiver.respond([{ headers: { "content-type": "image/png" }, body: bytes }]);
    const { body } = await outputOf(request({ method: "GET", url: receiver.url, as: "bytes" }));
    expect(body).toEqual({
      blob: {
        id: expect.stringMatching(/^blob_/),
        bytes: 300_000,
        contentType: "image/png",
        sha256: expect.any(String),
      },
    });
  });

  test("bytes above 10 MB are refused", async () => {
    receiver.respond([{ body: Buffer.alloc(10 * 1024 * 1024 + 1) }]);
    expect(await failureOf(request({ method: "GET", url: receiver.url, as: "bytes" }))).toEqual([
      "limit",
      "answer_too_large",
    ]);
  });

  test("bytes that hold the credentials are stored without them", async () => {
    receiver.respond(({ headers }) => ({ body: Buffer.from(`\u0000${headers.authorization}\u00ff`, "latin1") }));
    const { body } = await outputOf(request({ method: "GET", url: "/echo", as: "bytes" }, baseUrlOf()));
    // The output's own shape, as the test above shows.
    const { blob } = body as { blob: { id: `blob_${string}` } };
    const stored = await blobs.find("tnt_1", blob.id);
    expect(stored?.data.toString("latin1")).toBe("\u0000[redacted]\u00ff");
  });

  test("a content type that holds the credentials is stored without them", async () => {
    receiver.respond(({ headers }) => ({
      headers: { "content-type": `text/plain; token=${String(headers.authorization).slice(7)}` },
      body: "x",
    }));
    const { body } = await outputOf(request({ method: "GET", url: "/echo", as: "bytes" }, baseUrlOf()));
    const { blob } = body as { blob: { id: `blob_${string}` } }; // As above.
    expect((await blobs.find("tnt_1", blob.id))?.ref.contentType).toBe("text/plain; token=[redacted]");
  });

  test("bytes that could not be stored are a failure, not a second request", async () => {
    const put = () => Promise.reject(new Error("MongoDB is away"));
    const executor = anExecutor({ http, connectors, blobs: { ...blobs, put } });
    const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event };
    const input = { method: "GET", url: receiver.url, as: "bytes" };
    const to = { tenantId: "tnt_1" as const, tenantSecrets: [], timeoutMs: 5_000 };
    expect(await failureOf(attempted(executor, { use: "http.request", input, call, ...to }))).toEqual([
      "internal",
      "bytes_not_stored",
    ]);
    expect(receiver.requests).toHaveLength(1);
  });

  test.each<[string, string, string, unknown]>([
    ["GET", "json", '{"a":1}', { a: 1 }],
    ["GET", "text", '{"a":1}', '{"a":1}'],
    ["GET", "auto", '{"a":1}', { a: 1 }],
    ["GET", "auto", "<a/>", "<a/>"],
  ])("%s as %s of %s is %j", async (method, as, body, expected) => {
    receiver.respond([{ body }]);
    expect((await outputOf(request({ method, url: receiver.url, as }))).body).toEqual(expected);
  });

  test.each([
    ["GET", "transient", "unreadable"],
    ["POST", "permanent", "not_json"],
  ])(
    "%s as JSON of what is none is %s: what was carried out is not repeated for its answer",
    async (method, ...failure) => {
      receiver.respond([{ body: "<html>" }]);
      expect(await failureOf(request({ method, url: receiver.url, as: "json" }))).toEqual(failure);
    },
  );

  test("204 has no JSON, and is a success", async () => {
    receiver.respond([{ status: 204 }]);
    expect((await outputOf(request({ method: "DELETE", url: receiver.url, as: "json" }))).body).toBeNull();
  });

  test("JSON of 200 KB is read whole", async () => {
    receiver.respond([{ body: JSON.stringify("x".repeat(200_000)) }]);
    expect((await outputOf(request({ method: "GET", url: receiver.url, as: "json" }))).body).toHaveLength(200_000);
  });
});

describe("pages", () => {
  /** Seven items in pages of three, addressed in all four ways. */
  const items = [1, 2, 3, 4, 5, 6, 7];
  const serve = () =>
    receiver.respond(({ path }) => {
      const { searchParams, pathname } = new URL(path, receiver.url);
      const fromPage = searchParams.has("page") ? (Number(searchParams.get("page")) - 1) * 3 : undefined;
      const at = fromPage ?? Number(searchParams.get("offset") ?? searchParams.get("cursor") ?? 0);
      const data = items.slice(at, at + 3);
      const next = at + 3 < items.length ? at + 3 : undefined;
      const link = `<${pathname}?cursor=0>; rel="first", <${pathname}?cursor=${next}&q=a%2Cb>; title="a, b"; rel="last next"`;
      return {
        headers: next === undefined ? {} : { link },
        body: JSON.stringify(pathname.endsWith("/plain") ? data : { data, meta: { next: next ?? null } }),
      };
    });

  test.each<[string, string, JsonObject, number]>([
    ["links", "/v1/plain", { kind: "link" }, 3],
    ["a cursor", "/v1/orders", { kind: "cursor", path: "meta.next", param: "cursor", items: "data" }, 3],
    ["numbers", "/v1/orders", { kind: "page", param: "page", items: "data" }, 4],
    ["numbers from a start that is said", "/v1/orders", { kind: "page", param: "page", start: 1, items: "data" }, 4],
    ["offsets", "/v1/plain", { kind: "offset", param: "offset" }, 4],
  ])("by %s are joined to one list, each item once", async (_, path, pages, requests) => {
    serve();
    const output = await outputOf(request({ method: "GET", url: `${receiver.url}${path}`, pages }));
    expect(output).toMatchObject({ status: 200, body: items, pages: requests, more: false });
    expect(receiver.requests).toHaveLength(requests);
  });

  test("end at the most that the step wants, which says that there are more", async () => {
    serve();
    const pages = { kind: "link", max: 2 };
    const output = await outputOf(request({ method: "GET", url: `${receiver.url}/v1/plain`, pages }));
    expect(output).toMatchObject({ body: [1, 2, 3, 4, 5, 6], pages: 2, more: true });
  });

  test("by links from a relative URL stay behind its origin, with the credentials", async () => {
    serve();
    const output = await outputOf(request({ method: "GET", url: "/plain", pages: { kind: "link" } }, baseUrlOf()));
    expect(output.body).toEqual(items);
    expect(receiver.requests.map(({ path }) => path)).toEqual([
      "/v1/plain",
      "/v1/plain?cursor=3&q=a%2Cb",
      "/v1/plain?cursor=6&q=a%2Cb",
    ]);
    expect(new Set(receiver.requests.map(({ headers }) => headers.authorization)).size).toBe(1);
  });

  test("by links that repeat the key of the query go on: the connection's own key is the one that is sent", async () => {
    receiver.respond(({ path }, index) => ({
      headers: index === 0 ? { link: `<${path}&page=2>; rel="next"` } : {},
      body: JSON.stringify([index]),
    }));
    const view = { id: "conn_1", kind: "apiKey", fields: { baseUrl: receiver.url } } as const;
    const applied = { headers: {}, query: { api_key: "canary-key" } };
    const connection = anOpenConnection({ view, baseUrl: receiver.url, applied });
    const keyed: Connections = { ...noConnections, open: async () => ({ outcome: "open", connection }) };
    const output = await outputOf(request({ method: "GET", url: "/list?q=a", pages: { kind: "link" } }, keyed));
    expect(output.body).toEqual([0, 1]);
    expect(receiver.requests.map(({ path }) => path)).toEqual([
      "/list?q=a&api_key=canary-key",
      "/list?q=a&page=2&api_key=canary-key",
    ]);
  });

  test("by a header that is made to be hard to read is read in no time", () => {
    const page = { status: 200, headers: { link: "<".repeat(16_000) }, body: [1] };
    const startedMs = performance.now();
    for (let n = 0; n < 50; n++) expect(nextPage({ kind: "link" }, [page])).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test("by a link to another host are refused, also without credentials", async () => {
    await using other = await startReceiver();
    receiver.respond([{ headers: { link: `<${other.url}/>; rel=next` }, body: "[1]" }]);
    expect(await failureOf(request({ method: "GET", url: receiver.url, pages: { kind: "link" } }))).toEqual([
      "blocked",
      "url.foreign_origin",
    ]);
    expect(other.requests).toHaveLength(0);
  });

  test("without a list are a failure that says where to say it", async () => {
    receiver.respond([{ body: '{"data":[1]}' }]);
    const performed = await request({ method: "GET", url: receiver.url, pages: { kind: "link" } });
    expect(performed.outcome).toMatchObject({
      failure: { code: "no_list", message: expect.stringContaining("`items`") },
    });
  });

  test("that never end are ended", async () => {
    receiver.respond([{ headers: { link: "</again>; rel=next" }, body: JSON.stringify(["x".repeat(200_000)]) }]);
    const pages = { kind: "link", max: 1_000 };
    expect(await failureOf(request({ method: "GET", url: receiver.url, pages }))).toEqual(["limit", "pages"]);
    expect(receiver.requests.length).toBeLessThan(60);
  });
});
