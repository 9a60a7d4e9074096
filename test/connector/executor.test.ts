// An action's way to the world: input checked first, outcome classified, nothing secret recorded.
import { actionCatalogue, defineAction, defineConnector } from "../../src/connector/contract.ts";
import type { Connector, Effect } from "../../src/connector/contract.ts";
import type { Performed, PerformInput } from "../../src/connector/executor.ts";
import { failureOfResult } from "../../src/delivery/classify.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { Json } from "../../src/model/json.ts";
import { anExecutor, attempted } from "../support/executor.ts";
import { startReceiver } from "../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());

const nowMs = Date.UTC(2026, 10, 21, 10, 0, 0);
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const call: PerformInput["call"] = {
  deliveryId: "msg_1",
  attempt: 1,
  willRetry: true,
  nowMs,
  event: { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" },
};

/** A connector with one action that posts its `text` to its `url`. */
function aConnector(effect: Effect = "keyed-write"): Connector {
  const send = defineAction<{ url: string; text: string; token?: string }>({
    id: "send",
    title: "Send a text",
    description: "Sends a text.",
    effect,
    input: {
      type: "object",
      additionalProperties: false,
      required: ["url", "text"],
      properties: { url: { type: "string" }, text: { type: "string" }, token: { type: "string", "x-secret": true } },
    },
    output: { type: "object", examples: [{ sent: true }] },
    counterExamples: [],
    request: ({ url, text, token }) => ({
      ok: true,
      request: {
        method: "POST",
        url,
        headers: { authorization: token ?? "none", "x-echo": text.slice(0, 1_000) },
        body: text,
      },
    }),
    response(answer) {
      const failure = failureOfResult(answer);
      return failure ? { ok: false, failure } : { ok: true, output: { text: answer.body.toString() } };
    },
  });
  return defineConnector({ id: "test", title: "Test", description: "For the tests.", actions: [send] });
}

function perform(input: Json, over: Partial<PerformInput> = {}, effect?: Effect): Promise<Performed> {
  const executor = anExecutor({ http, connectors: [aConnector(effect)], nowMs: () => nowMs });
  const to = { tenantId: "tnt_1" as const, tenantSecrets: [secret], timeoutMs: 2_000 };
  return attempted(executor, { use: "test.send", input, call, ...to, ...over });
}

test("an action's request is sent, and its answer becomes the output with times and record", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 201, body: "thanks" }]);
  const performed = await perform({ url: receiver.url, text: "hello" });
  expect(performed).toMatchObject({
    outcome: { ok: true, output: { text: "thanks" } },
    startedAt: new Date(nowMs),
    request: { method: "POST", url: receiver.url, body: "hello", headers: { "user-agent": "Millrace" } },
    response: { status: 201, body: "thanks", truncated: false },
  });
  expect(performed.durationMs).toBe(performed.phases.total);
  expect(receiver.requests[0]?.headers["user-agent"]).toBe("Millrace");
});

test.each<[Json, string]>([
  [{ url: "x" }, "The input at /text is missing"],
  [{ url: "x", text: "a", "a/b": 1 }, "The input at /a~1b is not a member"],
  [{ url: 5, text: "a" }, "The input at /url must be string"],
  ["text", "The input must be object"],
  [null, "The input must be object"],
])("the input %j is refused before anything is sent", async (input, message) => {
  const performed = await perform(input);
  expect(performed.outcome).toMatchObject({ ok: false, failure: { class: "validation", code: "input" } });
  expect(!performed.outcome.ok && performed.outcome.failure.message).toContain(message);
  expect(performed).not.toHaveProperty("request");
});

test("an action that nobody knows is a failure, not a crash", async () => {
  for (const use of ["test.other", "other.send", "__proto__", "constructor"]) {
    expect((await perform({}, { use })).outcome).toMatchObject({ ok: false, failure: { code: "unknown_action" } });
  }
});

test.each([
  ["http://10.0.0.1/", "url.address"],
  ["http://127.0.0.1:6379/", "url.port"],
  ["ftp://example.com/", "url.scheme"],
  ["not a url", "url.characters"],
  ["https://user:hunter22@example.com/", "url.userinfo"],
])("%s is blocked with the guard's own code", async (url, code) => {
  const performed = await perform({ url, text: "a" });
  expect(performed.outcome).toMatchObject({ ok: false, failure: { class: "blocked", code } });
  expect(performed).not.toHaveProperty("response");
  expect(JSON.stringify(performed)).not.toContain("hunter22");
});

test.each([
  ["120", 120_000],
  ["Sat, 21 Nov 2026 10:00:30 GMT", 30_000],
  ["soon", undefined],
])("Retry-After %s of a receiver that fails is handed on as %s ms", async (value, expected) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 503, headers: { "retry-after": value } }]);
  const { outcome } = await perform({ url: receiver.url, text: "a" });
  expect(outcome).toMatchObject({ ok: false, failure: { class: "transient", code: "http_503", status: 503 } });
  expect(!outcome.ok && outcome.retryAfterMs).toBe(expected);
});

test.each<[Effect, string]>([
  ["unsafe-write", "ambiguous"],
  ["keyed-write", "network"],
  ["read", "network"],
])("a connection that breaks after sending is, for a %s, of class %s", async (effect, expected) => {
  await using receiver = await startReceiver();
  receiver.respond(["reset"]);
  const { outcome } = await perform({ url: receiver.url, text: "a" }, {}, effect);
  expect(outcome).toMatchObject({ ok: false, failure: { class: expected } });
});

test("an unsafe write that was never sent is not ambiguous", async () => {
  const { url, [Symbol.asyncDispose]: stop } = await startReceiver();
  await stop();
  const { outcome } = await perform({ url, text: "a" }, {}, "unsafe-write");
  expect(outcome).toMatchObject({ ok: false, failure: { class: "network", code: "refused" } });
});

test("an attempt ends at its timeout, and at its signal", async () => {
  await using receiver = await startReceiver();
  receiver.respond(["hang"]);
  const input = { url: receiver.url, text: "a" };
  expect((await perform(input, { timeoutMs: 50 })).outcome).toMatchObject({ failure: { class: "timeout" } });
  expect((await perform(input, { signal: AbortSignal.abort() })).outcome).toMatchObject({
    failure: { class: "cancelled" },
  });
});

test("no form of a secret is in what is recorded, though the receiver got it and echoed it", async () => {
  await using receiver = await startReceiver();
  receiver.respond(({ body }) => ({
    status: 200,
    headers: { "x-echo": secret, "set-cookie": "sid=canary-cookie" },
    body,
  }));
  const forms = [secret, secret.slice(6), encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
  const input = {
    url: `${receiver.url}/?key=${encodeURIComponent(secret)}`,
    text: forms.join(" "),
    token: "canary-token",
  };
  const recorded = JSON.stringify(await perform(input));
  expect(receiver.requests[0]?.body.toString()).toBe(forms.join(" "));
  for (const canary of [...forms, "canary-token", "canary-cookie"]) expect(recorded).not.toContain(canary);
});

test("a secret that the end of what is read cuts in two leaves no half of it", async () => {
  await using receiver = await startReceiver();
  // 64 KB are read: half of the secret lies within.
  const before = "y".repeat(64 * 1024 - 20);
  receiver.respond([{ body: `${before}${secret}${secret}` }]);
  const performed = await perform({ url: receiver.url, text: "a" });
  expect(performed.response).toMatchObject({ truncated: true, body: before });
  expect(JSON.stringify(performed)).not.toContain(secret.slice(6, 18));
});

test("a failure's code is a text of the vendor's like any other: no secret stands in it", async () => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 400, headers: { "webhook-delivery": "none" }, body: "canary_token_1" }]);
  const connector = aConnector();
  const [send] = connector.actions;
  if (send === undefined) throw new Error("no action");
  const echoing: Connector = {
    ...connector,
    actions: [
      {
        ...send,
        response: ({ body }) => ({
          ok: false,
          failure: { class: "permanent", code: body.toString(), message: "No." },
        }),
      },
    ],
  };
  const executor = anExecutor({ http, connectors: [echoing] });
  const input = { url: receiver.url, text: "a", token: "canary_token_1" };
  const to = { tenantId: "tnt_1" as const, tenantSecrets: [], timeoutMs: 2_000 };
  const performed = await attempted(executor, { use: "test.send", input, call, ...to });
  expect(performed.outcome).toMatchObject({ failure: { code: "[redacted]" } });
  expect(JSON.stringify(performed)).not.toContain("canary_token_1");
});

test.each([
  ["Token canary-4f9aa1c2", "canary-4f9aa1c2"],
  ["ApiKey canary-4f9aa1c2", "canary-4f9aa1c2"],
  [`Basic ${Buffer.from("ann:canary-4f9aa1c2").toString("base64")}`, "canary-4f9aa1c2"],
])("of the credentials %s a receiver may repeat a part: it is not recorded", async (token, part) => {
  await using receiver = await startReceiver();
  receiver.respond([{ status: 400, body: `${part} is wrong` }]);
  expect(JSON.stringify(await perform({ url: receiver.url, text: "a", token }))).not.toContain(part);
});

test("a large body is sent whole and recorded cut, with its size", async () => {
  await using receiver = await startReceiver();
  const performed = await perform({ url: receiver.url, text: "y".repeat(100_000) });
  expect(receiver.requests[0]?.body).toHaveLength(100_000);
  expect(performed.request?.body).toMatch(/^y{65536}… \(100000 characters in all\)$/);
});

test("of an attempt so much is recorded that fifty fit into one document, whatever the characters", async () => {
  await using receiver = await startReceiver();
  // Its beginning goes into a header, which takes no such characters.
  const text = "y".repeat(1_000) + "あ".repeat(60_000);
  receiver.respond([{ status: 500, body: text }]);
  const { request, response } = await perform({ url: receiver.url, text });
  expect(request?.body).toMatch(/あ… \(61000 characters in all\)$/);
  expect(response).toMatchObject({ truncated: true, body: expect.stringMatching(/あ$/) });
  for (const recorded of [request?.body, response?.body]) {
    expect(Buffer.byteLength(recorded ?? "")).toBeGreaterThan(65_000);
    expect(Buffer.byteLength(recorded ?? "")).toBeLessThan(66_000);
  }
});

test("the catalogue names each action as a step's use does", () => {
  const catalogue = actionCatalogue([aConnector()]);
  expect([...catalogue.keys()]).toEqual(["test.send"]);
  expect(catalogue.get("test.send")).toMatchObject({ title: "Send a text", output: { examples: [{ sent: true }] } });
});

test.each([
  ["an id with a dot", { id: "a.b", title: "A", description: "For the tests.", actions: [] }],
  [
    "an id twice",
    { id: "a", title: "A", description: "For the tests.", actions: [...aConnector().actions, ...aConnector().actions] },
  ],
])("a connector with %s is refused", (_, connector) => {
  expect(() => defineConnector(connector)).toThrow(TypeError);
});
