// No URL, name or answer of a name server leads a request to an internal service.
import { checkUrl } from "../../src/delivery/address.ts";
import type { AddressPolicy } from "../../src/delivery/address.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import type { HttpResult } from "../../src/delivery/http.ts";
import { createReachCheck } from "../../src/delivery/reach.ts";
import { startReceiver } from "../support/receiver.ts";
import type { Receiver } from "../support/receiver.ts";
import { createFlippingResolver, hostilePolicy, hostileRows, hostileUrls } from "./hostile-urls.ts";
import { resolveHostile, withPort } from "./hostile-urls.ts";
import type { HostileRow, Refused } from "./hostile-urls.ts";

/** The mutant: the address rule lets this machine's own addresses through. Others stay shut: nothing leaves it. */
const unguarded: AddressPolicy = { allowHttp: true, allowNetworks: ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"] };

async function tryAll(policy: AddressPolicy, receiver: Receiver): Promise<HttpResult[]> {
  const port = new URL(receiver.url).port;
  const client = createHttpClient({ policy, resolve: resolveHostile, limits: { dnsTimeoutMs: 50 } });
  const send = (template: string): Promise<HttpResult> =>
    client.send({ method: "GET", url: withPort(template, port), headers: {}, timeoutMs: 10_000 });
  const results = await Promise.all(hostileUrls.map(send));
  await client.close();
  return results;
}

const rowsOf = (...refused: Refused[]): HostileRow[] => hostileRows.filter((row) => refused.includes(row.refused));

test("the table has each of the 82 numbered rows", () => {
  expect([...new Set(hostileRows.map(({ number }) => number))]).toEqual(Array.from({ length: 82 }, (_, at) => at + 1));
});

test.each(rowsOf("save", "own"))("row $number, $url, is refused by its text alone", ({ url, refused }) => {
  const verdict = checkUrl(withPort(url, 8080), hostilePolicy);
  expect(verdict.ok ? "good" : verdict.code).toMatch(refused === "own" ? /^url\.own$/ : /^url\./);
});

test.each(rowsOf("dial", "nowhere", "flip", "redirect"))("row $number, $url, is one whose text is good", ({ url }) => {
  expect(checkUrl(withPort(url, 8080), hostilePolicy)).toMatchObject({ ok: true });
});

test.each(rowsOf("dial", "nowhere"))("row $number, $url, stops at the addresses of its name", async (row) => {
  const reach = await createReachCheck(hostilePolicy, resolveHostile)(withPort(row.url, 8080));
  const expected = row.refused === "dial" ? { ok: false, code: "url.address" } : { ok: true, unresolvable: true };
  expect(reach).toMatchObject(expected);
});

test.each(rowsOf("flip"))(
  "row $number, $url, is good when it is saved and blocked when it is dialled",
  async ({ url }) => {
    await using receiver = await startReceiver();
    const resolve = createFlippingResolver();
    const written = withPort(url, new URL(receiver.url).port);
    expect(await createReachCheck(hostilePolicy, resolve)(written)).toMatchObject({ ok: true, unresolvable: false });
    const client = createHttpClient({ policy: hostilePolicy, resolve });
    const result = await client.send({ method: "GET", url: written, headers: {}, timeoutMs: 2_000 });
    await client.close();
    expect(result).toMatchObject({ ok: false, error: "blocked", requestSent: false });
    expect(receiver.requests).toHaveLength(0);
  },
);

test("rows 71 to 73: what the URL answers is recorded, and where it points is not visited", async () => {
  await using inner = await startReceiver();
  await using outer = await startReceiver();
  const places: Record<string, string> = {
    "to-loopback": inner.url,
    "to-file": "file:///etc/passwd",
    "to-http": inner.url,
    "to-itself": "/",
  };
  outer.respond((request) => ({ status: 302, headers: { location: places[request.path.slice(1)] ?? "" } }));
  const client = createHttpClient({ policy: unguarded });
  for (const { url } of rowsOf("redirect")) {
    const [name = ""] = new URL(url).hostname.split(".");
    const result = await client.send({ method: "GET", url: `${outer.url}/${name}`, headers: {}, timeoutMs: 2_000 });
    expect(result).toMatchObject({ ok: true, status: 302, headers: { location: places[name] } });
  }
  await client.close();
  expect([inner.requests.length, outer.requests.length]).toEqual([0, rowsOf("redirect").length]);
});

test("no hostile URL reaches an internal listener, and each one is refused before a connection is made", async () => {
  await using receiver = await startReceiver({ host: "0.0.0.0" });
  const results = await tryAll(hostilePolicy, receiver);
  expect(receiver.requests).toHaveLength(0);
  expect(results.length).toBeGreaterThanOrEqual(180);
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
  for (const result of await tryAll(hostilePolicy, receiver)) {
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

test.each([
  ["is blocked where that is an address that is not allowed", ["0.0.0.0/32"], "blocked"],
  ["is answered where it is allowed, too", ["0.0.0.0/32", "127.0.0.1/32"], "answered"],
])("a connection that the operating system leads elsewhere %s", async (_, allowNetworks, expected) => {
  await using receiver = await startReceiver();
  const client = createHttpClient({ policy: { allowHttp: true, allowNetworks } });
  // Linux connects whoever dials this address with the machine itself, at 127.0.0.1.
  const url = receiver.url.replace("127.0.0.1", "0.0.0.0");
  const result = await client.send({ method: "GET", url, headers: {}, timeoutMs: 2_000 });
  await client.close();
  expect(result.ok ? "answered" : result.error).toBe(expected);
  expect(receiver.requests).toHaveLength(expected === "answered" ? 1 : 0);
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
