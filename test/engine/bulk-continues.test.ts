// A bulk retry of any length: its workflow begins anew before its history grows too long.
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import type { retryRuns } from "../../workflows/retry-runs.ts";
import type { BulkRetryId, TenantId } from "../../src/model/ids.ts";
import { testServers, uniqueName } from "../support/servers.ts";

jest.setTimeout(120_000);

/** A page costs six events of the history, and Temporal suggests a new one at 4,096. */
const pages = 800;

test("a bulk retry of very many pages goes on in a new history, and every page comes once", async () => {
  const { temporalAddress: address, temporalNamespace: namespace } = testServers();
  const taskQueue = uniqueName("queue");
  const nativeConnection = await NativeConnection.connect({ address });
  let asked = 0;
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "" },
    // In place of MongoDB's pages: nothing is made, and so nothing is waited for.
    activities: {
      retryPage: async () => (++asked < pages ? { outcome: "open", made: 0 } : { outcome: "ended" }),
    },
  });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const input = { tenantId: "tnt_test" as TenantId, id: "bulk_test" as BulkRetryId, perSecond: 20 };
  const workflowId = uniqueName("bulk");
  await worker.runUntil(async () => {
    const handle = await client.workflow.start<typeof retryRuns>("retryRuns", { args: [input], taskQueue, workflowId });
    await handle.result();
    const first = client.workflow.getHandle(workflowId, handle.firstExecutionRunId);
    expect((await first.describe()).status.name).toBe("CONTINUED_AS_NEW");
    const last = await client.workflow.getHandle(workflowId).describe();
    expect(last.status.name).toBe("COMPLETED");
    expect(last.runId).not.toBe(handle.firstExecutionRunId);
    expect(last.historyLength).toBeLessThan(4_096);
  });
  expect(asked).toBe(pages);
  await connection.close();
  await nativeConnection.close();
});
