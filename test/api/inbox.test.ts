// The development inbox over real HTTP: what it takes, shows and verifies, and where it is not there.
import { connect } from "node:net";
import { Webhook } from "standardwebhooks";
import { readConfig } from "../../src/config.ts";
import { inboxMessagesMax } from "../../src/store/inbox.ts";
import { startApi, type TestApi } from "./start-api.ts";

const shown = { isOn: true, showsPage: true };
const withInbox = (inbox?: typeof shown) =>
  startApi({ deps: { config: { publicUrl: undefined, corsOrigins: [], ...(inbox ? { inbox } : {}) } } });

let app: TestApi;
let key: string;
let secret: string;
beforeAll(async () => {
  app = await withInbox(shown);
  key = await app.newKey(await app.store.tenants.ensureBootstrap("default"));
  secret = (await app.call("POST", "/v1/signing-secret/reveal", { key })).body.secret;
});
afterAll(() => app.stop());

const post = (path: string, text: string | Buffer, headers: Record<string, string> = {}) =>
  app.call("POST", `/inbox/${path}`, { key: null, text, headers });
const list = async (name: string, query = "", by = key) =>
  (await app.call("GET", `/v1/inbox/${name}${query}`, { key: by })).body;
const signed = (body: string, { at = new Date(), by = secret, id = "evt_1" } = {}) => ({
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
  "webhook-signature": new Webhook(by).sign(id, at, body),
});

test("whatever is posted is answered 200, and shown newest first with its headers and its bytes", async () => {
  const first = await post("any", '{"a":1.10, "b":12345678901234567890}', { "x-odd": "é".normalize("NFC") });
  expect([first.status, first.text, first.headers.get("content-type")]).toEqual([200, "{}", "application/json"]);
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  await post("any", bytes, { "content-type": "image/x-odd; charset=latin1", "content-encoding": "gzip" });
  const { data, nextCursor } = await list("any");
  expect(nextCursor).toBeNull();
  expect(data).toMatchObject([
    { body: bytes.toString("base64"), encoding: "base64", bytes: 3, headers: { "content-encoding": "gzip" } },
    { body: '{"a":1.10, "b":12345678901234567890}', encoding: "utf8", status: 200, headers: { "x-odd": "é" } },
  ]);
  expect(data[0]).toMatchObject({ id: expect.stringMatching(/^msg_/), at: expect.stringMatching(/Z$/) });
});

test("a request without a body, and without a content type, is taken", async () => {
  const { status } = await fetch(`${app.url}/inbox/empty`, { method: "POST" });
  const untyped = await fetch(`${app.url}/inbox/empty`, { method: "POST", body: Buffer.from("a") });
  expect([status, untyped.status, (await list("empty")).data.map(({ body }: { body: string }) => body)]).toEqual([
    200,
    200,
    ["a", ""],
  ]);
});

test("the status that is asked for is answered, so that failures can be tried", async () => {
  expect((await post("odd?status=503", "{}")).status).toBe(503);
  expect(await post("odd?status=204", "{}")).toMatchObject({ status: 204, text: "" });
  expect((await post("odd?status=301", "{}")).status).toBe(301);
  for (const wrong of ["99", "600", "abc"]) expect((await post(`odd?status=${wrong}`, "{}")).status).toBe(422);
  expect((await list("odd")).data.map(({ status }: { status: number }) => status)).toEqual([301, 204, 503]);
});

test("a body of more than 512 KB is refused, and a name that is none is not found", async () => {
  expect((await post("large", Buffer.alloc(512 * 1024))).status).toBe(200);
  expect((await post("large", Buffer.alloc(512 * 1024 + 1))).status).toBe(413);
  for (const name of ["a%2Fb", "a.b", "%3Cscript%3E", "a".repeat(65)]) {
    expect([name, (await post(name, "{}")).status]).toEqual([name, 404]);
  }
});

test("what the tenant's secret signed is verified; anything else says why it is not", async () => {
  const body = '{"type":"a"}';
  const hour = 3_600_000;
  const cases: [Record<string, string>, string, object][] = [
    [signed(body), body, { verified: true, by: "the tenant's signing secret" }],
    [signed(body), `${body} `, { verified: false, why: expect.stringContaining("matches") }],
    [
      signed(body, { at: new Date(Date.now() - hour) }),
      body,
      { verified: false, why: expect.stringContaining("time") },
    ],
    [signed(body, { by: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }), body, { verified: false }],
    [{}, body, { verified: false, why: expect.stringContaining("webhook-signature") }],
  ];
  for (const [headers, text, verification] of cases) {
    await post("signed", text, headers);
    expect((await list("signed", "?limit=1")).data[0].verification).toEqual(expect.objectContaining(verification));
  }
});

test("pages go on behind a cursor; an emptied inbox is empty, and others keep what they have", async () => {
  for (const number of [1, 2, 3]) await post("paged", `${number}`);
  await post("other", "kept");
  const first = await list("paged", "?limit=2");
  const second = await list("paged", `?limit=2&cursor=${first.nextCursor}`);
  expect([...first.data, ...second.data].map(({ body }: { body: string }) => body)).toEqual(["3", "2", "1"]);
  expect((await app.call("DELETE", "/v1/inbox/paged", { key })).status).toBe(204);
  expect([(await list("paged")).data, (await list("other")).data.length]).toEqual([[], 1]);
});

test("an inbox keeps its newest messages and no more", async () => {
  const batches = Array.from({ length: 10 }, (_, batch) => batch);
  for (const batch of batches) {
    await Promise.all(Array.from({ length: 25 }, (_, index) => post("full", `${batch * 25 + index}`)));
  }
  await post("full", "last");
  const newest = await list("full", "?limit=200");
  expect([newest.data.length, newest.nextCursor, newest.data[0].body]).toEqual([inboxMessagesMax, null, "last"]);
});

test("nobody reads an inbox without a key, nor with another tenant's", async () => {
  await post("private", "mine");
  expect((await app.call("GET", "/v1/inbox/private", { key: null })).status).toBe(401);
  expect((await list("private", "", app.key)).data).toEqual([]);
  await app.call("DELETE", "/v1/inbox/private", { key: app.key });
  expect((await list("private")).data).toHaveLength(1);
});

test("the page shows what came as text, and nothing on it runs or is loaded", async () => {
  const hostile = `</pre><script>alert(1)</script><img src=x onerror=alert(1)>"'&`;
  await post("shown", hostile, { "x-hostile": "<script>alert(2)</script>" });
  const { status, headers, text } = await app.call("GET", "/inbox/shown", { key: null });
  expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(text).toContain(
    "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;",
  );
  expect(text).not.toMatch(/<script|<img|<link|<iframe|javascript:|\son\w+=[^a]/i);
  expect(text).toContain("not verified");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  await post("shown", "{}", signed("{}"));
  expect((await app.call("GET", "/inbox/shown", { key: null })).text).toContain('<span class="yes">verified</span>');
});

test("the page is not shown to a page of another domain that leads here", async () => {
  const port = app.port;
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`GET /inbox/shown HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`);
    });
    let text = "";
    socket
      .on("data", (chunk) => (text += String(chunk)))
      .on("end", () => resolve(text))
      .on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1.1 404 /);
});

test.each([
  ["off", { isOn: false, showsPage: false }],
  ["not configured", undefined],
])("where the inbox is %s, every route of it is not found", async (_, inbox) => {
  const off = await withInbox(inbox);
  const calls = [
    await off.call("POST", "/inbox/a", { key: null, text: "{}" }),
    await off.call("GET", "/inbox/a", { key: null }),
    await off.call("GET", "/v1/inbox/a"),
    await off.call("DELETE", "/v1/inbox/a"),
  ];
  await off.stop();
  expect(calls.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
});

test("an inbox without a page takes messages, and shows them to keys alone", async () => {
  const open = await withInbox({ isOn: true, showsPage: false });
  const took = await open.call("POST", "/inbox/a", { key: null, text: "{}" });
  const page = await open.call("GET", "/inbox/a", { key: null });
  await open.stop();
  expect([took.status, page.status, page.body.detail]).toEqual([
    200,
    404,
    expect.stringContaining("GET /v1/inbox/{name}"),
  ]);
});

test.each([
  ["on in development, with its page on this machine", {}, { isOn: true, showsPage: true }],
  ["without its page where others can ask for it", { MILLRACE_HOST: "0.0.0.0" }, { isOn: true, showsPage: false }],
  ["off in production", { NODE_ENV: "production" }, { isOn: false, showsPage: false }],
  [
    "on in production when it is said, without its page",
    { NODE_ENV: "production", MILLRACE_INBOX: "on" },
    { isOn: true, showsPage: false },
  ],
  ["off when it is said", { MILLRACE_INBOX: "off" }, { isOn: false, showsPage: false }],
])("the inbox is %s", (_, env, inbox) => {
  expect(readConfig(env)).toMatchObject({ inbox });
});
