// Is docs/api.md true? Its routes are those of the server, its commands work, its program is the one that is tested.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startApi } from "../api/start-api.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

const run = promisify(execFile);
const root = join(__dirname, "../..");
const page = readFileSync(join(root, "docs/api.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, of]) => of === language).map(([, , text = ""]) => text);

test("the page names every route with its scope, and no other", async () => {
  const { api, stop } = await startApi();
  const routes = api.routes
    .filter(({ path }) => !/^\/(docs|openapi)/.test(path))
    .map(({ method, path, scope }) => `${method.toUpperCase()} ${path} ${scope}`);
  await stop();
  const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S*)` +\| `?([a-z:-]+)`? +\|/gm)].map(
    ([, route, scope]) => `${route} ${scope}`,
  );
  const sorted = (lines: string[]) => lines.toSorted((a, b) => (a < b ? -1 : 1));
  expect(sorted(rows)).toEqual(sorted(routes));
});

test("every route below /v1 stands in a command", () => {
  const commands = blocks("sh").join("\n");
  const paths = [...page.matchAll(/^\| `[A-Z]+ \/v1(\/\S*)`/gm)].map(([, path = ""]) => path);
  // A parameter is a variable, or an id or slug that an earlier command made.
  const patterns = [...new Set(paths)].map(
    (path) => [path, new RegExp(`\\$API${path.replaceAll(/\{\w+\}/g, '[^/ ?"]+')}(?:[ ?"]|$)`, "m")] as const,
  );
  expect(patterns.filter(([, pattern]) => !pattern.test(commands)).map(([path]) => path)).toEqual([]);
});

test("every command of the page is carried out", async () => {
  await using app = await startApp();
  await using receiver = await startReceiver();
  const variables = await preparedFor(app, receiver.url);
  const failsWithAnswer =
    'curl() { command curl --fail-with-body --max-time 20 "$@" || { echo "FAILED: $*" >&2; exit 1; }; }';
  const ran: string[] = [];
  for (const block of blocks("sh")) {
    const env = { PATH: process.env["PATH"], ...variables };
    const done = run("bash", ["-c", `${failsWithAnswer}\n${block}`], { env });
    ran.push(
      await done.then(
        () => "",
        (error: { stderr: string; stdout: string }) => error.stderr + error.stdout.slice(-500),
      ),
    );
  }
  expect(ran.filter(Boolean)).toEqual([]);
  expect(ran.length).toBeGreaterThan(5);
  // More than a hundred commands, each a process of its own.
}, 90_000);

test("the program of the page is the one that is type-checked and run", () => {
  const program = readFileSync(join(root, "test/client/example.ts"), "utf8");
  expect(blocks("ts")).toEqual([program.replace('"../../client/index.ts"', '"millrace/client"')]);
});

/** What the commands expect to be there: a published flow, a run that has ended, and one that has not. */
async function preparedFor(app: TestApp, url: string) {
  const flow = await app.createFlow({
    on: { event: "order.created" },
    steps: [{ id: "tell", use: "webhook.post", with: { url } }],
  });
  const waiting = await app.createFlow({
    on: { event: "order.lost" },
    // Nothing listens there: the run waits for its next attempt.
    steps: [
      { id: "tell", use: "webhook.post", with: { url: "http://127.0.0.1:1024" }, retry: { attempts: 2, first: "1h" } },
    ],
  });
  const ended = (await app.publish({ type: "order.created", data: { total: 1 } })).body.runs[0];
  const open = (await app.publish({ type: "order.lost", data: {} })).body.runs[0];
  await Promise.all([app.run(ended), app.run(open, "running")]);
  const tenantId = await app.store.tenants.ensureBootstrap("default");
  const blob = await app.store.blobs.put(tenantId, Buffer.from("%PDF-"), "application/pdf");
  const bulk = await app.client.post("/v1/runs/retry", { body: { filter: { status: "failed" } } });
  const endpoint = await app.call<{ id: string; secrets: { id: string }[] }>("POST", "/v1/endpoints", {
    url: "http://127.0.0.1:4000/orders",
    events: ["order.created"],
  });
  const sent = await preparedDeliveries(app, url);
  const { etag } = await app.client.get("/v1/flows/{id}", { params: { id: flow } });
  expect(waiting).not.toBe(flow);
  return {
    API: `${app.url}/v1`,
    AUTH: `Authorization: Bearer ${app.apiKey}`,
    JSON: "Content-Type: application/json",
    FLOW: flow,
    ETAG: etag,
    RUN: ended,
    OPEN_RUN: open,
    BLOB: blob.id,
    ENDPOINT: endpoint.body.id,
    SECRET: endpoint.body.secrets[0]?.id ?? "",
    ...sent,
    BULK: bulk.status === 202 ? bulk.body.id : "",
  };
}

/** An endpoint with a delivery that has arrived, another one's that waits for its next attempt, and a recovery. */
async function preparedDeliveries(app: TestApp, url: string) {
  const make = (body: object) => app.call("POST", "/v1/endpoints", body);
  const shop = await make({ url, events: ["order.shipped"] });
  await make({ url: "http://127.0.0.1:1024", events: ["order.returned"], retry: { schedule: ["1h"] } });
  await app.publish({ type: "order.shipped", data: {} });
  await app.publish({ type: "order.returned", data: {} });
  const first = async (query: string) => {
    const { body } = await app.call<{ data: { id: string }[] }>("GET", `/v1/deliveries?${query}`);
    return body.data[0]?.id ?? "";
  };
  await until(async () => (await first("status=delivered")) !== "" && (await first("status=pending")) !== "");
  const recovery = await app.call("POST", "/v1/deliveries/retry", { filter: { eventType: "order.lost" } });
  return {
    SHOP: shop.body.id,
    DELIVERY: await first("eventType=order.shipped"),
    OPEN_DELIVERY: await first("eventType=order.returned"),
    RECOVERY: recovery.body.id,
  };
}
