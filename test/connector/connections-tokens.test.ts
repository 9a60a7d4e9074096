// Tokens of connections: asked for once, kept, renewed; and what happens while their endpoint is down or refuses.
import { createPublicKey, createVerify } from "node:crypto";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { renewalDueMs } from "../../src/connector/tokens.ts";
import { until } from "../support/wait.ts";
import {
  aToken,
  anError,
  bearerOf,
  canary,
  isOpen,
  ofClient,
  rsaKey,
  startFixture,
  type Fixture,
  type Made,
} from "./token-endpoint.ts";

let at: Fixture;
beforeAll(async () => {
  at = await startFixture();
});
afterAll(() => at.stop());
beforeEach(() => {
  at.endpoint.requests.length = 0;
  at.endpoint.respond((_, index) => aToken(index));
});

const client = (rest: JsonObject = {}): Promise<Made> => at.make("vendor", ofClient(at.endpoint, rest));
const rowOf = async ({ tenantId, id }: Made) => {
  const row = await at.store.connections.read(tenantId, id);
  if (!row) throw new Error("no row");
  return row;
};
/** Gives the stored token other times, in milliseconds from now. */
async function shiftToken(made: Made, obtainedMs: number, expiresMs: number): Promise<void> {
  const row = await rowOf(made);
  if (!row.token) throw new Error("no token");
  const from = (ms: number) => new Date(at.store.nowMs() + ms);
  const token = { ...row.token, obtainedAt: from(obtainedMs), expiresAt: from(expiresMs) };
  await at.store.connections.putToken(made, row, token);
}
async function withToken(rest?: JsonObject): Promise<Made> {
  const made = await client(rest);
  isOpen(await at.openProcess().open(made.tenantId, made.slug, "vendor"));
  at.endpoint.requests.length = 0;
  return made;
}
/** Twenty steps in two processes, by slug and by id. */
const openTwenty = ({ tenantId, id, slug }: Made, rest: Parameters<Fixture["openProcess"]>[0] = {}) => {
  const [one, other] = [at.openProcess(rest), at.openProcess(rest)];
  return Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).open(tenantId, i % 4 < 2 ? slug : id, "vendor")),
  );
};
/** An endpoint that answers only when it is told to. */
function heldEndpoint() {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  at.endpoint.respond(async (_, index) => {
    await held;
    return aToken(100 + index);
  });
  return release;
}

test("twenty steps of two processes need a token at once: the endpoint is asked once, and all go on", async () => {
  const made = await withToken();
  await shiftToken(made, -7_200_000, -1_000);
  const release = heldEndpoint();
  const opening = openTwenty(made);
  await at.endpoint.waitFor(1);
  // The lease is seen by the others while the endpoint has not answered yet.
  await until(async () => (await rowOf(made)).lease !== undefined);
  release();
  expect((await opening).map(bearerOf)).toEqual(Array(20).fill("Bearer token-number-100"));
  expect(at.endpoint.requests).toHaveLength(1);
});

test("without the lease each process asks: the test above would notice", async () => {
  const made = await withToken();
  await shiftToken(made, -7_200_000, -1_000);
  const release = heldEndpoint();
  const opening = openTwenty(made, { connections: { ...at.store.connections, takeLease: async () => true } });
  await at.endpoint.waitFor(2);
  release();
  await opening;
  expect(at.endpoint.requests.length).toBeGreaterThan(1);
});

test("a token is asked for once and used until it is due", async () => {
  const made = await client();
  const one = at.openProcess();
  for (let i = 0; i < 5; i++) isOpen(await one.open(made.tenantId, made.slug, "vendor"));
  expect(bearerOf(await at.openProcess().open(made.tenantId, made.id, "vendor"))).toBe("Bearer token-number-0");
  expect(at.endpoint.requests).toHaveLength(1);
  const [request] = at.endpoint.requests;
  expect(request?.body.toString()).toBe("grant_type=client_credentials");
  expect(request?.headers.authorization).toBe(`Basic ${Buffer.from(`app:${canary}`).toString("base64")}`);
});

test.each([
  ["an hour", 60, 48],
  ["twenty minutes", 20, 15],
  ["eight minutes", 8, 4],
  ["one minute", 1, 0.5],
])("a token of %s is due at 80 %% or five minutes before, not in its first half", (_, minutes, due) => {
  expect(renewalDueMs({ obtainedAtMs: 0, expiresAtMs: minutes * 60_000 })).toBe(due * 60_000);
});

test("a token that is due is renewed before it ends", async () => {
  const made = await withToken();
  await shiftToken(made, -50 * 60_000, 10 * 60_000);
  at.endpoint.respond([aToken(7)]);
  expect(bearerOf(await at.openProcess().open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-7");
});

test("while the endpoint is down a token that is only due goes on serving, and the endpoint is left alone", async () => {
  const made = await withToken();
  await shiftToken(made, -50 * 60_000, 10 * 60_000);
  at.endpoint.respond([{ status: 503 }]);
  const one = at.openProcess();
  expect(bearerOf(await one.open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-0");
  for (let i = 0; i < 3; i++) isOpen(await at.openProcess().open(made.tenantId, made.slug, "vendor"));
  expect(at.endpoint.requests).toHaveLength(1);
});

test("a renewal that somebody else is making is not waited for while the token holds", async () => {
  const made = await withToken();
  await shiftToken(made, -50 * 60_000, 10 * 60_000);
  expect(await at.store.connections.takeLease(made, await rowOf(made), "somebody", 60_000)).toBe(true);
  expect(bearerOf(await at.openProcess().open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-0");
  expect(at.endpoint.requests).toHaveLength(0);
});

describe("an endpoint that is down", () => {
  test.each([
    ["fails", { status: 503 }, { class: "transient" }, 5_000],
    ["says when", { status: 503, headers: { "retry-after": "40" } }, { class: "transient" }, 40_000],
    ["wants fewer", { status: 429, headers: { "retry-after": "7" } }, { class: "rate_limited" }, 7_000],
    ["breaks off", "reset", { class: "network" }, 5_000],
    ["answers HTML", { status: 200, body: "<html>Maintenance</html>" }, { class: "transient" }, 5_000],
    ["is busy", anError(400, "temporarily_unavailable"), { class: "transient" }, 5_000],
    ["counts logins", anError(400, "invalid_grant", "login rate exceeded"), { class: "transient" }, 5_000],
    [
      "points elsewhere",
      { status: 302, headers: { location: "http://169.254.169.254/" } },
      { class: "permanent" },
      5_000,
    ],
    ["has a proxy's page", { status: 403, body: "<html>" }, { class: "permission" }, 5_000],
  ] as const)(
    "%s: steps pause, nothing is marked, and nobody asks again for a while",
    async (_, answer, failure, delayMs) => {
      const made = await client();
      at.endpoint.respond([answer]);
      const opened = await at.openProcess().open(made.tenantId, made.slug, "vendor");
      expect(opened).toMatchObject({ outcome: "paused", failure, delayMs });
      const again = await at.openProcess().open(made.tenantId, made.slug, "vendor");
      expect(again).toMatchObject({ outcome: "paused", failure });
      expect(at.endpoint.requests).toHaveLength(1);
      expect(await rowOf(made)).toMatchObject({ status: "active" });
      // When the time is over the next one asks again, and goes on.
      at.endpoint.respond([aToken(5)]);
      const later = at.openProcess({ nowMs: () => at.store.nowMs() + delayMs + 1_000 });
      expect(bearerOf(await later.open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-5");
    },
  );

  test("the lease of a process that died ends, and another one asks", async () => {
    const made = await client();
    await at.store.connections.takeLease(made, await rowOf(made), "died", 700);
    const opened = await at.openProcess().open(made.tenantId, made.slug, "vendor");
    expect(bearerOf(opened)).toBe("Bearer token-number-0");
  });
});

describe("an endpoint that refuses the credentials", () => {
  test.each([
    anError(400, "invalid_grant", `user hasn't approved ${canary}`),
    anError(401, "invalid_client"),
    anError(403, "invalid_grant"),
    anError(400, canary),
    anError(200, "invalid_client"),
    { status: 401 },
  ])("%j marks the connection with a notice to its owner, and steps pause without asking again", async (answer) => {
    const made = await client();
    at.endpoint.respond([answer]);
    const results = await openTwenty(made);
    for (const opened of results) {
      expect(opened).toMatchObject({
        outcome: "paused",
        failure: { class: "auth_revoked", code: "connection_reauth_required" },
      });
    }
    expect(at.endpoint.requests).toHaveLength(1);
    const row = await rowOf(made);
    expect(row).toMatchObject({
      status: "reauth_required",
      revision: 2,
      notice: { revision: 2, reason: row.statusReason },
    });
    expect(row).not.toHaveProperty("lease");
    expect(JSON.stringify([results, row])).not.toContain(canary);
  });

  test("of credentials that were replaced meanwhile it says nothing: all twenty go on with the new ones", async () => {
    const made = await client();
    let refuse: () => void = () => {};
    const rotated = new Promise<void>((resolve) => (refuse = resolve));
    at.endpoint.respond(async ({ headers }) => {
      if (headers.authorization?.endsWith(Buffer.from("app:new-secret").toString("base64"))) return aToken(9);
      await rotated;
      return anError(401, "invalid_client");
    });
    const opening = openTwenty(made);
    await at.endpoint.waitFor(1);
    const credentials = ofClient(at.endpoint, { clientSecret: "new-secret" });
    const change = await at.openProcess().rotate({ ...made, connector: "vendor" }, undefined, { credentials });
    expect(change.outcome).toBe("changed");
    refuse();
    expect((await opening).map(bearerOf)).toEqual(Array(20).fill("Bearer token-number-9"));
    expect(at.endpoint.requests).toHaveLength(2);
    expect(await rowOf(made)).toMatchObject({ status: "active" });
  });
});

test("a token of credentials that were replaced meanwhile is neither stored nor used", async () => {
  const made = await client();
  const release = heldEndpoint();
  const opening = at.openProcess().open(made.tenantId, made.slug, "vendor");
  await at.endpoint.waitFor(1);
  await at
    .openProcess()
    .rotate({ ...made, connector: "vendor" }, undefined, { credentials: { token: "a-bearer-now" } });
  release();
  expect(bearerOf(await opening)).toBe("Bearer a-bearer-now");
  expect(await rowOf(made)).not.toHaveProperty("token");
});

test("an address that may no longer be reached is not asked, although it was saved", async () => {
  const made = await client();
  const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: [] } });
  const opened = await at.openProcess({ http }).open(made.tenantId, made.slug, "vendor");
  expect(opened).toMatchObject({ outcome: "paused", failure: { class: "blocked" } });
  expect(at.endpoint.requests).toHaveLength(0);
  await http.close();
});

describe("a token that the vendor refuses", () => {
  test("is renewed once, however many ask, and a newer one is used as it is", async () => {
    const made = await withToken();
    at.endpoint.respond((_, index) => aToken(20 + index));
    const processes = [at.openProcess(), at.openProcess()];
    const stale = isOpen(await processes[0]!.open(made.tenantId, made.slug, "vendor"));
    const renewed = await Promise.all(
      Array.from({ length: 20 }, (_, i) => processes[i % 2]!.renew(made.tenantId, stale)),
    );
    expect(renewed.map(bearerOf)).toEqual(Array(20).fill("Bearer token-number-20"));
    expect(bearerOf(await at.openProcess().renew(made.tenantId, stale))).toBe("Bearer token-number-20");
    expect(at.endpoint.requests).toHaveLength(1);
    expect(bearerOf(await processes[1]!.open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-20");
  });

  test("cannot be renewed where there is none", async () => {
    const made = await at.make("vendor", { token: canary });
    const one = at.openProcess();
    const open = isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    expect(await one.renew(made.tenantId, open)).toMatchObject({
      outcome: "failed",
      failure: { class: "auth_revoked" },
    });
  });

  test("marks the connection when the vendor refuses the next one too, unless there is a newer one still", async () => {
    const made = await withToken();
    const one = at.openProcess();
    const open = isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    const failure = { class: "auth_revoked", code: "http_401", message: "The receiver answered 401." } as const;
    await one.renew(made.tenantId, open);
    expect((await one.refused(made.tenantId, open, failure)).outcome).toBe("open");
    expect(await rowOf(made)).toMatchObject({ status: "active" });
    const newest = isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    expect(await one.refused(made.tenantId, newest, failure)).toMatchObject({ outcome: "paused" });
    expect(await rowOf(made)).toMatchObject({ status: "reauth_required", statusReason: failure.message });
  });
});

describe("what an endpoint answers", () => {
  test.each<[string, JsonObject | string, string, number]>([
    ["no type and no life", { access_token: "abcdef" }, "application/json", 1800],
    ["a life as a text", { access_token: "abcdef", token_type: "bot", expires_in: "600" }, "application/json", 600],
    ["a life of nothing, a scope of null", { access_token: "abcdef", expires_in: 0, scope: null }, "text/plain", 1800],
    ["a form", "access_token=abcdef&token_type=bearer&expires_in=900", "application/x-www-form-urlencoded", 900],
  ])("may have %s", async (_, answer, type, seconds) => {
    const made = await client();
    const body = typeof answer === "string" ? answer : JSON.stringify(answer);
    at.endpoint.respond([{ headers: { "content-type": type }, body }]);
    expect(bearerOf(await at.openProcess().open(made.tenantId, made.slug, "vendor"))).toBe("Bearer abcdef");
    const { token } = await rowOf(made);
    expect((token?.expiresAt.getTime() ?? 0) - (token?.obtainedAt.getTime() ?? 0)).toBe(seconds * 1000);
  });

  test("may be a life longer than any: the token is asked for again after a day at most", async () => {
    const made = await client();
    at.endpoint.respond([aToken(1, { expires_in: 1e300 })]);
    isOpen(await at.openProcess().open(made.tenantId, made.slug, "vendor"));
    const { token } = await rowOf(made);
    expect((token?.expiresAt.getTime() ?? 0) - (token?.obtainedAt.getTime() ?? 0)).toBe(86_400_000);
  });

  test.each([{}, { instance_url: 7 }, { instance_url: "na1" }])(
    "without the address that requests go to (%j) is no token: the connection waits, and the reason says so",
    async (rest) => {
      const { baseUrl: _, ...credentials } = ofClient(at.endpoint);
      const made = await at.make("instance", credentials);
      at.endpoint.respond([aToken(1, rest)]);
      expect(await at.openProcess().open(made.tenantId, made.slug, "instance")).toMatchObject({
        outcome: "paused",
        failure: { class: "transient", message: expect.stringContaining("instance_url") },
      });
    },
  );

  test("is stored sealed: neither the token nor the credentials stand in the database", async () => {
    const made = await withToken();
    const row = await rowOf(made);
    const text = JSON.stringify(row);
    for (const secret of ["token-number-", canary, Buffer.from(canary).toString("base64")]) {
      expect(text).not.toContain(secret);
    }
    expect(row.token?.sealed).toBeDefined();
  });
});

test("an assertion is signed for the endpoint, lives for less than three minutes, and stands for the credentials", async () => {
  const privateKey = rsaKey();
  const claims = { issuer: "app-id", subject: "ann@example.com", audience: "https://login.example.com" };
  const made = await at.make("vendor", { tokenUrl: `${at.endpoint.url}/token`, privateKey, scope: "api", ...claims });
  expect(bearerOf(await at.openProcess().open(made.tenantId, made.slug, "vendor"))).toBe("Bearer token-number-0");
  const [request] = at.endpoint.requests;
  const form = new URLSearchParams(request?.body.toString());
  expect([...form.keys()].toSorted()).toEqual(["assertion", "grant_type", "scope"]);
  expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  expect(request?.headers.authorization).toBeUndefined();
  const [header = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`);
  expect(verify.verify(createPublicKey(privateKey), Buffer.from(signature, "base64url"))).toBe(true);
  const { iss, sub, aud, iat, exp } = JSON.parse(Buffer.from(payload, "base64url").toString());
  expect([iss, sub, aud]).toEqual(["app-id", "ann@example.com", "https://login.example.com"]);
  expect(exp - iat).toBeLessThanOrEqual(180);
  expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(30);
});
