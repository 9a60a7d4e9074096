// ETags: nobody's change is lost, and nothing is sent to who has it already.
import { aFlow, startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
let flow: { id: string; etag: string };
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());
beforeEach(async () => {
  const { body, headers } = await app.call("POST", "/v1/flows", { body: aFlow() });
  flow = { id: body.id, etag: headers.get("etag") ?? "" };
});

const read = (method: string, headers: Record<string, string> = {}) =>
  app.call(method, `/v1/flows/${flow.id}`, { headers });
const replace = (ifMatch?: string) =>
  app.call("PUT", `/v1/flows/${flow.id}`, {
    body: aFlow({ name: "Replaced" }),
    headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
  });

// RFC 9110, sections 8.8.3.2 and 13.1.1: If-Match compares strongly.
test.each<[string, (etag: string) => string, number]>([
  ["the flow's own ETag", (etag) => etag, 200],
  ["a list that has it", (etag) => `"other",${etag} , "another"`, 200],
  ["any", () => " * ", 200],
  ["another ETag", () => '"r77"', 412],
  ["its weak form", (etag) => `W/${etag}`, 412],
  ["its text without quotes", (etag) => etag.slice(1, -1), 400],
  ["nothing", () => "", 400],
])("If-Match with %s is answered by its rule", async (_, ifMatch, status) => {
  const answer = await replace(ifMatch(flow.etag));
  expect(answer.status).toBe(status);
  expect((await read("GET")).body.name).toBe(status === 200 ? "Replaced" : aFlow().name);
});

test("a change without If-Match is asked for it", async () => {
  const answer = await replace();
  expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
    428,
    "precondition.required",
    expect.stringContaining("If-Match"),
  ]);
});

test("publishing takes If-Match, and does without it", async () => {
  const publish = (headers: Record<string, string>) =>
    app.call("POST", `/v1/flows/${flow.id}/publish`, { body: {}, headers });
  expect((await publish({ "if-match": '"r9"' })).body.code).toBe("precondition.failed");
  expect((await publish({ "if-match": flow.etag })).status).toBe(200);
  expect((await publish({})).status).toBe(200);
});

// RFC 9110, section 13.1.2: If-None-Match compares weakly.
test.each<[string, (etag: string) => string, number]>([
  ["its ETag", (etag) => etag, 304],
  ["the weak form of it, as caches make it", (etag) => `W/${etag}`, 304],
  ["a list that has it", (etag) => `W/"other", ${etag}`, 304],
  ["any", () => "*", 304],
  ["another one", () => '"r9"', 200],
])("a read with If-None-Match of %s is answered by its rule, HEAD like GET", async (_, ifNoneMatch, status) => {
  for (const method of ["GET", "HEAD"]) {
    const answer = await read(method, { "if-none-match": ifNoneMatch(flow.etag) });
    expect([method, answer.status, answer.headers.get("etag")]).toEqual([method, status, flow.etag]);
    expect(answer.text === "").toBe(status === 304 || method === "HEAD");
  }
});

test("HEAD answers the headers of GET without its body", async () => {
  for (const path of [`/v1/flows/${flow.id}`, "/v1/flows", "/healthz"]) {
    const [get, head] = [await app.call("GET", path), await app.call("HEAD", path)];
    const named = (answer: typeof get) =>
      ["etag", "content-type", "content-length"].map((name) => answer.headers.get(name));
    expect([path, head.status, head.text, named(head)]).toEqual([path, 200, "", named(get)]);
  }
});

test("a list has an ETag as well, which changes with it", async () => {
  const first = await app.call("GET", "/v1/flows");
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  expect((await app.call("GET", "/v1/flows", { headers })).status).toBe(304);
  await app.call("POST", "/v1/flows", { body: aFlow() });
  expect((await app.call("GET", "/v1/flows", { headers })).status).toBe(200);
});

test("an answer to a change is never 304", async () => {
  const answer = await app.call("PUT", `/v1/flows/${flow.id}`, {
    body: aFlow(),
    headers: { "if-match": flow.etag, "if-none-match": "*" },
  });
  expect(answer.status).toBe(200);
});

const webhook = { url: "http://127.0.0.1:4000/", events: ["*"] };
test.each<[method: string, path: string, body: unknown]>([
  ["PUT", "/v1/endpoints/{id}", webhook],
  ["PATCH", "/v1/endpoints/{id}", { name: "Other" }],
  ["POST", "/v1/endpoints/{id}/enable", undefined],
  ["POST", "/v1/endpoints/{id}/pause", undefined],
  ["POST", "/v1/endpoints/{id}/disable", undefined],
  ["DELETE", "/v1/endpoints/{id}", undefined],
  ["PUT", "/v1/webhooks/{id}", { name: "Other" }],
  ["PATCH", "/api/webhooks/{id}", { name: "Other" }],
  ["DELETE", "/v1/webhooks/{id}", undefined],
  ["DELETE", "/api/webhooks/{id}", undefined],
  ["DELETE", "/api/v1/webhooks/{id}?profile=brainsait", undefined],
])("%s %s keeps to If-Match, and does without it", async (method, path, body) => {
  for (const [ifMatch, isTaken] of [
    ['"r77"', false],
    ["its own", true],
    [undefined, true],
  ] as const) {
    const made = await app.call("POST", "/v1/endpoints", { body: webhook });
    const named = ifMatch === "its own" ? (made.headers.get("etag") ?? "") : ifMatch;
    const headers: Record<string, string> = named === undefined ? {} : { "if-match": named };
    const answer = await app.call(method, path.replace("{id}", made.body.id), {
      headers,
      ...(body === undefined ? {} : { body }),
    });
    expect([ifMatch, answer.status]).toEqual([ifMatch, isTaken ? (method === "DELETE" ? 204 : 200) : 412]);
    const now = await app.call("GET", `/v1/endpoints/${made.body.id}`);
    const isAsItWas = now.headers.get("etag") === made.headers.get("etag");
    expect([ifMatch, isTaken || isAsItWas]).toEqual([ifMatch, true]);
  }
});

test("the tags of a webhook in the words of each system are taken by its removal", async () => {
  for (const profile of ["bakhmach", "hub", "brainsait", "directory", "aqio"]) {
    const made = await app.call("POST", `/v1/webhooks?profile=${profile}`, { body: webhook });
    const read = await app.call("GET", `/v1/webhooks/${made.body.id}`);
    const headers = { "if-match": read.headers.get("etag") ?? "" };
    const gone = await app.call("DELETE", `/v1/webhooks/${made.body.id}?profile=${profile}`, { headers });
    expect([profile, gone.status]).toEqual([profile, 204]);
  }
});
