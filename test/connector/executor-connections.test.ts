// An action's connection: whether it may be used, what of it is sent and where, and what a refusal leads to.
import { defineAction, defineConnector } from "../../src/connector/contract.ts";
import type { AuthMethod, Connector } from "../../src/connector/contract.ts";
import type { Performed, PerformInput, Waiting } from "../../src/connector/executor.ts";
import type { Connections, OpenConnection, Opened } from "../../src/connector/open-connection.ts";
import { failureOfResult } from "../../src/delivery/classify.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { Failure } from "../../src/model/failure.ts";
import { anExecutor, anOpenConnection, noConnections } from "../support/executor.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver[Symbol.asyncDispose]());

const bearer: AuthMethod = { kind: "bearer", title: "A token", credentials: { type: "object" }, counterExamples: [] };

/** A system whose one action asks for an address, with a header and with pages if the input says so. */
function aSystem(rest: Partial<Connector> = {}): Connector {
  const ask = defineAction<{ url: string; header?: string; next?: string }>({
    id: "ask",
    title: "Ask",
    description: "For the tests.",
    effect: "read",
    input: {
      type: "object",
      additionalProperties: false,
      required: ["url"],
      properties: { url: { type: "string" }, header: { type: "string" }, next: { type: "string" } },
    },
    output: { type: "object", examples: [{}] },
    counterExamples: [],
    kinds: ["bearer", "oauth2"],
    request: ({ url, header }) => ({
      ok: true,
      request: { method: "GET", url, headers: header === undefined ? {} : { [header]: "own" } },
    }),
    response(answer) {
      const failure = failureOfResult(answer);
      return failure ? { ok: false, failure } : { ok: true, output: { text: answer.body.toString() } };
    },
    pages: {
      next: (_answer, { next }, _call, page) =>
        next !== undefined && page === 1 ? { method: "GET", url: next, headers: {} } : undefined,
      join: (outputs) => outputs,
    },
  });
  const auth = { methods: [bearer], connection: "required" as const };
  return defineConnector({ id: "test", title: "Test", description: "For the tests.", auth, actions: [ask], ...rest });
}

type Asked = {
  connector?: Connector;
  connections?: Partial<Connections>;
  input?: object;
  over?: Partial<PerformInput>;
};

function ask({ connector = aSystem(), connections = {}, input = {}, over = {} }: Asked): Promise<Performed | Waiting> {
  const executor = anExecutor({ http, connectors: [connector], connections: { ...noConnections, ...connections } });
  const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };
  return executor.perform({
    use: "test.ask",
    input: { url: `${receiver.url}/a`, ...input },
    tenantId: "tnt_1",
    connection: "mine",
    call: { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now(), event },
    tenantSecrets: [],
    timeoutMs: 2_000,
    ...over,
  });
}

const opening = (rest: Partial<OpenConnection> = {}): Partial<Connections> => ({
  open: async () => ({ outcome: "open", connection: anOpenConnection(rest) }),
});

/** Tokens `canary-token-1`, `canary-token-2`, …; the fake knows which of them it takes. */
function tokens(over: Partial<Connections> = {}): Partial<Connections> & { renewals: number; refusals: number } {
  const open = (version: number): OpenConnection => {
    const token = `canary-token-${version}`;
    const applied = { headers: { authorization: `Bearer ${token}` }, query: {} };
    return anOpenConnection({ applied, secrets: [token], tokenVersion: version });
  };
  const made = {
    renewals: 0,
    refusals: 0,
    open: async (): Promise<Opened> => ({ outcome: "open", connection: open(1) }),
    async renew(_: string, { tokenVersion = 0 }: OpenConnection): Promise<Opened> {
      made.renewals++;
      return { outcome: "open", connection: open(tokenVersion + 1) };
    },
    async refused(_: string, __: OpenConnection, failure: Failure): Promise<Opened> {
      made.refusals++;
      return { outcome: "paused", failure, delayMs: 5_000 };
    },
  };
  return Object.assign(made, over);
}

const refusal: Failure = { class: "auth_revoked", code: "http_401", message: "No." };
const takes = (token: string) =>
  receiver.respond(({ headers }) => ({ status: headers.authorization === `Bearer ${token}` ? 200 : 401 }));
const codeOf = (performed: Performed | Waiting) =>
  "outcome" in performed && !performed.outcome.ok ? performed.outcome.failure.code : performed;

describe("nothing is sent", () => {
  test("without the connection that the connector needs", async () => {
    const executor = anExecutor({ http, connectors: [aSystem()] });
    const event = { id: "evt_1", type: "a", occurredAt: "", dataText: "{}" };
    const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: 0, event };
    const to = { tenantId: "tnt_1" as const, tenantSecrets: [], timeoutMs: 2_000 };
    const performed = await executor.perform({ use: "test.ask", input: { url: receiver.url }, call, ...to });
    expect(performed).toMatchObject({ outcome: { failure: { class: "validation", code: "connection_required" } } });
    expect(receiver.requests).toHaveLength(0);
  });

  test("with one that the connector takes none of", async () => {
    const { auth: _, ...connector } = aSystem();
    expect(codeOf(await ask({ connector, connections: opening() }))).toBe("connection_unexpected");
    expect(receiver.requests).toHaveLength(0);
  });

  test("with one of a kind that the action cannot use", async () => {
    const view = { id: "conn_1", kind: "basic", fields: {} } as const;
    expect(codeOf(await ask({ connections: opening({ view }) }))).toBe("connection_kind");
    expect(receiver.requests).toHaveLength(0);
  });

  test("with one that is unknown or revoked", async () => {
    expect(codeOf(await ask({}))).toBe("connection_unknown");
    expect(receiver.requests).toHaveLength(0);
  });

  test("with one that waits for its owner: the step waits with it", async () => {
    const failure = { class: "auth_revoked", code: "connection_reauth_required", message: "New credentials." } as const;
    const open = async () => ({ outcome: "paused", failure, delayMs: 5_000 }) as const;
    expect(await ask({ connections: { open } })).toEqual({
      input: { url: `${receiver.url}/a` },
      waiting: { why: "connection", failure, delayMs: 5_000 },
    });
    expect(receiver.requests).toHaveLength(0);
  });

  test("while the connections cannot be read: that is no failure of the step", async () => {
    const open = () => Promise.reject(new Error("MongoDB is away"));
    await expect(ask({ connections: { open } })).rejects.toThrow("MongoDB is away");
    expect(receiver.requests).toHaveLength(0);
  });

  test.each(["authorization", "Authorization"])("with a header %s of the step's own beside it", async (header) => {
    expect(codeOf(await ask({ connections: opening(), input: { header } }))).toBe("header.denied");
    expect(receiver.requests).toHaveLength(0);
  });

  test("with a parameter of the step's own where the connection's key would stand", async () => {
    const applied = { headers: {}, query: { api_key: "canary-key" } };
    const input = { url: `${receiver.url}/?api_key=mine` };
    expect(codeOf(await ask({ connections: opening({ applied }), input }))).toBe("query.denied");
    expect(receiver.requests).toHaveLength(0);
  });

  test("to another host than the one that the credentials are for", async () => {
    const connections = opening({ baseUrl: "https://api.example.com/v1" });
    const performed = await ask({ connections });
    expect(performed).toMatchObject({ outcome: { failure: { class: "blocked", code: "url.foreign_origin" } } });
    expect(JSON.stringify(performed)).not.toContain("canary-token");
    expect(receiver.requests).toHaveLength(0);
  });

  test("to a relative URL without a base", async () => {
    expect(codeOf(await ask({ connections: opening(), input: { url: "/a" } }))).toBe("url.relative");
    expect(receiver.requests).toHaveLength(0);
  });

  test("to what only looks relative", async () => {
    const connections = opening({ baseUrl: receiver.url });
    expect(codeOf(await ask({ connections, input: { url: "//other.example.com/a" } }))).toBe("url.foreign_origin");
    expect(receiver.requests).toHaveLength(0);
  });
});

test.each([
  ["/a?b=1", "/v1", "/v1/a?b=1"],
  ["/a", "/v1/", "/v1/a"],
  ["", "/hook", "/hook"],
])("the URL %j behind the base %j is %s", async (url, base, path) => {
  const connections = opening({ baseUrl: `${receiver.url}${base}` });
  await ask({ connections, input: { url } });
  expect(receiver.requests).toMatchObject([{ path, headers: { authorization: "Bearer canary-token" } }]);
});

test("a key in the query follows the URL's own, and is not recorded", async () => {
  const applied = { headers: {}, query: { api_key: "canary key" } };
  const performed = await ask({ connections: opening({ applied }), input: { url: `${receiver.url}/?a=%20#part` } });
  expect(receiver.requests[0]?.path).toBe("/?a=%20&api_key=canary+key");
  expect(JSON.stringify(performed)).not.toMatch(/canary.key/);
});

describe("a token that is refused", () => {
  test("is renewed once, and the request is sent again within the attempt", async () => {
    takes("canary-token-2");
    const connections = tokens();
    const performed = await ask({ connections });
    expect(performed).toMatchObject({ outcome: { ok: true }, response: { status: 200 } });
    expect(receiver.requests).toHaveLength(2);
    expect(connections).toMatchObject({ renewals: 1, refusals: 0 });
  });

  test("is not renewed a second time: the failure stands", async () => {
    const connections = tokens();
    takes("canary-token-3");
    expect(await ask({ connections })).toMatchObject({ outcome: { failure: { class: "auth_revoked", status: 401 } } });
    expect(receiver.requests).toHaveLength(2);
    expect(connections).toMatchObject({ renewals: 1, refusals: 0 });
  });

  test("is renewed again when the first renewal answered with an old one that somebody else had fetched", async () => {
    takes("canary-token-3");
    const old = tokens();
    const renew = old.renew;
    const aged = async (...given: Parameters<NonNullable<typeof renew>>): Promise<Opened> => {
      const opened = (await renew?.(...given)) ?? { outcome: "failed", failure: refusal };
      const tokenAgeMs = old.renewals === 1 ? 60_000 : 0;
      return opened.outcome === "open" ? { ...opened, connection: { ...opened.connection, tokenAgeMs } } : opened;
    };
    const performed = await ask({
      connector: aSystem({ refusalsCount: true }),
      connections: Object.assign(old, { renew: aged }),
    });
    expect("outcome" in performed && performed.outcome.ok).toBe(true);
    expect([old.renewals, old.refusals, receiver.requests.length]).toEqual([2, 0, 3]);
  });

  test("and stays so, makes the connection wait where a refusal is the vendor's word about it", async () => {
    takes("nothing");
    const connections = tokens();
    const performed = await ask({ connector: aSystem({ refusalsCount: true }), connections });
    expect(performed).toMatchObject({ waiting: { why: "connection", failure: { class: "auth_revoked" } } });
    expect(connections).toMatchObject({ renewals: 1, refusals: 1 });
  });

  test("while its owner has just given new credentials, gives way to them", async () => {
    takes("canary-token-9");
    const applied = { headers: { authorization: "Bearer canary-token-9" }, query: {} };
    const refused = async () => ({ outcome: "open", connection: anOpenConnection({ applied }) }) as const;
    const performed = await ask({ connector: aSystem({ refusalsCount: true }), connections: tokens({ refused }) });
    expect(performed).toMatchObject({ outcome: { ok: true } });
    expect(receiver.requests).toHaveLength(3);
    expect(JSON.stringify(performed)).not.toContain("canary-token");
  });

  test("makes the step wait when a new one cannot be had at the moment", async () => {
    takes("nothing");
    const failure = { class: "network", code: "refused", message: "The token endpoint is away." } as const;
    const renew = async () => ({ outcome: "paused", failure, delayMs: 5_000 }) as const;
    expect(await ask({ connections: tokens({ renew }) })).toMatchObject({ waiting: { why: "connection", failure } });
  });

  test("is recorded in no form, nor is the renewed one, though the receiver echoes both", async () => {
    receiver.respond(({ headers }, index) => ({
      status: index === 0 ? 401 : 200,
      headers: { "x-echo": String(headers.authorization) },
      body: `${headers.authorization} ${Buffer.from("canary-token-2").toString("base64")} canary-token-1`,
    }));
    const recorded = JSON.stringify(await ask({ connections: tokens() }));
    expect(recorded).toContain("[redacted]");
    expect(recorded).not.toContain("canary-token");
    expect(recorded).not.toContain(Buffer.from("canary-token-2").toString("base64"));
  });
});

test("a password that is too short to be looked for is still not recorded in the form in which it is sent", async () => {
  receiver.respond(({ headers }) => ({ body: String(headers.authorization) }));
  const pair = Buffer.from("ann:pw12").toString("base64");
  const applied = { headers: { authorization: `Basic ${pair}` }, query: {} };
  const performed = await ask({ connections: opening({ applied, secrets: ["pw12"] }) });
  expect(receiver.requests[0]?.headers.authorization).toBe(`Basic ${pair}`);
  expect(JSON.stringify(performed)).not.toContain(pair);
});

describe("pages", () => {
  test("are read with the credentials, and joined", async () => {
    receiver.respond(({ path }) => ({ body: path }));
    const performed = await ask({ connections: opening(), input: { next: `${receiver.url}/b` } });
    expect(performed).toMatchObject({ outcome: { ok: true, output: [{ text: "/a" }, { text: "/b" }] } });
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill("Bearer canary-token"));
  });

  test("at another host are not read: credentials never follow there", async () => {
    await using other = await startReceiver();
    const performed = await ask({ connections: opening(), input: { next: `${other.url}/b` } });
    expect(codeOf(performed)).toBe("url.foreign_origin");
    expect(other.requests).toHaveLength(0);
  });

  test("fail as the page that failed", async () => {
    receiver.respond(({ path }) => ({ status: path === "/b" ? 503 : 200 }));
    const performed = await ask({ connections: opening(), input: { next: `${receiver.url}/b` } });
    expect(performed).toMatchObject({ outcome: { failure: { class: "transient", status: 503 } } });
  });

  test("whose token ends in between are read on with the next one", async () => {
    receiver.respond(({ path, headers }) => ({
      status: path === "/b" && headers.authorization !== "Bearer canary-token-2" ? 401 : 200,
      body: path,
    }));
    const performed = await ask({ connections: tokens(), input: { next: `${receiver.url}/b` } });
    expect(performed).toMatchObject({ outcome: { ok: true, output: [{ text: "/a" }, { text: "/b" }] } });
  });
});

test("an output above 256 KB is refused, and it is said that the request was carried out", async () => {
  receiver.respond([{ body: "x".repeat(300_000) }]);
  const connector = aSystem();
  const [action] = connector.actions;
  if (action === undefined) throw new Error("The system has an action.");
  const wide = { ...connector, actions: [{ ...action, answerBytesMax: () => 1_000_000 }] };
  const performed = await ask({ connector: wide, connections: opening() });
  expect(performed).toMatchObject({ outcome: { failure: { class: "limit", code: "output_too_large" } } });
  expect("response" in performed && performed.response?.body).toHaveLength(64 * 1024);
});
