// No secret is left anywhere: not in the database, in Temporal, in the log or in what the API answers, whatever goes wrong.
import { createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { freePort } from "../../src/embedded/ports.ts";
import { newApiKey, parseApiKey } from "../../src/model/api-key.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";
import { canaries, isEnding, keyLine, kindsAt, rows, type Kind } from "./canary/kinds.ts";
import { installRuntime } from "../../src/engine/engine.ts";
import { createListedLog } from "./canary/log.ts";
import { markOf, startReceivers, type CanaryReceivers } from "./canary/receivers.ts";
import { findings, formsOf, textsOfApi, textsOfDatabase, textsOfHistories, type Place } from "./canary/search.ts";

jest.setTimeout(180_000);

const database = uniqueName("canary");
const { log, lines } = createListedLog();
const apiKey = newApiKey("test");
let app: Awaited<ReturnType<typeof createApp>>;
let receivers: CanaryReceivers;
let kinds: Kind[];
let dead: string;
let tenantSecret: string;
/** Answers of routes that are asked in passing. */
const heard: Place[] = [];

beforeAll(async () => {
  // So that what Temporal's worker says of failed runs stands in the log, too.
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
    taskQueue: uniqueName("queue"),
    workflowBundlePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "",
    keyring: newKeyringEntry(),
    apiKey,
    log,
  });
  await app.engine.connected();
  const vendorOf = (name: string) => kinds.find((one) => one.name === name)?.vendor ?? "plain";
  const told = (name: string) =>
    ({ "webhook-connection": [`whsec_${canaries.signing}`], "webhook-tenant": [tenantSecret] })[name] ?? [];
  receivers = await startReceivers(vendorOf, told);
  dead = `http://127.0.0.1:${await freePort()}`;
  kinds = kindsAt({ vendor: receivers.vendor.url, login: receivers.login.url, dead });
  tenantSecret = (await call<{ secret: string }>("POST", "/v1/signing-secret/reveal", {}, "unheard")).body.secret;
});
afterAll(async () => {
  await app.close();
  await receivers[Symbol.asyncDispose]();
});

async function call<Body>(method: string, path: string, body?: unknown, unheard?: "unheard") {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (unheard === undefined) heard.push({ where: `${method} ${path}`, text });
  // The caller names what the route answers; what it does not answer is undefined, and the test fails on it.
  return { status: answer.status, body: (text === "" ? undefined : JSON.parse(text)) as Body };
}

async function made(path: string, body: unknown): Promise<string> {
  const answer = await call<{ id: string }>("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path} answered ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

/** The connection of a kind, and the flow that uses it. */
async function install(kind: Kind): Promise<void> {
  const { name, connector, credentials, use } = kind;
  if (credentials !== undefined) {
    await made("/v1/connections", { connector, name, slug: name, credentials });
    await call("POST", `/v1/connections/${name}/test`, {});
  }
  const connection = credentials === undefined ? {} : { connection: name };
  const step = { id: "send", use, ...connection, with: kind.with, retry: "none", timeout: "1s" };
  const id = await made("/v1/flows", { name, slug: name, on: { event: `canary.${name}` }, steps: [step] });
  const published = await call("POST", `/v1/flows/${id}/publish`, {});
  if (published.status !== 200) throw new Error(`${name}: ${JSON.stringify(published.body)}`);
}

/** Has a row of the matrix played; answers the run's id. */
async function play(kind: Kind, row: number): Promise<string> {
  const mark = markOf(kind.name, row);
  const url = `${rows[row] === "reset before sending" ? dead : receivers.vendor.url}/${mark}`;
  const event = { type: `canary.${kind.name}`, data: { mark, url } };
  const answer = await call<{ runs: string[] }>("POST", "/v1/events", event);
  const [run] = answer.body.runs;
  if (run === undefined) throw new Error(`${mark}: ${JSON.stringify(answer.body)}`);
  return run;
}

const isOver = async (): Promise<boolean> => {
  const open = await Promise.all(
    ["pending", "running"].map((status) => call<{ data: unknown[] }>("GET", `/v1/runs?limit=1&status=${status}`)),
  );
  return open.every(({ body }) => body.data.length === 0);
};

/** A step that waits for its connection waits until somebody ends its run. */
async function playWaiting(kind: Kind, row: number): Promise<void> {
  const run = await play(kind, row);
  await until(async () => {
    const { body } = await call<{ data: { status: string }[] }>("GET", `/v1/runs/${run}/steps`);
    return body.data[0]?.status === "waiting";
  }, 30_000);
  await call("POST", `/v1/runs/${run}/cancel`, {});
}

async function everywhere(): Promise<Record<"database" | "histories" | "api" | "log" | "passing", Place[]>> {
  const key = await app.store.apiKeys.find(parseApiKey(apiKey)?.id ?? "");
  const runs: { flow: { id: string }; event: { id: string } }[] = [];
  for (let cursor = ""; ;) {
    const { body } = await call<{ data: typeof runs; nextCursor: string | null }>("GET", `/v1/runs?limit=200${cursor}`);
    runs.push(...body.data);
    if (body.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  return {
    database: await textsOfDatabase(database),
    histories: await textsOfHistories(runs.map(({ flow, event }) => `${key?.tenantId}/${flow.id}/${event.id}`)),
    api: await textsOfApi((path) => call("GET", path, undefined, "unheard")),
    log: lines.map((text) => ({ where: "log", text })),
    passing: heard,
  };
}

test("over the whole fault matrix of every kind of authentication, no secret is left anywhere", async () => {
  for (const kind of kinds) await install(kind);
  // Refused before anything is stored, with the secret in the wrong place.
  const wrong = {
    connector: "slack",
    name: "wrong",
    credentials: { token: `wrong ${canaries.slackToken}`, a: canaries.slackToken },
  };
  expect((await call("POST", "/v1/connections", wrong)).status).toBe(422);

  const plan = kinds.flatMap((kind) => kind.rows.map((row) => ({ kind, row, index: rows.indexOf(row) })));
  const [ending, waiting] = [true, false].map((ends) => plan.filter(({ kind, row }) => isEnding(kind, row) === ends));
  await Promise.all(ending!.map(({ kind, index }) => play(kind, index)));
  await until(isOver, 120_000);
  for (const { kind, index } of waiting!) {
    await playWaiting(kind, index);
    // The vendor's refusal has marked the connection: the next row begins with the same credentials, as new ones.
    await call("POST", `/v1/connections/${kind.name}/rotate`, { credentials: kind.credentials });
  }
  await until(isOver, 60_000);
  const notices = () => call<{ data: unknown[] }>("GET", "/v1/events?type=connection.reauth_required");
  await until(async () => (await notices()).body.data.length >= 5, 20_000);

  // The rows were played, and what was sent did carry the secrets: else the search below would prove nothing.
  const sent = [...receivers.vendor.requests, ...receivers.login.requests].map(({ path, headers, body }) => ({
    where: path,
    text: [path, ...Object.values(headers).map(String), body.toString()].join("\n"),
  }));
  const played = plan.filter(({ row }) => row !== "reset before sending" && row !== "401 always");
  const missing = played.filter(({ kind, index }) => !sent.some(({ text }) => text.includes(markOf(kind.name, index))));
  expect(missing.map(({ kind, row }) => `${kind.name}: ${row}`)).toEqual([]);
  const { signing: _, ...carried } = canaries;
  for (const [name, canary] of Object.entries(carried))
    expect([name, findings(sent, { [name]: canary }).length > 0]).toEqual([name, true]);
  expect(receivers.issued.length).toBeGreaterThanOrEqual(4);

  const issued = Object.fromEntries(receivers.issued.map((token, index) => [`access token ${index}`, token]));
  const whole = { ...canaries, keyLine, tenantSecret, tenantKey: tenantSecret.replace("whsec_", ""), ...issued };
  const halves = Object.entries(whole).map(([name, secret]) => [`the beginning of ${name}`, secret.slice(0, 10)]);
  const secrets: Record<string, string> = { ...whole, ...Object.fromEntries(halves) };
  const places = await everywhere();
  expect(places.histories.length).toBeGreaterThan(ending!.length);
  expect(lines.some((line) => line.includes("Workflow failed"))).toBe(true);
  for (const [part, texts] of Object.entries(places)) expect([part, findings(texts, secrets)]).toEqual([part, []]);
});

test("mutant: what is planted as no secret is found in each of these places, in each of its forms", async () => {
  const planted = "planted-canary-0b5d: not & secret";
  const id = await made("/v1/flows", {
    name: "planted",
    on: { event: "canary.planted" },
    steps: [
      {
        id: "send",
        use: "http.request",
        with: { method: "POST", url: receivers.vendor.url, body: "{{event.data.text}}" },
      },
    ],
  });
  await call("POST", `/v1/flows/${id}/publish`, {});
  for (const text of [planted, encodeURIComponent(planted), Buffer.from(`ann:${planted}`).toString("base64")]) {
    await call("POST", "/v1/events", { type: "canary.planted", data: { text } });
    log.warn({ text }, "planted");
  }
  await until(isOver, 30_000);
  const places = await everywhere();
  for (const form of formsOf(planted).slice(0, 2)) {
    for (const part of ["database", "histories", "api", "log"] as const) {
      expect([part, places[part].some(({ text }) => text.includes(form))]).toEqual([part, true]);
    }
  }
  for (const [part, texts] of Object.entries(places)) {
    if (part === "passing") continue;
    // Each of the three forms by itself: the text, its URL encoding, and the base64 of a pair.
    const without = (...forms: string[]) => texts.filter(({ text }) => !forms.some((form) => text.includes(form)));
    const onlyBase64 = without(planted, encodeURIComponent(planted));
    expect([part, findings(onlyBase64, { planted }).length > 0]).toEqual([part, true]);
  }
});
