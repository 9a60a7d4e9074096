// Records the histories that replay.test.ts replays. Run it when a scenario is added; a history that stands is never
// recorded anew for a change of the interpreter, since replaying the old one is the test.
//   npm run record-histories -- NAME…        on the servers that the environment names
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { packageRoot } from "../../src/package-root.ts";
import { startApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { testServers } from "../support/servers.ts";
import { until } from "../support/wait.ts";
import { deliveryScenarios, type DeliveryScenario } from "./delivery-scenarios.ts";
import { scenarios, type Scenario } from "./scenarios.ts";

const wanted = process.argv.slice(2);
const { temporalAddress, temporalNamespace } = testServers();
const connection = await Connection.connect({ address: temporalAddress });
const client = new Client({ connection, namespace: temporalNamespace });
const app = await startApp();
const tenantId = await app.store.tenants.ensureBootstrap("recording");
const isWanted = ({ name }: { name: string }) => wanted.includes(name) || wanted.includes("all");
for (const scenario of scenarios.filter(isWanted)) {
  await using receiver = await startReceiver();
  if (scenario.respond) receiver.respond(scenario.respond);
  const type = `recorded.${scenario.name}`;
  const flowId = await app.createFlow({ ...scenario.flow(receiver.url), name: scenario.name, on: { event: type } });
  const { body } = await app.publish({ type, data: scenario.data });
  if (scenario.cancel) {
    await until(async () => (await app.steps(body.runs[0]))[0]?.attempts.length === 1);
    await app.call("POST", `/v1/runs/${body.runs[0]}/cancel`, {});
  }
  const run = await app.run(body.runs[0]);
  let workflowId = `${tenantId}/${flowId}/${body.id}`;
  if (scenario.retry) {
    const { from, inputs } = scenario.retry;
    const asked = { ...(from ? { from } : {}), ...(inputs ? { inputs: inputs(receiver.url) } : {}) };
    const again = await app.call("POST", `/v1/runs/${run.id}/retry`, asked);
    await app.run(again.body.id);
    workflowId = `${tenantId}/${again.body.id}`;
  }
  if (scenario.bulk) workflowId = `${tenantId}/${await retryInBulk(scenario.bulk, type, scenario.data)}`;
  await keep(scenario.name, workflowId);
}
for (const scenario of deliveryScenarios.filter(isWanted)) await keep(scenario.name, await deliver(scenario));
await app.close();
await connection.close();

/** Has the first run and more like it retried at once; answers the id of the bulk retry, once it has ended. */
async function retryInBulk({ runs, perSecond, stop }: NonNullable<Scenario["bulk"]>, type: string, data: unknown) {
  for (let more = 1; more < runs; more++) await app.run((await app.publish({ type, data })).body.runs[0]);
  const { id } = (await app.call("POST", "/v1/runs/retry", { filter: { eventType: type }, perSecond })).body;
  const read = async () => (await app.call<{ status: string; retried: number }>("GET", `/v1/bulk-retries/${id}`)).body;
  if (stop) {
    await until(async () => (await read()).retried > 0);
    await app.call("POST", `/v1/bulk-retries/${id}/stop`);
  }
  await until(async () => (await read()).status !== "running");
  return id;
}

/** Has the events of a scenario sent to an endpoint; answers the id of the workflow that is to be recorded. */
async function deliver({ name, settings, respond, events, recorded, retry }: DeliveryScenario): Promise<string> {
  await using receiver = await startReceiver();
  receiver.respond(respond);
  const given = { url: receiver.url, events: [`recorded.${name}`], ...settings };
  const endpoint = (await app.call("POST", "/v1/endpoints", given)).body.id;
  const published: string[] = [];
  for (let n = 0; n < events; n++) {
    published.push((await app.publish({ type: `recorded.${name}`, data: { key: "a", n } })).body.id);
  }
  const rows = async () =>
    (await app.call<{ data: { id: string; status: string }[] }>("GET", `/v1/endpoints/${endpoint}/deliveries`)).body
      .data;
  const ended = async () => {
    const found = await rows();
    return found.length === events && found.every(({ status }) => status !== "pending");
  };
  await until(ended, 30_000);
  if (retry) {
    await app.call("POST", `/v1/deliveries/${(await rows())[0]?.id}/retry`, {});
    await until(async () => (await ended()) && receiver.requests.length > events, 30_000);
  }
  if (recorded === "delivery") return `${tenantId}/${endpoint}/${published[0]}`;
  if (recorded === "lane") return `${tenantId}/${endpoint}`;
  const since = new Date(Date.now() - 60_000).toISOString();
  const { id } = (await app.call("POST", `/v1/endpoints/${endpoint}/recover`, { since, perSecond: 2 })).body;
  await until(
    async () =>
      (await app.call<{ status: string }>("GET", `/v1/delivery-recoveries/${id}`)).body.status === "succeeded",
  );
  return `${tenantId}/${id}`;
}

/** Waits for the end of a workflow and writes its history. */
async function keep(name: string, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await handle.result().catch(() => {}); // Failed and cancelled ones are among the scenarios.
  const history = withoutPlaces(historyToJSON(await handle.fetchHistory()));
  await writeFile(join(import.meta.dirname, "histories", `${name}.json`), `${history}\n`);
  process.stdout.write(`${name}\n`);
}

/** Stack traces and identities name the machine that recorded; a replay does not look at them. */
function withoutPlaces(history: string): string {
  return history.replaceAll(`${packageRoot}/`, "").replaceAll(/"identity": "[^"]*"/g, '"identity": "worker"');
}
