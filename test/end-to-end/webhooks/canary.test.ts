// No secret of an endpoint is left anywhere: not in the database, in Temporal, in the log or in what the API answers.
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { installRuntime } from "../../../src/engine/engine.ts";
import { newApiKey } from "../../../src/model/api-key.ts";
import { newKeyringEntry } from "../../../src/vault/keyring.ts";
import { testServers, uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";
import { createListedLog } from "../canary/log.ts";
import { findings, textOf, textsOfDatabase, type Place } from "../canary/search.ts";
import { canaries, keyLine, kindsAt, type Kind } from "./canary/kinds.ts";
import { textsOfQueue, textsOfWebhookApi } from "./canary/places.ts";
import { startReceivers, type CanaryReceivers } from "./canary/receivers.ts";

jest.setTimeout(180_000);

const database = uniqueName("canary");
const taskQueue = uniqueName("queue");
const { log, lines } = createListedLog();
const apiKey = newApiKey("test");
let app: Awaited<ReturnType<typeof createApp>>;
let receivers: CanaryReceivers;
let kinds: Kind[];
/** Answers of routes that are asked in passing. */
const heard: Place[] = [];

beforeAll(async () => {
  // So that what Temporal's worker says of failed deliveries stands in the log, too.
  installRuntime(log);
  const { mongodbUri, temporalAddress, temporalNamespace } = testServers();
  app = await createApp({
    config: readConfig({
      MONGODB_URI: mongodbUri,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: temporalNamespace,
      MILLRACE_HOST: "127.0.0.1",
      MILLRACE_PORT: "0",
      MILLRACE_ALLOW_NETWORKS: "127.0.0.0/8",
      MILLRACE_ALLOW_HTTP: "true",
    }),
    mongodbUri,
    database,
    temporalAddress,
    temporalUiUrl: undefined,
    taskQueue,
    workflowBundlePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "",
    keyring: newKeyringEntry(),
    apiKey,
    log,
  });
  await app.engine.connected();
  receivers = await startReceivers((name) => kinds.find((one) => one.name === name)?.told ?? []);
  kinds = kindsAt(receivers.login.url);
});
afterAll(async () => {
  await app.close();
  await receivers[Symbol.asyncDispose]();
});

async function call<Body>(method: string, path: string, body?: unknown, how: { unheard?: true; once?: string } = {}) {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      ...(how.once === undefined ? {} : { "idempotency-key": how.once }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (how.unheard === undefined) heard.push({ where: `${method} ${path}`, text });
  // The caller names what the route answers; what it does not answer is undefined, and the test fails on it.
  return { status: answer.status, body: (text === "" ? undefined : JSON.parse(text)) as Body };
}

/** The endpoints of a kind, one for each row. The answers show secrets once, as they should. */
async function install(kind: Kind): Promise<string[]> {
  const base = (kind.secure ? receivers.secure : receivers.open).url;
  return Promise.all(
    kind.rows.map(async (row) => {
      const given = {
        url: `${base}/${kind.name}/${row}`,
        events: ["echo.sent"],
        name: `${kind.name}: ${row}`,
        timeout: "1s",
        retry: { schedule: row === "later" || row === "exhausted" ? ["1s"] : [], jitter: "none" },
        alerts: { consecutive: 1 },
        ...kind.settings,
      };
      const how = { unheard: true, once: `${kind.name}-${row}` } as const;
      const made = await call<{ id: string; secrets: object[] }>("POST", "/v1/endpoints", given, how);
      if (made.status !== 201) throw new Error(`${kind.name}: ${JSON.stringify(made.body)}`);
      heard.push({ where: `made ${kind.name}`, text: textOf({ ...made.body, secrets: [] }) });
      return made.body.id;
    }),
  );
}

const isOver = async (): Promise<boolean> => {
  const { body } = await call<{ data: unknown[] }>("GET", "/v1/deliveries?status=pending&limit=1");
  return body.data.length === 0;
};

/** Everything that a person may do with an endpoint that has its receiver answer, or the server refuse. */
async function handle(id: string): Promise<void> {
  const path = `/v1/endpoints/${id}`;
  await call("POST", `${path}/test`, { data: { by: "hand" } });
  await call("POST", `${path}/challenge`, {});
  await call("POST", `/v1/webhooks/${id}/test`, {});
  await call("PATCH", path, { name: "renamed", retry: { schedule: ["never"] } });
  await call("PATCH", path, { description: "changed" });
}

async function everywhere(): Promise<Record<"database" | "histories" | "api" | "log" | "passing", Place[]>> {
  const metrics = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } });
  const api = await textsOfWebhookApi((path) => call("GET", path, undefined, { unheard: true }));
  return {
    database: await textsOfDatabase(database),
    histories: await textsOfQueue(taskQueue),
    api: [...api, { where: "GET /metrics", text: await metrics.text() }],
    log: lines.map((text) => ({ where: "log", text })),
    passing: heard,
  };
}

test("whatever receivers answer to whichever kind of endpoint, no secret is left anywhere", async () => {
  const ids = await Promise.all(kinds.map(install));
  await call(
    "POST",
    "/v1/endpoints",
    { url: `${receivers.open.url}/alerts/ok`, events: ["endpoint.*"] },
    { unheard: true },
  );
  const [hmac = ""] = ids[0] ?? [];
  // Refused before anything is stored, with secrets in the wrong places.
  const wrong = {
    url: receivers.open.url,
    events: ["echo.sent"],
    secret: ` ${canaries.hmac}`,
    clientSecret: canaries.postClient,
  };
  for (const path of ["/v1/endpoints", "/v1/webhooks", "/api/webhooks"]) {
    expect((await call("POST", path, wrong)).status).toBeGreaterThanOrEqual(400);
  }
  for (const n of [1, 2]) await call("POST", "/v1/events", { type: "echo.sent", data: { key: "a", n } });
  await until(isOver, 60_000);
  await Promise.all(ids.map(([first = ""]) => handle(first)));
  await call("POST", `/v1/endpoints/${hmac}/secrets/rotate`, { secret: canaries.rotated }, { unheard: true });
  const failed = await call<{ data: { id: string }[] }>("GET", "/v1/dead-letters?limit=5");
  for (const { id } of failed.body.data) {
    await call("POST", `/v1/deliveries/${id}/retry`, {});
    await call("POST", `/v1/deliveries/${id}/retry`, {});
  }
  await call("POST", `/v1/endpoints/${hmac}/recover`, { since: new Date(Date.now() - 60_000).toISOString() });
  await call("POST", "/v1/event-types/echo.sent/simulate", { live: true });
  const alerts = () => call<{ data: unknown[] }>("GET", "/v1/events?type=endpoint.failing");
  await until(async () => (await alerts()).body.data.length >= 5, 20_000);
  await until(isOver, 60_000);

  // The rows were played, and what was sent and told did carry the secrets: else the search below would prove nothing.
  const requests = [receivers.open, receivers.secure, receivers.login].flatMap((one) => one.requests);
  const missing = kinds
    .filter(({ name }) => !name.startsWith("token-"))
    .flatMap(({ name, rows }) => rows.map((row) => `/${name}/${row}`))
    .filter((path) => !requests.some((request) => request.path === path));
  expect(missing).toEqual([]);
  const sent = requests.map(({ path, headers, body }) => ({
    where: path,
    text: [...Object.values(headers).map(String), body.toString()].join("\n"),
  }));
  const { bearer, apiKey: header, basicClient, postClient, refusedClient } = canaries;
  for (const [name, canary] of Object.entries({ bearer, header, basicClient, postClient, refusedClient }))
    expect([name, findings(sent, { [name]: canary }).length > 0]).toEqual([name, true]);
  expect(receivers.issued.length).toBeGreaterThanOrEqual(10);

  const issued = Object.fromEntries(receivers.issued.map((token, index) => [`access token ${index}`, token]));
  const values = Object.fromEntries(
    Object.entries(canaries).map(([name, secret]) => [`value of ${name}`, secret.replace(/^(?:wh\w+_|Bearer )/, "")]),
  );
  const whole = { ...canaries, ...values, keyLine, ...issued };
  const halves = Object.entries(whole).map(([name, secret]) => [`the beginning of ${name}`, secret.slice(0, 10)]);
  const secrets: Record<string, string> = { ...whole, ...Object.fromEntries(halves) };
  const places = await everywhere();
  expect(places.histories.length).toBeGreaterThan(20);
  expect(lines.some((line) => line.includes("Workflow failed"))).toBe(true);
  for (const [part, texts] of Object.entries(places)) {
    const found = findings(texts, secrets);
    expect([part, found.length, found.slice(0, 20)]).toEqual([part, 0, []]);
  }
});

test("mutant: what is planted as no secret is found in each of these places", async () => {
  const planted = "planted-0b5d: not & secret";
  await call(
    "POST",
    "/v1/endpoints",
    {
      url: `${receivers.open.url}/planted/exhausted`,
      events: ["plain.sent"],
      name: planted,
      headers: { "X-Open": encodeURIComponent(planted) },
      retry: { schedule: ["1s"], jitter: "none" },
    },
    { unheard: true },
  );
  // An event's own id stands in the ids of workflows.
  const event = { id: "planted-0b5d", type: "plain.sent", data: { text: planted } };
  expect((await call("POST", "/v1/events", event)).status).toBe(202);
  log.warn({ text: planted }, "planted");
  await until(isOver, 30_000);
  const { database: rows, histories, api, log: lined } = await everywhere();
  const counts = (texts: Place[], text: string) => findings(texts, { text }).length;
  expect(counts(histories, "planted-0b5d")).toBeGreaterThan(0);
  for (const texts of [rows, api, lined]) expect(counts(texts, planted)).toBeGreaterThan(0);
  // In the log of deliveries: what was sent, and what the receiver gave back of it.
  const bodies = rows.filter(({ where }) => where === "collection deliveryBodies");
  expect(bodies.some(({ text }) => text.includes('"response"') || text.includes("response"))).toBe(true);
  expect(counts(bodies, planted)).toBeGreaterThan(0);
});
