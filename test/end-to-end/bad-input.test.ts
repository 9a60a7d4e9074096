// Bad input of every kind: the right status, a problem that says what to change, and a process that lives.
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startApp();
  receiver = await startReceiver();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const step = (change: object) => ({
  id: "tell",
  use: "webhook.post",
  with: { url: "https://example.com/" },
  ...change,
});
const flow = (change: object) => ({ name: "Bad", on: { event: "x.y" }, steps: [step({})], ...change });
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** What is sent where, the status, and the place that the problem names. */
const requests: [name: string, path: string, body: unknown, status: number, pointer: string][] = [
  ["an event that is no JSON", "/v1/events", "{", 400, ""],
  ["an event of 10 MB", "/v1/events", `{"type":"a.b","data":"${"x".repeat(10_000_000)}"}`, 413, ""],
  ["an event nested too deeply", "/v1/events", `{"type":"a.b","data":${deep(5_000)}}`, 400, ""],
  ["an event without a type", "/v1/events", { data: {} }, 422, "/type"],
  ["an event with an unknown member", "/v1/events", { type: "a.b", data: {}, dta: 1 }, 422, "/dta"],
  ["an event whose type is a number", "/v1/events", { type: 7, data: {} }, 422, "/type"],
  ["an event whose id has a space", "/v1/events", { type: "a.b", data: {}, id: "a b" }, 422, "/id"],
  ["a flow that is no JSON", "/v1/flows", "nope", 400, ""],
  [
    "a flow with __proto__",
    "/v1/flows",
    '{"name":"x","on":{"event":"a"},"steps":[],"__proto__":{"admin":true}}',
    400,
    "",
  ],
  ["a flow with a key twice", "/v1/flows", '{"name":"x","name":"y","on":{"event":"a"},"steps":[]}', 400, ""],
  ["a flow with a misspelt member", "/v1/flows", flow({ stpes: [] }), 422, "/stpes"],
  ["a flow whose steps are a text", "/v1/flows", flow({ steps: "all" }), 422, "/steps"],
  ["a flow of 200 KB", "/v1/flows", flow({ description: "x".repeat(200_000) }), 413, ""],
];

test.each(requests)("%s is refused with the place and the reason", async (_name, path, body, status, pointer) => {
  const answer = await app.call("POST", path, body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  const problem = answer.body as { detail: string; code: string; requestId: string; errors?: { pointer: string }[] };
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(problem.requestId).toMatch(/^req_/);
  const pointers = problem.errors?.map((one) => one.pointer) ?? [];
  expect(pointers).toEqual(expect.arrayContaining(pointer === "" ? [] : [pointer]));
});

/** What only compiling finds: saved as a draft with its problems, refused at publishing. */
const drafts: [name: string, document: object, pointer: string][] = [
  [
    "a template bomb",
    flow({ steps: [step({ with: { url: "https://example.com/", data: "{{#if a}}".repeat(600) } })] }),
    "/steps/0/with/data",
  ],
  ["a rule bomb", flow({ filter: nested({ "+": [1] }, 40) }), "/filter"],
  ["a rule with an unknown operator", flow({ filter: { evil: [1] } }), "/filter"],
  ["an unknown action", flow({ steps: [step({ use: "webhok.post" })] }), "/steps/0/use"],
  ["a missing url", flow({ steps: [step({ with: {} })] }), "/steps/0/with/url"],
  [
    "a reference to a later step",
    flow({ steps: [step({ if: { var: "steps.later" } }), step({ id: "later" })] }),
    "/steps/0/if",
  ],
  ["a connection that does not exist", flow({ steps: [step({ connection: "crm" })] }), "/steps/0/connection"],
];

function nested(rule: object, levels: number): object {
  return levels === 0 ? rule : { "+": [nested(rule, levels - 1)] };
}

test.each(drafts)("%s is saved with its problem, and publishing refuses it", async (name, document, pointer) => {
  const created = await app.call("POST", "/v1/flows", { ...document, name });
  expect(created.status).toBe(201);
  const saved = created.body as { id: string; problems: { pointer: string; message: string }[] };
  const found = saved.problems.find((one) => one.pointer.startsWith(pointer));
  expect(found?.message.length).toBeGreaterThan(10);
  const published = await app.call("POST", `/v1/flows/${saved.id}/publish`, {});
  expect(published.status).toBe(422);
  expect((published.body as { code: string }).code).toBe("flow.invalid");
});

/** Addresses that a run asks for while it runs: blocked at the attempt, with a class and without what was found. */
test.each([
  "http://169.254.169.254/latest/meta-data/",
  "https://metadata.google.internal/",
  "http://10.0.0.1/",
  "http://user:secret@example.com/",
  "http://127.0.0.1:27017/",
  "ftp://example.com/",
])("a delivery to %s is blocked, and nothing is sent", async (url) => {
  const type = `blocked.t${url.length}`;
  await app.createFlow({
    on: { event: type },
    steps: [{ id: "tell", use: "webhook.post", with: { url: "{{event.data.url}}" } }],
  });
  const { body } = await app.publish({ type, data: { url } });
  const run = await app.run(body.runs[0] ?? "");
  expect(run).toMatchObject({ status: "failed", failedStep: "tell", error: { class: "blocked" } });
  const [recorded] = await app.steps(run.id);
  expect(recorded?.attempts).toHaveLength(1);
});

test("another tenant's ids look unknown", async () => {
  await using other = await startApp();
  const id = await other.createFlow({ steps: [{ id: "a", set: { x: 1 } }] });
  const { body } = await other.publish({ type: "review.created", data: {} });
  const run = await other.run(body.runs[0] ?? "");
  for (const path of [`/v1/flows/${id}`, `/v1/runs/${run.id}`, `/v1/runs/${run.id}/steps`, `/v1/events/${body.id}`]) {
    expect((await app.call("GET", path)).status).toBe(404);
  }
  expect((await app.call("POST", `/v1/runs/${run.id}/cancel`, {})).status).toBe(404);
});

test("after all that the process still takes events and delivers them", async () => {
  await app.createFlow({
    on: { event: "still.alive" },
    steps: [{ id: "tell", use: "webhook.post", with: { url: receiver.url } }],
  });
  const { body } = await app.publish({ type: "still.alive", data: {} });
  expect((await app.run(body.runs[0] ?? "")).status).toBe("succeeded");
  expect(receiver.requests).toHaveLength(1);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
