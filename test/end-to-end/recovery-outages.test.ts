// Running it again while Temporal is away: on servers that this file takes down.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServers, type Servers } from "../faults/servers.ts";
import { startApp, type RunView, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

jest.setTimeout(90_000);

let folder: string;
let servers: Servers;
let receiver: Receiver;
let app: TestApp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-recovery-"));
  servers = await startServers(folder);
  app = await startApp(servers);
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  await servers.temporal.start();
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  await servers?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A failed run; after it the receiver takes everything, and Temporal is away. */
async function failedThenAway(type: string): Promise<string> {
  receiver.respond([{ status: 422 }]);
  const steps = [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }];
  await app.createFlow({ on: { event: type }, steps });
  const { body } = await app.publish({ type, data: {} });
  const run = await app.run(body.runs[0]);
  expect(run.status).toBe("failed");
  receiver.respond([{}]);
  await servers.temporal.kill("SIGKILL");
  await until(async () => JSON.stringify((await app.call("GET", "/readyz")).body).includes('"temporal":"unavailable"'));
  return run.id;
}

const retry = (id: string) => app.call<RunView>("POST", `/v1/runs/${id}/retry`, {});

test("a retry that is asked for while Temporal is away waits, and starts when it is back", async () => {
  const answer = await retry(await failedThenAway("away.waits"));
  expect([answer.status, answer.body.status]).toEqual([201, "pending"]);
  await servers.temporal.start();
  await until(
    async () => (await app.call<RunView>("GET", `/v1/runs/${answer.body.id}`)).body.status === "succeeded",
    60_000,
  );
  expect(receiver.requests).toHaveLength(2);
});

test("a retry that is cancelled while Temporal is away has ended soon after it is back", async () => {
  const earlier = await failedThenAway("away.cancelled");
  const { body } = await retry(earlier);
  const cancelled = await app.call<RunView>("POST", `/v1/runs/${body.id}/cancel`, {});
  expect(cancelled.status).toBeLessThan(300);
  await servers.temporal.start();
  const run = await app.run(body.id);
  // A start that was on its way may still arrive: then 202 was said, and its one attempt is not taken back.
  expect(run.status === "cancelled" || cancelled.status === 202).toBe(true);
  expect(receiver.requests.length).toBe(run.status === "cancelled" ? 1 : 2);
  // The run that it repeated may be asked for again.
  expect((await retry(earlier)).status).toBe(201);
});
