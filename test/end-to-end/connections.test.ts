// Runs on a customer's own connections: they pause while the owner is needed, fail when it was revoked, and go on.
import { Webhook } from "standardwebhooks";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver, type Received } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

let app: TestApp;
let vendor: Receiver;
let owner: Receiver;
beforeAll(async () => {
  [app, vendor, owner] = await Promise.all([startApp(), startReceiver(), startReceiver()]);
}, 60_000);
afterAll(async () => {
  await app.close();
  await Promise.all([vendor, owner].map((one) => one[Symbol.asyncDispose]()));
});

const json = { "content-type": "application/json" };
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const connect = async (body: object) => {
  const made = await app.call("POST", "/v1/connections", body);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body;
};

test.each([
  ["slack.updateMessage", { ts: "1700000000.000100" }],
  // Nobody may post twice, and what the vendor has refused has not been posted.
  ["slack.postMessage", {}],
])(
  "credentials that are refused in the middle of %s: steps pause, the owner hears once, and all go on after the repair",
  async (use, rest) => {
    const [old, next] = ["xoxb-canary-of-the-old-one", "xoxb-canary-of-the-new-one"];
    const name = use.slice(6);
    vendor.respond(({ headers }: Received) => {
      const isNew = headers.authorization === `Bearer ${next}`;
      const body = isNew ? { ok: true, channel: "C1", ts: "1.1" } : { ok: false, error: "token_revoked" };
      return { headers: json, body: JSON.stringify(body) };
    });
    const credentials = (token: string) => ({ credentials: { token, apiUrl: vendor.url } });
    const slack = await connect({ connector: "slack", name, ...credentials(old) });
    await app.createFlow({
      name: `Owner of ${name}`,
      on: { event: "connection.reauth_required" },
      filter: { "==": [{ var: "event.data.connection.id" }, slack.id] },
      steps: [{ id: "tell", use: "webhook.post", with: { url: `${owner.url}/${name}` } }],
    });
    const post = { channel: "{{event.data.channel}}", text: "A bad review came in", ...rest };
    await app.createFlow({
      name: `Poster of ${name}`,
      on: { event: `${name}.wanted` },
      steps: [{ id: "post", use, connection: slack.slug, with: post }],
    });
    const published = await Promise.all(
      ["C000000001", "C000000002", "C000000003"].map((channel) =>
        app.publish({ type: `${name}.wanted`, data: { channel } }),
      ),
    );
    const told = () => owner.requests.filter((one) => one.path === `/${name}`);
    await until(() => told().length === 1);
    expect(JSON.parse(told()[0]?.body.toString() ?? "")).toMatchObject({
      type: "connection.reauth_required",
      data: {
        connection: { id: slack.id, slug: slack.slug, connector: "slack" },
        reason: expect.stringContaining("token_revoked"),
      },
    });
    expect((await app.call("GET", `/v1/connections/${slack.id}`)).body).toMatchObject({ status: "reauth_required" });
    // Each of them has met the refusal, or the mark that it left.
    await until(async () => {
      const steps = await Promise.all(published.map(({ body }) => app.steps(body.runs[0])));
      return steps.every(([step]) => step?.status === "waiting");
    });
    for (const { body } of published) {
      expect((await app.call<{ endedAt?: string }>("GET", `/v1/runs/${body.runs[0]}`)).body.endedAt).toBeUndefined();
    }
    const rotated = await app.call("POST", `/v1/connections/${slack.id}/rotate`, credentials(next));
    expect(rotated.body).toMatchObject({ status: "active" });
    for (const { body } of published) expect(await app.run(body.runs[0])).toMatchObject({ status: "succeeded" });
    expect(told()).toHaveLength(1);
    const steps = await Promise.all(published.map(({ body }) => app.steps(body.runs[0])));
    expect(JSON.stringify(steps)).not.toMatch(/canary-of/);
  },
  60_000,
);

test("a webhook is signed with its connection's secret; a revoked connection fails the run, which can be retried after the repair", async () => {
  const hooks = await connect({ connector: "webhook", name: "Our hooks", credentials: { secret: whsec } });
  await app.createFlow({
    name: "Signed",
    on: { event: "order.created" },
    steps: [{ id: "send", use: "webhook.post", connection: hooks.id, with: { url: `${owner.url}/signed` } }],
  });
  const signed = () => owner.requests.filter((one) => one.path === "/signed");
  const first = await app.publish({ type: "order.created", data: { total: 1 } });
  expect(await app.run(first.body.runs[0])).toMatchObject({ status: "succeeded" });
  const [request] = signed();
  // Safe: a delivery has these headers once each, or the verification fails.
  const headers = request?.headers as Record<string, string>;
  expect(() => new Webhook(whsec).verify(request?.body.toString() ?? "", headers)).not.toThrow();

  await app.call("POST", `/v1/connections/${hooks.id}/revoke`);
  const second = await app.publish({ type: "order.created", data: { total: 2 } });
  expect(await app.run(second.body.runs[0])).toMatchObject({
    status: "failed",
    error: { class: "auth_revoked", code: "connection_revoked" },
  });
  await app.call("POST", `/v1/connections/${hooks.id}/rotate`, { credentials: { secret: whsec } });
  const retried = await app.call("POST", `/v1/runs/${second.body.runs[0]}/retry`, { from: "failed" });
  expect(retried.status).toBe(201);
  expect(await app.run(retried.body.id)).toMatchObject({ status: "succeeded" });
  await until(() => signed().length === 2);
}, 60_000);
