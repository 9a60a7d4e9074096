// http.request against a real receiver.
import { connectors } from "../../../connectors/index.ts";
import type { Performed } from "../../../src/connector/executor.ts";
import { createHttpClient } from "../../../src/delivery/http.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { anExecutor, attempted } from "../../support/executor.ts";
import { startReceiver } from "../../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());
const executor = anExecutor({ http, connectors });

const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };

function request(input: JsonObject): Promise<Performed> {
  const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event };
  const to = { tenantId: "tnt_1" as const, tenantSecrets: [], timeoutMs: 2_000 };
  return attempted(executor, { use: "http.request", input, call, ...to });
}

test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("%s is sent as such", async (method) => {
  await using receiver = await startReceiver();
  expect((await request({ method, url: receiver.url })).outcome).toMatchObject({ ok: true, output: { status: 200 } });
  expect(receiver.requests).toMatchObject([{ method, path: "/" }]);
});

test.each<[string, JsonObject, string]>([
  ["/a", { x: "1" }, "/a?x=1"],
  ["/a?", { x: "1" }, "/a?x=1"],
  ["/a?b=%20c", { x: "1 2&3" }, "/a?b=%20c&x=1+2%263"],
  ["/a?b=1&", { x: true }, "/a?b=1&x=true"],
  ["/a#part", { tag: ["a", 2] }, "/a?tag=a&tag=2"],
  ["/a?b=1", {}, "/a?b=1"],
])("%s with the query %j is %s", async (path, query, expected) => {
  await using receiver = await startReceiver();
  await request({ method: "GET", url: `${receiver.url}${path}`, query });
  expect(receiver.requests[0]?.path).toBe(expected);
});

test.each<[JsonObject, string, string | undefined]>([
  [{ body: { a: 1 } }, '{"a":1}', "application/json"],
  [{ body: [1] }, "[1]", "application/json"],
  [{ body: 5 }, "5", "application/json"],
  [{ body: "text" }, "text", "text/plain; charset=utf-8"],
  [{ body: "<a/>", headers: { "Content-Type": "application/xml" } }, "<a/>", "application/xml"],
  [{ form: { a: "1 2", b: ["x", "y"], c: false } }, "a=1+2&b=x&b=y&c=false", "application/x-www-form-urlencoded"],
  [{}, "", undefined],
])("%j is sent as %j of type %s", async (content, body, type) => {
  await using receiver = await startReceiver();
  await request({ method: "PUT", url: receiver.url, ...content });
  expect(receiver.requests[0]?.body.toString()).toBe(body);
  expect(receiver.requests[0]?.headers["content-type"]).toBe(type);
});

test("requests that are not repeatable by their method carry a key, unless the user gives one", async () => {
  await using receiver = await startReceiver();
  const { url } = receiver;
  for (const method of ["GET", "PUT", "DELETE", "POST", "PATCH"]) await request({ method, url });
  await request({ method: "POST", url, headers: { "Idempotency-Key": "mine" } });
  const keys = receiver.requests.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toEqual([undefined, undefined, undefined, "msg_1", "msg_1", "mine"]);
});

test.each<[number, string[] | undefined, string]>([
  [204, undefined, "ok"],
  [404, undefined, "not_found"],
  [404, ["2xx", "404"], "ok"],
  [302, ["3xx"], "ok"],
  [200, ["204"], "expectation"],
  [503, ["2xx", "404"], "transient"],
  [301, undefined, "permanent"],
])("status %i with accept %j is %s", async (status, accept, expected) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status }]);
  const { outcome } = await request({ method: "GET", url: receiver.url, ...(accept ? { accept } : {}) });
  expect(outcome.ok ? "ok" : outcome.failure.class).toBe(expected);
});

test.each([
  "Host",
  "Content-Length",
  "Transfer-Encoding",
  "Proxy-Authorization",
  "X-Forwarded-Host",
  "webhook-signature",
])("the header %s cannot be given", async (name) => {
  await using receiver = await startReceiver();
  const { outcome } = await request({ method: "GET", url: receiver.url, headers: { [name]: "x" } });
  expect(outcome).toMatchObject({ ok: false, failure: { class: "validation", code: "header.denied" } });
  expect(receiver.requests).toHaveLength(0);
});

test("an answer above 64 KB is cut and stays text", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ headers: { "content-type": "application/json" }, body: `"${"x".repeat(100_000)}"` }]);
  const performed = await request({ method: "GET", url: receiver.url });
  expect(performed.response).toMatchObject({ truncated: true });
  expect(performed.outcome.ok && JSON.stringify(performed.outcome.output).length).toBeLessThan(70_000);
});

test("a credential in a header is sent, and masked in the record", async () => {
  await using receiver = await startReceiver();
  const performed = await request({ method: "GET", url: receiver.url, headers: { Authorization: "Bearer canary" } });
  expect(receiver.requests[0]?.headers.authorization).toBe("Bearer canary");
  expect(JSON.stringify(performed)).not.toContain("canary");
});
