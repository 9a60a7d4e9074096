// Tests and challenges of endpoints: really sent, signed like deliveries, and shown whole without secrets.
import { createHmac } from "node:crypto";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
let receiver: Receiver;

beforeAll(async () => {
  app = await startApi();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await app.stop();
});
beforeEach(() => {
  receiver.requests.length = 0;
  receiver.respond([{ body: "thanks" }]);
});

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const make = async (rest: object = {}): Promise<{ id: string } & { [member: string]: unknown }> => {
  const body = { url: `${receiver.url}/in`, events: ["order.created"], secret: whsec, ...rest };
  const made = await app.call("POST", "/v1/endpoints", { body });
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
};
const sendTest = (id: string, body?: object) => app.call("POST", `/v1/endpoints/${id}/test`, { body });

test("a test is built, signed and sent like a delivery, and answers the whole attempt", async () => {
  const { id } = await make({ headers: { "X-Shop": "7" } });
  const sent = await sendTest(id, { data: { total: 250 } });
  expect(sent.status).toBe(200);
  const [got] = receiver.requests;
  const text = got?.body.toString() ?? "";
  expect(JSON.parse(text)).toMatchObject({ type: "order.created", data: { total: 250 } });
  const { "webhook-id": webhookId, "webhook-timestamp": at, "webhook-signature": signature } = got?.headers ?? {};
  const key = Buffer.from(whsec.slice(6), "base64");
  const expected = createHmac("sha256", key)
    .update(`${String(webhookId)}.${String(at)}.${text}`)
    .digest("base64");
  expect([signature, got?.headers["x-shop"]]).toEqual([`v1,${expected}`, "7"]);
  expect(sent.body).toMatchObject({
    delivery: { id: webhookId, endpoint: id, event: { type: "order.created" }, status: "delivered", test: true },
    attempt: {
      number: 1,
      trigger: "test",
      outcome: "succeeded",
      phases: { total: expect.any(Number) },
      request: { method: "POST", url: `${receiver.url}/in`, body: text },
      response: { status: 200, body: "thanks", truncated: false },
    },
  });
});

test("a test takes a type, data and a whole body of its own", async () => {
  const { id } = await make();
  await sendTest(id, { type: "user.created", data: [1] });
  await sendTest(id, { body: { mine: true } });
  await sendTest(id, { body: "plain text" });
  await sendTest(id);
  const bodies = receiver.requests.map((one) => one.body.toString());
  expect(JSON.parse(bodies[0] ?? "")).toMatchObject({ type: "user.created", data: [1] });
  expect(bodies.slice(1, 3)).toEqual(['{"mine":true}', "plain text"]);
  expect(JSON.parse(bodies[3] ?? "")).toMatchObject({ type: "order.created" });
});

test("a test that fails says why, and is made once whatever the answer is", async () => {
  const { id } = await make();
  receiver.respond([{ status: 503, body: "later" }]);
  const sent = await sendTest(id);
  expect(sent.body).toMatchObject({
    delivery: { status: "failed" },
    attempt: { outcome: "failed", class: "transient", response: { status: 503, body: "later" } },
  });
  expect(receiver.requests).toHaveLength(1);
  expect(receiver.requests[0]?.headers["webhook-will-retry"]).toBe("false");
  const { id: away } = await make({ url: "http://127.0.0.1:1024/" });
  const refused = await sendTest(away);
  expect([refused.status, refused.body.attempt]).toEqual([
    200,
    expect.objectContaining({ outcome: "failed", class: "network", message: expect.any(String) }),
  ]);
});

test.each(["pause", "disable"])("a test is sent after %s too", async (verb) => {
  const { id } = await make();
  await app.call("POST", `/v1/endpoints/${id}/${verb}`);
  expect((await sendTest(id)).body.attempt.outcome).toBe("succeeded");
});

test("what a receiver gives back of a secret is not shown", async () => {
  const { id } = await make();
  receiver.respond([{ body: `you signed with ${whsec}` }]);
  const sent = await sendTest(id);
  expect(sent.body.attempt.response.body).toContain("you signed with");
  expect(sent.text).not.toContain(whsec);
});

test("a test's own mistakes are refused at their place", async () => {
  const { id } = await make();
  const refused = await sendTest(id, { type: "no type", bdy: "x" });
  const places = refused.body.errors.map((one: { code: string; pointer: string }) => `${one.code} ${one.pointer}`);
  expect([refused.status, places]).toEqual([422, ["unknown /bdy", "format /type"]]);
  const both = await sendTest(id, { data: {}, body: "x" });
  expect([both.status, both.body.errors]).toEqual([422, [expect.objectContaining({ pointer: "/body" })]]);
  expect(receiver.requests).toHaveLength(0);
});

describe("a challenge", () => {
  const challengeOf = (body: Buffer) => JSON.parse(body.toString()).challenge as string;

  test.each<[string, (challenge: string) => string]>([
    ["a member of a JSON object", (challenge) => JSON.stringify({ challenge, ok: true })],
    ["plain text", (challenge) => `${challenge}\n`],
  ])("that comes back as %s verifies the endpoint", async (_, answer) => {
    const { id } = await make();
    receiver.respond(({ body }) => ({ body: answer(challengeOf(body)) }));
    const challenged = await app.call("POST", `/v1/endpoints/${id}/challenge`);
    expect(challenged.body).toMatchObject({ verified: true, verifiedAt: expect.any(String) });
    const [got] = receiver.requests;
    expect(JSON.parse(got?.body.toString() ?? "")).toEqual({
      type: "endpoint.challenge",
      challenge: expect.stringMatching(/^[\w-]{32}$/),
    });
    expect(got?.headers["webhook-signature"]).toMatch(/^v1,/);
    const { verifiedAt } = challenged.body;
    expect((await app.call("GET", `/v1/endpoints/${id}`)).body.verifiedAt).toBe(verifiedAt);
    const moved = await app.call("PATCH", `/v1/endpoints/${id}`, { body: { url: `${receiver.url}/other` } });
    expect(moved.body.verifiedAt).toBeUndefined();
  });

  test.each<[string, (challenge: string) => { status?: number; body: string }]>([
    ["nothing", () => ({ body: "" })],
    ["another text", () => ({ body: '{"challenge":"something else"}' })],
    ["a part of it", (challenge) => ({ body: challenge.slice(0, 20) })],
    ["it with an error", (challenge) => ({ status: 500, body: challenge })],
  ])("that is answered with %s verifies nothing, and the answer says why", async (_, answer) => {
    const { id } = await make();
    receiver.respond(({ body }) => answer(challengeOf(body)));
    const challenged = await app.call("POST", `/v1/endpoints/${id}/challenge`);
    expect(challenged.body).toMatchObject({ verified: false, message: expect.stringMatching(/\.$/) });
    expect((await app.call("GET", `/v1/endpoints/${id}`)).body.verifiedAt).toBeUndefined();
  });

  test("can be asked for when the endpoint is made, which is kept whatever comes of it", async () => {
    receiver.respond(({ body }, index) => ({ body: index === 0 ? challengeOf(body) : "no" }));
    const verified = await make({ challenge: true });
    expect(verified).toMatchObject({ challenge: { verified: true }, verifiedAt: expect.any(String) });
    const unverified = await make({ challenge: true });
    expect(unverified).toMatchObject({ challenge: { verified: false, message: expect.any(String) } });
    expect((await app.call("GET", `/v1/endpoints/${unverified.id}`)).status).toBe(200);
    await make({ challenge: false });
    expect(receiver.requests).toHaveLength(2);
  });
});
