// Publishing over HTTP: what is accepted, what is refused and in which order, and what can be read afterwards.
import { aFlow, startApi, type Call, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
  for (const flow of [
    aFlow(),
    aFlow({ name: "Praise", filter: { and: [true, { ">": [{ var: "event.data.rating" }, 4] }] } }),
  ]) {
    const { body } = await app.call("POST", "/v1/flows", { body: flow });
    await app.call("POST", `/v1/flows/${body.id}/publish`);
  }
});
afterAll(() => app.stop());

const publish = (request: Call, path = "/v1/events") => app.call("POST", path, request);

test("an event is accepted with the runs it starts, and the same id again starts nothing new", async () => {
  const event = { type: "review.created", id: "once", data: { rating: 1 } };
  const first = await publish({ body: event });
  expect([first.status, first.body]).toEqual([
    202,
    { id: "once", matched: 1, runs: [expect.stringMatching(/^run_/)], deliveries: 0, duplicate: false },
  ]);
  const again = await publish({ body: event });
  expect([again.status, again.body]).toEqual([202, { ...first.body, duplicate: true }]);
});

test("an event can be read with its exact data, its runs, and the condition that said no", async () => {
  const data = '{ "rating" : 1, "big": 12345678901234567890, "a":"\\u0041" }';
  await publish({
    text: `{"type":"review.created","id":"a b".x,"data":1}`.replace('"a b".x', '"exact/1"').replace("1}", `${data}}`),
  });
  const { text, body, headers } = await app.call("GET", `/v1/events/${encodeURIComponent("exact/1")}`);
  expect(text).toContain(`"data":${data}`);
  expect(body).toMatchObject({
    id: "exact/1",
    type: "review.created",
    state: "pending",
    matched: 1,
    targets: [{ flow: { slug: "escalate-bad-reviews" }, version: 1, run: { id: body.runs[0] }, state: "pending" }],
    notMatched: [
      { flow: { id: expect.stringMatching(/^flow_/), slug: "praise" }, version: 1, condition: "/filter/and/1" },
    ],
  });
  const cached = await app.call("GET", `/v1/events/${encodeURIComponent("exact/1")}`, {
    headers: { "if-none-match": headers.get("etag") ?? "" },
  });
  expect([cached.status, cached.text]).toEqual([304, ""]);
});

test.each<[string, Call, number, string]>([
  ["no content type", { text: Buffer.from("{}"), headers: { "content-type": "" } }, 415, "request.content_type"],
  [
    "a form",
    { text: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } },
    415,
    "request.content_type",
  ],
  ["a compressed body", { body: {}, headers: { "content-encoding": "gzip" } }, 415, "request.content_type"],
  [
    "another charset",
    { body: {}, headers: { "content-type": "application/json;charset=latin1" } },
    415,
    "request.content_type",
  ],
  ["an empty body", { text: "" }, 400, "request.malformed"],
  ["broken JSON", { text: '{"type":' }, 400, "request.malformed"],
  ["bytes that are no UTF-8", { text: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }, 400, "request.malformed"],
  [
    "50,000 levels",
    { text: `{"type":"a","data":${"[".repeat(50_000)}${"]".repeat(50_000)}}` },
    400,
    "request.malformed",
  ],
  ["an unknown member", { body: { type: "a", data: 1, extra: 1 } }, 422, "request.invalid"],
  ["a wrong type", { body: { type: 5, data: 1 } }, 422, "request.invalid"],
  ["a list", { body: [] }, 422, "request.invalid"],
  ["600 KB of data", { body: { type: "a", data: "x".repeat(600_000) } }, 413, "request.too_large"],
  ["an operator for an id", { body: { type: "a", data: 1, id: { $ne: null } } }, 422, "request.invalid"],
])("%s is refused as a problem", async (_, request, status, code) => {
  const answer = await publish(request);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    status,
    type: `/docs/errors#${code}`,
    requestId: answer.headers.get("x-request-id"),
  });
});

test("UTF-8 may be named, and a byte order mark is passed over", async () => {
  const headers = { "content-type": 'Application/JSON; charset="UTF-8"' };
  expect((await publish({ text: '\uFEFF{"type":"a","data":1}', headers })).status).toBe(202);
});

test("a sender of 10 MB gets the answer, not a broken connection", async () => {
  const large = await publish({ body: { type: "a", data: "x".repeat(10_000_000) } });
  expect([large.status, large.body.code]).toEqual([413, "request.too_large"]);
  const unannounced = await fetch(`${app.url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${app.key}`, "content-type": "application/json" },
    body: new ReadableStream({
      start(controller) {
        for (let i = 0; i < 100; i++) controller.enqueue(Buffer.alloc(100_000, "x"));
        controller.close();
      },
    }),
    duplex: "half",
  } as RequestInit);
  expect(unannounced.status).toBe(413);
  expect((await publish({ body: { type: "a", data: "x".repeat(10_000_000) }, key: null })).status).toBe(401);
});

test("a batch is answered event by event, in order", async () => {
  const events = [
    { type: "review.created", id: "b1", data: { rating: 1 } },
    { type: "other", id: "b2", data: null },
    { type: "review.created", id: "b1", data: { rating: 1 } },
  ];
  for (const body of [events, { events }]) {
    const { status, body: answer } = await publish({ body }, "/v1/events/batch");
    expect(status).toBe(202);
    expect(answer.data.map((one: { id: string; matched: number }) => [one.id, one.matched])).toEqual([
      ["b1", 1],
      ["b2", 0],
      ["b1", 1],
    ]);
    expect(answer.data[0].runs).toEqual(answer.data[2].runs);
    expect(answer.data[2].duplicate).toBe(true);
  }
});

test("one wrong event refuses its whole batch before anything is accepted", async () => {
  const body = [{ type: "a", id: "never", data: 1 }, { type: "a" }];
  const refused = await publish({ body }, "/v1/events/batch");
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, "/1/data"]);
  expect((await app.call("GET", "/v1/events/never")).status).toBe(404);
});

test("CloudEvents are taken in all three modes, and identified by id and source together", async () => {
  const event = { specversion: "1.0", id: "7", source: "/a", type: "review.created", data: { rating: 1 } };
  const one = await publish({ body: event, headers: { "content-type": "application/cloudevents+json" } });
  expect([one.status, one.body.id, one.body.duplicate]).toEqual([202, "7", false]);
  const binary = { "ce-specversion": "1.0", "ce-id": "7", "ce-source": "/a", "ce-type": "review.created" };
  expect((await publish({ body: { rating: 1 }, headers: binary })).body).toEqual({ ...one.body, duplicate: true });
  const text = await publish({ text: "hello", headers: { ...binary, "ce-id": "8", "content-type": "text/plain" } });
  expect(text.status).toBe(202);
  expect((await app.call("GET", `/v1/events/${encodeURIComponent("8")}`)).body.data).toBe("hello");
  const batch = [event, { ...event, source: "/b" }];
  for (const path of ["/v1/events", "/v1/events/batch"]) {
    const both = await publish(
      { body: batch, headers: { "content-type": "application/cloudevents-batch+json" } },
      path,
    );
    expect(both.body.data.map((each: { id: string }) => each.id)).toEqual(["7", "7@/b"]);
  }
});

test("events are listed page by page, each once, newest first, without data", async () => {
  for (let i = 0; i < 5; i++) await publish({ body: { type: "page.test", id: `p${i}`, data: i } });
  const ids: string[] = [];
  let cursor = "";
  do {
    const { status, body } = await app.call("GET", `/v1/events?type=page.test&limit=2${cursor}`);
    expect(status).toBe(200);
    ids.push(...body.data.map((one: { id: string }) => one.id));
    expect(body.data[0]).not.toHaveProperty("data");
    cursor = body.nextCursor === null ? "" : `&cursor=${body.nextCursor}`;
  } while (cursor);
  expect(ids).toEqual(["p4", "p3", "p2", "p1", "p0"]);
});

test.each([
  ["an operator", "type[$ne]=x", "/query/type[$ne]", "unknown"],
  ["a repeated field", "type=a&type=b", "/query/type", "repeated"],
  ["an unknown field", "tpye=a", "/query/tpye", "unknown"],
  ["a limit of nothing", "limit=0", "/query/limit", "range"],
  ["a limit above the bound", "limit=201", "/query/limit", "range"],
  ["a limit that is no number", "limit=1e2", "/query/limit", "type"],
  ["a made-up cursor", "cursor=abc", "/query/cursor", "format"],
  [
    "a cursor of another list",
    `cursor=${Buffer.from("run_0VbfTl9yDpkDv1QijBLEML").toString("base64url")}`,
    "/query/cursor",
    "format",
  ],
  ["a time without a zone", "since=2026-01-01T00:00:00", "/query/since", "format"],
  ["a prototype's name", "__proto__=1", "/query/__proto__", "unknown"],
])("a query with %s is refused", async (_, query, pointer, code) => {
  const { status, body } = await app.call("GET", `/v1/events?${query}`);
  expect([status, body.errors?.[0]?.pointer, body.errors?.[0]?.code]).toEqual([422, pointer, code]);
});

test("an overloaded or silent storage is a 503 that says when to come back, never a success", async () => {
  const { AppError } = await import("../../src/model/errors.ts");
  const outcomes = [
    async () => ({ outcome: "overloaded", retryAfterMs: 1_500 }) as const,
    async () => Promise.reject(new AppError("service.storage_unavailable", { retryAfterMs: 2_000 })),
    async () => Promise.reject(new Error("secret detail")),
  ];
  const seen = [];
  for (const accept of outcomes) {
    const failing = await startApi({ deps: { accept } });
    const answer = await failing.call("POST", "/v1/events", { body: { type: "a", data: 1 } });
    expect(answer.text).not.toContain("secret detail");
    seen.push([answer.status, answer.body.code, answer.headers.get("retry-after")]);
    await failing.stop();
  }
  expect(seen).toEqual([
    [503, "service.overloaded", "2"],
    [503, "service.storage_unavailable", "2"],
    [500, "service.internal", null],
  ]);
});
