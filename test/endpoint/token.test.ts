// Tokens of endpoints, from a token endpoint on loopback.
import { createHttpClient } from "../../src/delivery/http.ts";
import type { HttpClient } from "../../src/delivery/http.ts";
import { createEndpointTokens } from "../../src/endpoint/token.ts";
import type { EndpointTokens, TokenResult, TokenSettings } from "../../src/endpoint/token.ts";
import { startReceiver } from "../support/receiver.ts";
import type { Answer, Receiver } from "../support/receiver.ts";

const secret = "canary-0d1f2e3c4b5a6978";
const open = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };
let http: HttpClient;
let server: Receiver;
let clockMs: number;

beforeAll(async () => {
  http = createHttpClient({ policy: open });
  server = await startReceiver();
});
afterAll(async () => {
  await http.close();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  clockMs = Date.parse("2026-03-01T12:00:00Z");
  server.requests.length = 0;
  server.respond((_, index) => aToken(`token-${index}`));
});

function aToken(accessToken: string, expiresIn: number | null = 3600): Answer {
  const life = expiresIn === null ? {} : { expires_in: expiresIn };
  const body = { access_token: accessToken, token_type: "Bearer", ...life };
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
const anError = (status: number, error: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ error, error_description: `not ${secret}` }),
});
const settings = (over: Partial<TokenSettings> = {}): TokenSettings => ({
  tokenUrl: `${server.url}/token`,
  clientId: "app",
  clientSecret: secret,
  ...over,
});
const tokensOf = (client: Pick<HttpClient, "send"> = http, keysMax = 100): EndpointTokens =>
  createEndpointTokens({ http: client, nowMs: () => clockMs, keysMax });
const formOf = (index: number): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(server.requests[index]?.body.toString()));
const textOf = (result: TokenResult): string => (result.ok ? result.accessToken : result.failure.code);

test("a token is asked for with the client's credentials, scope and audience", async () => {
  const result = await tokensOf().tokenFor(
    "t/e/1",
    settings({ scope: "hooks.write", audience: "https://api.acme.test" }),
  );
  expect(result).toEqual({ ok: true, accessToken: "token-0" });
  expect(server.requests[0]).toMatchObject({ method: "POST", path: "/token" });
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`app:${secret}`).toString("base64")}`);
  expect(formOf(0)).toEqual({
    grant_type: "client_credentials",
    scope: "hooks.write",
    audience: "https://api.acme.test",
  });
});

test("a client that authenticates in the body sends its secret there and in no header", async () => {
  await tokensOf().tokenFor("t/e/1", settings({ clientAuth: "post" }));
  expect(server.requests[0]?.headers.authorization).toBeUndefined();
  expect(formOf(0)).toEqual({ grant_type: "client_credentials", client_id: "app", client_secret: secret });
});

test("a hundred deliveries that want a token at once ask for it once", async () => {
  const tokens = tokensOf();
  const results = await Promise.all(Array.from({ length: 100 }, () => tokens.tokenFor("t/e/1", settings())));
  expect(new Set(results.map(textOf))).toEqual(new Set(["token-0"]));
  expect(server.requests).toHaveLength(1);
});

test("endpoints, and revisions of one endpoint, never share a token", async () => {
  const tokens = tokensOf();
  const keys = ["t/e/1", "t/e/2", "u/e/1"];
  const results = await Promise.all(keys.map((key) => tokens.tokenFor(key, settings())));
  expect(new Set(results.map(textOf)).size).toBe(3);
});

test.each<[string, number | null, number]>([
  ["an hour", 3600, 2880],
  ["two minutes", 120, 60],
  ["a minute, of which half is always used", 60, 30],
  ["no time that the answer tells, and so of five minutes", null, 240],
])("a token of %s is renewed when it is due, not before", async (_, expiresIn, dueS) => {
  server.respond((_request, index) => aToken(`token-${index}`, expiresIn));
  const tokens = tokensOf();
  await tokens.tokenFor("t/e/1", settings());
  clockMs += dueS * 1000 - 1;
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("token-0");
  clockMs += 1;
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("token-1");
  expect(server.requests).toHaveLength(2);
});

test("a token that the receiver refuses is not used again", async () => {
  const tokens = tokensOf();
  await tokens.tokenFor("t/e/1", settings());
  tokens.refused("t/e/1");
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("token-1");
});

test("a late refusal of an older token does not cost the newer one", async () => {
  const tokens = tokensOf();
  await tokens.tokenFor("t/e/1", settings());
  tokens.refused("t/e/1", "token-0");
  await tokens.tokenFor("t/e/1", settings());
  tokens.refused("t/e/1", "token-0");
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("token-1");
  expect(server.requests).toHaveLength(2);
});

test.each<[string, Answer, string, string]>([
  ["refuses the client", anError(401, "invalid_client"), "auth_revoked", "invalid_client"],
  ["fails", { status: 500, body: "oops" }, "transient", "http_500"],
  ["wants fewer requests", { status: 429, body: "" }, "rate_limited", "http_429"],
  ["answers without a token", { body: "<html>" }, "transient", "token_answer"],
  ["breaks the connection", "reset", "network", "reset"],
])("a token endpoint that %s is a failure with its class and without the secret", async (_, answer, cls, code) => {
  server.respond([answer]);
  const result = await tokensOf().tokenFor("t/e/1", settings());
  expect(result).toMatchObject({ ok: false, failure: { class: cls, code } });
  expect(JSON.stringify(result)).not.toContain(secret);
});

test("the token URL passes the address rules: an internal one is blocked and never reached", async () => {
  const guarded = createHttpClient({ policy: { allowHttp: true, allowNetworks: [] } });
  const result = await tokensOf(guarded).tokenFor("t/e/1", settings());
  await guarded.close();
  expect(result).toMatchObject({ ok: false, failure: { class: "blocked", code: "url.address" } });
  expect(server.requests).toHaveLength(0);
});

test("a redirect of the token endpoint is not followed with the secret", async () => {
  await using other = await startReceiver();
  server.respond([{ status: 307, headers: { location: `${other.url}/token` } }]);
  expect(await tokensOf().tokenFor("t/e/1", settings())).toMatchObject({ ok: false, failure: { code: "http_307" } });
  expect(other.requests).toHaveLength(0);
});

test("a token endpoint that fails is left alone for a second, and for as long as it asks", async () => {
  server.respond([{ status: 503, body: "" }, { status: 503, headers: { "retry-after": "20" } }, aToken("at-last")]);
  const tokens = tokensOf();
  await tokens.tokenFor("t/e/1", settings());
  clockMs += 999;
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("http_503");
  expect(server.requests).toHaveLength(1);
  clockMs += 1;
  expect(await tokens.tokenFor("t/e/1", settings())).toMatchObject({ ok: false, retryAfterMs: 20_000 });
  clockMs += 19_999;
  // The receiver's word is about its own answers, not about those of the token endpoint.
  tokens.refused("t/e/1");
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("http_503");
  clockMs += 1;
  expect(textOf(await tokens.tokenFor("t/e/1", settings()))).toBe("at-last");
  expect(server.requests).toHaveLength(3);
});

test("an error of our own comes back as a failure, not as a rejection", async () => {
  const broken = { send: () => Promise.reject(new Error("boom")) };
  expect(await tokensOf(broken).tokenFor("t/e/1", settings())).toMatchObject({
    ok: false,
    failure: { code: "token_request" },
  });
});

test("only so many tokens are kept: the one that was used longest ago goes", async () => {
  const tokens = tokensOf(http, 2);
  for (const key of ["a", "b", "a", "c", "a"]) await tokens.tokenFor(key, settings());
  expect(server.requests).toHaveLength(3);
  await tokens.tokenFor("b", settings());
  expect(server.requests).toHaveLength(4);
});
