// Steps that wait for their turn, or for their connection, in a whole engine: no attempt is used up, and no run fails.
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

let app: TestApp;
let receiver: Receiver;
let connection: string;
beforeAll(async () => {
  [app, receiver] = await Promise.all([startApp(), startReceiver()]);
  const made = await app.call("POST", "/v1/connections", {
    connector: "slack",
    name: "Slack",
    credentials: { token: "xoxb-0000000000-canary-first", apiUrl: receiver.url },
  });
  connection = made.body.slug;
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const posted = { ok: true, channel: "C0REVIEWS", ts: "1503435956.000247", message: { text: "Hello" } };
const steps = (channel: string) => [
  { id: "tell", use: "slack.postMessage", connection, with: { channel, text: "Hello" }, retry: { attempts: 1 } },
];
const publish = async (type: string) => (await app.publish({ type, data: {} })).body.runs[0];

test("messages to one channel go out one a second, and those that wait use up no attempt", async () => {
  receiver.respond(() => ({ body: JSON.stringify(posted) }));
  await app.createFlow({ on: { event: "slow.asked" }, steps: steps("C0REVIEWS") });
  const before = receiver.requests.length;
  const beginMs = Date.now();
  const runs = await Promise.all(Array.from({ length: 5 }, () => publish("slow.asked")));
  const ended = await Promise.all(runs.map((id) => app.run(id)));
  expect(ended.map(({ status }) => status)).toEqual(Array(5).fill("succeeded"));
  const times = receiver.requests.slice(before).map(({ at }) => at.getTime() - beginMs);
  expect(times).toHaveLength(5);
  // A slot may be taken late, never early; the database's clock and this one differ by a little.
  for (const [index, atMs] of times.entries()) expect(atMs).toBeGreaterThanOrEqual(index * 1_000 - 100);
  for (const id of runs)
    expect((await app.steps(id))[0]?.attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
});

test("a step whose connection is refused waits, is shown, and goes on with the credentials that repair it", async () => {
  receiver.respond(({ headers }) => ({
    body: JSON.stringify(
      headers.authorization === "Bearer xoxb-0000000000-canary-second" ? posted : { ok: false, error: "token_revoked" },
    ),
  }));
  await app.createFlow({ on: { event: "revoked.asked" }, steps: steps("C0OTHER") });
  const run = await publish("revoked.asked");
  await until(async () => (await app.steps(run))[0]?.status === "waiting");
  const [step] = await app.steps(run);
  expect(step).toMatchObject({ status: "waiting", error: { class: "auth_revoked" }, attempts: [] });
  const rotated = await app.call("POST", `/v1/connections/${connection}/rotate`, {
    credentials: { token: "xoxb-0000000000-canary-second", apiUrl: receiver.url },
  });
  expect(rotated.status).toBe(200);
  expect(await app.run(run)).toMatchObject({ status: "succeeded" });
  const [after] = await app.steps(run);
  expect(after).toMatchObject({ status: "succeeded", attempts: [{ number: 1, outcome: "succeeded" }] });
  expect(JSON.stringify(after)).not.toContain("canary");
});
