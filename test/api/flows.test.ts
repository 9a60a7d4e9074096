// Flows over HTTP: drafts, two writers, publishing, enabling, versions and trying.
import { slugOf } from "../../src/api/flow-drafts.ts";
import { aFlow, startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const create = async (rest: Record<string, unknown> = {}) => {
  const answer = await app.call("POST", "/v1/flows", { body: aFlow(rest) });
  if (answer.status !== 201) throw new Error(answer.text);
  return { ...answer.body, etag: answer.headers.get("etag") ?? "" };
};
const put = (id: string, body: unknown, etag?: string) =>
  app.call("PUT", `/v1/flows/${id}`, { body, headers: etag === undefined ? {} : { "if-match": etag } });

test("a saved flow is answered with its shape, ETag and address", async () => {
  const { status, body, headers } = await app.call("POST", "/v1/flows", { body: aFlow({ slug: "shape" }) });
  expect(status).toBe(201);
  expect(headers.get("etag")).toBe('"r1"');
  expect(headers.get("location")).toBe(`/v1/flows/${body.id}`);
  expect(body).toEqual({
    id: expect.stringMatching(/^flow_[0-9A-Za-z]{22}$/),
    slug: "shape",
    name: "Escalate bad reviews",
    enabled: false,
    draft: aFlow({ slug: "shape" }),
    publishedVersion: null,
    triggers: [{ type: "event" }],
    problems: [],
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });
  expect((await app.call("GET", "/v1/flows/shape")).body).toEqual(body);
  expect((await app.call("GET", `/v1/flows/${body.id}`, { headers: { "if-none-match": '"r1"' } })).status).toBe(304);
});

test("flows of one name get slugs of their own; a slug that is asked for and taken is a conflict", async () => {
  const slugs = [];
  for (let i = 0; i < 3; i++) slugs.push((await create({ name: "Twice told" })).slug);
  expect(slugs).toEqual(["twice-told", "twice-told-2", "twice-told-3"]);
  const taken = await app.call("POST", "/v1/flows", { body: aFlow({ slug: "twice-told" }) });
  expect([taken.status, taken.body.code]).toEqual([409, "state.conflict"]);
  expect((await create({ name: "Validate" })).slug).toBe("validate-2");
});

test.each([
  ["Escalate bad reviews!", "escalate-bad-reviews"],
  ["  Crème  Brûlée ", "creme-brulee"],
  ["Відгуки", "flow"],
  ["x".repeat(80), "x".repeat(64)],
])("the slug of %j is %j", (name, slug) => expect(slugOf(name)).toBe(slug));

test("saving refuses what the schema refuses, every error at its place", async () => {
  const { on: _, ...rest } = aFlow({ stpes: [] });
  const { status, body } = await app.call("POST", "/v1/flows", { body: rest });
  expect([status, body.code]).toEqual([422, "flow.invalid"]);
  expect(body.errors).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ pointer: "/on", code: "required" }),
      expect.objectContaining({ pointer: "/stpes", code: "unknown", suggestion: "steps" }),
    ]),
  );
});

test("what only compiling finds is saved as a problem, and refused by publishing", async () => {
  const flow = await create({ steps: [{ id: "a", use: "webhook.pots", with: { url: "https://hooks.example.com" } }] });
  expect(flow.problems[0]).toMatchObject({ pointer: "/steps/0/use", suggestion: "webhook.post" });
  const { status, body } = await app.call("POST", `/v1/flows/${flow.id}/publish`);
  expect([status, body.code, body.errors]).toEqual([422, "flow.invalid", flow.problems]);
});

test("validating answers 200 for any JSON, and saves nothing", async () => {
  const validate = (body: unknown) => app.call("POST", "/v1/flows/validate", { text: JSON.stringify(body) });
  const valid = await validate(aFlow());
  expect([valid.status, valid.body]).toEqual([200, { valid: true, errors: [], warnings: [] }]);
  for (const wrong of [null, 1, "x", [], {}]) {
    const { status, body } = await validate(wrong);
    expect([status, body.valid, body.errors.length > 0]).toEqual([200, false, true]);
  }
  const { body } = await validate(aFlow({ steps: [{ id: "a", use: "webhook.post", with: {} }] }));
  expect(body.errors).toContainEqual(expect.objectContaining({ pointer: "/steps/0/with/url", code: "required" }));
});

test("of two writers who read the same draft the second is told", async () => {
  const flow = await create();
  const answers = await Promise.all(["A", "B"].map((name) => put(flow.id, aFlow({ name }), flow.etag)));
  expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  const stale = await put(flow.id, aFlow(), flow.etag);
  expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
});

test("replacing needs If-Match; any, the current one, but no weak one will do", async () => {
  const flow = await create();
  expect((await put(flow.id, aFlow())).body.code).toBe("precondition.required");
  expect((await put(flow.id, aFlow(), `W/${flow.etag}`)).status).toBe(412);
  expect((await put(flow.id, aFlow({ name: "New" }), `"x", ${flow.etag}`)).body).toMatchObject({
    name: "New",
    slug: flow.slug,
  });
  expect((await put(flow.id, aFlow(), "*")).headers.get("etag")).toBe('"r3"');
  const other = await create();
  expect((await put(flow.id, aFlow({ slug: other.slug }), "*")).body.code).toBe("state.conflict");
});

test("the shape of a body is judged before the id and the state", async () => {
  expect((await put("nothing", {}, '"r1"')).status).toBe(422);
  expect((await put("nothing", aFlow())).status).toBe(404);
});

test("publishing makes versions that never change, the first of them enabled", async () => {
  const flow = await create({ name: "First words" });
  const first = await app.call("POST", `/v1/flows/${flow.slug}/publish`);
  expect([first.status, first.body]).toEqual([
    200,
    { version: 1, publishedAt: expect.stringMatching(/Z$/), enabled: true },
  ]);
  const { headers } = await app.call("GET", `/v1/flows/${flow.id}`);
  await put(flow.id, aFlow({ name: "Second words" }), headers.get("etag") ?? "");
  await app.call("POST", `/v1/flows/${flow.id}/disable`);
  const second = await app.call("POST", `/v1/flows/${flow.id}/publish`, { body: {} });
  expect(second.body).toMatchObject({ version: 2, enabled: false });
  const versions = await app.call("GET", `/v1/flows/${flow.id}/versions`);
  expect(versions.body.data.map((one: { version: number }) => one.version)).toEqual([2, 1]);
  const names = [];
  for (const n of [1, 2]) names.push((await app.call("GET", `/v1/flows/${flow.id}/versions/${n}`)).body.document.name);
  expect(names).toEqual(["First words", "Second words"]);
  for (const n of ["0", "3", "01", "x"]) {
    expect((await app.call("GET", `/v1/flows/${flow.id}/versions/${n}`)).status).toBe(404);
  }
});

test("a first publish can leave the flow disabled", async () => {
  const flow = await create();
  const { body } = await app.call("POST", `/v1/flows/${flow.id}/publish`, { body: { enable: false } });
  expect(body.enabled).toBe(false);
  const wrong = await app.call("POST", `/v1/flows/${flow.id}/publish`, { body: { enabel: true } });
  expect([wrong.status, wrong.body.errors[0].suggestion]).toEqual([422, "enable"]);
});

test("a draft that was changed since is not published", async () => {
  const flow = await create();
  await put(flow.id, aFlow({ name: "Changed" }), flow.etag);
  const answer = await app.call("POST", `/v1/flows/${flow.id}/publish`, { headers: { "if-match": flow.etag } });
  expect(answer.status).toBe(412);
});

test("a flow whose test fails is not published", async () => {
  const event = { type: "review.created", data: { rating: 5 } };
  const flow = await create({ tests: [{ name: "five stars", event, expect: { matched: true } }] });
  const { status, body } = await app.call("POST", `/v1/flows/${flow.id}/publish`);
  expect([status, body.code, body.errors[0].pointer]).toEqual([422, "flow.tests_failed", "/tests/0"]);
  expect((await app.call("GET", `/v1/flows/${flow.id}`)).body.publishedVersion).toBeNull();
});

test("enabling and disabling is followed by the next event, and can be repeated", async () => {
  const type = "switch.test";
  const flow = await create({ on: { event: type }, filter: true });
  const publish = async () => (await app.call("POST", "/v1/events", { body: { type, data: {} } })).body.matched;
  const enable = () => app.call("POST", `/v1/flows/${flow.id}/enable`);
  const never = await enable();
  expect([never.status, never.body.code]).toEqual([409, "state.conflict"]);
  await app.call("POST", `/v1/flows/${flow.id}/publish`);
  const matched = [await publish()];
  for (const path of ["disable", "disable"]) {
    const answer = await app.call("POST", `/v1/flows/${flow.id}/${path}`);
    expect([answer.status, answer.body.enabled]).toEqual([200, false]);
  }
  matched.push(await publish());
  for (let i = 0; i < 2; i++) expect((await enable()).body.enabled).toBe(true);
  matched.push(await publish());
  expect(matched).toEqual([1, 0, 1]);
});

test("a draft can be tried: its rendered input is shown and nothing is sent", async () => {
  const flow = await create({
    steps: [
      { id: "notify", use: "webhook.post", with: { url: "https://hooks.example.com", body: "{{event.data.text}}" } },
    ],
  });
  const event = { type: "review.created", data: { rating: 1, text: "Cold" } };
  const { status, body } = await app.call("POST", `/v1/flows/${flow.id}/test`, {
    body: { event, mocks: { notify: { status: 200, headers: {}, body: "thanks" } } },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    matched: true,
    status: "succeeded",
    ran: ["notify"],
    steps: { notify: { status: "succeeded", input: { body: "Cold" }, attempts: 1 } },
    output: { body: "thanks" },
  });
  const none = await app.call("POST", `/v1/flows/${flow.id}/test`, { body: {} });
  expect([none.status, none.body.errors[0]]).toEqual([
    422,
    expect.objectContaining({ pointer: "/event", code: "required" }),
  ]);
});

test("the preview of a retry policy has one delay a retry", async () => {
  const preview = (body: unknown) => app.call("POST", "/v1/retry-policies/preview", { body });
  const { body } = await preview({ retry: { schedule: ["0s", "5m"], jitter: "none" } });
  expect(body).toEqual({ delaysMs: [1, 300_000], totalMs: 300_001 });
  expect((await preview({ profile: "standard" })).body.delaysMs[0]).toBe(5_000);
  const long = await preview({ retry: { schedule: ["31d"] } });
  expect([long.status, long.body.errors[0].pointer]).toEqual([422, "/retry/schedule/0"]);
  for (const wrong of [{}, { retry: "standrad" }, { retry: "quick", profile: "standard" }]) {
    expect((await preview(wrong)).status).toBe(422);
  }
});
