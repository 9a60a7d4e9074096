// Running it again: retries and replays over HTTP, on real servers, against a receiver that counts.
import { Client, Connection } from "@temporalio/client";
import type { Flow } from "../../src/model/flow.ts";
import { parseApiKey } from "../../src/model/api-key.ts";
import { newId, type TenantId } from "../../src/model/ids.ts";
import type { StepView } from "../../src/model/step.ts";
import { watchPublishedFlows } from "../../src/ingest/match-index.ts";
import { createLog } from "../../src/log.ts";
import { createReplay } from "../../src/recovery/replay.ts";
import { createRecovery } from "../../src/recovery/retry.ts";
import { startApp, type AnswerBody, type RunView, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

type Asked = {
  from?: string;
  version?: "same" | "newest";
  event?: { data: unknown };
  inputs?: Record<string, unknown>;
};
type Replayed = { id: string; runs: string[]; skipped: { flow: { slug: string }; run?: string; reason: string }[] };

let app: TestApp;
let receiver: Receiver;
let tenantId: TenantId;
beforeAll(async () => {
  app = await startApp();
  const key = await app.store.apiKeys.find(parseApiKey(app.apiKey)?.id ?? "");
  tenantId = key!.tenantId;
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => app[Symbol.asyncDispose]());

let types = 0;
const newType = () => `again${++types}.happened`;
const post = (id: string, rest: Partial<Flow["steps"][number]> = {}) =>
  ({
    id,
    use: "webhook.post",
    with: { url: `${receiver.url}/${id}` },
    retry: "none",
    ...rest,
  }) as Flow["steps"][number];

/** Publishes a flow of these steps and an event for it; answers the run once it has ended. */
async function firstRun(
  flow: Parameters<TestApp["createFlow"]>[0],
  data: unknown = { rating: 1 },
): Promise<{ run: RunView; flowId: string; type: string; eventId: string }> {
  const type = newType();
  const flowId = await app.createFlow({ on: { event: type }, ...flow });
  const { body } = await app.publish({ type, data });
  return { run: await app.run(body.runs[0]), flowId, type, eventId: body.id };
}

const ask = <Body = RunView>(run: { id: string }, asked: Asked = {}, headers = {}) =>
  app.call<Body & AnswerBody>("POST", `/v1/runs/${run.id}/retry`, asked, headers);

/** Asks for a run again and answers the new one once it has ended. */
async function again(run: { id: string }, asked: Asked = {}): Promise<RunView> {
  const answer = await ask(run, asked);
  if (answer.status !== 201) throw new Error(`Expected 201: ${JSON.stringify(answer.body)}`);
  return app.run(answer.body.id);
}

const counts = () => {
  const byPath: Record<string, number> = {};
  for (const { path } of receiver.requests) byPath[path.slice(1)] = (byPath[path.slice(1)] ?? 0) + 1;
  return byPath;
};
const keysOf = (path: string) =>
  receiver.requests.filter((one) => one.path === `/${path}`).map((one) => one.headers["webhook-id"]);
const bodiesOf = (path: string) =>
  receiver.requests.filter((one) => one.path === `/${path}`).map((one) => JSON.parse(one.body.toString()));
const shown = (steps: StepView[]) => steps.map(({ path, status }) => `${path} ${status}`);
/** Refuses what is sent to these paths, until it is told otherwise. */
function refuse(...paths: string[]) {
  receiver.respond(({ path }) => ({ status: paths.includes(path.slice(1)) ? 422 : 200, body: `{"from":"${path}"}` }));
}
const accept = () => receiver.respond(({ path }) => ({ body: `{"from":"${path}"}` }));

describe("a run retried from its failed step", () => {
  test("does not repeat the steps before it, lists them as kept, and both runs name each other", async () => {
    refuse("three");
    const { run } = await firstRun({ steps: [post("one"), post("two"), post("three"), post("four")] });
    expect(run).toMatchObject({ status: "failed", failedStep: "three" });
    accept();
    const second = await again(run);
    expect(counts()).toEqual({ one: 1, two: 1, three: 2, four: 1 });
    expect(second).toMatchObject({
      status: "succeeded",
      origin: "retry",
      retryOf: run.id,
      retriedBy: [],
      retry: { from: "failed", eventEdited: false, inputs: [] },
      output: { status: 200, body: { from: "/four" } },
      event: run.event,
      version: 1,
      temporalUrl: expect.stringContaining(second.id),
    });
    expect(await app.run(run.id)).toMatchObject({ status: "failed", retriedBy: [second.id] });
    const steps = await app.steps(second.id);
    expect(shown(steps)).toEqual(["one kept", "two kept", "three succeeded", "four succeeded"]);
    expect(steps[0]).toMatchObject({
      keptFrom: { run: run.id, status: "succeeded" },
      output: { status: 200 },
      attempts: [],
    });
    const list = await app.call<{ data: RunView[] }>("GET", `/v1/runs?event=${run.event.id}`);
    expect(list.body.data.map((one) => [one.id, one.retryOf, one.retriedBy])).toEqual([
      [second.id, run.id, []],
      [run.id, undefined, [second.id]],
    ]);
  });

  test("reads the outputs and variables of what it keeps", async () => {
    refuse("last");
    const { run } = await firstRun({
      steps: [
        post("one"),
        { id: "note", set: { seen: "{{steps.one.body.from}}" } },
        post("last", { with: { url: `${receiver.url}/last`, body: { text: "{{vars.seen}} {{steps.one.status}}" } } }),
      ],
    });
    accept();
    expect((await again(run)).status).toBe("succeeded");
    expect(bodiesOf("last")).toEqual([{ text: "/one 200" }, { text: "/one 200" }]);
    expect(counts()["one"]).toBe(1);
  });
});

describe("where a retry begins", () => {
  test("at the start: every step runs again, under a new key where it had succeeded", async () => {
    refuse("two");
    const { run } = await firstRun({ steps: [post("one"), post("two")] });
    accept();
    const second = await again(run, { from: "start" });
    expect(shown(await app.steps(second.id))).toEqual(["one succeeded", "two succeeded"]);
    // `one` has happened and is wanted once more; `two` never did, and must not happen twice.
    expect(new Set(keysOf("one")).size).toBe(2);
    expect(new Set(keysOf("two")).size).toBe(1);
  });

  test("at any step: those before it are kept, it and those behind it run again", async () => {
    const { run } = await firstRun({ steps: [post("one"), post("two"), post("three")] });
    const second = await again(run, { from: "two" });
    expect(shown(await app.steps(second.id))).toEqual(["one kept", "two succeeded", "three succeeded"]);
    expect(counts()).toEqual({ one: 1, two: 2, three: 2 });
  });

  test("has to be said for a run that succeeded or was filtered", async () => {
    const { run } = await firstRun({ steps: [post("one"), { id: "gate", filter: false }, post("two")] });
    expect(run.status).toBe("filtered");
    for (const asked of [{}, { from: "failed" }]) {
      const refused = await ask(run, asked);
      expect([refused.status, refused.body.code]).toEqual([422, "run.not_retriable"]);
      expect(refused.body.errors).toMatchObject([{ pointer: "/from" }]);
      expect(refused.body.detail).toContain("filtered");
    }
    // Whoever begins behind the filter passes it.
    const second = await again(run, { from: "two" });
    expect(shown(await app.steps(second.id))).toEqual(["one kept", "gate kept", "two succeeded"]);
    expect(await ask(second)).toMatchObject({ status: 422 });
    expect((await again(second, { from: "start" })).status).toBe("filtered");
  });

  test("is refused where there is no such step, with the nearest name", async () => {
    const { run } = await firstRun({ steps: [post("escalate")] });
    const refused = await ask(run, { from: "escalat" });
    expect([refused.status, refused.body.code]).toEqual([422, "run.not_retriable"]);
    expect(refused.body.errors).toMatchObject([{ pointer: "/from", code: "unknown", suggestion: "escalate" }]);
  });

  test("inside a branch: the branch is entered as its condition says, and its first steps are kept", async () => {
    refuse("b");
    const { run } = await firstRun({
      steps: [
        post("one"),
        {
          id: "route",
          choose: [
            { when: { "==": [{ var: "event.data.rating" }, 1] }, steps: [post("a"), post("b")] },
            { else: [post("c")] },
          ],
        },
        post("last"),
      ],
    });
    expect(run.failedStep).toBe("route[0].b");
    accept();
    const second = await again(run);
    expect(shown(await app.steps(second.id))).toEqual([
      "one kept",
      "route succeeded",
      "route[0].a kept",
      "route[0].b succeeded",
      "last succeeded",
    ]);
    expect(counts()).toEqual({ one: 1, a: 1, b: 2, last: 1 });
    // And once more from behind it: the branch that was taken is kept as a whole.
    const third = await again(second, { from: "last" });
    expect(shown(await app.steps(third.id)).at(-2)).toBe("route[0].b kept");
    expect(counts()).toEqual({ one: 1, a: 1, b: 2, last: 2 });
  });

  test("inside what handles a failure: the failure is kept, and can be read", async () => {
    refuse("one", "mend");
    const mend = post("mend", {
      with: { url: `${receiver.url}/mend`, body: { code: "{{error.code}}", of: "{{error.step}}" } },
    });
    const { run } = await firstRun({
      steps: [post("one", { onError: { steps: [post("tell"), mend] } }), post("last")],
    });
    expect(run.failedStep).toBe("one.onError.mend");
    accept();
    const second = await again(run);
    const steps = await app.steps(second.id);
    expect(shown(steps)).toEqual(["one kept", "one.onError.tell kept", "one.onError.mend succeeded", "last succeeded"]);
    expect(steps[0]).toMatchObject({ keptFrom: { status: "failed" }, error: { code: "http_422" } });
    expect(counts()).toEqual({ one: 1, tell: 1, mend: 2, last: 1 });
    expect(bodiesOf("mend")).toEqual(Array(2).fill({ code: "http_422", of: "one" }));
  });

  test("cannot be inside what handles a failure that did not happen", async () => {
    const { run } = await firstRun({
      steps: [post("one", { onError: { steps: [post("mend")] } })],
      onFailure: [post("alarm")],
    });
    for (const from of ["one.onError.mend", "alarm"]) {
      const refused = await ask(run, { from });
      expect([refused.status, refused.body.errors]).toMatchObject([422, [{ pointer: "/from", code: "unreachable" }]]);
    }
  });

  test("inside onFailure: the run fails as it did, without doing anything again", async () => {
    refuse("two", "alarm");
    const { run } = await firstRun({ steps: [post("one"), post("two")], onFailure: [post("note"), post("alarm")] });
    accept();
    const second = await again(run, { from: "alarm" });
    expect(second).toMatchObject({ status: "failed", failedStep: "two", error: { code: "http_422" } });
    expect(shown(await app.steps(second.id))).toEqual(["one kept", "two kept", "note kept", "alarm succeeded"]);
    expect(counts()).toEqual({ one: 1, two: 1, note: 1, alarm: 2 });
  });
});

describe("what a retry is given", () => {
  test("an edited input is used as it stands, and happens under a new key", async () => {
    refuse("two");
    const { run } = await firstRun({ steps: [post("one"), post("two"), post("three")] });
    accept();
    const second = await again(run, {
      inputs: { two: { url: `${receiver.url}/other`, body: { text: "{{as it stands}}" } } },
    });
    expect(second).toMatchObject({ status: "succeeded", retry: { inputs: ["two"] } });
    expect(counts()).toEqual({ one: 1, two: 1, other: 1, three: 1 });
    expect(bodiesOf("other")).toEqual([{ text: "{{as it stands}}" }]);
    expect(keysOf("other")).not.toEqual(keysOf("two"));
    expect((await app.steps(second.id))[1]).toMatchObject({ input: { body: { text: "{{as it stands}}" } } });
  });

  test("an input that cannot be used is refused with its place", async () => {
    refuse("two");
    const { run } = await firstRun({ steps: [post("one"), post("two"), { id: "note", set: { a: 1 } }] });
    const errorsOf = async (inputs: Record<string, unknown>) => {
      const refused = await ask(run, { inputs });
      expect([refused.status, refused.body.code]).toEqual([422, "run.not_retriable"]);
      return refused.body.errors;
    };
    expect(await errorsOf({ one: { url: receiver.url } })).toMatchObject([{ pointer: "/inputs/one", code: "kept" }]);
    expect(await errorsOf({ twoo: {} })).toMatchObject([
      { pointer: "/inputs/twoo", code: "unknown", suggestion: "two" },
    ]);
    expect(await errorsOf({ note: {} })).toMatchObject([{ pointer: "/inputs/note", code: "form" }]);
    expect(await errorsOf({ two: {} })).toMatchObject([{ pointer: "/inputs/two/url", code: "required" }]);
    const marked = { url: receiver.url, headers: { "x-token": "Token [redacted]" } };
    expect(await errorsOf({ two: marked })).toMatchObject([
      { pointer: "/inputs/two/headers/x-token", code: "redacted" },
    ]);
    expect(await errorsOf({ two: { url: receiver.url, body: "x".repeat(300_000) } })).toMatchObject([
      { pointer: "/inputs", code: "range" },
    ]);
    expect(counts()).toEqual({ one: 1, two: 1 });
  });

  const byKind = (): Parameters<TestApp["createFlow"]>[0] => ({
    steps: [
      post("one"),
      { id: "note", set: { to: "{{event.data.kind}}" } },
      post("two", { with: { url: `${receiver.url}/two`, body: { to: "{{vars.to}}" } } }),
      { id: "gate", filter: { "==": [{ var: "event.data.kind" }, "good"] } },
      post("three", { with: { url: `${receiver.url}/three` } }),
    ],
  });

  test("an edited event is used by values and conditions, also before the step where the retry begins", async () => {
    refuse("two");
    const { run } = await firstRun(byKind(), { kind: "bad" });
    accept();
    const second = await again(run, { event: { data: { kind: "good" } } });
    expect(second).toMatchObject({ status: "succeeded", retry: { eventEdited: true } });
    expect(shown(await app.steps(second.id))).toEqual([
      "one kept",
      "note succeeded",
      "two succeeded",
      "gate succeeded",
      "three succeeded",
    ]);
    expect(bodiesOf("two")).toEqual([{ to: "bad" }, { to: "good" }]);
    expect(bodiesOf("three")).toMatchObject([{ data: { kind: "good" } }]);
    // Something else than was tried: a receiver that knows the first one must not take it for that.
    expect(new Set(keysOf("two")).size).toBe(2);
    // The event itself stays what was published; a retry of the retry sees what the retry saw.
    expect((await app.call("GET", `/v1/events/${run.event.id}`)).body.data).toEqual({ kind: "bad" });
    const third = await again(second, { from: "gate" });
    expect(third).toMatchObject({ status: "succeeded", retry: { eventEdited: true } });
    expect(bodiesOf("three").at(-1)).toMatchObject({ data: { kind: "good" } });
  });

  test("a large edited event travels by reference, byte for byte", async () => {
    refuse("two");
    const { run } = await firstRun(byKind(), { kind: "bad" });
    accept();
    const text = "x".repeat(200_000);
    const data = `{"kind": "good", "id": 12345678901234567890, "text": "${text}"}`;
    const answer = await app.call<RunView>("POST", `/v1/runs/${run.id}/retry`, `{ "event": { "data": ${data} } }`);
    expect(answer.status).toBe(201);
    const second = await app.run(answer.body.id);
    expect(second.status).toBe("succeeded");
    expect(receiver.requests.at(-1)!.body.toString()).toContain(`"data":${data}`);
    const third = await again(second, { from: "three" });
    expect(third.status).toBe("succeeded");
    expect(receiver.requests.at(-1)!.body.toString()).toContain(`"data":${data}`);
  });

  test("an edited event is read behind a byte order mark too", async () => {
    const { run } = await firstRun({ steps: [post("one")] });
    const answer = await app.call(
      "POST",
      `/v1/runs/${run.id}/retry`,
      '\ufeff{"from":"start","event":{"data":{"n":2}}}',
    );
    await app.run(answer.body.id);
    expect(bodiesOf("one").at(-1)).toMatchObject({ data: { n: 2 } });
  });

  test("data that is too large, and a body of another form, are refused", async () => {
    const { run } = await firstRun({ steps: [post("one")] });
    const large = await ask(run, { from: "start", event: { data: "x".repeat(600_000) } });
    expect([large.status, large.body.errors]).toMatchObject([422, [{ pointer: "/event/data", code: "range" }]]);
    const odd = await app.call("POST", `/v1/runs/${run.id}/retry`, { form: "start" });
    expect([odd.status, odd.body.errors]).toMatchObject([
      422,
      [{ pointer: "/form", code: "unknown", suggestion: "from" }],
    ]);
    expect((await app.call("POST", `/v1/runs/${run.id}/retry`, "{")).status).toBe(400);
  });
});

describe("the version of a retry", () => {
  test("is that of the run, or the newest: then actions are kept, and what has no effect outside is decided anew", async () => {
    refuse("two");
    const note = (to: string) => ({ id: "note", set: { to } });
    const two = () => post("two", { with: { url: `${receiver.url}/two`, body: { to: "{{vars.to}}" } } });
    const { run, flowId, type } = await firstRun({ steps: [post("one"), note("old"), two()] });
    const read = await app.call("GET", `/v1/flows/${flowId}`);
    const draft = { name: "Newer", on: { event: type }, steps: [post("one"), note("new"), post("extra"), two()] };
    await app.call("PUT", `/v1/flows/${flowId}`, draft, { "if-match": read.headers.get("etag") ?? "" });
    expect((await app.call("POST", `/v1/flows/${flowId}/publish`, {})).status).toBe(200);

    const same = await again(run);
    expect(same).toMatchObject({ version: 1, status: "failed" });
    expect(bodiesOf("two")).toEqual([{ to: "old" }, { to: "old" }]);
    accept();
    const newest = await again(run, { version: "newest" });
    expect(newest).toMatchObject({ version: 2, status: "succeeded", flow: { name: "Newer" } });
    expect(bodiesOf("two").at(-1)).toEqual({ to: "new" });
    expect(shown(await app.steps(newest.id))).toEqual([
      "one kept",
      "note succeeded",
      "extra succeeded",
      "two succeeded",
    ]);
    expect(counts()["one"]).toBe(1);
    expect((await app.run(run.id)).retriedBy).toEqual([same.id, newest.id]);
  });

  test("is refused as the newest when it no longer has the step", async () => {
    refuse("two");
    const { run, flowId, type } = await firstRun({ steps: [post("one"), post("two")] });
    const read = await app.call("GET", `/v1/flows/${flowId}`);
    const draft = { name: "Newer", on: { event: type }, steps: [post("one"), post("twoo")] };
    await app.call("PUT", `/v1/flows/${flowId}`, draft, { "if-match": read.headers.get("etag") ?? "" });
    await app.call("POST", `/v1/flows/${flowId}/publish`, {});
    const refused = await ask(run, { version: "newest" });
    expect([refused.status, refused.body.errors]).toMatchObject([
      422,
      [{ pointer: "/from", code: "unknown", suggestion: "twoo" }],
    ]);
  });
});

describe("how the run ended that is retried", () => {
  /** A run whose second step waits for its next attempt. */
  async function waiting(flow: Partial<Flow> = {}) {
    refuse();
    receiver.respond(({ path }) => ({ status: path === "/two" ? 503 : 200 }));
    const type = newType();
    const slow = post("two", { retry: { schedule: ["1h"] } });
    await app.createFlow({ on: { event: type }, ...flow, steps: [post("one"), slow, post("three")] });
    const { body } = await app.publish({ type, data: {} });
    const id = body.runs[0]!;
    await until(async () => (await app.steps(id))[1]?.attempts.length === 1);
    return id;
  }
  const cutOff = ["one succeeded", "two cancelled"];

  /** Retries the run and checks that it goes on where it stood. */
  async function goesOn(id: string) {
    accept();
    const second = await again({ id });
    expect(second.status).toBe("succeeded");
    expect(shown(await app.steps(second.id))).toEqual(["one kept", "two succeeded", "three succeeded"]);
    expect(counts()).toEqual({ one: 1, two: 2, three: 1 });
    expect(new Set(keysOf("two")).size).toBe(1);
  }

  /** Has the watch over open runs look at this one now, and waits for its verdict. */
  const lookedAfter = async (id: string) => {
    const run = await app.store.runs.find(tenantId, id as RunView["id"]);
    await app.store.runs.checkAgain(run!.id, 0);
    return app.run(id);
  };
  const temporal = async () => {
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    const client = new Client({ connection, namespace: testServers().temporalNamespace });
    return { client, [Symbol.asyncDispose]: () => connection.close() };
  };
  const workflowIdOf = async (id: string) => {
    const run = await app.store.runs.find(tenantId, id as RunView["id"]);
    return `${tenantId}/${run!.flow.id}/${run!.event.id}`;
  };

  test("cancelled", async () => {
    const id = await waiting();
    await app.call("POST", `/v1/runs/${id}/cancel`, {});
    expect((await app.run(id)).status).toBe("cancelled");
    await goesOn(id);
  });

  test("by the flow's own timeout", async () => {
    const id = await waiting({ timeout: "2s" });
    expect(await app.run(id)).toMatchObject({ status: "failed", error: { class: "timeout", code: "flow_timeout" } });
    await goesOn(id);
  });

  test("terminated in Temporal, from outside: its open step shows as cancelled", async () => {
    const id = await waiting();
    await using outside = await temporal();
    await outside.client.workflow.getHandle(await workflowIdOf(id)).terminate("by hand");
    expect(await lookedAfter(id)).toMatchObject({ status: "failed", error: { code: "terminated" } });
    const steps = await app.steps(id);
    expect(shown(steps)).toEqual(cutOff);
    expect(steps[1]?.attempts[0]).not.toHaveProperty("nextAttemptAt");
    await goesOn(id);
  });

  test("gone: Temporal no longer knows its workflow", async () => {
    const id = await waiting();
    await using outside = await temporal();
    const handle = outside.client.workflow.getHandle(await workflowIdOf(id));
    await outside.client.workflowService.deleteWorkflowExecution({
      namespace: testServers().temporalNamespace,
      workflowExecution: { workflowId: handle.workflowId },
    });
    await until(() =>
      handle.describe().then(
        () => false,
        () => true,
      ),
    );
    expect(await lookedAfter(id)).toMatchObject({ status: "failed", error: { code: "workflow_gone" } });
    expect(shown(await app.steps(id))).toEqual(cutOff);
    await goesOn(id);
  });

  test("by an output that could not be rendered: nothing is repeated", async () => {
    const many = Array.from({ length: 300 }, (_, i) => i);
    const rule = { some: [{ var: "event.data.list" }, { some: [many, { "==": [1, 2] }] }] };
    const { run } = await firstRun({ steps: [post("one")], output: { any: { $logic: rule } } }, { list: many });
    expect(run).toMatchObject({ status: "failed", error: { class: "limit" } });
    expect(run).not.toHaveProperty("failedStep");
    const second = await again(run, { event: { data: { list: [1] } } });
    expect(second).toMatchObject({ status: "succeeded", output: { any: false } });
    expect(counts()).toEqual({ one: 1 });
  });

  test("not at all: it is refused until it has", async () => {
    const id = await waiting();
    const refused = await ask({ id });
    expect([refused.status, refused.body.code]).toEqual([409, "state.conflict"]);
    await app.call("POST", `/v1/runs/${id}/cancel`, {});
    await app.run(id);
  });
});

test("a run whose event is no longer stored is refused when it is asked for, not half a minute later", async () => {
  refuse("one");
  const { run } = await firstRun({ steps: [post("one")] });
  const gone: typeof app.store.events.find = async () => null;
  const store = { ...app.store, events: { ...app.store.events, find: gone } };
  const recovery = createRecovery({ store, actions: new Map(), nowMs: Date.now });
  await expect(recovery.retryRun(tenantId, run.id as never)).rejects.toMatchObject({
    code: "run.not_retriable",
    message: "The run's event is no longer stored.",
  });
});

test("a run that its flow's filter never let through is asked for it anew", async () => {
  const many = Array.from({ length: 300 }, (_, i) => i);
  const costly = { all: [{ var: "event.data.list" }, { all: [many, { "==": [1, 1] }] }] };
  const { run } = await firstRun({ filter: costly, steps: [post("one")] }, { list: many });
  expect(run).toMatchObject({ status: "failed", error: { class: "limit" } });
  const undecided = await ask(run);
  expect([undecided.status, undecided.body.detail]).toEqual([422, expect.stringContaining("cannot be decided")]);
  const no = await ask(run, { event: { data: { list: [] } } });
  expect([no.status, no.body.detail]).toEqual([422, "The flow's filter does not let this event through."]);
  const yes = await again(run, { event: { data: { list: [1] } } });
  expect([yes.status, counts()]).toEqual(["succeeded", { one: 1 }]);
});

describe("asking twice", () => {
  test("two retries at once make one run; the other is told which", async () => {
    refuse("one");
    const { run } = await firstRun({ steps: [post("one")] });
    receiver.respond(() => "hang");
    const answers = await Promise.all([ask(run), ask(run), ask(run)]);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(2);
    const made = answers.find(({ status }) => status === 201)!.body.id;
    for (const { body } of refused) expect(body.detail).toContain(made);
    await app.call("POST", `/v1/runs/${made}/cancel`, {});
    await app.run(made);
    // It has ended: the run may be retried again.
    accept();
    expect((await again(run)).status).toBe("succeeded");
    expect((await app.run(run.id)).retriedBy).toHaveLength(2);
  });

  test("of runs that repeat each other one is open at a time: two would act under the same keys side by side", async () => {
    refuse("one");
    const { run } = await firstRun({ steps: [post("one")] });
    const second = await again(run);
    expect(second.status).toBe("failed");
    receiver.respond(() => "hang");
    const third = (await ask(second)).body.id;
    const beside = await ask(run);
    expect([beside.status, beside.body.detail]).toEqual([409, expect.stringContaining(third)]);
    await app.call("POST", `/v1/runs/${third}/cancel`, {});
    await app.run(third);
    expect((await ask(run)).status).toBe(201);
  });

  test("the same request makes one run, also after that has ended", async () => {
    refuse("one");
    const { run } = await firstRun({ steps: [post("one")] });
    accept();
    const recovery = createRecovery({ store: app.store, actions: new Map(), nowMs: Date.now });
    const retry = (requestId: string) => recovery.retryRun(tenantId, run.id, { requestId });
    const both = await Promise.all([retry("r1"), retry("r1")]);
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(["found", "made"]);
    const [made] = both;
    expect(both[1]!.run.id).toBe(made!.run.id);
    // Nobody woke the loop that starts runs: as after a crash between the row and the start.
    expect((await app.run(made!.run.id)).status).toBe("succeeded");
    expect(await retry("r1")).toMatchObject({ outcome: "found", run: { id: made!.run.id } });
    expect(await retry("r2")).toMatchObject({ outcome: "made" });
  });

  test("a retry of a retry keeps what both have done, and says where each step happened", async () => {
    refuse("two", "three");
    const { run } = await firstRun({ steps: [post("one"), post("two"), post("three")] });
    refuse("three");
    const second = await again(run);
    accept();
    const third = await again(second);
    expect(third).toMatchObject({ status: "succeeded", retryOf: second.id });
    const steps = await app.steps(third.id);
    expect(steps.map(({ path, keptFrom }) => [path, keptFrom?.run])).toEqual([
      ["one", run.id],
      ["two", second.id],
      ["three", undefined],
    ]);
    expect(counts()).toEqual({ one: 1, two: 2, three: 2 });
    for (const path of ["one", "two", "three"]) expect(new Set(keysOf(path)).size).toBe(1);
  });

  test("a step that succeeded in one retry happens anew in another, under a new key", async () => {
    refuse("one");
    const { run } = await firstRun({ steps: [post("one")] });
    accept();
    await again(run);
    await again(run);
    const [first, second, third] = keysOf("one");
    expect(second).toBe(first);
    // A receiver that finds duplicates would swallow it under the first key.
    expect(third).not.toBe(first);
  });

  test("another tenant's runs and events are not found", async () => {
    const { run } = await firstRun({ steps: [post("one")] });
    const other = await app.store.tenants.create(uniqueName("other"));
    const recovery = createRecovery({ store: app.store, actions: new Map(), nowMs: Date.now });
    await expect(recovery.retryRun(other, run.id, { from: "start" })).rejects.toMatchObject({
      code: "resource.not_found",
    });
    expect((await ask({ id: newId("run") })).status).toBe(404);
    expect((await app.call("POST", "/v1/events/evt_unknown/replay", {})).status).toBe(404);
  });
});

describe("a replay", () => {
  const replay = (id: string, asked: object = {}) =>
    app.call<Replayed & AnswerBody>("POST", `/v1/events/${id}/replay`, asked);

  test("plays an event to the flows of then, from the start, under their versions of then", async () => {
    const type = newType();
    const flowOf = (id: string) =>
      app.createFlow({ slug: `${type.replace(".", "-")}-${id}`, on: { event: type }, steps: [post(id)] });
    const [a] = [await flowOf("a"), await flowOf("b")];
    const { body } = await app.publish({ type, data: { n: 1 } });
    for (const id of body.runs) await app.run(id);
    await app.call("POST", `/v1/flows/${a}/disable`, {});
    const answer = await replay(body.id);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ id: body.id, skipped: [] });
    const runs = await Promise.all(answer.body.runs.map((id) => app.run(id)));
    expect(runs.map(({ status, origin }) => [status, origin])).toEqual(Array(2).fill(["succeeded", "replay"]));
    expect(runs.map(({ retryOf }) => retryOf)).toEqual(body.runs);
    expect(counts()).toEqual({ a: 2, b: 2 });
    for (const path of ["a", "b"]) expect(new Set(keysOf(path)).size).toBe(2);

    const one = await replay(body.id, { flow: a });
    expect(one.body.runs).toHaveLength(1);
    expect(await app.run(one.body.runs[0])).toMatchObject({ flow: { id: a }, retryOf: runs[0]!.id });
    const unknown = await replay(body.id, { flow: "nobody" });
    expect([unknown.status, unknown.body.errors]).toMatchObject([422, [{ pointer: "/flow" }]]);
  });

  test("plays an event to the flows of now: also to those that came after it, and not to those that say no", async () => {
    const { eventId, type, flowId, run } = await firstRun({ steps: [post("old")] }, { rating: 1 });
    const late = await app.createFlow({ on: { event: type }, steps: [post("late")] });
    await app.createFlow({
      on: { event: type },
      filter: { ">": [{ var: "event.data.rating" }, 3] },
      steps: [post("no")],
    });
    const answer = await replay(eventId, { flows: "now" });
    const runs = await Promise.all(answer.body.runs.map((id) => app.run(id)));
    expect(runs).toMatchObject([
      { flow: { id: flowId }, retryOf: run.id, origin: "replay" },
      { flow: { id: late }, origin: "replay", status: "succeeded" },
    ]);
    expect(runs[1]).not.toHaveProperty("retryOf");
    expect(counts()).toEqual({ old: 2, late: 1 });
    // The first one of the new flow is repeated by the next replay.
    const more = await replay(eventId, { flows: "now", flow: late });
    expect(await app.run(more.body.runs[0])).toMatchObject({ retryOf: runs[1]!.id });
  });

  test("the same request makes the same runs, also after those have ended", async () => {
    const { eventId, type, run } = await firstRun({ steps: [post("old")] });
    await app.createFlow({ on: { event: type }, steps: [post("late")] });
    const flows = await watchPublishedFlows(app.store.flows, createLog("silent"));
    const made = createReplay({ store: app.store, actions: new Map(), nowMs: Date.now, flowsOf: flows.of });
    const ask = (requestId: string) => made.replayEvent(tenantId, eventId, { flows: "now", requestId });
    const first = await ask("r1");
    expect(first.runs).toHaveLength(2);
    // As when the process died before it could answer, and the sender came back late.
    expect((await ask("r1")).runs.map(({ id }) => id)).toEqual(first.runs.map(({ id }) => id));
    for (const { id } of first.runs) await app.run(id);
    expect((await ask("r1")).runs.map(({ id }) => id)).toEqual(first.runs.map(({ id }) => id));
    expect(counts()).toEqual({ old: 2, late: 1 });
    expect((await app.run(run.id)).retriedBy).toHaveLength(1);
    const second = await ask("r2");
    expect(second.runs.map(({ retryOf }) => retryOf)).toEqual(first.runs.map(({ id }) => id));
    await flows.close();
  });

  test("plays the event as it was published, whatever a retry was given", async () => {
    const { eventId, run } = await firstRun({ steps: [post("one")] }, { n: 1 });
    await again(run, { from: "start", event: { data: { n: 2 } } });
    const { body } = await replay(eventId);
    await app.run(body.runs[0]);
    expect(bodiesOf("one").map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }]);
    expect(new Set(keysOf("one")).size).toBe(3);
  });

  test("leaves out flows with an open run, and says which; asked for alone, that is a conflict", async () => {
    const type = newType();
    receiver.respond(({ path }) => (path === "/slow" ? "hang" : {}));
    const slow = await app.createFlow({ on: { event: type }, steps: [post("slow")] });
    await app.createFlow({ on: { event: type }, steps: [post("quick")] });
    const { body } = await app.publish({ type, data: {} });
    const byFlow = new Map(
      await Promise.all(
        body.runs.map(async (id) => [(await app.call<RunView>("GET", `/v1/runs/${id}`)).body.flow.id, id] as const),
      ),
    );
    const open = byFlow.get(slow as RunView["flow"]["id"])!;
    for (const id of body.runs) if (id !== open) await app.run(id);
    await receiver.waitFor(2);
    const answer = await replay(body.id);
    expect(answer.body).toMatchObject({
      runs: [expect.stringMatching(/^run_/)],
      skipped: [{ flow: { id: slow }, run: open }],
    });
    const alone = await replay(body.id, { flow: slow });
    expect([alone.status, alone.body.code]).toEqual([409, "state.conflict"]);
    await app.call("POST", `/v1/runs/${open}/cancel`, {});
    await app.run(open);
  });

  test("two at once make one first run of a flow", async () => {
    const { eventId, type } = await firstRun({ steps: [post("old")] });
    const late = await app.createFlow({ on: { event: type }, steps: [post("late")] });
    const answers = await Promise.all([1, 2, 3].map(() => replay(eventId, { flows: "now", flow: late })));
    await Promise.all(answers.flatMap(({ body }) => body.runs ?? []).map((id) => app.run(id)));
    const firsts = (await app.call<{ data: RunView[] }>("GET", `/v1/runs?flow=${late}`)).body.data.filter(
      ({ retryOf }) => !retryOf,
    );
    expect(firsts).toHaveLength(1);
  });
});
