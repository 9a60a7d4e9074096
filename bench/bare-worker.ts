// The bare Temporal worker that Millrace is measured beside: same SDK, server, settings and HTTP client, nothing else.
// Started by the benchmark with IPC; each message starts one workflow and is answered when the start has been.
import { Client } from "@temporalio/client";
import { bundleWorkflowCode, NativeConnection, Runtime, DefaultLogger, Worker } from "@temporalio/worker";
import { createHttpClient } from "../src/delivery/http.ts";

export type BareActivities = { post(input: { url: string; body: string }): Promise<number> };
export type BareRequest = { id: string; url: string; body: string };

const [, , address = "", namespace = ""] = process.argv;

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger("WARN") });
const connection = await NativeConnection.connect({ address, grpcCompression: { codec: "none" } });
const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
const activities: BareActivities = {
  async post({ url, body }) {
    const headers = { "content-type": "application/json" };
    const result = await http.send({ method: "POST", url, headers, body, timeoutMs: 30_000 });
    if (!result.ok) throw new Error(result.message);
    return result.status;
  },
};
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: "bare",
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: new URL("./bare-workflows.ts", import.meta.url).pathname,
    logger: new DefaultLogger("WARN"),
  }),
  activities,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxConcurrentActivityTaskExecutions: 100,
  maxCachedWorkflows: 500,
  workflowThreadPoolSize: 1,
});
const running = worker.run();
const client = new Client({ connection, namespace });

process.on("message", (request: BareRequest) => {
  const { id, url, body } = request;
  void client.workflow
    .start("bare", { args: [{ url, body }], taskQueue: "bare", workflowId: id, requestEagerStart: true })
    .then(() => process.send?.(id));
});
process.on("SIGTERM", () => worker.shutdown());
process.send?.("ready");
await running;
await http.close();
await connection.close();
process.exit(0);
