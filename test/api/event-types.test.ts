// The catalogue of event types over real HTTP: writing, reading, and simulated events.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createPayloadJudge } from "../../src/flow/payload/judge.ts";
import { eventTypeGallery } from "../../src/api/event-type-gallery.ts";
import { eventTypeCounterExamples, eventTypeExamples } from "../../src/model/event-type.ts";
import { packageRoot } from "../../src/package-root.ts";
import { aFlow, startApi, type Call, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const post = (path: string, body?: unknown, rest: Call = {}) =>
  app.call("POST", `/v1/event-types${path}`, { ...(body === undefined ? {} : { body }), ...rest });
const get = (path: string, rest: Call = {}) => app.call("GET", `/v1/event-types${path}`, rest);
const anyone = { headers: { "if-match": "*" } };

test("every example of the model is taken, and shown as it was written", async () => {
  for (const draft of eventTypeExamples) {
    const made = await post("", draft);
    expect([made.status, made.headers.get("etag")]).toEqual([201, '"r1"']);
    const read = await app.call("GET", made.headers.get("location") ?? "");
    expect(read.body).toEqual({
      description: "",
      mode: "off",
      retired: false,
      schema: null,
      ...draft,
      id: expect.stringMatching(/^etyp_/),
      group: draft.name.split(".")[0],
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
  }
});

test.each(eventTypeCounterExamples)("an event type is refused: $why", async ({ draft, pointer, code }) => {
  const { status, body } = await post("", draft);
  expect([status, body.code, body.errors[0]]).toEqual([
    422,
    "request.invalid",
    expect.objectContaining({ pointer, code, message: expect.any(String) }),
  ]);
});

test("a schema that could harm is refused with the place in the body", async () => {
  const hostile = { name: "a.hostile", schema: { type: "object", properties: { a: { $async: true } } } };
  expect((await post("", hostile)).body.errors).toEqual([
    { pointer: "/schema/properties/a/$async", code: "unknown", message: expect.any(String) },
  ]);
  expect((await post("", { name: "a.hostile", schema: { type: "text" } })).body.errors).toMatchObject([
    { pointer: "/schema", code: "form" },
  ]);
});

test("an example has to fit the schema that stands beside it", async () => {
  const draft = { name: "a.b", schema: { properties: { n: { type: "integer" } } }, example: { n: "one" } };
  expect((await post("", draft)).body.errors).toMatchObject([{ pointer: "/example/n", code: "type" }]);
});

test("a name is taken once; replacing needs the ETag and keeps the name; nobody's change is lost", async () => {
  await post("", { name: "invoice.paid" });
  expect((await post("", { name: "invoice.paid" })).body.code).toBe("state.conflict");
  const put = (body: unknown, headers = {}) => app.call("PUT", "/v1/event-types/invoice.paid", { body, headers });
  expect((await put({})).status).toBe(428);
  const first = await put({ description: "Paid.", example: null }, { "if-match": '"r1"' });
  expect([first.status, first.headers.get("etag")]).toEqual([200, '"r2"']);
  expect(first.body).toMatchObject({ name: "invoice.paid", description: "Paid.", example: null });
  expect((await put({}, { "if-match": '"r1"' })).status).toBe(412);
  expect((await put({ name: "invoice.settled" }, { "if-match": "*" })).body.errors).toMatchObject([
    { pointer: "/name", suggestion: "invoice.paid" },
  ]);
  const emptied = await put({}, { "if-match": "*" });
  expect(emptied.body).not.toHaveProperty("example");
  expect((await get("/invoice.paid", { headers: { "if-none-match": '"r3"' } })).status).toBe(304);
});

test("what is removed is gone, and only the version that was seen is removed", async () => {
  await post("", { name: "gone.soon" });
  const remove = (headers: Record<string, string> = {}) => app.call("DELETE", "/v1/event-types/gone.soon", { headers });
  expect((await remove({ "if-match": '"r9"' })).status).toBe(412);
  expect([(await remove({ "if-match": '"r1"' })).status, (await get("/gone.soon")).status]).toEqual([204, 404]);
  expect((await remove()).status).toBe(404);
});

test("the list pages by cursor, and by group and by what is retired", async () => {
  for (const name of ["page.one", "page.two", "page.three"]) {
    await post("", { name, retired: name === "page.two" });
  }
  const first = await get("?group=page&limit=2");
  const second = await get(`?group=page&limit=2&cursor=${first.body.nextCursor}`);
  const names = [...first.body.data, ...second.body.data].map(({ name }) => name);
  expect([names, second.body.nextCursor]).toEqual([["page.three", "page.two", "page.one"], null]);
  expect((await get("?group=page&retired=true")).body.data).toMatchObject([{ name: "page.two" }]);
  expect((await get("?group=nothing")).body.data).toEqual([]);
});

test("the same request under one Idempotency-Key makes one type", async () => {
  const keyed = { headers: { "idempotency-key": "once" } };
  const first = await post("", { name: "once.only" }, keyed);
  const again = await post("", { name: "once.only" }, keyed);
  expect([again.status, again.body]).toEqual([201, first.body]);
});

test("another tenant neither sees nor changes nor removes a type, and may have one of the same name", async () => {
  const key = await app.newKey(await app.store.tenants.create("Other"));
  await post("", { name: "mine.alone", example: { secret: "mine" } });
  for (const [method, path] of [
    ["GET", "mine.alone"],
    ["DELETE", "mine.alone"],
    ["PUT", "mine.alone"],
  ] as const) {
    const body = method === "PUT" ? { body: {} } : {};
    const theirs = await app.call(method, `/v1/event-types/${path}`, { key, ...anyone, ...body });
    const nobodys = await app.call(method, `/v1/event-types/not.there`, { key, ...anyone, ...body });
    expect([theirs.status, theirs.body.detail]).toEqual([404, nobodys.body.detail]);
  }
  expect((await get("", { key })).text).not.toContain("mine.alone");
  expect((await post("/mine.alone/simulate", { publish: false }, { key })).body).toMatchObject({ from: "placeholder" });
  expect((await post("", { name: "mine.alone" }, { key })).status).toBe(201);
});

describe("a simulated event", () => {
  const schema = {
    type: "object",
    required: ["id", "rating", "at"],
    properties: {
      id: { type: "string", pattern: "^rev_[0-9]{4}$" },
      rating: { type: "integer", minimum: 3, maximum: 5 },
      at: { type: "string", format: "date-time" },
    },
  };

  test("made of the schema is valid by it, is published under a test's id, and starts the flows of its type", async () => {
    await post("", { name: "simulated.schema", schema });
    const flow = await app.call("POST", "/v1/flows", {
      body: aFlow({ name: "S", on: { event: "simulated.*" }, filter: true }),
    });
    await app.call("POST", `/v1/flows/${flow.body.id}/publish`);
    const before = Date.now();
    const { status, body } = await post("/simulated.schema/simulate", { live: true });
    expect([status, body]).toEqual([
      202,
      {
        event: {
          id: expect.stringMatching(/^test_\d+$/),
          type: "simulated.schema",
          data: { id: expect.stringMatching(/^rev_[0-9]{4}$/), rating: expect.any(Number), at: expect.any(String) },
        },
        from: "schema",
        published: true,
        deliveries: 0,
        runs: [expect.stringMatching(/^run_/)],
      },
    ]);
    expect(Number(body.event.id.slice("test_".length))).toBeGreaterThanOrEqual(before);
    const stored = await app.call("GET", `/v1/events/${body.event.id}`);
    expect(stored.body).toMatchObject({ type: "simulated.schema", source: "simulation", data: body.event.data });
  });

  test("has the type's example where there is one, and your own data before that", async () => {
    await post("", {
      name: "simulated.example",
      schema,
      example: { id: "rev_0001", rating: 4, at: "2026-03-01T12:00:00Z" },
    });
    expect((await post("/simulated.example/simulate", {})).body).toMatchObject({
      from: "example",
      event: { data: { rating: 4 } },
    });
    const own = { id: "rev_0002", rating: 5, at: "2026-03-01T12:00:00Z" };
    expect((await post("/simulated.example/simulate", { data: own })).body).toMatchObject({
      from: "given",
      event: { data: own },
    });
    const wrong = await post("/simulated.example/simulate", { data: { ...own, rating: 1 } });
    expect([wrong.status, wrong.body.errors]).toMatchObject([422, [{ pointer: "/data/rating", code: "range" }]]);
  });

  test("is one that endpoints in test mode alone get, unless it is to be live", async () => {
    const isTest = async (body: unknown) => {
      const { event } = (await post("/ping/simulate", body)).body;
      return (await app.store.events.find(app.tenantId, event.id))?.test;
    };
    expect([await isTest({}), await isTest({ live: true })]).toEqual([true, undefined]);
  });

  test("is only shown with `publish: false`", async () => {
    const { status, body } = await post("/simulated.example/simulate", { publish: false });
    expect([status, body.published, body.runs]).toEqual([200, false, []]);
    expect((await app.call("GET", `/v1/events/${body.event.id}`)).status).toBe(404);
  });

  test("of a shipped type has the gallery's data, of the system that is asked for", async () => {
    const simulate = (body: unknown) => post("/task.created/simulate", body);
    expect((await simulate({ publish: false, system: "hub" })).body).toMatchObject({
      from: "gallery",
      event: { data: { taskId: expect.any(String) } },
    });
    expect((await simulate({ publish: false, system: "bakhmach" })).body).toMatchObject({
      event: { data: { task_id: expect.any(String) } },
    });
    expect((await simulate({ publish: false, system: "nobody" })).status).toBe(422);
  });

  test("of a type that nothing is known of is a placeholder, and what is no type is not found", async () => {
    expect((await post("/never.heard.of/simulate", { publish: false })).body).toMatchObject({
      from: "placeholder",
      event: { type: "never.heard.of", data: { test: true } },
    });
    expect((await post("/not%20a%20type/simulate")).status).toBe(404);
  });

  test("that cannot be made of the schema says so, and what to do", async () => {
    const impossible = {
      type: "object",
      required: ["a"],
      properties: { a: { type: "string", not: { minLength: 0 } } },
    };
    await post("", { name: "simulated.never", schema: impossible });
    const { status, body } = await post("/simulated.never/simulate");
    expect([status, body.detail]).toEqual([422, expect.stringContaining("Give the type an `example`")]);
    expect(body.detail).toContain('"/a"');
  });

  test("of one millisecond each has an id of its own", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => post("/ping/simulate")));
    expect(new Set(all.map(({ body }) => body.event.id)).size).toBe(8);
  });

  test("under one Idempotency-Key is published once", async () => {
    const keyed = { headers: { "idempotency-key": "simulate-once" } };
    const [first, again] = [await post("/ping/simulate", {}, keyed), await post("/ping/simulate", {}, keyed)];
    expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([first.body, "true"]);
  });
});

describe("the gallery", () => {
  test("is answered whole, and each type has an example that fits its schema", async () => {
    const { body } = await get("/gallery");
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(eventTypeGallery.map(({ name }) => name));
    const judge = createPayloadJudge();
    for (const { system, name, schema, example } of eventTypeGallery) {
      if (schema === undefined) continue;
      const where = `${system} ${name}`;
      expect([where, await judge.checkSchema(schema)]).toEqual([where, []]);
      expect([where, await judge.checkValue(schema, example)]).toEqual([where, []]);
      expect([where, await judge.sample(schema)]).toEqual([where, { ok: true, value: expect.anything() }]);
    }
    await judge.close();
  });
});

const file = join(packageRoot, "..", "shared", "reference", "systems-contract.mjs");
const isThere = existsSync(file);
if (!isThere) console.warn(`Skipped: there is no contract of the five systems at ${file}.`);

/** Read by a process of its own: the tests are no ES modules, and the contract is one. */
async function readContract() {
  const script = `import { profiles } from ${JSON.stringify(pathToFileURL(file).href)};
    process.stdout.write(JSON.stringify(profiles));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  // The file describes itself in its comments; what is not as said here fails the test.
  return JSON.parse(stdout) as {
    [system: string]: {
      events: string[];
      sampleData?: { [type: string]: object };
      schemas?: { [type: string]: object };
    };
  };
}

const whenThere = isThere ? test : test.skip;

whenThere.each([["bakhmach"], ["hub"], ["brainsait"], ["directory"], ["aqio"]])(
  "the gallery has every event type of %s, with the fields of its guide",
  compareWithContract,
);

async function compareWithContract(system: string) {
  const { events, sampleData, schemas } = (await readContract())[system] ?? { events: [] };
  const ours = eventTypeGallery.filter((one) => one.system === system);
  expect(ours.map(({ name }) => name)).toEqual(events);
  for (const [type, data] of Object.entries({ ...sampleData, ...schemas })) {
    const example = ours.find(({ name }) => name === type)?.example ?? {};
    expect([type, Object.keys(example)]).toEqual([type, expect.arrayContaining(Object.keys(data))]);
  }
}
