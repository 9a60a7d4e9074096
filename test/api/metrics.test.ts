// Metrics for Prometheus: who may read them, what they say, and what they leave out.
import { createMetrics } from "../../src/endpoint/metrics.ts";
import type { OpenEndpoint } from "../../src/endpoint/open-endpoint.ts";
import { createLog } from "../../src/log.ts";
import { newId } from "../../src/model/ids.ts";
import { startApi } from "./start-api.ts";

const log = createLog("silent");
const endpoint = { id: newId("ep"), tenantId: newId("tnt") } as OpenEndpoint; // Only what metrics look at.
const attempt = { number: 1, trigger: "first", startedAt: new Date(), durationMs: 40, phases: { total: 40 } } as const;

/** The value of a sample, by its name and labels as they are written. */
function sample(text: string, name: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

test("deliveries, retries, waits, events and what is under way are told, in a format that Prometheus reads", async () => {
  const api = await startApi();
  const metrics = createMetrics({ store: api.store, log });
  const seen = { endpoint, eventType: "order.created", test: false };
  metrics.attempted({
    ...seen,
    attempt: { ...attempt, outcome: "succeeded", status: 200 },
    next: { status: "delivered" },
    deliveries: 3,
  });
  const failed = { ...attempt, number: 2, outcome: "failed", class: "timeout" } as const;
  metrics.attempted({ ...seen, attempt: failed, next: { status: "failed", class: "timeout" } });
  metrics.limited();
  metrics.accepted();
  metrics.followInFlight(() => 7);
  const text = await metrics.text();
  expect(sample(text, 'millrace_delivery_attempts_total{outcome="succeeded",class=""}')).toBe(1);
  expect(sample(text, 'millrace_delivery_attempts_total{outcome="failed",class="timeout"}')).toBe(1);
  expect(sample(text, 'millrace_deliveries_total{status="delivered"}')).toBe(3);
  expect(sample(text, 'millrace_deliveries_total{status="failed"}')).toBe(1);
  expect(sample(text, "millrace_delivery_retries_total")).toBe(1);
  expect(sample(text, "millrace_rate_limited_total")).toBe(1);
  expect(sample(text, "millrace_events_accepted_total")).toBe(1);
  expect(sample(text, "millrace_deliveries_in_flight")).toBe(7);
  expect(sample(text, 'millrace_delivery_duration_seconds_bucket{le="0.05"}')).toBe(1);
  expect(sample(text, 'millrace_outbox_events{outbox="deliveries"}')).toBe(0);
  expect(sample(text, "millrace_breakers_open")).toBe(0);
  expect(sample(text, "process_cpu_seconds_total")).toBeGreaterThan(0);
  // Nobody's ids: they would make a series each.
  expect(text).not.toContain(endpoint.id);
  expect(text).not.toContain("order.created");
  await api.stop();
});

test("two apps in one process do not mix", async () => {
  const api = await startApi();
  const [one, other] = [createMetrics({ store: api.store, log }), createMetrics({ store: api.store, log })];
  one.accepted();
  expect(sample(await one.text(), "millrace_events_accepted_total")).toBe(1);
  expect(sample(await other.text(), "millrace_events_accepted_total")).toBe(0);
  await api.stop();
});

test("while the store does not answer the rest is told, and what waits in it is left out", async () => {
  const down = () => Promise.reject(new Error("down"));
  const store = { events: { backlog: down, fanOutBacklog: down }, endpointHealth: { open: down } };
  const metrics = createMetrics({ store: store as unknown as Parameters<typeof createMetrics>[0]["store"], log }); // Only what is asked.
  metrics.accepted();
  const text = await metrics.text();
  expect(sample(text, "millrace_events_accepted_total")).toBe(1);
  expect(sample(text, 'millrace_outbox_events{outbox="runs"}')).toBeUndefined();
  expect(sample(text, "millrace_breakers_open")).toBeUndefined();
});

test("/metrics wants a key with its scope, unless it is public, and can be turned off", async () => {
  const config = { publicUrl: undefined, corsOrigins: [] };
  const api = await startApi();
  const key = await api.newKey(api.tenantId, ["metrics:read"]);
  const answer = await api.call("GET", "/metrics", { key });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  expect((await api.call("GET", "/metrics", { key: null })).status).toBe(401);
  const other = await api.newKey(api.tenantId, ["stats:read"]);
  expect((await api.call("GET", "/metrics", { key: other })).status).toBe(403);
  await api.stop();
  const open = await startApi({ deps: { config: { ...config, metrics: "public" } } });
  expect((await open.call("GET", "/metrics", { key: null })).status).toBe(200);
  await open.stop();
  const off = await startApi({ deps: { config: { ...config, metrics: "off" } } });
  expect((await off.call("GET", "/metrics")).status).toBe(404);
  await off.stop();
});

test("requests are measured by the path of their route, whatever callers make up", async () => {
  const api = await startApi();
  await api.call("GET", "/v1/runs/run_1");
  await api.call("GET", "/v1/runs/run_2");
  await api.call("GET", "/nowhere/1");
  await api.call("GET", "/nowhere/2");
  const { text } = await api.call("GET", "/metrics");
  const name = "millrace_http_request_duration_seconds_count";
  expect(sample(text, `${name}{method="GET",route="/v1/runs/:id",status="4xx"}`)).toBe(2);
  expect(sample(text, `${name}{method="GET",route="none",status="4xx"}`)).toBe(2);
  expect(text).not.toContain("nowhere");
  await api.stop();
});
