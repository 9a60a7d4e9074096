// What Temporal's UI says about a run: the author's words at each place, and no name that could keep a run from starting.
import { Client, Connection } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import type { FlowId } from "../../src/model/ids.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { testServers } from "../support/servers.ts";
import { until } from "../support/wait.ts";

const { temporalAddress, temporalNamespace } = testServers();
let connection: Connection;
let client: Client;
beforeAll(async () => {
  connection = await Connection.connect({ address: temporalAddress });
  client = new Client({ connection, namespace: temporalNamespace });
});
afterAll(() => connection.close());

const handleOf = async (app: TestApp, flowId: string, eventId: string) => {
  const tenantId = await app.store.tenants.ensureBootstrap("unused");
  // Safe: the API has just answered this id.
  return client.workflow.getHandle(`${tenantId}/${flowId as FlowId}/${eventId}`);
};
type Handle = Awaited<ReturnType<typeof handleOf>>;

/** The summaries of a history, in their order. */
async function summariesOf(handle: Handle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ userMetadata }) =>
    userMetadata?.summary ? [defaultPayloadConverter.fromPayload<string>(userMetadata.summary)] : [],
  );
}

/** Where the workflow says that it stands. */
async function currentDetails(handle: Handle): Promise<string> {
  const metadata = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
  return metadata.currentDetails ?? "";
}

test("a run is told in the author's words: its flow, each step with its policy, its end", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503 }, { status: 400 }]);
  await using app = await startApp();
  const flowId = await app.createFlow({
    name: "Escalate bad reviews",
    slug: "bad-reviews",
    steps: [
      { id: "note", set: { text: "{{event.data.text}}" } },
      { id: "odd", if: { matches: [{ var: "vars.text" }, "^x"] }, set: { odd: true } },
      {
        id: "case",
        name: "Open a case",
        use: "webhook.post",
        with: { url: receiver.url },
        retry: { schedule: ["1s", "1s"], jitter: "none" },
      },
    ],
  });
  const { body } = await app.publish({ type: "review.created", data: { text: "hello" } });
  const handle = await handleOf(app, flowId, body.id);

  const step = "Open a case · webhook.post · up to 3 attempts";
  await until(async () => (await app.steps(body.runs[0])).at(-1)?.attempts.length === 1);
  expect(await currentDetails(handle)).toBe(`**At the step** \`case\`: ${step}`);
  expect((await app.run(body.runs[0])).status).toBe("failed");
  await until(async () => (await handle.describe()).status.name === "FAILED");
  const end = "End of the run: failed at case (validation)";
  expect(await summariesOf(handle)).toEqual([
    "Escalate bad reviews · version 1",
    "Values with templates",
    "A condition with a regular expression",
    step,
    end,
  ]);
  expect(await currentDetails(handle)).toBe(end);
  expect(await (await handle.describe()).staticDetails()).toBe(
    `Run \`${body.runs[0]}\` of \`bad-reviews\`, for the event \`${body.id}\` of type \`review.created\`.`,
  );
});

test.each(["on", "off"])(
  "the longest names that a flow may have do not keep it from running, encryption %s",
  async (word) => {
    await using receiver = await startReceiver();
    await using app = await startApp({ env: { MILLRACE_TEMPORAL_ENCRYPTION: word } });
    await app.createFlow({
      name: "語".repeat(200),
      slug: "long",
      steps: [{ id: "tell", name: '"\\'.repeat(100), use: "webhook.post", with: { url: receiver.url } }],
    });
    const { body } = await app.publish({ type: "review.created", data: {} });
    expect((await app.run(body.runs[0])).status).toBe("succeeded");
  },
);
