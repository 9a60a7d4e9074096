// The busiest routes are answered without Express: whoever calls them must not be able to tell.
import { createApi } from "../../src/api/server.ts";
import type { Route } from "../../src/api/route.ts";
import { startApi, type Call, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi({
    deps: { config: { publicUrl: undefined, corsOrigins: ["https://console.example"] } },
  });
});
afterAll(() => app.stop());

const event = { type: "direct.asked", data: { n: 1 } };
/** What differs from one request to the next. */
const ofOneRequest = new Set(["x-request-id", "date"]);

/** Everything of an answer but the ids and times that are made for each. */
async function answerTo(method: string, path: string, request: Call) {
  const { status, headers, text } = await app.call(method, path, request);
  const kept = [...headers].filter(([name]) => !ofOneRequest.has(name));
  return { status, headers: kept, body: text.replaceAll(/(req|evt)_[0-9A-Za-z]{22}/g, "$1_…") };
}

const manyHeaders = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`x-header-${n}`, "1"]));

test.each<[string, string, Call, number]>([
  ["an event", "POST", { body: event }, 202],
  ["an event from a page that may ask", "POST", { body: event, headers: { origin: "https://console.example" } }, 202],
  ["an event from another page", "POST", { body: event, headers: { origin: "https://elsewhere.example" } }, 202],
  ["a preflight", "OPTIONS", preflight("https://console.example"), 204],
  ["no key", "POST", { body: event, key: null }, 401],
  ["a key that is none", "POST", { body: event, key: "mr_live_nonsense" }, 401],
  ["text that is no JSON", "POST", { text: "{" }, 400],
  ["a body of the wrong shape", "POST", { body: { type: 7, dat: {} } }, 422],
  ["another media type", "POST", { text: "a=1", headers: { "content-type": "text/plain" } }, 415],
  ["more than may come", "POST", { text: `{"type":"a.b","data":"${"x".repeat(6_000_000)}"}` }, 413],
  ["too many headers", "POST", { body: event, headers: manyHeaders }, 431],
  ["another method", "PUT", { body: event }, 405],
])("%s is answered as it would be through Express", async (_what, method, request, status) => {
  const direct = await answerTo(method, "/v1/events", request);
  expect(direct.status).toBe(status);
  // The slash at the end means the same route to Express, and another address to those who look for exactly this one.
  expect(direct).toEqual(await answerTo(method, "/v1/events/", request));
  const batch = await answerTo(method, "/v1/events/batch", request);
  expect(batch).toEqual(await answerTo(method, "/v1/events/batch/", request));
});

function preflight(origin: string): Call {
  return { key: null, headers: { origin, "access-control-request-method": "POST" } };
}

test("a query that the route does not know is refused", async () => {
  const { status, body } = await app.call("POST", "/v1/events?dry=1", { body: event });
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: "request.invalid", errors: [{ pointer: "/query/dry" }] });
});

test("an Idempotency-Key counts for both ways in together", async () => {
  const headers = { "idempotency-key": "direct-1" };
  const first = await app.call("POST", "/v1/events", { body: event, headers });
  const again = await app.call("POST", "/v1/events", { body: event, headers });
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
});

test("requests are measured under their route's path", async () => {
  const countOf = async () => {
    const { text } = await app.call("GET", "/metrics");
    const line = /^millrace_http_request_duration_seconds_count\{.*route="\/v1\/events".*status="2xx".*\} (\d+)$/m;
    return Number(line.exec(text)?.[1] ?? 0);
  };
  const before = await countOf();
  await app.call("POST", "/v1/events", { body: event });
  await app.call("POST", "/v1/events", { body: event });
  expect((await countOf()) - before).toBe(2);
});

test("a route whose path has parameters cannot be answered directly", () => {
  const route = { method: "get", path: "/v1/direct/{id}", scope: "public", direct: true, responses: {} };
  // What a mistake in the definition of a route would look like.
  const make = () =>
    createApi(
      { store: app.store, config: { corsOrigins: [] }, actions: new Map() } as unknown as Parameters<
        typeof createApi
      >[0],
      [route as unknown as Route],
    );
  expect(make).toThrow("/v1/direct/{id} has parameters");
});
