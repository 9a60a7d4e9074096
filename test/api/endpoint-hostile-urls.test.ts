// No endpoint reaches inside: every bad URL is refused wherever one can be given, and by an attempt where one lies in the store.
import { sealEndpoint } from "../../src/endpoint/credentials.ts";
import { newId } from "../../src/model/ids.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createLog } from "../../src/log.ts";
import { hostileNames, hostileUrls } from "../delivery/hostile-urls.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startApi, type TestApi } from "./start-api.ts";
import { startWebhookDeps } from "./webhook-deps.ts";

/** Plain HTTP is open here, so that nothing is refused for its scheme alone; no network is. */
const policy = { allowHttp: true, allowNetworks: [] };
const resolve = async (name: string): Promise<string[]> => {
  const known = hostileNames[name];
  if (known === "never") return new Promise(() => undefined);
  if (known === "fails") throw new Error("no answer");
  return known ?? (name === "good.example.com" ? ["93.184.215.14"] : Promise.reject(new Error("no such name")));
};
/** Names without an address: nothing says that they lead inside, and each attempt asks again. */
const unresolvable = new Set(
  Object.entries(hostileNames).flatMap(([name, known]) =>
    typeof known === "string" || known.length === 0 ? [name] : [],
  ),
);

let app: TestApi;
let inside: Receiver;
let urls: string[];
let refused: string[];

beforeAll(async () => {
  app = await startApi({ policy, resolve });
  inside = await startReceiver();
  urls = hostileUrls.map((url) => url.replaceAll("{port}", new URL(inside.url).port));
  refused = urls.filter((url) => !URL.canParse(url) || !unresolvable.has(new URL(url).hostname));
});
afterAll(async () => {
  await inside[Symbol.asyncDispose]();
  await app.stop();
});

const plain = (rest: object = {}) => ({ url: "http://good.example.com/in", events: ["*"], ...rest });
const oauth2 = (tokenUrl: string) => ({ tokenUrl, clientId: "me", clientSecret: "secret" });
const make = async (): Promise<string> => (await app.call("POST", "/v1/endpoints", { body: plain() })).body.id;

type Refused = { status: number; body: { errors?: { pointer: string; code: string }[] } };
/** The URLs that were not refused for themselves at this place. */
const accepted = async (pointer: string, call: (url: string) => Promise<Refused>) => {
  const answers = await Promise.all(refused.map(async (url) => ({ url, ...(await call(url)) })));
  return answers.filter(({ url, status, body }) => {
    const [found, ...others] = body.errors ?? [];
    if (status !== 422 || others.length > 0 || found?.pointer !== pointer) return true;
    // An empty text is refused by its length already.
    return !found.code.startsWith("url.") && !(url === "" && found.code === "range");
  });
};

test("the table has what it is known to have", () => {
  expect(refused.length).toBeGreaterThanOrEqual(82);
});

test("at create, as the URL and as the token URL", async () => {
  const create = (body: object) => app.call("POST", "/v1/endpoints", { body });
  expect(await accepted("/url", (url) => create(plain({ url })))).toEqual([]);
  expect(await accepted("/oauth2/tokenUrl", (url) => create(plain({ oauth2: oauth2(url) })))).toEqual([]);
});

test("at PUT and PATCH, as the URL and as the token URL", async () => {
  const path = `/v1/endpoints/${await make()}`;
  const replace = (body: object) => app.call("PUT", path, { body });
  const patch = (body: object) => app.call("PATCH", path, { body });
  expect(await accepted("/url", (url) => replace(plain({ url })))).toEqual([]);
  expect(await accepted("/url", (url) => patch({ url }))).toEqual([]);
  expect(await accepted("/oauth2/tokenUrl", (url) => replace(plain({ oauth2: oauth2(url) })))).toEqual([]);
  expect(await accepted("/oauth2/tokenUrl", (url) => patch({ oauth2: oauth2(url) }))).toEqual([]);
  expect((await app.call("GET", path)).body).toMatchObject(plain());
});

test("at import", async () => {
  for (let from = 0; from < refused.length; from += 100) {
    const endpoints = refused.slice(from, from + 100).map((url) => plain({ url }));
    const imported = await app.call("POST", "/v1/endpoints/import", { body: { endpoints } });
    expect(imported.body).toMatchObject({ made: 0, invalid: endpoints.length });
  }
});

test("a name without an address is saved with a warning, and its deliveries do not arrive", async () => {
  for (const name of unresolvable) {
    const made = await app.call("POST", "/v1/endpoints", { body: plain({ url: `http://${name}/` }) });
    expect([name, made.status, made.body.warnings?.[0]?.code]).toEqual([name, 201, "url.unresolvable"]);
    const sent = await app.call("POST", `/v1/endpoints/${made.body.id}/test`);
    expect([name, sent.body.attempt.outcome, sent.body.attempt.class]).toEqual([name, "failed", "network"]);
  }
});

test("by a test of an endpoint that lies in the store with such a URL", async () => {
  const vault = createVault(parseKeyring(newKeyringEntry()));
  const http = createHttpClient({ policy, resolve });
  const { sendTest, profiles } = await startWebhookDeps({ ...app, vault, http, policy, log: createLog("silent") });
  const wrong: unknown[] = [];
  for (const url of refused) {
    const id = newId("ep");
    const secrets = [
      { id: "sec_1", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", createdAt: "2030-01-01T00:00:00Z" },
    ];
    await app.store.endpoints.create(app.tenantId, id, {
      settings: { url, events: ["*"], profile: "standard" },
      status: "enabled",
      sealed: sealEndpoint(vault, app.tenantId, id, { secrets }),
    });
    const sent = await sendTest(app.tenantId, id, {});
    if (sent?.attempt.class !== "blocked") wrong.push([url, sent?.attempt]);
  }
  await http.close();
  await profiles.close();
  expect(wrong).toEqual([]);
});

test("and none of them has reached the listener inside", () => {
  expect(inside.requests).toEqual([]);
});
