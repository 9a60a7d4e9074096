// The five systems' subscription APIs over HTTP: each one's own commands are taken, and answered in its own words.
import { createHmac } from "node:crypto";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { startApi, type Answered, type Call, type TestApi } from "../start-api.ts";

let api: TestApi;
let receiver: Receiver;
beforeAll(async () => {
  api = await startApi();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await api.stop();
});

/** A caller with a tenant of its own. */
async function aTenant(name = "Acme") {
  const tenantId = await api.store.tenants.create(name);
  const key = await api.newKey(tenantId);
  const call = (method: string, path: string, request: Call = {}): Promise<Answered> =>
    api.call(method, path, { key, ...request });
  return { tenantId, key, call };
}

const paths = ["/v1/webhooks", "/api/webhooks", "/api/v1/webhooks"] as const;
const hook = () => `${receiver.url}/in`;
const made = async (call: Awaited<ReturnType<typeof aTenant>>["call"], path: string, body: object) => {
  const answer = await call("POST", path, { body });
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  return answer.body;
};

describe("bakhmach", () => {
  const given = () => ({
    url: hook(),
    events: ["task.created", "task.completed"],
    active: true,
    secret: "your-webhook-secret",
  });

  test("making a webhook answers its six members with an absolute test_url, and not the secret", async () => {
    const { call } = await aTenant();
    const { status, body, headers } = await call("POST", "/v1/webhooks", { body: given() });
    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual(["id", "url", "events", "active", "created_at", "test_url"]);
    expect(body.id).toMatch(/^webhook_[A-Za-z0-9_-]+$/);
    expect(body.test_url).toBe(`${api.url}/v1/webhooks/${body.id}/test`);
    expect(new Date(body.created_at).toISOString()).toBe(body.created_at);
    expect(headers.get("location")).toBe(`/v1/webhooks/${body.id}`);
    expect(JSON.stringify(body)).not.toContain("your-webhook-secret");
  });

  test.each([
    ["application/x-www-form-urlencoded", "as curl labels it"],
    ["", "without a Content-Type"],
    ["text/plain", "as text"],
    ["application/json", "as JSON"],
  ])("PUT changes only what it names and takes JSON under %p, %s", async (contentType) => {
    const { call, key, tenantId } = await aTenant();
    const { id } = await made(call, "/v1/webhooks", given());
    // A body of bytes gets no Content-Type from fetch.
    const text = Buffer.from('{"events": ["task.created", "task.updated"]}');
    const headers: Record<string, string> = contentType ? { "content-type": contentType } : {};
    const response = await fetch(`${api.url}/v1/webhooks/${id}`, {
      method: "PUT",
      body: text,
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as object;
    expect(body).toMatchObject({ url: hook(), events: ["task.created", "task.updated"], active: true });
    const [secret] = (await api.endpoints.secrets(tenantId, id.replace("webhook_", "ep_"))) ?? [];
    expect(secret?.secret).toBe("your-webhook-secret");
  });

  test("list, get and delete", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/v1/webhooks", given());
    const list = await call("GET", "/v1/webhooks");
    expect(list.body.data).toEqual([(await call("GET", `/v1/webhooks/${id}`)).body]);
    const removed = await call("DELETE", `/v1/webhooks/${id}`);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expect((await call("GET", `/v1/webhooks/${id}`)).status).toBe(404);
    expect((await call("DELETE", `/v1/webhooks/${id}`)).status).toBe(404);
    expect((await call("GET", "/v1/webhooks")).body.data).toEqual([]);
  });

  test("a test without a body sends a signed event in the profile's envelope", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/v1/webhooks", given());
    const before = receiver.requests.length;
    const { status, body } = await call("POST", `/v1/webhooks/${id}/test`);
    expect([status, body.success, body.webhook_id, body.response_status]).toEqual([200, true, id, 200]);
    const sent = JSON.parse(receiver.requests[before]?.body.toString() ?? "{}");
    expect(Object.keys(sent)).toEqual(["id", "type", "timestamp", "data", "signature"]);
    const { signature, ...payload } = sent;
    const hmac = createHmac("sha256", "your-webhook-secret").update(JSON.stringify(payload)).digest("hex");
    expect(signature).toBe(`sha256=${hmac}`);
    expect(sent.type).toBe("task.created");
  });
});

describe("hub", () => {
  const given = () => ({
    name: "My Webhook",
    url: hook(),
    events: ["task.completed", "task.updated"],
    secret: "your-secret-key",
  });

  test("making a webhook answers an id, and testMode is kept", async () => {
    const { call } = await aTenant();
    const webhook = await made(call, "/api/webhooks", { ...given(), testMode: true });
    expect(webhook).toMatchObject({
      id: expect.stringMatching(/^ep_/),
      name: "My Webhook",
      active: true,
      testMode: true,
    });
    expect(JSON.stringify(webhook)).not.toContain("your-secret-key");
  });

  test("a test's body becomes the event's data, under X-Webhook-ID and a signature", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/api/webhooks", given());
    const before = receiver.requests.length;
    const text = '{"taskId": "123", "status": "completed"}';
    const { status, body } = await call("POST", `/api/webhooks/${id}/test`, { text });
    expect([status, body.success, body.statusCode]).toEqual([200, true, 200]);
    const [sent] = receiver.requests.slice(before);
    expect(JSON.parse(sent?.body.toString() ?? "")).toEqual({ taskId: "123", status: "completed" });
    expect(sent?.headers).toMatchObject({ "x-webhook-id": id, "x-event-type": "task.completed" });
    const hmac = createHmac("sha256", "your-secret-key")
      .update(sent?.body ?? "")
      .digest("hex");
    expect(sent?.headers["x-hub-signature"]).toBe(`sha256=${hmac}`);
  });

  test("answers carry X-RateLimit headers, and the sixty-first request of a minute for one webhook is 429", async () => {
    const { call } = await aTenant();
    const answer = await call("POST", "/api/webhooks", { body: given() });
    expect(answer.headers.get("x-ratelimit-limit")).toBe("60");
    expect(answer.headers.get("x-ratelimit-remaining")).toBe("59");
    const reset = Number(answer.headers.get("x-ratelimit-reset")) * 1_000;
    expect(reset).toBeGreaterThan(Date.now());
    expect(reset).toBeLessThanOrEqual(Date.now() + 61_000);
    const one = `/api/webhooks/${answer.body.id}`;
    for (let i = 0; i < 59; i++) expect((await call("GET", one)).status).toBe(200);
    const over = await call("GET", one);
    expect([over.status, over.body.code, over.headers.get("x-ratelimit-remaining")]).toEqual([
      429,
      "rate.limited",
      "0",
    ]);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    const other = await made(call, "/api/webhooks", given());
    expect((await call("GET", `/api/webhooks/${other.id}`)).status).toBe(200);
  });

  test("a refusal carries the headers too", async () => {
    const { call } = await aTenant();
    const { status, headers } = await call("GET", "/api/webhooks/ep_unknown");
    expect([status, headers.get("x-ratelimit-limit")]).toEqual([404, "60"]);
  });
});

describe("brainsait", () => {
  const given = () => ({
    url: hook(),
    events: ["payment.completed", "order.created"],
    description: "Main webhook endpoint",
  });

  test("the secret is made by the server and shown once", async () => {
    const { call, tenantId } = await aTenant();
    const headers = { "x-tenant-id": tenantId };
    const { status, body } = await call("POST", "/api/v1/webhooks", { body: given(), headers });
    expect([status, body.description, body.tenant_id]).toEqual([201, "Main webhook endpoint", tenantId]);
    expect(body.secret).toMatch(/^\S{20,}$/);
    expect((await call("GET", `/api/v1/webhooks/${body.id}`)).body).not.toHaveProperty("secret");
    const before = receiver.requests.length;
    await call("POST", `/api/v1/webhooks/${body.id}/test`);
    const [sent] = receiver.requests.slice(before);
    const hmac = createHmac("sha256", body.secret)
      .update(sent?.body ?? "")
      .digest("hex");
    expect(sent?.headers["x-brainsait-signature"]).toBe(hmac);
    expect(JSON.parse(sent?.body.toString() ?? "")).toMatchObject({ tenant_id: tenantId, api_version: "2024-01-01" });
  });

  test("X-Tenant-ID of another tenant is refused, a name of one's own system is passed over", async () => {
    const { call, tenantId } = await aTenant();
    const other = await aTenant("Globex");
    const foreign = await call("POST", "/api/v1/webhooks", {
      body: given(),
      headers: { "x-tenant-id": other.tenantId },
    });
    expect([foreign.status, foreign.body.code]).toEqual([403, "auth.scope"]);
    expect(foreign.body.error).toContain("X-Tenant-ID");
    expect((await other.call("GET", "/api/v1/webhooks")).body.data).toEqual([]);
    const own = await call("POST", "/api/v1/webhooks", { body: given(), headers: { "x-tenant-id": "my-shop" } });
    expect([own.status, own.body.tenant_id]).toEqual([201, tenantId]);
  });
});

describe("directory", () => {
  const given = () => ({
    endpointUrl: hook(),
    events: ["business.created", "review.created"],
    secret: "directory-secret",
    active: true,
    filters: [{ field: "category", operator: "equals", value: "restaurant" }],
    retryConfig: { maxRetries: 4, backoffMultiplier: 3, maxBackoffSeconds: 60 },
    headers: { "X-Own": "1" },
  });

  test.each(paths)("its own fields choose it on %s, and come back as they were sent", async (path) => {
    const { call, tenantId } = await aTenant();
    const { body: listed } = await call("POST", path, { body: given() });
    expect(listed).toMatchObject({ ...given(), userId: tenantId });
    const { body } = await call("GET", `${path}/${listed.id}`);
    expect(body).toMatchObject({ ...given(), secret: "********" });
    expect(Object.keys(body).toSorted()).toEqual(
      [
        "id",
        "userId",
        "endpointUrl",
        "secret",
        "events",
        "active",
        "filters",
        "retryConfig",
        "headers",
        "createdAt",
        "updatedAt",
      ].toSorted(),
    );
    const whole = await call("PUT", `${path}/${listed.id}`, { body });
    expect([whole.status, whole.body]).toEqual([200, body]);
    const [secret] = (await api.endpoints.secrets(tenantId, listed.id)) ?? [];
    expect(secret?.secret).toBe("directory-secret");
  });

  test("a simulation sends a signed event with test data and answers what came of it", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/api/webhooks", given());
    const before = receiver.requests.length;
    const { status, body } = await call("POST", `/api/webhooks/${id}/simulate`, { body: { type: "business.created" } });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["success", "duration", "event", "message"]);
    expect(body.event).toMatchObject({ type: "business.created", version: "1.0", metadata: { test: true } });
    expect(body.event.id).toMatch(/^test_\d+$/);
    const [sent] = receiver.requests.slice(before);
    const wire = JSON.parse(sent?.body.toString() ?? "");
    expect(wire).toMatchObject({ id: body.event.id, type: "business.created", webhook: { subscription_id: id } });
    expect(wire.data).toEqual(body.event.data);
    const hmac = createHmac("sha256", "directory-secret").update(JSON.stringify(wire)).digest("hex");
    expect(sent?.headers["x-webhook-signature"]).toBe(`sha256=${hmac}`);
    expect(sent?.headers["x-own"]).toBe("1");
  });

  test("a simulation takes data of one's own, makes some for the types that it knows, and answers an error that came", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/api/webhooks", { ...given(), endpointUrl: `${receiver.url}/broken` });
    const own = await call("POST", `/api/webhooks/${id}/simulate`, {
      body: { eventType: "user.registered", mockData: { a: 1 } },
    });
    expect(own.body.event.data).toEqual({ a: 1 });
    const made_ = await call("POST", `/api/webhooks/${id}/simulate`, { body: { type: "user.registered" } });
    expect(made_.body.event.data).toEqual({ test: true });
    receiver.respond(({ path }) => ({ status: path === "/broken" ? 500 : 200 }));
    const failed = await call("POST", `/api/webhooks/${id}/simulate`, { body: { type: "review.created" } });
    receiver.respond(() => ({}));
    expect(failed.status).toBe(200);
    expect(Object.keys(failed.body)).toEqual(["success", "duration", "event", "error"]);
    expect([failed.body.success, failed.body.event.data.id]).toEqual([false, "test_review_456"]);
    expect(failed.body.error).toContain("500");
  });

  test.each(paths)(
    "the endpoint check on %s posts an unsigned test under its own User-Agent and says what it found",
    async (path) => {
      const { call } = await aTenant();
      const before = receiver.requests.length;
      const { status, body } = await call("POST", `${path}/validate`, { body: { url: hook() } });
      expect(status).toBe(200);
      expect(Object.keys(body)).toEqual(["valid", "status", "ssl", "responseTime", "issues"]);
      expect(body).toMatchObject({ valid: true, status: 200, ssl: false, responseTime: expect.any(Number) });
      const [sent] = receiver.requests.slice(before);
      expect(sent?.body.toString()).toBe('{"test":true}');
      expect(sent?.headers["user-agent"]).toBe("Lawless-Directory-Webhook-Validator/1.0");
      expect(Object.keys(sent?.headers ?? {}).filter((name) => /signature|webhook/.test(name))).toEqual([]);
    },
  );

  test("the endpoint check of what answers 500, and of what nobody answers at", async () => {
    const { call } = await aTenant();
    receiver.respond(() => ({ status: 500 }));
    const refused = await call("POST", "/api/webhooks/validate", { body: { url: hook() } });
    receiver.respond(() => ({}));
    expect(refused.body).toMatchObject({ valid: false, status: 500 });
    expect(refused.body.issues.length).toBeGreaterThan(0);
    const gone = await startReceiver();
    await gone[Symbol.asyncDispose]();
    for (const url of [gone.url, "http://169.254.169.254/latest", "no url"]) {
      const { status, body } = await call("POST", "/api/webhooks/validate", { body: { url } });
      expect([status, body]).toEqual([
        200,
        { valid: false, status: 0, ssl: false, error: expect.any(String), issues: ["Connection failed"] },
      ]);
    }
  });
});

describe("aqio", () => {
  const given = () => ({
    name: "My webhook",
    url: hook(),
    secret: "text",
    events: ["event.created"],
    event_filters: { event_type: ["conference"], min_attendees: 10 },
    content_type: "application/json",
    timeout_seconds: 20,
    retry_count: 2,
    retry_delay_seconds: 5,
  });

  test("its own fields choose it, and its row of seventeen fields comes back", async () => {
    const { call, tenantId } = await aTenant();
    const { body: row } = await call("POST", "/api/webhooks", { body: given() });
    expect(row).toMatchObject({
      ...given(),
      organization_id: tenantId,
      is_active: true,
      total_deliveries: 0,
      failed_deliveries: 0,
      last_triggered_at: null,
    });
    expect(Object.keys(row)).toHaveLength(17);
    const again = await call("GET", `/api/webhooks/${row.id}`);
    expect(again.body).toEqual({ ...row, secret: null });
    const whole = await call("PUT", `/api/webhooks/${row.id}`, { body: again.body });
    expect(whole.body).toEqual(again.body);
  });

  test("what is left out has the defaults of its table", async () => {
    const { call } = await aTenant();
    const { body } = await call("POST", "/api/webhooks?profile=aqio", {
      body: { name: "x", url: hook(), events: ["user.joined_organization"] },
    });
    expect(body).toMatchObject({
      content_type: "application/json",
      timeout_seconds: 30,
      retry_count: 3,
      retry_delay_seconds: 60,
      event_filters: null,
      is_active: true,
    });
    expect(typeof body.secret).toBe("string");
  });

  test("a GET of …/test sends a test, HEAD sends nothing, and counters and rows follow", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, "/api/webhooks", given());
    const before = receiver.requests.length;
    const head = await call("HEAD", `/api/webhooks/${id}/test`);
    expect([head.status, receiver.requests.length]).toEqual([405, before]);
    const { status, body } = await call("GET", `/api/webhooks/${id}/test`);
    expect([status, body.success, body.delivery.webhook_id]).toEqual([200, true, id]);
    expect(receiver.requests.length).toBe(before + 1);
    receiver.respond(() => ({ status: 500, body: "broken" }));
    expect((await call("POST", `/api/webhooks/${id}/test`)).body.success).toBe(false);
    receiver.respond(() => ({}));
    const { body: rows } = await call("GET", `/api/webhooks/${id}/deliveries`);
    expect(
      rows.data.map((row: { status: string; response_status_code: number }) => [row.status, row.response_status_code]),
    ).toEqual([
      ["failed", 500],
      ["success", 200],
    ]);
    expect(Object.keys(rows.data[0])).toHaveLength(17);
    expect(rows.data[0]).toMatchObject({
      response_body: "broken",
      is_retry: false,
      retry_number: 0,
      next_retry_at: null,
    });
    const webhook = await call("GET", `/api/webhooks/${id}`);
    expect(webhook.body).toMatchObject({
      total_deliveries: 2,
      failed_deliveries: 1,
      last_triggered_at: rows.data[0].attempted_at,
    });
    const page = await call("GET", `/api/webhooks/${id}/deliveries?limit=1&status=delivered`);
    expect(page.body.data).toHaveLength(1);
  });

  test("a null secret leaves its deliveries unsigned", async () => {
    const { call } = await aTenant();
    const { id, secret } = await made(call, "/api/webhooks", { ...given(), secret: null });
    expect(secret).toBeNull();
    const before = receiver.requests.length;
    await call("GET", `/api/webhooks/${id}/test`);
    expect(receiver.requests[before]?.headers).not.toHaveProperty("x-webhook-signature");
  });
});

describe("which system is spoken", () => {
  test("the tenant's default profile chooses it on every path, and ?profile= wins", async () => {
    const { call } = await aTenant();
    expect((await call("GET", "/v1/settings/webhooks")).body).toEqual({ defaultProfile: null });
    const set = await call("PUT", "/v1/settings/webhooks", { body: { defaultProfile: "aqio" } });
    expect([set.status, set.body]).toEqual([200, { defaultProfile: "aqio" }]);
    const plain = { name: "x", url: hook(), events: ["event.created"], secret: "text" };
    for (const path of paths) expect(await made(call, path, plain)).toHaveProperty("organization_id");
    expect(await made(call, "/api/webhooks?profile=hub", plain)).toHaveProperty("testMode");
    expect(await made(call, "/api/webhooks?profile=bakhmach", plain)).toHaveProperty("test_url");
    const list = await call("GET", "/api/webhooks?profile=directory");
    expect(list.body.data.map((one: object) => "endpointUrl" in one)).toEqual([true, true, true, true, true]);
    const unset = await call("PUT", "/v1/settings/webhooks", { body: { defaultProfile: null } });
    expect(unset.body).toEqual({ defaultProfile: null });
    expect(await made(call, "/v1/webhooks", plain)).toHaveProperty("test_url");
  });

  test("a default profile that does not exist is refused", async () => {
    const { call } = await aTenant();
    const { status, body } = await call("PUT", "/v1/settings/webhooks", { body: { defaultProfile: "aquio" } });
    expect([status, body.errors[0].pointer]).toEqual([422, "/defaultProfile"]);
  });

  test("a profile of no system is that of the deliveries, in the path's own words", async () => {
    const { call, tenantId } = await aTenant();
    const { id } = await made(call, "/v1/webhooks?profile=github", {
      url: hook(),
      events: ["a.b"],
      secret: "0123456789abcdef01234567",
    });
    expect((await api.endpoints.find(tenantId, id.replace("webhook_", "ep_")))?.profile).toBe("github");
    const { status, body } = await call("POST", "/v1/webhooks?profile=nobody", {
      body: { url: hook(), events: ["a.b"] },
    });
    expect([status, body.errors[0].pointer]).toEqual([422, "/profile"]);
  });

  test.each(paths)("both forms of an id find a webhook on %s", async (path) => {
    const { call } = await aTenant();
    const { id } = await made(call, "/v1/webhooks", { url: hook(), events: ["a.b"], secret: "s" });
    for (const one of [id, id.replace("webhook_", "ep_")])
      expect((await call("GET", `${path}/${one}`)).body.id).toBe(id);
  });
});

describe.each(paths)("%s", (path) => {
  const given = () => ({
    url: hook(),
    events: ["a.b"],
    active: true,
    secret: "common-secret",
    name: "Name",
    description: "Text",
    headers: { "x-one": "1", "x-two": "2" },
    filters: [{ field: "data.a", operator: "exists" }],
    retryConfig: { maxRetries: 2, backoffMultiplier: 2, maxBackoffSeconds: 30 },
    testMode: false,
  });

  test("takes every member of the common shape", async () => {
    const { call, tenantId } = await aTenant();
    const { id } = await made(call, path, given());
    const endpoint = await api.endpoints.find(tenantId, id.replace("webhook_", "ep_"));
    expect(endpoint).toMatchObject({
      name: "Name",
      description: "Text",
      status: "enabled",
      testMode: false,
      headers: { "x-one": "1" },
    });
    expect(endpoint?.filter).toEqual([{ field: "data.a", operator: "exists" }]);
    expect(endpoint?.retry).toMatchObject({ attempts: 2, factor: 2, max: "30s" });
  });

  test.each(["PUT", "PATCH"])("%s changes what it names and nothing else", async (method) => {
    const { call, tenantId } = await aTenant();
    const { id } = await made(call, path, given());
    const find = () => api.endpoints.find(tenantId, id.replace("webhook_", "ep_"));
    const before = await find();
    await call(method, `${path}/${id}`, { body: { active: false } });
    expect(await find()).toMatchObject({
      ...before,
      status: "disabled",
      revision: expect.any(Number),
      statusReason: expect.anything(),
      updatedAt: expect.anything(),
    });
    await call(method, `${path}/${id}`, { body: { active: true, headers: { "x-two": "3" }, description: null } });
    const after = await find();
    expect([after?.status, after?.headers, after?.description]).toEqual(["enabled", { "x-two": "3" }, undefined]);
    expect(after?.filter).toEqual(before?.filter);
  });

  test("a change with an old ETag in If-Match is 412, one with the right ETag is made", async () => {
    const { call } = await aTenant();
    const { id } = await made(call, path, given());
    const etag = (await call("GET", `${path}/${id}`)).headers.get("etag") ?? "";
    const change = (name: string) => call("PATCH", `${path}/${id}`, { body: { name }, headers: { "if-match": etag } });
    expect((await change("First")).status).toBe(200);
    expect((await change("Second")).status).toBe(412);
  });

  test.each<[string, Call, number, string, string[]]>([
    ["no JSON", { text: "{" }, 400, "request.malformed", []],
    ["no object", { body: [] }, 422, "request.invalid", [""]],
    ["no URL", { body: { events: ["a.b"] } }, 422, "request.invalid", [""]],
    [
      "a URL of this machine's metadata",
      { body: { url: "http://169.254.169.254/", events: ["a.b"] } },
      422,
      "request.invalid",
      ["/url"],
    ],
    [
      "a misspelt member",
      { body: { url: "https://a.example", evnts: ["a.b"], events: ["a.b"] } },
      422,
      "request.invalid",
      ["/evnts"],
    ],
    [
      "two members for one thing",
      { body: { url: "https://a.example", endpointUrl: "https://a.example", events: ["a.b"] } },
      422,
      "request.invalid",
      [""],
    ],
    [
      "a header of the connection",
      { body: { url: "https://a.example", events: ["a.b"], headers: { host: "x" } } },
      422,
      "request.invalid",
      ["/headers/host"],
    ],
    [
      "a bad filter",
      { body: { url: "https://a.example", events: ["a.b"], filters: [{ field: "__proto__.x", operator: "exists" }] } },
      422,
      "request.invalid",
      ["/filters/0/field"],
    ],
  ])(
    "refuses %s with `error`, a sentence, beside the problem's members",
    async (_, request, status, code, pointers) => {
      const { call } = await aTenant();
      const answer = await call("POST", path, request);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      // Who reads `error` alone learns what is wrong too, and where.
      const [first] = answer.body.errors ?? [];
      expect(answer.body.error).toContain(first === undefined ? answer.body.detail : first.message);
      expect(answer.body.error).toContain(first?.pointer.slice(1) ?? "");
      const found = (answer.body.errors ?? []).map((one: { pointer: string }) => one.pointer);
      expect(found).toEqual(expect.arrayContaining(pointers));
      expect((await call("GET", path)).body.data).toEqual([]);
    },
  );

  test("nobody without a key learns anything, and another tenant's webhook is not there", async () => {
    const { call } = await aTenant();
    const other = await aTenant("Other");
    const { id } = await made(call, path, given());
    for (const [method, address] of [
      ["GET", path],
      ["GET", `${path}/${id}`],
      ["POST", `${path}/${id}/test`],
      ["DELETE", `${path}/${id}`],
      ["GET", `${path}/x/y/z`],
    ] as const) {
      const answer = await api.call(method, address, { key: null });
      expect([answer.status, answer.body.error]).toEqual([401, answer.body.detail]);
    }
    for (const [method, rest] of [
      ["GET", ""],
      ["PUT", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/test"],
      ["POST", "/simulate"],
      ["GET", "/deliveries"],
    ] as const) {
      const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
      expect((await other.call(method, `${path}/${id}${rest}`, body)).status).toBe(404);
    }
  });

  test("a key without the scope is refused", async () => {
    const { tenantId } = await aTenant();
    const key = await api.newKey(tenantId, ["endpoints:read"]);
    expect((await api.call("GET", path, { key })).status).toBe(200);
    for (const [method, rest] of [
      ["POST", ""],
      ["PUT", "/x"],
      ["PATCH", "/x"],
      ["DELETE", "/x"],
      ["POST", "/x/test"],
      ["POST", "/validate"],
    ] as const) {
      expect((await api.call(method, path + rest, { key, body: {} })).status).toBe(403);
    }
  });

  test("two requests under one Idempotency-Key make one webhook", async () => {
    const { call } = await aTenant();
    const headers = { "idempotency-key": "once" };
    const [one, two] = await Promise.all([
      call("POST", path, { body: given(), headers }),
      call("POST", path, { body: given(), headers }),
    ]);
    expect([one.status, two.body]).toEqual([201, one.body]);
    expect((await call("GET", path)).body.data).toHaveLength(1);
  });
});
