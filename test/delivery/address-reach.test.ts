// No URL, name or answer of a name server leads a request to an internal service.
import type { AddressPolicy } from "../../src/delivery/address.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { HttpResult } from "../../src/delivery/http.ts";
import { startReceiver } from "../support/receiver.ts";
import type { Receiver } from "../support/receiver.ts";
import { hostileNames, hostileUrls } from "./hostile-urls.ts";

const guarded: AddressPolicy = { allowHttp: true, allowNetworks: [] };
/** The mutant: the address rule lets this machine's own addresses through. Others stay shut: nothing leaves it. */
const unguarded: AddressPolicy = { allowHttp: true, allowNetworks: ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"] };

function resolve(name: string): Promise<string[]> {
  const answer = hostileNames[name];
  if (answer === "never") return new Promise(() => undefined);
  if (answer === "fails" || answer === undefined) return Promise.reject(new Error("SERVFAIL"));
  return Promise.resolve(answer);
}

async function tryAll(policy: AddressPolicy, receiver: Receiver): Promise<HttpResult[]> {
  const port = new URL(receiver.url).port;
  const client = createHttpClient({ policy, resolve, limits: { dnsTimeoutMs: 50 } });
  const send = (template: string): Promise<HttpResult> =>
    client.send({ method: "GET", url: template.replace("{port}", port), headers: {}, timeoutMs: 10_000 });
  const results = await Promise.all(hostileUrls.map(send));
  await client.close();
  return results;
}

test("no hostile URL reaches an internal listener, and each one is refused before a connection is made", async () => {
  await using receiver = await startReceiver({ host: "0.0.0.0" });
  const results = await tryAll(guarded, receiver);
  expect(receiver.requests).toHaveLength(0);
  expect(results.length).toBeGreaterThanOrEqual(89);
  const reached = results.flatMap((result, index) =>
    result.ok || !["blocked", "invalid_url", "dns"].includes(result.error) || result.phases.connect !== undefined
      ? [[hostileUrls[index], result]]
      : [],
  );
  expect(reached).toEqual([]);
});

test("with the address rule switched off some of them get in: the listener is really there", async () => {
  await using receiver = await startReceiver({ host: "0.0.0.0" });
  await tryAll(unguarded, receiver);
  expect(receiver.requests.length).toBeGreaterThanOrEqual(20);
});

test("a refusal tells neither the address nor the network that was found", async () => {
  await using receiver = await startReceiver();
  for (const result of await tryAll(guarded, receiver)) {
    expect(result).toMatchObject({ ok: false, requestSent: false });
    expect(result.ok ? "" : result.message).not.toMatch(/\d+\.\d+\.\d+\.\d+|loopback|metadata|link-?local|::/i);
  }
});

test("a name that changes its address between two look-ups never leads to an address that was not checked", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  // Alternately an address that is allowed (and where nobody listens) and the listener's own, as in DNS rebinding.
  let asked = 0;
  const rebinding = (): Promise<string[]> => Promise.resolve([asked++ % 2 === 0 ? "127.0.0.2" : "127.0.0.1"]);
  const policy = { allowHttp: true, allowNetworks: ["127.0.0.2/32"] };
  const client = createHttpClient({ policy, resolve: rebinding });
  const request = { method: "GET", url: `http://rebind.example.com:${port}/`, headers: {}, timeoutMs: 1_000 };
  const errors: string[] = [];
  for (let attempt = 0; attempt < 40; attempt++) {
    const result = await client.send(request);
    errors.push(result.ok ? "ok" : result.error);
  }
  await client.close();
  expect(receiver.requests).toHaveLength(0);
  // One look-up an attempt: the address is not asked for again between the check and the connection.
  expect(asked).toBe(40);
  expect(new Set(errors)).toEqual(new Set(["refused", "blocked"]));
});

test("the mutant that allows both addresses is led to the listener by the same name server", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const client = createHttpClient({ policy: unguarded, resolve: () => Promise.resolve(["127.0.0.1"]) });
  await client.send({ method: "GET", url: `http://rebind.example.com:${port}/`, headers: {}, timeoutMs: 1_000 });
  await client.close();
  expect(receiver.requests).toHaveLength(1);
});

test("a name with a dead and a living address is reached at the living one", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };
  const client = createHttpClient({ policy, resolve: () => Promise.resolve(["127.0.0.3", "127.0.0.1"]) });
  const url = `http://two.example.com.:${port}/x`;
  const result = await client.send({ method: "GET", url, headers: {}, timeoutMs: 2_000 });
  await client.close();
  expect(result).toMatchObject({ ok: true, status: 200 });
  expect(receiver.requests[0]?.headers.host).toBe(`two.example.com:${port}`);
});

test("localhost is reachable where the operator allows loopback, without asking a name server", async () => {
  await using receiver = await startReceiver();
  const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8", "::1/128"] };
  const client = createHttpClient({ policy, resolve: () => Promise.reject(new Error("asked")) });
  const url = receiver.url.replace("127.0.0.1", "localhost");
  const result = await client.send({ method: "GET", url, headers: {}, timeoutMs: 2_000 });
  await client.close();
  expect(result).toMatchObject({ ok: true, status: 200 });
});

test("a policy with a malformed network is refused when the client is made", () => {
  const policy = { allowHttp: false, allowNetworks: ["10.0.0.0/8", "10.0.0.0/99"] };
  expect(() => createHttpClient({ policy })).toThrow(/"10\.0\.0\.0\/99" is not a network/);
});
