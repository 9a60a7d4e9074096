// What the workflow itself has to see to: that what its activities could not record is recorded before it ends.
import { ApplicationFailure } from "@temporalio/common";
import { Client } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { createActivities, type Activities } from "../../activities/index.ts";
import { connectors } from "../../connectors/index.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { newWebhookSecret } from "../../src/delivery/sign.ts";
import { compileFlow } from "../../src/flow/compile.ts";
import { createLog } from "../../src/log.ts";
import type { Flow } from "../../src/model/flow.ts";
import { newId } from "../../src/model/ids.ts";
import type { Run } from "../../src/model/run.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { RunFlowInput, runFlow } from "../../workflows/run-flow.ts";
import { anExecutor } from "../support/executor.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let connection: NativeConnection;
let receiver: Receiver;
const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
const { mongodbUri, temporalAddress, temporalNamespace: namespace } = testServers();
beforeAll(async () => {
  store = await openStore(mongodbUri, { database: uniqueName("outcomes") });
  connection = await NativeConnection.connect({ address: temporalAddress });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await connection.close();
  await http.close();
  await store.close();
});

const post = (id: string, rest: object = {}): Flow["steps"][number] => ({
  id,
  use: "webhook.post",
  with: { url: receiver.url },
  ...rest,
});

/** Runs a flow to its end with activities that the test changes; answers the run as it is stored. */
async function carryOut(
  flow: Pick<Flow, "steps" | "timeout">,
  change: { steps?: Partial<Store["steps"]>; activities?: (real: Activities) => Partial<Activities> },
  event: Partial<RunFlowInput["event"]> = { dataText: "{}" },
): Promise<{ run: Run | undefined; steps: string[] }> {
  const input = await inputFor(flow, event);
  const { tenantId, runId } = input;
  const real = createActivities({
    store: { ...store, steps: { ...store.steps, ...change.steps } },
    executor: anExecutor({ http, connectors }),
    signingSecrets: { current: async () => [newWebhookSecret()] },
    log: createLog("silent"),
  });
  const taskQueue = uniqueName("outcomes");
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "" },
    activities: { ...real, ...change.activities?.(real) },
  });
  const client = new Client({ connection, namespace });
  const asked = { args: [input] as [RunFlowInput], taskQueue, workflowId: `${tenantId}/${runId}` };
  // A run that has failed is what some tests are about: how it ended is read from the store.
  await worker.runUntil(client.workflow.execute<typeof runFlow>("runFlow", asked).catch(() => undefined));
  const steps = await store.steps.list(tenantId, runId);
  return {
    run: await store.runs.find(tenantId, runId),
    steps: steps.map(({ path, status, attempts }) => `${path} ${status} ${attempts.length}`),
  };
}

async function inputFor(
  { steps, timeout }: Pick<Flow, "steps" | "timeout">,
  event: Partial<RunFlowInput["event"]>,
): Promise<RunFlowInput> {
  const [tenantId, runId] = [newId("tnt"), newId("run")];
  const flow = { id: newId("flow"), slug: "outcomes", version: 1 };
  const document = { name: "Outcomes", on: { event: "it.happened" }, steps, ...(timeout ? { timeout } : {}) };
  const compiled = compileFlow(document, { flow, actions: actionCatalogue(connectors) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  const { plan } = compiled;
  await store.runs.insert({
    id: runId,
    tenantId,
    flow: plan.flow,
    version: 1,
    status: "running",
    event: { id: "e1", type: "it.happened" },
    createdAt: new Date(),
  });
  const occurredAt = new Date().toISOString();
  return { tenantId, runId, plan, event: { id: "e1", type: "it.happened", occurredAt, ...event } };
}

test("a success that could not be recorded is recorded, also when a later step records the end of the run", async () => {
  let tries = 0;
  const ended = await carryOut(
    { steps: [post("one"), post("two")] },
    {
      steps: {
        // It is back when the second one is recorded.
        recordAttempt: (record, settled) =>
          ++tries === 1 ? Promise.reject(new Error("MongoDB is away")) : store.steps.recordAttempt(record, settled),
      },
    },
  );
  expect(ended).toMatchObject({ run: { status: "succeeded" }, steps: ["one succeeded 1", "two succeeded 1"] });
});

test("the end of a step that no attempt could tell is recorded, also when a later step records the end of the run", async () => {
  const ended = await carryOut(
    { steps: [post("one", { onError: "continue" }), post("two")] },
    {
      activities: (real) => ({
        performStep: async (input) => {
          if (input.step.path === "one") throw ApplicationFailure.nonRetryable("It is at fault itself.", "odd");
          return real.performStep(input);
        },
      }),
    },
  );
  expect(ended).toMatchObject({ run: { status: "succeeded" }, steps: ["one failed 0", "two succeeded 1"] });
});

describe("a run whose large event cannot be read", () => {
  const steps: Flow["steps"] = [{ id: "gate", filter: { "==": [{ var: "event.data.n" }, 1] } }];

  test("until its own timeout has passed has failed by that", async () => {
    const away = { loadEventParts: () => Promise.reject(new Error("MongoDB is away")) };
    const { run } = await carryOut({ steps, timeout: "1s" }, { activities: () => away }, {});
    expect(run).toMatchObject({ status: "failed", error: { class: "timeout", code: "flow_timeout" } });
    // A local activity hears of a cancel only between its tries.
  }, 60_000);

  test("because it is no longer stored has failed, and says so", async () => {
    const { run } = await carryOut({ steps }, {}, {});
    expect(run).toMatchObject({ status: "failed", error: { message: "The event e1 is no longer stored." } });
  });
});

describe("what a step is given", () => {
  const large = "é".repeat(120_000);
  const sets = (count: number) =>
    Array.from({ length: count }, (_, i): Flow["steps"][number] => ({
      id: `s${i}`,
      set: { [`v${i}`]: "{{event.data.text}}" },
    }));
  const reads = (count: number) => Array.from({ length: count }, (_, i) => `{{truncate vars.v${i} 3}}`).join();
  const event = { dataText: JSON.stringify({ text: large }) };

  test("does not grow with the steps before it: many large ones are recorded all the same", async () => {
    const { run, steps } = await carryOut({ steps: [...sets(20), post("tell")] }, {}, event);
    expect(run).toMatchObject({ status: "succeeded", output: { status: 200 } });
    expect(steps.toSorted()).toEqual([...sets(20).map(({ id }) => `${id} succeeded 0`), "tell succeeded 1"].toSorted());
  });

  test("and does not fit into one payload fails the step, and the run goes on as its flow says", async () => {
    const body = { url: receiver.url, data: { lengths: reads(20) } };
    const { run, steps } = await carryOut(
      { steps: [...sets(20), post("tell", { with: body, onError: "continue" }), post("last")] },
      {},
      event,
    );
    expect(run).toMatchObject({ status: "succeeded" });
    expect(steps).toEqual(expect.arrayContaining(["tell failed 0", "last succeeded 1"]));
  });
});
