// No bad URL leads inside when it is only known at the attempt: made by a flow's expression, or changed behind the API.
import { createHttpClient } from "../../../src/delivery/http.ts";
import { connectors } from "../../../connectors/index.ts";
import { sealEndpoint } from "../../../src/endpoint/credentials.ts";
import type { EndpointSettings } from "../../../src/model/endpoint.ts";
import { newId, type EndpointId } from "../../../src/model/ids.ts";
import { newKeyringEntry, parseKeyring } from "../../../src/vault/keyring.ts";
import { createVault } from "../../../src/vault/vault.ts";
import { hostilePolicy, hostileRows, hostileUrls, resolveHostile, withPort } from "../../delivery/hostile-urls.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { anExecutor, attempted } from "../../support/executor.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveryWith, newType } from "./delivery-log.ts";
import { deliveriesOf, makeEndpoint, tenantOf } from "./endpoints.ts";

jest.setTimeout(120_000);

const keyring = newKeyringEntry();
let app: TestApp;
/** Must hear nothing. */
let inside: Receiver;
/** On the one address that is open. */
let outside: Receiver;
/** The numbered rows that stop at their text: no name is asked for, and each is refused by every attempt. */
let urls: string[];

beforeAll(async () => {
  inside = await startReceiver();
  outside = await startReceiver({ host: "127.0.0.2" });
  const { port } = new URL(inside.url);
  const refused = hostileRows.filter((row) => row.refused === "save" || row.refused === "own");
  urls = refused.map(({ url }) => withPort(url, port));
  app = await startApp({
    keyring,
    env: {
      MILLRACE_ALLOW_NETWORKS: "127.0.0.2/32",
      NODE_ENV: "production",
      MILLRACE_PUBLIC_URL: "http://own.example.com",
    },
  });
});
afterAll(async () => {
  await app.close();
  await Promise.all([inside, outside].map((one) => one[Symbol.asyncDispose]()));
});

test("every row of the table, and all that were added to it, is refused to a step of a flow", async () => {
  const http = createHttpClient({ policy: hostilePolicy, resolve: resolveHostile });
  const executor = anExecutor({ http, connectors });
  const { port } = new URL(inside.url);
  const own = hostileRows.filter(({ refused }) => refused === "own").map(({ url }) => url);
  const call = { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: Date.now() };
  const event = { id: "evt_1", type: "a.b", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };
  const to = {
    tenantId: "tnt_1" as const,
    tenantSecrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    timeoutMs: 3_000,
  };
  const nowhere = new Set(
    hostileRows.filter(({ refused }) => refused === "nowhere").map(({ url }) => new URL(url).host),
  );
  const unexpected: unknown[] = [];
  await Promise.all(
    [...hostileUrls, ...own].map(async (text) => {
      const url = withPort(text, port);
      const { outcome } = await attempted(executor, {
        use: "webhook.post",
        input: { url },
        call: { ...call, event },
        ...to,
      });
      const expected = URL.canParse(url) && nowhere.has(new URL(url).hostname) ? "network" : "blocked";
      // An empty text is no input of the action.
      const failureClass = url === "" ? "validation" : expected;
      if (outcome.ok || outcome.failure.class !== failureClass) unexpected.push([url, outcome]);
    }),
  );
  await http.close();
  expect(unexpected).toEqual([]);
});

test("a URL that a flow makes of an event is blocked at the attempt, in words that tell nothing of what was found", async () => {
  const type = newType();
  const step = { id: "tell", use: "webhook.post", with: { url: "{{event.data.url}}" } };
  await app.createFlow({ on: { event: type }, steps: [step] });
  const ends = await Promise.all(
    urls.map(async (url) => {
      const { body } = await app.publish({ type, data: { url } });
      const run = await app.run(body.runs[0]);
      return [url, run.status, run.error?.class];
    }),
  );
  expect(ends).toEqual(urls.map((url) => [url, "failed", "blocked"]));
});

/** An endpoint as somebody may write it into the database, past everything that is checked when one is saved. */
async function plant(settings: Pick<EndpointSettings, "url" | "events" | "oauth2">): Promise<EndpointId> {
  const id = newId("ep");
  const tenant = await tenantOf(app);
  const secrets = [
    { id: "sec_1", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", createdAt: "2026-01-01T00:00:00Z" },
  ];
  await app.store.endpoints.create(tenant, id, {
    settings: { ...settings, profile: "standard" },
    status: "enabled",
    sealed: sealEndpoint(createVault(parseKeyring(keyring)), tenant, id, { secrets, clientSecret: "secret" }),
  });
  return id;
}

test.each<[string, (url: string) => Pick<EndpointSettings, "url" | "oauth2">, string[]]>([
  ["its URL", (url: string) => ({ url }), ["blocked"]],
  [
    "its token URL",
    (tokenUrl: string) => ({ url: `${outside.url}/in`, oauth2: { tokenUrl, clientId: "me" } }),
    // What is no URL of the web at all is no place where a token could be asked for.
    ["blocked", "auth_revoked"],
  ],
])(
  "an endpoint that stands in the store with a bad URL as %s is not dialled, and each attempt says so",
  async (_, of, classes) => {
    const type = newType();
    const planted = await Promise.all(urls.map((url) => plant({ ...of(url), events: [type] })));
    // The process follows the store: each gets what is published once it is known.
    await until(async () => (await app.publish({ type, data: {} })).body.deliveries === urls.length);
    await app.idle();
    const rows = await Promise.all(planted.map((endpoint) => deliveriesOf(app, endpoint)));
    const found = rows.map((deliveries, index) => {
      const last = deliveries.at(-1);
      const [first, ...others] = last?.attempts ?? [];
      return [urls[index], last?.status, classes.includes(first?.class ?? "none"), others.length];
    });
    expect(found).toEqual(urls.map((url) => [url, "failed", true, 0]));
    expect(outside.requests).toEqual([]);
  },
);

test("a URL that becomes bad in the middle of a retry chain is blocked at the next attempt", async () => {
  outside.respond([{ status: 503 }]);
  const type = newType();
  const { endpoint } = await makeEndpoint(app, {
    url: `${outside.url}/first`,
    events: [type],
    retry: { schedule: ["1s", "1h"], jitter: "none" },
  });
  await app.publish({ type, data: {} });
  await outside.waitFor(1);
  const settings = { url: inside.url, events: [type], profile: "standard", retry: { schedule: ["1s", "1h"] } };
  await app.store.endpoints.update(await tenantOf(app), endpoint, 1, { settings });
  const { attempts } = await deliveryWith(app, endpoint, "failed");
  expect(attempts.map((one) => one.class)).toEqual(["transient", "blocked"]);
  expect(outside.requests).toHaveLength(1);
});

test("and none of them has reached the listener inside", () => {
  expect(inside.requests).toEqual([]);
});
