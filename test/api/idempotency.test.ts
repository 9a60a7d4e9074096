// Idempotency-Key: the same request again gets the same answer, and makes nothing new.
import mongoose from "mongoose";
import { createIdempotency } from "../../src/api/idempotency.ts";
import { route, type Answer, type Route } from "../../src/api/route.ts";
import { AppError } from "../../src/model/errors.ts";
import { isId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";
import { aFlow, startApi, type Call, type TestApi } from "./start-api.ts";

/** What `POST /v1/probe` does next, and how often it was asked. */
const probe = { calls: 0, answer: (): Promise<Answer> | Answer => ({ status: 200 }) };
const probeRoute: Route = route({
  method: "post",
  path: "/v1/probe",
  scope: "flows:write",
  tag: "Test",
  summary: "Does what the test says",
  responses: { 200: { description: "Done." } },
  handler() {
    probe.calls++;
    return probe.answer();
  },
});

let app: TestApi;
beforeAll(async () => {
  app = await startApi({ extra: [probeRoute] });
});
afterAll(() => app.stop());
beforeEach(() => {
  probe.calls = 0;
  probe.answer = () => ({ status: 200, body: { call: probe.calls } });
});

let keys = 0;
const newKey = () => `key-${++keys}`;
const post = (path: string, key: string, call: Call = {}) =>
  app.call("POST", path, { ...call, headers: { "idempotency-key": key, ...call.headers } });
const countFlows = async () => (await app.store.flows.list(app.tenantId, { limit: 200 })).items.length;

test("a flow that is saved twice under one key is saved once, and both answers are the same", async () => {
  const key = newKey();
  const before = await countFlows();
  const first = await post("/v1/flows", key, { body: aFlow() });
  const second = await post("/v1/flows", key, { body: aFlow() });
  expect([second.status, second.text]).toEqual([201, first.text]);
  for (const name of ["etag", "location", "content-type"]) {
    expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name)]);
  }
  expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([
    null,
    "true",
  ]);
  expect(await countFlows()).toBe(before + 1);
});

test("twenty requests at once under one key make one flow, and all get its answer", async () => {
  const key = newKey();
  const before = await countFlows();
  const answers = await Promise.all(Array.from({ length: 20 }, () => post("/v1/flows", key, { body: aFlow() })));
  expect(new Set(answers.map((one) => `${one.status} ${one.text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect(await countFlows()).toBe(before + 1);
});

test.each<[string, string, Call]>([
  ["another body", "/v1/flows", { body: aFlow({ name: "Another" }) }],
  ["the same body, written otherwise", "/v1/flows", { text: JSON.stringify(aFlow(), null, 1) }],
  ["another route", "/v1/flows/validate", { body: aFlow() }],
  ["another If-Match", "/v1/flows", { body: aFlow(), headers: { "if-match": '"r1"' } }],
])("a key that is used again with %s is refused", async (_, path, call) => {
  const key = newKey();
  expect((await post("/v1/flows", key, { body: aFlow() })).status).toBe(201);
  const other = await post(path, key, call);
  expect([other.status, other.body.code]).toEqual([422, "idempotency.mismatch"]);
});

test("keys of two tenants have nothing to do with each other", async () => {
  const key = newKey();
  const other = await app.newKey(await app.store.tenants.create("Other"));
  const mine = await post("/v1/flows", key, { body: aFlow() });
  const theirs = await post("/v1/flows", key, { body: aFlow({ name: "Theirs" }), key: other });
  expect([theirs.status, theirs.headers.get("idempotency-replayed")]).toEqual([201, null]);
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test.each(["", "a".repeat(256), "two words", "ü"])(
  "the key %j is refused, and it is said what a key is",
  async (key) => {
    const answer = await post("/v1/probe", key);
    expect([answer.status, answer.body.errors]).toEqual([
      422,
      [{ pointer: "/headers/idempotency-key", code: "format", message: expect.stringContaining("1 to 255") }],
    ]);
    expect(probe.calls).toBe(0);
  },
);

test("a key of 255 characters, or a quoted one, is a key", async () => {
  for (const key of ["a".repeat(255), '"a-quoted-key"']) expect((await post("/v1/probe", key)).status).toBe(200);
});

test("a key is for changes: reads, and routes that are repeatable by themselves, pass it over", async () => {
  const key = newKey();
  const flow = await app.call("POST", "/v1/flows", { body: aFlow() });
  const headers = { "idempotency-key": key, "if-match": "*" };
  for (const name of ["First", "Second"]) {
    const put = await app.call("PUT", `/v1/flows/${flow.body.id}`, { body: aFlow({ name }), headers });
    expect(put.body.name).toBe(name);
    expect((await app.call("GET", `/v1/flows/${flow.body.id}`, { headers })).body.name).toBe(name);
  }
});

test("whoever corrects a body that was refused uses the key again", async () => {
  const key = newKey();
  expect((await post("/v1/flows", key, { text: "{" })).status).toBe(400);
  expect((await post("/v1/flows", key, { body: { name: "No steps" } })).status).toBe(422);
  expect((await post("/v1/flows", key, { body: aFlow(), headers: { "content-type": "text/plain" } })).status).toBe(415);
  expect((await post("/v1/flows", key, { body: aFlow() })).status).toBe(201);
  // What takes events finds these errors only while it handles them.
  const event = newKey();
  expect((await post("/v1/events", event, { text: "{" })).status).toBe(400);
  expect((await post("/v1/events", event, { body: { type: "a" } })).status).toBe(422);
  expect((await post("/v1/events", event, { body: { type: "a", data: 1 } })).status).toBe(202);
});

test("a refusal by the resource's state is an answer like any other", async () => {
  const key = newKey();
  const flow = await app.call("POST", "/v1/flows", { body: aFlow() });
  const first = await post(`/v1/flows/${flow.body.id}/enable`, key);
  expect([first.status, first.body.code]).toEqual([409, "state.conflict"]);
  await app.call("POST", `/v1/flows/${flow.body.id}/publish`, { body: {} });
  const again = await post(`/v1/flows/${flow.body.id}/enable`, key);
  expect([again.status, again.body.code, again.headers.get("idempotency-replayed")]).toEqual([
    409,
    "state.conflict",
    "true",
  ]);
  expect(again.body.detail).toBe(first.body.detail);
  expect(again.body.requestId).toBe(again.headers.get("x-request-id"));
});

test.each<[string, () => Answer]>([
  ["a 503", () => fail(new AppError("service.storage_unavailable"))],
  ["a 500", () => fail(new Error("a bug"))],
  ["a 429", () => fail(new AppError("rate.limited", { retryAfterMs: 1_000 }))],
  ["an answer of 502", () => ({ status: 502 })],
])("%s is not kept: the request is handled when it comes again", async (_, failing) => {
  const key = newKey();
  probe.answer = failing;
  expect((await post("/v1/probe", key)).status).toBeGreaterThanOrEqual(429);
  probe.answer = () => ({ status: 200, body: { done: true } });
  const again = await post("/v1/probe", key);
  expect([again.status, again.body, again.headers.get("idempotency-replayed")]).toEqual([200, { done: true }, null]);
  expect(probe.calls).toBe(2);
  // What failed may have been stored all the same: the key still stands for that request.
  expect((await post("/v1/flows", key, { body: aFlow() })).body.code).toBe("idempotency.mismatch");
});

function fail(error: Error): never {
  throw error;
}

test("answers that hold secrets are not readable in the database", async () => {
  const key = newKey();
  const first = await post("/v1/signing-secret/reveal", key);
  const again = await post("/v1/signing-secret/reveal", key);
  expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first.text, "true"]);
  const inserted: string[] = [];
  const vault = createVault(parseKeyring(newKeyringEntry()));
  const store: Store["idempotency"] = {
    ...app.store.idempotency,
    answer: async (_use, _token, answer) => void inserted.push(answer),
  };
  await createIdempotency({ store, vault }).once(
    aRequest(newKey()),
    async () => ({ status: 200, body: first.body }),
    nothing,
  );
  expect(inserted).toHaveLength(1);
  expect(inserted[0]).not.toContain(first.body.secret);
});

const nothing = () => undefined;
const aRequest = (key: string) => ({
  tenantId: app.tenantId,
  key,
  method: "POST",
  url: "/v1/things",
  headers: {},
  body: Buffer.from("{}"),
});

test("an event without an id is one event, although it is published twice under one key", async () => {
  const key = newKey();
  const send = () => post("/v1/events", key, { body: { type: "order.created", data: { n: 1 } } });
  const [first, second] = [await send(), await send()];
  expect([second.status, second.text]).toEqual([202, first.text]);
  expect(isId("evt", first.body.id)).toBe(true);
  const batch = {
    body: [
      { type: "a", data: 1 },
      { id: `own-${key}`, type: "a", data: 2 },
      { type: "a", data: 3 },
    ],
  };
  const batchKey = newKey();
  const answers = [await post("/v1/events/batch", batchKey, batch), await post("/v1/events/batch", batchKey, batch)];
  expect(answers[1]?.text).toBe(answers[0]?.text);
  expect(new Set(answers[0]?.body.data.map((one: { id: string }) => one.id)).size).toBe(3);
});

test("CloudEvents in binary mode are told apart by their headers", async () => {
  const key = newKey();
  const send = (id: string) =>
    post("/v1/events", key, {
      text: "1",
      headers: { "ce-specversion": "1.0", "ce-id": id, "ce-source": "shop", "ce-type": "order.created" },
    });
  expect((await send("one")).status).toBe(202);
  expect((await send("one")).headers.get("idempotency-replayed")).toBe("true");
  expect((await send("two")).body.code).toBe("idempotency.mismatch");
});

describe("when a process dies in the middle of a request", () => {
  const leaseMs = 150;
  const vault = createVault(parseKeyring(newKeyringEntry()));
  let store: Store;
  beforeAll(async () => {
    store = await openStore(testServers().mongodbUri, { database: uniqueName("idempotency") });
  });
  afterAll(() => store.close());

  /** A process whose handler runs to its end and whose answer never reaches the database. */
  const dying = () => {
    const gone = () => new Promise<never>(nothing);
    return createIdempotency({
      store: { ...store.idempotency, answer: gone, release: gone },
      vault,
      times: { leaseMs },
    });
  };
  const living = (waitMs = 4_000) => createIdempotency({ store: store.idempotency, vault, times: { leaseMs, waitMs } });

  test("the request is handled again when the lease is over, and makes the same ids", async () => {
    const key = newKey();
    const made: string[][] = [];
    const requestIds = new Set<string>();
    const handle: Parameters<ReturnType<typeof living>["once"]>[1] = async ({ newId, requestId }) => {
      made.push([newId("flow"), newId("flow"), newId("evt")]);
      requestIds.add(requestId);
      return { status: 201, body: { made: made.length } };
    };
    const lost = dying()
      .once(aRequest(key), handle, nothing)
      .catch((error: unknown) => error);
    await until(async () => made.length === 1);
    const second = await living().once(aRequest(key), handle, nothing);
    expect(second).toMatchObject({ status: 201, body: { made: 2 } });
    expect(made[1]).toEqual(made[0]);
    expect(new Set(made[0]).size).toBe(3);
    expect(requestIds.size).toBe(1);
    let replayed = false;
    const third = await living().once(aRequest(key), handle, () => (replayed = true));
    expect([third.text, replayed, made.length]).toEqual(['{"made":2}', true, 2]);
    // Who cannot keep an answer does not give it: it would be another one the next time.
    expect(await lost).toMatchObject({ code: "service.storage_unavailable" });
  });

  test("who may not wait that long is told to come back", async () => {
    const key = newKey();
    let handled = 0;
    dying()
      .once(aRequest(key), async () => ({ status: 200 + ++handled }), nothing)
      .catch(nothing);
    await until(async () => handled === 1);
    const impatient = createIdempotency({ store: store.idempotency, vault, times: { leaseMs: 60_000, waitMs: 0 } });
    await expect(impatient.once(aRequest(key), async () => ({ status: 200 }), nothing)).rejects.toMatchObject({
      code: "idempotency.in_progress",
      retryAfterMs: expect.any(Number),
    });
  });

  test("one that was thought dead and is not does not overwrite the answer of who took over", async () => {
    const key = newKey();
    let release: (answer: Answer) => void = nothing;
    const slow = living().once(aRequest(key), () => new Promise((resolve) => (release = resolve)), nothing);
    await until(async () => release !== nothing);
    const quick = await living().once(aRequest(key), async () => ({ status: 200, body: "quick" }), nothing);
    release({ status: 200, body: "slow" });
    expect([quick.body, (await slow).body]).toEqual(["quick", "slow"]);
    const kept = await living().once(aRequest(key), async () => fail(new Error("handled again")), nothing);
    expect(kept.text).toBe('"quick"');
  });

  test("two handlings of one flow leave one flow, whatever its slug", async () => {
    const handled: unknown[] = [];
    const tenantId = await store.tenants.create("Acme");
    const key = newKey();
    const draft = { ...aFlow(), slug: "once" };
    const idempotency = living();
    for (const answering of [dying(), idempotency]) {
      const ended = answering.once(
        { ...aRequest(key), tenantId },
        async ({ newId }) => {
          const made = await store.flows.create(tenantId, newId("flow"), {
            // Shaped by `aFlow`, which is a flow.
            draft: draft as unknown as Parameters<Store["flows"]["create"]>[2]["draft"],
            slug: "once",
            problems: [],
          });
          handled.push(made);
          return { status: 201, body: made };
        },
        nothing,
      );
      if (answering === idempotency) await ended;
      else ended.catch(nothing);
      await until(() => handled.length > 0);
    }
    expect(handled).toEqual([handled[0], handled[0]]);
    expect(handled[0]).toMatchObject({ slug: "once" });
    expect((await store.flows.list(tenantId, { limit: 10 })).items).toHaveLength(1);
  });
});

test("while MongoDB is away a request with a key is answered 503, and not handled", async () => {
  const store = await openStore(testServers().mongodbUri, { database: uniqueName("idempotency") });
  const idempotency = createIdempotency({
    store: store.idempotency,
    vault: createVault(parseKeyring(newKeyringEntry())),
  });
  await store.close();
  let handled = false;
  const handle = async (): Promise<Answer> => {
    handled = true;
    return { status: 200 };
  };
  const answering = idempotency.once(aRequest(newKey()), handle, nothing);
  await expect(answering).rejects.toMatchObject({ code: "service.storage_unavailable", status: 503 });
  expect(handled).toBe(false);
});

describe("when an answer is lost before it could be kept", () => {
  /** The next answer is lost with its process, whose lease is over at once. */
  const loseNextAnswer = () => {
    const store = app.store.idempotency;
    const keep = store.answer;
    store.answer = async (use, token) => {
      store.answer = keep;
      await store.release(use, token);
      throw new AppError("service.storage_unavailable");
    };
  };
  const twice = async (path: string, call: Call) => {
    const key = newKey();
    loseNextAnswer();
    expect((await post(path, key, call)).status).toBe(503);
    const again = await post(path, key, call);
    expect(again.headers.get("idempotency-replayed")).toBeNull();
    return again;
  };

  test("a flow is there once", async () => {
    const before = await countFlows();
    expect((await twice("/v1/flows", { body: aFlow() })).status).toBe(201);
    expect(await countFlows()).toBe(before + 1);
  });

  test.each<[string, object]>([
    [
      "/v1/connections",
      { connector: "webhook", name: "Partner", credentials: { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
    ],
    ["/v1/templates", { name: "Alert", kind: "text", text: "{{event.data.title}}" }],
  ])("of %s there is one", async (path, body) => {
    const count = async () =>
      (await app.call("GET", `${path}?limit=200`)).body.data.filter((one: { id: string | null }) => one.id !== null)
        .length;
    const before: number = await count();
    expect((await twice(path, { body })).status).toBe(201);
    expect(await count()).toBe(before + 1);
  });

  test("an event without an id was accepted once", async () => {
    const again = await twice("/v1/events", { body: { type: "order.created", data: 1 } });
    expect([again.status, again.body.duplicate]).toEqual([202, true]);
    const batch = await twice("/v1/events/batch", {
      body: [
        { type: "a", data: 1 },
        { type: "a", data: 2 },
      ],
    });
    expect(batch.body.data.map((one: { duplicate: boolean }) => one.duplicate)).toEqual([true, true]);
  });

  test("a flow was published once, although its ETag is another one since", async () => {
    const flow = await app.call("POST", "/v1/flows", { body: aFlow() });
    const path = `/v1/flows/${flow.body.id}`;
    const ifMatch = { "if-match": flow.headers.get("etag") ?? "" };
    const again = await twice(`${path}/publish`, { body: {}, headers: ifMatch });
    expect([again.status, again.body.version, again.body.enabled]).toEqual([200, 1, true]);
    expect((await app.call("GET", `${path}/versions`)).body.data).toHaveLength(1);
    expect((await post(`${path}/publish`, newKey(), { body: {} })).body.version).toBe(2);
  });
});

test("keys and answers are removed after a day", async () => {
  const database = uniqueName("idempotency");
  const store = await openStore(testServers().mongodbUri, { database });
  const connection = await mongoose.createConnection(testServers().mongodbUri, { dbName: database }).asPromise();
  const indexes = await connection.collection("idempotencyKeys").indexes();
  expect(indexes).toContainEqual(expect.objectContaining({ key: { createdAt: 1 }, expireAfterSeconds: 86_400 }));
  await Promise.all([connection.close(), store.close()]);
});

test("while the first request is under way the second one waits for it, and gets its answer", async () => {
  const key = newKey();
  let finish: (answer: Answer) => void = nothing;
  probe.answer = () => new Promise((resolve) => (finish = resolve));
  const first = post("/v1/probe", key);
  await until(async () => probe.calls === 1);
  const second = post("/v1/probe", key);
  finish({ status: 200, body: { slow: true } });
  expect([(await first).body, (await second).body, probe.calls]).toEqual([{ slow: true }, { slow: true }, 1]);
});

test("a request that is still under way after four seconds is answered 409 with Retry-After", async () => {
  const key = newKey();
  probe.answer = () => new Promise(nothing);
  const first = post("/v1/probe", key);
  await until(async () => probe.calls === 1);
  const second = await post("/v1/probe", key);
  expect([second.status, second.body.code, second.headers.get("retry-after")]).toEqual([
    409,
    "idempotency.in_progress",
    "2",
  ]);
  expect((await first).status).toBe(503);
});
