// Names are asked of real name servers, here of one on loopback.
import { createSocket } from "node:dgram";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createResolver } from "../../src/delivery/resolve.ts";
import { startReceiver } from "../support/receiver.ts";

type Records = { a?: string[]; silent?: boolean };

/** A name server that answers A questions by `answer`, called with the name and the number of the question. */
async function startNameServer(
  answer: (name: string, index: number) => Records,
  { isDeafToOthers = false } = {},
): Promise<{ address: string; asked: string[] } & AsyncDisposable> {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (question, sender) => {
    const { name, type, end } = readQuestion(question);
    if (type !== 1) return isDeafToOthers || socket.send(reply(question, end, []), sender.port, sender.address);
    const records = answer(name, asked.push(name) - 1);
    if (!records.silent) socket.send(reply(question, end, records.a ?? []), sender.port, sender.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** RFC 1035 §4.1.2: labels by length, then type and class. */
function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), end: at + 5 };
}

/** RFC 1035 §4.1.3, each record for the name of the question and with a time to live of nothing. */
function reply(question: Buffer, end: number, addresses: string[]): Buffer {
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
  );
  return Buffer.concat([header, question.subarray(12, end), ...records]);
}

test("all addresses of a name are answered", async () => {
  await using server = await startNameServer(() => ({ a: ["192.0.2.1", "192.0.2.2"] }));
  const addresses = await createResolver(500, [server.address])("two.example.com");
  expect(addresses.sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
});

test("a name without addresses is an error", async () => {
  await using server = await startNameServer(() => ({}));
  await expect(createResolver(500, [server.address])("none.example.com")).rejects.toThrow(/ENODATA/);
});

test("a name server that passes over questions for IPv6 addresses makes no name unreachable, and holds nobody up", async () => {
  await using server = await startNameServer(() => ({ a: ["192.0.2.1"] }), { isDeafToOthers: true });
  const startedMs = performance.now();
  expect(await createResolver(20_000, [server.address])("old.example.com")).toEqual(["192.0.2.1"]);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test("where the first name server is dead the second one is asked within the time for names", async () => {
  await using dead = await startNameServer(() => ({ silent: true }), { isDeafToOthers: true });
  await using server = await startNameServer(() => ({ a: ["192.0.2.1"] }));
  const resolve = createResolver(4_000, [dead.address, server.address]);
  const startedMs = performance.now();
  expect(await resolve("a.example.com")).toEqual(["192.0.2.1"]);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  expect(dead.asked).toEqual(["a.example.com"]);
});

test("a question that is lost on its way is asked again within the time for names", async () => {
  await using server = await startNameServer((_, index) => (index === 0 ? { silent: true } : { a: ["192.0.2.1"] }));
  const startedMs = performance.now();
  expect(await createResolver(4_000, [server.address])("lost.example.com")).toEqual(["192.0.2.1"]);
  expect(performance.now() - startedMs).toBeLessThan(4_000);
});

test("a request's own time for connecting covers the name, too", async () => {
  const resolve = (): Promise<string[]> => new Promise(() => undefined);
  const client = createHttpClient({
    policy: { allowHttp: true, allowNetworks: [] },
    resolve,
    limits: { dnsTimeoutMs: 20_000 },
  });
  const request = { method: "GET", url: "http://slow.example.com/", headers: {}, timeoutMs: 25_000 };
  const result = await client.send({ ...request, connectTimeoutMs: 100 });
  await client.close();
  expect(result).toMatchObject({ ok: false, error: "dns", requestSent: false });
  expect(result.phases.total).toBeLessThan(4_000);
});

test("a name server that is silent costs a request the time for names and no more", async () => {
  await using server = await startNameServer(() => ({ silent: true }));
  const resolve = createResolver(100, [server.address]);
  const client = createHttpClient({
    policy: { allowHttp: true, allowNetworks: [] },
    resolve,
    limits: { dnsTimeoutMs: 100 },
  });
  const request = { method: "GET", url: "http://slow.example.com/", headers: {}, timeoutMs: 5_000 };
  const result = await client.send(request);
  await client.close();
  expect(result).toMatchObject({ ok: false, error: "dns", requestSent: false });
  expect(result.phases.total).toBeLessThan(4_000);
});

test("a name server that rebinds with a time to live of nothing never leads to an unchecked address", async () => {
  await using receiver = await startReceiver();
  await using server = await startNameServer((_, index) => ({ a: [index % 2 === 0 ? "127.0.0.2" : "127.0.0.1"] }));
  const client = createHttpClient({
    policy: { allowHttp: true, allowNetworks: ["127.0.0.2/32"] },
    resolve: createResolver(500, [server.address]),
  });
  const url = receiver.url.replace("127.0.0.1", "rebind.example.com");
  const errors = new Set<string>();
  for (let attempt = 0; attempt < 20; attempt++) {
    const result = await client.send({ method: "GET", url, headers: {}, timeoutMs: 2_000 });
    errors.add(result.ok ? "ok" : result.error);
  }
  await client.close();
  expect(receiver.requests).toHaveLength(0);
  expect(errors).toEqual(new Set(["refused", "blocked"]));
});
