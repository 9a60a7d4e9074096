// From a published event to the recorded end of its run, over HTTP on real servers.
import { Webhook } from "standardwebhooks";
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => app[Symbol.asyncDispose]());

const badReview = { type: "review.created", data: { rating: 1, content: "Cold food" } };
let types = 0;
/** A flow and the event type that only it listens to, so that the tests of this file do not meet. */
async function aFlow(flow: Parameters<TestApp["createFlow"]>[0]): Promise<{ id: string; type: string }> {
  const type = `t${++types}.happened`;
  return { id: await app.createFlow({ on: { event: type }, ...flow }), type };
}

describe("a matching event", () => {
  test("is answered 202 with its run, arrives signed, and the run ends succeeded", async () => {
    const { type, id } = await aFlow({
      name: "Escalate",
      filter: { "<=": [{ var: "event.data.rating" }, 2] },
      steps: [{ id: "tell", use: "webhook.post", with: { url: `${receiver.url}/reviews` } }],
    });
    const answer = await app.publish({ ...badReview, type });
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^evt_/),
      matched: 1,
      runs: [expect.stringMatching(/^run_/)],
      deliveries: 0,
      duplicate: false,
    });
    const [request] = await receiver.waitFor(1);
    const { secret } = (await app.call("POST", "/v1/signing-secret/reveal", {})).body;
    const sent = new Webhook(secret).verify(request!.body, request!.headers as Record<string, string>);
    expect(sent).toMatchObject({ type, data: badReview.data });

    const run = await app.run(answer.body.runs[0]);
    expect(run).toMatchObject({
      status: "succeeded",
      flow: { id, name: "Escalate" },
      version: 1,
      event: { id: answer.body.id, type },
      output: { status: 200 },
      retriedBy: [],
      temporalUrl: expect.stringContaining("/namespaces/"),
    });
    const [step] = await app.steps(run.id);
    expect(step).toMatchObject({ path: "tell", status: "succeeded", use: "webhook.post" });
    expect(step?.attempts).toMatchObject([
      { number: 1, trigger: "first", outcome: "succeeded", response: { status: 200 } },
    ]);
  });

  test("whose filter says no makes no run, and the event says which condition did", async () => {
    const { type } = await aFlow({
      filter: {
        and: [{ "==": [{ var: "event.type" }, { var: "event.type" }] }, { "<=": [{ var: "event.data.rating" }, 2] }],
      },
      steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }],
    });
    const { body } = await app.publish({ type, data: { rating: 5 } });
    expect(body).toMatchObject({ matched: 0, runs: [] });
    const event = (await app.call("GET", `/v1/events/${body.id}`)).body;
    expect(event.notMatched).toMatchObject([{ version: 1, condition: "/filter/and/1" }]);
  });

  test("whose filter goes over its budget makes a run that has failed with class limit", async () => {
    const many = Array.from({ length: 300 }, (_, i) => i);
    const { type } = await aFlow({
      filter: { some: [{ var: "event.data.list" }, { some: [many, { "==": [1, 2] }] }] },
      steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }],
    });
    const { body } = await app.publish({ type, data: { list: many } });
    const run = await app.run(body.runs[0]);
    expect(run).toMatchObject({ status: "failed", error: { class: "limit" } });
    expect(receiver.requests).toHaveLength(0);
  });

  test("above 32 KB travels by reference, and conditions inside the run still read it", async () => {
    const { type } = await aFlow({
      steps: [
        { id: "small", filter: { "==": [{ var: "event.data.kind" }, "large"] } },
        { id: "tell", use: "webhook.post", with: { url: receiver.url } },
      ],
    });
    const text = "x".repeat(100_000);
    const { body } = await app.publish({ type, data: { kind: "large", text } });
    expect((await app.run(body.runs[0])).status).toBe("succeeded");
    expect(JSON.parse(receiver.requests[0]!.body.toString()).data.text).toHaveLength(100_000);
  });
});

describe("the same event id", () => {
  test("published twice at once gives one run, and both answers name it", async () => {
    const { type } = await aFlow({ steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }] });
    const event = { ...badReview, type, id: `once-${type}` };
    const [one, two] = await Promise.all([app.publish(event), app.publish(event)]);
    expect(one.body.runs).toEqual(two.body.runs);
    expect(new Set([one.body.duplicate, two.body.duplicate])).toEqual(new Set([false, true]));
    await app.run(one.body.runs[0]);
    const again = await app.publish(event);
    expect(again.body).toEqual({ ...one.body, duplicate: true });
    await app.idle();
    expect(receiver.requests).toHaveLength(1);
  });
});

describe("a failing receiver", () => {
  test("is tried again at the declared times, and the run shows three attempts", async () => {
    receiver.respond([{ status: 503 }, { status: 500 }, { status: 200 }]);
    const { type } = await aFlow({
      steps: [
        {
          id: "tell",
          use: "webhook.post",
          with: { url: receiver.url },
          retry: { schedule: ["300ms", "900ms"], jitter: "none" },
        },
      ],
    });
    const run = await app.run((await app.publish({ ...badReview, type })).body.runs[0]);
    expect(run.status).toBe("succeeded");
    const [step] = await app.steps(run.id);
    expect(step?.attempts.map((one) => [one.number, one.outcome, one.class, one.trigger])).toEqual([
      [1, "failed", "transient", "first"],
      [2, "failed", "transient", "automatic"],
      [3, "succeeded", undefined, "automatic"],
    ]);
    const [first, second, third] = receiver.requests.map((one) => one.at.getTime());
    expect(second! - first!).toBeGreaterThanOrEqual(300);
    expect(third! - second!).toBeGreaterThanOrEqual(900);
    const ids = new Set(receiver.requests.map((one) => one.headers["webhook-id"]));
    expect(ids.size).toBe(1);
  });

  test("that says Retry-After: 7 is left alone for 7 seconds", async () => {
    receiver.respond([{ status: 429, headers: { "retry-after": "7" } }, { status: 200 }]);
    const { type } = await aFlow({
      steps: [
        {
          id: "tell",
          use: "webhook.post",
          with: { url: receiver.url },
          retry: { schedule: ["100ms"], jitter: "none" },
        },
      ],
    });
    const run = await app.run((await app.publish({ ...badReview, type })).body.runs[0]);
    expect(run.status).toBe("succeeded");
    const [first, second] = receiver.requests.map((one) => one.at.getTime());
    expect(second! - first!).toBeGreaterThanOrEqual(7_000);
    expect(second! - first!).toBeLessThan(12_000);
  });

  test("that refuses for good fails the run at once, with its words in the record, and onFailure runs", async () => {
    receiver.respond((request) => (request.path === "/alarm" ? {} : { status: 422, body: "no such shop" }));
    const { type } = await aFlow({
      steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }],
      onFailure: [
        {
          id: "alarm",
          use: "webhook.post",
          with: { url: `${receiver.url}/alarm`, data: { class: "{{error.class}}" } },
        },
      ],
    });
    const run = await app.run((await app.publish({ ...badReview, type })).body.runs[0]);
    expect(run).toMatchObject({ status: "failed", failedStep: "tell", error: { class: "validation", status: 422 } });
    const steps = await app.steps(run.id);
    expect(steps.find((one) => one.path === "tell")?.attempts[0]?.response).toMatchObject({
      status: 422,
      body: "no such shop",
    });
    expect(JSON.parse(receiver.requests.at(-1)!.body.toString()).data).toEqual({ class: "validation" });
  });
});

describe("the steps of a flow", () => {
  test("hand outputs on, branch, set, filter and recover as the language says", async () => {
    receiver.respond((request) => {
      if (request.path === "/broken") return { status: 400 };
      return { headers: { "content-type": "application/json" }, body: JSON.stringify({ ticket: 42 }) };
    });
    const { type } = await aFlow({
      steps: [
        { id: "ask", use: "http.request", with: { method: "GET", url: `${receiver.url}/ticket` } },
        {
          id: "note",
          set: { ticket: "{{steps.ask.body.ticket}}", low: { $logic: { "<": [{ var: "event.data.rating" }, 2] } } },
        },
        {
          id: "route",
          choose: [
            { when: { "==": [{ var: "vars.low" }, true] }, steps: [{ id: "bad", set: { branch: "bad" } }] },
            { else: [{ id: "good", set: { branch: "good" } }] },
          ],
        },
        { id: "skipped", if: { matches: [{ var: "event.data.content" }, "^Hot"] }, set: { never: true } },
        { id: "broken", use: "webhook.post", with: { url: `${receiver.url}/broken` }, onError: "continue" },
        {
          id: "tell",
          use: "webhook.post",
          with: { url: receiver.url, data: { n: "{{vars.ticket}}", b: "{{vars.branch}}" } },
        },
        { id: "enough", filter: { "==": [{ var: "vars.branch" }, "good"] } },
        { id: "never", use: "webhook.post", with: { url: `${receiver.url}/never` } },
      ],
    });
    const run = await app.run((await app.publish({ ...badReview, type })).body.runs[0]);
    expect(run.status).toBe("filtered");
    const steps = Object.fromEntries((await app.steps(run.id)).map((one) => [one.path, one.status]));
    expect(steps).toMatchObject({
      ask: "succeeded",
      note: "succeeded",
      skipped: "skipped",
      broken: "failed",
      tell: "succeeded",
    });
    const told = receiver.requests.find((one) => one.path === "/" && one.method === "POST");
    expect(JSON.parse(told!.body.toString()).data).toEqual({ n: 42, b: "bad" });
    expect(receiver.requests.some((one) => one.path === "/never")).toBe(false);
  });

  test("an answer that does not meet `expect` is a failed attempt", async () => {
    receiver.respond([{ body: JSON.stringify({ done: false }) }, { body: JSON.stringify({ done: true }) }]);
    const { type } = await aFlow({
      steps: [
        {
          id: "poll",
          use: "http.request",
          with: { method: "GET", url: receiver.url },
          expect: { "==": [{ var: "output.body.done" }, true] },
          retry: { schedule: ["50ms"] },
        },
      ],
    });
    const run = await app.run((await app.publish({ ...badReview, type })).body.runs[0]);
    expect(run).toMatchObject({ status: "succeeded", output: { body: { done: true } } });
    expect((await app.steps(run.id))[0]?.attempts[0]).toMatchObject({ class: "expectation" });
  });
});

describe("cancelling", () => {
  test("ends a run that waits for its next attempt, and tells it so", async () => {
    receiver.respond([{ status: 503 }]);
    const { type } = await aFlow({
      steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url }, retry: { schedule: ["1h"] } }],
    });
    const { body } = await app.publish({ ...badReview, type });
    await receiver.waitFor(1);
    await until(async () => (await app.steps(body.runs[0]))[0]?.attempts.length === 1);
    const answer = await app.call("POST", `/v1/runs/${body.runs[0]}/cancel`, {});
    expect(answer.status).toBeLessThan(300);
    expect((await app.run(body.runs[0])).status).toBe("cancelled");
    expect((await app.steps(body.runs[0]))[0]).toMatchObject({ status: "cancelled" });
  });

  test("cuts off an attempt that hangs", async () => {
    receiver.respond(() => "hang");
    const { type } = await aFlow({ steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }] });
    const { body } = await app.publish({ ...badReview, type });
    await receiver.waitFor(1);
    await app.call("POST", `/v1/runs/${body.runs[0]}/cancel`, {});
    expect((await app.run(body.runs[0])).status).toBe("cancelled");
  });
});

test("a flow's own timeout ends a run as failed with class timeout", async () => {
  receiver.respond([{ status: 503 }]);
  const { type } = await aFlow({
    timeout: "1s",
    steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url }, retry: { schedule: ["1h"] } }],
  });
  const { body } = await app.publish({ ...badReview, type });
  expect(await app.run(body.runs[0])).toMatchObject({ status: "failed", error: { class: "timeout" } });
});
