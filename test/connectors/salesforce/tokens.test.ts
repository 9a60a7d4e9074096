// Tokens of Salesforce: both grants as the token endpoint wants them, and sessions that end.
import { callerOf, clientOf, keyPair, methodOf, otherKeyPair } from "./call-salesforce.ts";
import { startFakeSalesforce } from "./fake-salesforce.ts";
import type { FakeApp } from "./fake-salesforce.ts";

const lead = { object: "Lead", fields: { LastName: "Rossi", Company: "Trattoria Rossi" } };
const username = "flows@example.com";
const app: FakeApp = { clientId: "3MVG9key", username, publicKey: keyPair.publicKey };
const key = { clientId: "3MVG9key", username, privateKey: keyPair.privateKey };

test("a key pair gets a token by an assertion that its public key verifies, and no client secret is sent", async () => {
  await using fake = await startFakeSalesforce({ app });
  const caller = callerOf("jwtBearer", { ...key, loginUrl: `${fake.url}/` });
  expect(await caller.perform("createRecord", lead)).toMatchObject({ ok: true });
  expect(fake.tokenRequests).toHaveLength(1);
  const form = new URLSearchParams(fake.tokenRequests[0]?.body);
  expect([...form.keys()].sort()).toEqual(["assertion", "grant_type"]);
  expect(fake.tokenRequests[0]?.headers.authorization).toBeUndefined();
  expect(fake.requests[0]?.headers.authorization).toMatch(/^Bearer 00D/);
});

test.each([
  ["a key that the app does not know", { privateKey: otherKeyPair.privateKey }],
  ["another app", { clientId: "3MVG9other" }],
  ["a user who has not approved the app", { username: "somebody@example.com" }],
  ["an assertion for another login host", { audience: "https://login.salesforce.com" }],
])("%s gets no token, and nothing is sent without one", async (_, changed) => {
  await using fake = await startFakeSalesforce({ app });
  const caller = callerOf("jwtBearer", { ...key, loginUrl: fake.url, ...changed });
  expect(await caller.perform("createRecord", lead)).toMatchObject({ ok: false });
  expect(caller.tokens).toEqual(["refused"]);
  expect(fake.requests).toEqual([]);
});

test("an assertion can be for another host than the one that takes it", async () => {
  await using fake = await startFakeSalesforce({ app: { ...app, audience: "https://login.salesforce.com" } });
  const caller = callerOf("jwtBearer", { ...key, loginUrl: fake.url, audience: "https://login.salesforce.com" });
  expect(await caller.perform("createRecord", lead)).toMatchObject({ ok: true });
});

test("without a login host, assertions go to that of production and are for it", () => {
  const { token } = methodOf("jwtBearer");
  expect(token?.url(key)).toBe("https://login.salesforce.com/services/oauth2/token");
  expect(token?.claims?.(key)).toEqual({ iss: "3MVG9key", sub: username, aud: "https://login.salesforce.com" });
});

test("a client's id and secret get a token, and a wrong secret does not", async () => {
  await using fake = await startFakeSalesforce();
  const right = callerOf("oauth2", clientOf(fake));
  const wrong = callerOf("oauth2", { ...clientOf(fake), clientSecret: "wrong" });
  expect(await right.perform("createRecord", lead)).toMatchObject({ ok: true });
  expect(await wrong.perform("createRecord", lead)).toMatchObject({ ok: false });
  expect(wrong.tokens).toEqual(["refused"]);
  expect(Object.fromEntries(new URLSearchParams(fake.tokenRequests[0]?.body))).toEqual({
    grant_type: "client_credentials",
    client_id: fake.app.clientId,
    client_secret: fake.app.clientSecret,
  });
});

test("requests go to the instance that came with the token, and not to the login host", async () => {
  await using instance = await startFakeSalesforce();
  await using login = await startFakeSalesforce({ instanceUrl: instance.url, issueToken: () => instance.issueToken() });
  const caller = callerOf("oauth2", clientOf(login));
  expect(await caller.perform("createRecord", lead)).toMatchObject({ ok: true });
  expect([login.requests.length, instance.requests.length]).toEqual([0, 1]);
});

test("a session that has ended is renewed once, and the record is created once", async () => {
  await using fake = await startFakeSalesforce();
  const caller = callerOf("oauth2", clientOf(fake));
  await caller.perform("createRecord", lead);
  fake.revokeTokens();
  expect(await caller.perform("createRecord", lead)).toMatchObject({ ok: true });
  expect(caller.tokens).toEqual(["token", "token"]);
  expect(fake.org.records("Lead")).toHaveLength(2);
  expect(fake.requests).toHaveLength(3);
});

test("a session that each new token has ended already is the vendor's refusal of the connection", async () => {
  await using fake = await startFakeSalesforce({ sessionMs: 0 });
  const caller = callerOf("oauth2", clientOf(fake));
  expect(await caller.perform("createRecord", lead)).toMatchObject({
    ok: false,
    failure: { class: "auth_revoked", code: "INVALID_SESSION_ID", status: 401 },
  });
  expect(caller.tokens).toEqual(["token", "token"]);
  expect(fake.requests).toHaveLength(2);
});
