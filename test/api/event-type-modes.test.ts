// What a publish is told when its data does not fit the schema of its event type.
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const schema = {
  type: "object",
  required: ["id", "rating"],
  properties: { id: { type: "string" }, rating: { type: "integer", minimum: 1, maximum: 5 } },
};
const good = { id: "rev_1", rating: 5 };
const bad = { id: "rev_1", rating: 9 };
let types = 0;

/** A type of its own in the catalogue. */
async function newType(mode: "off" | "warn" | "reject"): Promise<string> {
  const name = `modes.n${++types}`;
  const { status } = await app.call("POST", "/v1/event-types", { body: { name, schema, mode } });
  expect(status).toBe(201);
  return name;
}
const publish = (type: string, data: unknown) => app.call("POST", "/v1/events", { body: { type, data } });

test("a type that rejects takes what fits, and answers 422 with the place of what does not; nothing of it is stored", async () => {
  const type = await newType("reject");
  expect((await publish(type, good)).status).toBe(202);
  const { status, body } = await publish(type, bad);
  expect(status).toBe(422);
  expect(body).toMatchObject({
    code: "request.invalid",
    detail: expect.stringContaining(`schema of "${type}"`),
    errors: [{ pointer: "/data/rating", code: "range", message: expect.stringContaining("5") }],
  });
  const { body: list } = await app.call("GET", `/v1/events?type=${type}`);
  expect(list.data).toHaveLength(1);
});

test("a type that warns takes everything, and the answer says what does not fit", async () => {
  const type = await newType("warn");
  expect((await publish(type, good)).body.warnings).toBeUndefined();
  const { status, body } = await publish(type, { rating: 3 });
  expect(status).toBe(202);
  expect(body.warnings).toEqual([{ pointer: "/data/id", code: "required", message: "`id` is missing." }]);
});

test("a type whose mode is off, and a type without one, are not held against anything", async () => {
  const type = await newType("off");
  for (const one of [type, "modes.unknown"]) {
    const { status, body } = await publish(one, bad);
    expect([status, body.warnings]).toEqual([202, undefined]);
  }
});

test("a batch is checked as a whole: one that does not fit refuses all, and each warning stands with its event", async () => {
  const [rejecting, warning] = [await newType("reject"), await newType("warn")];
  const mixed = [
    { type: warning, data: bad },
    { type: rejecting, data: good },
    { type: rejecting, data: bad },
  ];
  const asList = await app.call("POST", "/v1/events/batch", { body: mixed });
  expect(asList.status).toBe(422);
  expect(asList.body.errors).toMatchObject([{ pointer: "/2/data/rating" }]);
  const asObject = await app.call("POST", "/v1/events/batch", { body: { events: mixed } });
  expect(asObject.body.errors).toMatchObject([{ pointer: "/events/2/data/rating" }]);
  expect((await app.call("GET", `/v1/events?type=${rejecting}`)).body.data).toEqual([]);
  const taken = await app.call("POST", "/v1/events/batch", { body: mixed.slice(0, 2) });
  expect(taken.status).toBe(202);
  expect(taken.body.data.map((one: { warnings?: unknown }) => one.warnings)).toEqual([
    [{ pointer: "/0/data/rating", code: "range", message: expect.any(String) }],
    undefined,
  ]);
});

test("CloudEvents are held against the schema too", async () => {
  const type = await newType("reject");
  const event = { specversion: "1.0", id: "1", source: "/here", type, data: bad };
  const structured = await app.call("POST", "/v1/events", {
    body: event,
    headers: { "content-type": "application/cloudevents+json" },
  });
  expect([structured.status, structured.body.errors[0].pointer]).toEqual([422, "/data/rating"]);
  const binary = await app.call("POST", "/v1/events", {
    body: bad,
    headers: { "ce-specversion": "1.0", "ce-id": "2", "ce-source": "/here", "ce-type": type },
  });
  expect([binary.status, binary.body.errors[0].pointer]).toEqual([422, "/data/rating"]);
});

test("a change of the mode holds for the next publish, and so does the end of the type", async () => {
  const type = await newType("reject");
  const put = (mode: string) =>
    app.call("PUT", `/v1/event-types/${type}`, { body: { schema, mode }, headers: { "if-match": "*" } });
  expect((await publish(type, bad)).status).toBe(422);
  expect((await put("off")).status).toBe(200);
  expect((await publish(type, bad)).status).toBe(202);
  expect((await put("reject")).status).toBe(200);
  expect((await publish(type, bad)).status).toBe(422);
  expect((await app.call("DELETE", `/v1/event-types/${type}`)).status).toBe(204);
  expect((await publish(type, bad)).status).toBe(202);
});

test("another tenant's types are its own", async () => {
  const type = await newType("reject");
  const key = await app.newKey(await app.store.tenants.create("Other"));
  const { status } = await app.call("POST", "/v1/events", { body: { type, data: bad }, key });
  expect(status).toBe(202);
});

test("a mode needs a schema", async () => {
  const { status, body } = await app.call("POST", "/v1/event-types", { body: { name: "modes.bare", mode: "warn" } });
  expect([status, body.errors]).toEqual([
    422,
    [{ pointer: "/schema", code: "required", message: expect.stringContaining('mode "warn"') }],
  ]);
});
