// What can somebody read who sees all that Temporal stores? Runs with encryption on, off, switched over and rotated.
import { Client, Connection } from "@temporalio/client";
import { codecUrl } from "../../src/api/codec.ts";
import type { FlowId } from "../../src/model/ids.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

const canary = "canary-4f1c9";
const on = { MILLRACE_TEMPORAL_ENCRYPTION: "on" };

const { temporalAddress, temporalNamespace } = testServers();
let connection: Connection;
/** Somebody without keys. */
let stranger: Client;
beforeAll(async () => {
  connection = await Connection.connect({ address: temporalAddress });
  stranger = new Client({ connection, namespace: temporalNamespace });
});
afterAll(() => connection.close());

/** An app that another one can follow: on the same database and task queue. */
const places = () => ({ database: uniqueName("app"), taskQueue: uniqueName("queue"), keyring: newKeyringEntry() });

/** A flow with the canary wherever the author or the event can put a text; its only step fails once. */
async function startRun(app: TestApp, url: string, delay = "10ms") {
  const flowId = await app.createFlow({
    name: `Named ${canary}`,
    steps: [
      {
        id: "tell",
        name: `Tell ${canary}`,
        use: "webhook.post",
        with: { url, data: { text: "{{event.data.text}}" } },
        retry: { schedule: [delay], jitter: "none" },
      },
      { id: "note", set: { text: "{{event.data.text}}!" } },
      { id: "odd", if: { matches: [{ var: "vars.text" }, "^canary"] }, stop: "failed", reason: "Saw {{vars.text}}" },
    ],
  });
  const { body } = await app.publish({ type: "review.created", data: { text: canary } });
  const tenantId = await app.store.tenants.ensureBootstrap("unused");
  // Safe: the API has just answered this id of a flow.
  const key = { tenantId, id: body.runs[0] ?? "run_", flow: { id: flowId as FlowId }, event: { id: body.id } };
  return { id: body.runs[0], key, workflowId: `${tenantId}/${flowId}/${body.id}` };
}

async function afterFirstAttempt(app: TestApp, id: string | undefined): Promise<void> {
  await until(async () => (await app.steps(id))[0]?.attempts.length === 1);
}

type Seen = { text: string; encodings: string[]; keyIds: string[] };

/** All texts and bytes of an answer of Temporal's, and how its payloads say that they are written. */
function look(value: unknown, seen: Seen = { text: "", encodings: [], keyIds: [] }): Seen {
  if (typeof value === "string") seen.text += `${value}\n`;
  else if (value instanceof Uint8Array) seen.text += `${Buffer.from(value).toString("utf8")}\n`;
  else if (Array.isArray(value)) for (const one of value) look(one, seen);
  else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      // Search attributes are there to be searched. The SDK's own note beside a local activity's result is not ours.
      if (name === "searchAttributes" || (name === "data" && isNoteOfSdk(one))) continue;
      if (name === "encoding" && one instanceof Uint8Array) seen.encodings.push(Buffer.from(one).toString());
      if (name === "encryption-key-id" && one instanceof Uint8Array) seen.keyIds.push(Buffer.from(one).toString());
      look(one, seen);
    }
  }
  return seen;
}

/** Among the details of a marker: sequence number, type and times of a local activity. */
function isNoteOfSdk(details: unknown): boolean {
  if (typeof details !== "object" || details === null || !("payloads" in details)) return false;
  return look(details).text.includes('"activity_type"');
}

async function lookAt(workflowId: string): Promise<Seen> {
  const handle = stranger.workflow.getHandle(workflowId);
  const [history, description] = [await handle.fetchHistory(), (await handle.describe()).raw];
  return look([history.events, description]);
}

test("with encryption on, Temporal holds nothing that a person or an event has said, and the run works", async () => {
  await using receiver = await startReceiver();
  receiver.respond([
    { status: 503, body: canary },
    { status: 200, body: canary },
  ]);
  const place = places();
  await using app = await startApp({ ...place, env: on });
  const { id, key, workflowId } = await startRun(app, receiver.url, "1s");

  await afterFirstAttempt(app, id);
  const handle = stranger.workflow.getHandle(workflowId);
  await until(async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure != null);
  const waiting = await lookAt(workflowId);
  expect(waiting.text).not.toContain(canary);
  expect(waiting.text).toContain("Encoded failure");

  const run = await app.run(id);
  expect(run).toMatchObject({ status: "failed", error: { message: `Saw ${canary}!` } });
  expect(receiver.requests).toHaveLength(2);
  await until(async () => (await app.engine.describe(key)).state === "ended");
  const ended = await lookAt(workflowId);
  expect(ended.text).not.toContain(canary);
  expect(ended.text).not.toContain("millraceSealsPayloads");
  expect(new Set(ended.encodings)).toEqual(new Set(["binary/encrypted"]));
  expect(ended.encodings.length).toBeGreaterThan(5);
  expect(new Set(ended.keyIds)).toEqual(new Set([place.keyring.split(":")[0]]));
  // Who has the keys reads how the run ended from the failure's details.
  expect(await app.engine.describe(key)).toEqual({
    state: "ended",
    end: expect.objectContaining({ status: "failed", error: expect.objectContaining({ message: `Saw ${canary}!` }) }),
  });
});

test("the codec endpoint opens for a page of Temporal's UI what a run has stored", async () => {
  await using receiver = await startReceiver();
  const place = places();
  await using app = await startApp({ ...place, env: on });
  const { id, workflowId } = await startRun(app, receiver.url);
  await app.run(id);
  const [started] = (await stranger.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
  const payloads = (started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []).map(
    ({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
      ),
      data: Buffer.from(data ?? []).toString("base64"),
    }),
  );
  const url = codecUrl({ publicUrl: app.url, host: "", port: 0, role: "all" }, parseKeyring(place.keyring));
  const answer = await fetch(`${url}/decode`, {
    method: "POST",
    headers: { origin: "http://127.0.0.1:8233", "content-type": "application/json", "x-namespace": temporalNamespace },
    body: JSON.stringify({ payloads }),
  });
  expect(answer.headers.get("access-control-allow-origin")).toBe("http://127.0.0.1:8233");
  // As the protocol has it: bytes in base64.
  const opened = (await answer.json()) as { payloads: { data: string }[] };
  expect(Buffer.from(opened.payloads[0]?.data ?? "", "base64").toString()).toContain(canary);
});

test("an end that cannot be read for want of its key is not taken for another one", async () => {
  await using receiver = await startReceiver();
  await using app = await startApp({ ...places(), env: on });
  const { id, key } = await startRun(app, receiver.url);
  await app.run(id);
  await until(async () => (await app.engine.describe(key)).state === "ended");
  await using other = await startApp({ ...places(), env: on });
  await expect(other.engine.describe(key)).rejects.toThrow(/key/);
});

test("with encryption off, the same look finds the canary", async () => {
  await using receiver = await startReceiver();
  await using app = await startApp();
  const { id, key, workflowId } = await startRun(app, receiver.url);
  await app.run(id);
  await until(async () => (await app.engine.describe(key)).state === "ended");
  const { text, encodings } = await lookAt(workflowId);
  expect(text).toContain(`Saw ${canary}!`);
  expect(text).toContain(`Tell ${canary}`);
  expect(text).toContain(`Named ${canary}`);
  expect(encodings).toContain("json/plain");
});

test("with encryption on, an attempt that hangs tells by sealed heartbeats that it lives, and hears of a cancel", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  await using app = await startApp({ env: on });
  const { id, key, workflowId } = await startRun(app, receiver.url, "1h");
  const handle = stranger.workflow.getHandle(workflowId);
  await until(async () => {
    const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
    return (pending?.heartbeatDetails?.payloads ?? []).length > 0;
  });
  const hanging = await lookAt(workflowId);
  expect(hanging.text).not.toMatch(/uncounted/);
  expect(new Set(hanging.encodings)).toEqual(new Set(["binary/encrypted"]));
  await app.call("POST", `/v1/runs/${id}/cancel`, {});
  expect((await app.run(id)).status).toBe("cancelled");
  await until(async () => (await app.engine.describe(key)).state === "ended");
  expect((await lookAt(workflowId)).text).not.toContain(canary);
});

test.each([
  ["on", {}, on],
  ["off", on, {}],
])("runs from before encryption was switched %s go on and end", async (_word, before, after) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }, { status: 200 }]);
  const place = places();
  const first = await startApp({ ...place, env: before });
  const { id } = await startRun(first, receiver.url, "2s");
  await afterFirstAttempt(first, id);
  await first.close();
  await using second = await startApp({ ...place, env: after });
  expect(await second.run(id)).toMatchObject({ status: "failed", error: { message: `Saw ${canary}!` } });
  expect(receiver.requests).toHaveLength(2);
});

test("runs from before a key was rotated go on, under the new key", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }, { status: 200 }]);
  const place = places();
  const newer = newKeyringEntry();
  const first = await startApp({ ...place, env: on });
  const { id, workflowId } = await startRun(first, receiver.url, "2s");
  await afterFirstAttempt(first, id);
  await first.close();
  await using second = await startApp({ ...place, keyring: `${newer},${place.keyring}`, env: on });
  expect(await second.run(id)).toMatchObject({ status: "failed", error: { message: `Saw ${canary}!` } });
  const idOf = (entry: string) => entry.split(":")[0];
  expect(new Set((await lookAt(workflowId)).keyIds)).toEqual(new Set([idOf(place.keyring), idOf(newer)]));
});

test("a run whose key is missing waits, and goes on when the key is back", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }]);
  const place = places();
  const newer = newKeyringEntry();
  const first = await startApp({ ...place, env: on });
  const { id, key, workflowId } = await startRun(first, receiver.url, "1h");
  await afterFirstAttempt(first, id);
  await first.close();

  const keyless = await startApp({ ...place, keyring: newer, env: on });
  await keyless.call("POST", `/v1/runs/${id}/cancel`, {});
  const handle = stranger.workflow.getHandle(workflowId);
  await until(async () => {
    const { events } = await handle.fetchHistory();
    return (events ?? []).some((event) => event.workflowTaskFailedEventAttributes);
  });
  expect((await keyless.engine.describe(key)).state).toBe("open");
  await keyless.close();

  await using whole = await startApp({ ...place, keyring: `${newer},${place.keyring}`, env: on });
  expect((await whole.run(id)).status).toBe("cancelled");
});
