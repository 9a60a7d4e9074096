// With which certificate a request is sent, and whose certificates are believed.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { HttpClientOptions, TlsIdentity } from "../../src/delivery/http.ts";
import { checkIdentity } from "../../src/delivery/tls-identity.ts";
import { until } from "../support/wait.ts";
import { cert, key } from "./certificate.ts";
import { codeOf, errorOf, get, openPolicy, useClients } from "./clients.ts";
import { answering, startRaw } from "./raw-receiver.ts";
import {
  authority,
  clientOne,
  clientTwo,
  encryptedKey,
  expiredClientCert,
  expiredServerPair,
  futureClientCert,
  futureServerPair,
  otherAuthority,
  serverPair,
  strangerPair,
  weakClient,
} from "./tls-pairs.ts";
import type { KeyPair } from "./tls-pairs.ts";
import { mutual, startTlsReceiver } from "./tls-receiver.ts";

const makeClient = useClients();
const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
const aClient = (over: Partial<HttpClientOptions> = {}) => makeClient({ resolve, ca: authority, ...over });
const identityOf = (id: string, pair: KeyPair, ca?: string): TlsIdentity => ({
  id,
  ...pair,
  ...(ca === undefined ? {} : { ca }),
});
const selfSignedPair: KeyPair = { cert, key };
const one = identityOf("one/1", clientOne);
const two = identityOf("two/1", clientTwo);

describe("mutual TLS", () => {
  test("a receiver that wants a client certificate sees the request's own", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const result = await aClient().send(get(receiver.url, { identity: one }));
    expect(result).toMatchObject({ ok: true, status: 200 });
    expect(receiver.requests).toMatchObject([{ client: "client one" }]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "without one, or with a stranger's, nothing gets in by %s",
    async (version) => {
      await using receiver = await startTlsReceiver({ ...mutual, minVersion: version, maxVersion: version });
      const client = aClient();
      for (const identity of [undefined, identityOf("stranger", strangerPair)]) {
        const result = await client.send(get(receiver.url, identity === undefined ? {} : { identity }));
        // Node's server breaks the connection without a word.
        expect(["tls", "reset"]).toContain(errorOf(result).error);
      }
      expect(receiver.requests).toHaveLength(0);
    },
  );

  test("requests of different identities, or of none, never share a connection; those of one do", async () => {
    await using receiver = await startTlsReceiver({ ...mutual, rejectUnauthorized: false });
    const client = aClient();
    for (const identity of [one, two, undefined, one, two, undefined]) {
      await client.send(get(receiver.url, identity === undefined ? {} : { identity }));
    }
    expect(receiver.requests.map(({ client: name, connection }) => [name, connection])).toEqual([
      ["client one", 0],
      ["client two", 1],
      [undefined, 2],
      ["client one", 0],
      ["client two", 1],
      [undefined, 2],
    ]);
  });

  test("an id that comes with another certificate gets no connection of the earlier one", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const client = aClient();
    await client.send(get(receiver.url, { identity: one }));
    await client.send(get(receiver.url, { identity: { ...two, id: one.id } }));
    expect(receiver.requests.map(({ client: name }) => name)).toEqual(["client one", "client two"]);
  });

  test("a session that others believed in is not resumed by an identity that trusts another authority", async () => {
    await using receiver = await startTlsReceiver();
    const client = aClient();
    await client.send(get(receiver.url, { identity: one }));
    const result = await client.send(get(receiver.url, { identity: identityOf("two/2", clientTwo, otherAuthority) }));
    expect(codeOf(result)).toBe("tls_untrusted");
    expect(receiver.requests).toHaveLength(1);
  });

  test("an identity's own authorities are asked instead of the usual ones", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const client = makeClient({ resolve });
    expect(codeOf(await client.send(get(receiver.url, { identity: one })))).toBe("tls_self_signed");
    const pinned = identityOf("one/2", clientOne, authority);
    expect(await client.send(get(receiver.url, { identity: pinned }))).toMatchObject({ ok: true });
  });

  test("identities have a bounded number of connections: those used longest ago are closed", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const client = aClient({ limits: { originsMax: 2 } });
    const identities = Array.from({ length: 10 }, (_, index) => identityOf(`one/${index}`, clientOne));
    const results = await Promise.all(identities.map((identity) => client.send(get(receiver.url, { identity }))));
    expect(results.every(({ ok }) => ok)).toBe(true);
    await until(() => receiver.open() <= 2);
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBe(10);
  });

  test("a client certificate opens no address that is not allowed", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const client = aClient({ policy: { ...openPolicy, allowNetworks: [] } });
    const result = await client.send(get(receiver.url, { identity: one }));
    expect(errorOf(result)).toEqual({ error: "blocked", requestSent: false });
    expect(result.phases).not.toHaveProperty("connect");
    expect(receiver.open()).toBe(0);
  });

  test("an identity that OpenSSL does not take is a failure of TLS, and nothing is sent", async () => {
    await using receiver = await startTlsReceiver(mutual);
    const client = aClient();
    for (const broken of [
      { cert: "no PEM", key: clientOne.key },
      { cert: clientOne.cert, key: clientTwo.key },
    ]) {
      const result = await client.send(get(receiver.url, { identity: identityOf("broken", broken) }));
      expect(errorOf(result)).toEqual({ error: "tls", requestSent: false });
      expect(codeOf(result)).toBe("tls_identity");
    }
    await until(() => receiver.open() === 0);
  });
});

const program = "openssl";
const hasOpenssl = spawnSync(program, ["version"]).status === 0;

(hasOpenssl ? describe : describe.skip)("a receiver that refuses certificates by an alert (openssl s_server)", () => {
  test.each(["-tls1_2", "-tls1_3"])("is understood over %s", async (version) => {
    await using server = await startOpenssl(version);
    const client = aClient();
    const results = [
      await client.send(get(server.url, { identity: identityOf("stranger", strangerPair) })),
      await client.send(get(server.url, { identity: identityOf("old", { ...clientOne, cert: expiredClientCert }) })),
    ];
    expect(results.map(codeOf)).toEqual(["tls_client_certificate", "tls_client_certificate"]);
    expect(await client.send(get(server.url, { identity: one }))).toMatchObject({ ok: true, status: 200 });
  });
});

describe("the receiver's certificate", () => {
  test.each<[string, KeyPair, string, string]>([
    ["has expired", expiredServerPair, authority, "tls_expired"],
    ["is not valid yet", futureServerPair, authority, "tls_not_yet_valid"],
    ["is of an authority that is not trusted", serverPair, otherAuthority, "tls_untrusted"],
    ["is signed by itself", selfSignedPair, authority, "tls_self_signed"],
  ])("one that %s is refused before the request is sent", async (_, pair, ca, code) => {
    await using receiver = await startTlsReceiver(pair);
    const result = await aClient({ ca }).send(get(receiver.url));
    expect(errorOf(result)).toEqual({ error: "tls", requestSent: false });
    expect(codeOf(result)).toBe(code);
    expect(receiver.requests).toHaveLength(0);
  });

  test("one for another name is refused, and says so", async () => {
    await using receiver = await startTlsReceiver();
    const url = receiver.url.replace("receiver.test", "other.test");
    expect(codeOf(await aClient().send(get(url)))).toBe("tls_host");
    expect(receiver.requests).toHaveLength(0);
  });

  test("one that is signed by itself is believed by an identity that names it as its authority", async () => {
    await using receiver = await startTlsReceiver(selfSignedPair);
    const identity = identityOf("pinned", clientOne, selfSignedPair.cert);
    expect(await makeClient({ resolve }).send(get(receiver.url, { identity }))).toMatchObject({ ok: true });
  });

  test("a receiver without TLS on its port is told apart from one with a bad certificate", async () => {
    await using raw = await startRaw(answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const result = await aClient().send(get(raw.url.replace("http:", "https:")));
    expect(codeOf(result)).toBe("tls_version");
  });
});

test("TLS 1.1 is not spoken, even with a receiver that has nothing newer", async () => {
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
  await using receiver = await startTlsReceiver(old);
  const result = await aClient().send(get(receiver.url));
  expect(errorOf(result)).toEqual({ error: "tls", requestSent: false });
  expect(codeOf(result)).toBe("tls_version");
  // The mutant: whoever allows the old version is let in.
  const port = Number(new URL(receiver.url).port);
  const protocol = await new Promise<string | null>((done, fail) => {
    const socket = connectTls({ ...old, port, host: "127.0.0.1", servername: "receiver.test", ca: authority }, () => {
      done(socket.getProtocol());
      socket.destroy();
    }).on("error", fail);
  });
  expect(protocol).toBe("TLSv1.1");
});

describe("what is said about an identity when it is saved", () => {
  const nowMs = Date.parse("2026-03-01T00:00:00Z");
  const findingsOf = (identity: Omit<TlsIdentity, "id">): string[] =>
    checkIdentity(identity, nowMs).map(({ pointer, code }) => `${pointer} ${code}`);

  test.each<[string, Omit<TlsIdentity, "id">, string[]]>([
    ["a certificate and its key", clientOne, []],
    ["a chain, and text between the certificates", { ...clientOne, cert: `${clientOne.cert}\nCA:\n${authority}` }, []],
    ["its own authorities", { ...clientOne, ca: `${authority}${otherAuthority}` }, []],
    ["no certificate", { ...clientOne, cert: "" }, ["/cert tls.certificate"]],
    ["a key in the certificate's place", { ...clientOne, cert: clientOne.key }, ["/cert tls.certificate"]],
    ["a certificate cut short", { ...clientOne, cert: clientOne.cert.slice(0, 200) }, ["/cert tls.certificate"]],
    [
      "a chain of which one is broken",
      { ...clientOne, cert: `${clientOne.cert}${broken()}` },
      ["/cert tls.certificate"],
    ],
    ["no key", { ...clientOne, key: "secret" }, ["/key tls.key"]],
    ["a key under a passphrase", { ...clientOne, key: encryptedKey }, ["/key tls.key_encrypted"]],
    ["the key of another certificate", { ...clientOne, key: clientTwo.key }, ["/key tls.key_mismatch"]],
    ["a certificate that has expired", { ...clientOne, cert: expiredClientCert }, ["/cert tls.expired"]],
    ["a certificate of the future", { ...clientOne, cert: futureClientCert }, ["/cert tls.not_yet_valid"]],
    ["a key that is too small", weakClient, ["/cert tls.weak"]],
    ["authorities that are none", { ...clientOne, ca: "trust me" }, ["/ca tls.ca"]],
    [
      "nothing that can be used",
      { cert: "a", key: "b", ca: "c" },
      ["/cert tls.certificate", "/key tls.key", "/ca tls.ca"],
    ],
    ["too much", { ...clientOne, ca: authority.repeat(100) }, ["/ca tls.too_long"]],
  ])("%s has these findings", (_, identity, expected) => {
    expect(findingsOf(identity)).toEqual(expected);
  });

  test("findings repeat nothing of the key", () => {
    const findings = checkIdentity({ cert: "a", key: "canary-of-a-key" }, nowMs);
    expect(JSON.stringify(findings)).not.toContain("canary");
  });
});

function broken(): string {
  return "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
}

/** OpenSSL's own server: it refuses client certificates as servers in C and Go do, by an alert. */
async function startOpenssl(version: string): Promise<{ url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-tls-"));
  const [pair, ca] = [join(folder, "server.pem"), join(folder, "ca.pem")];
  await writeFile(pair, serverPair.cert + serverPair.key);
  await writeFile(ca, authority);
  const wants = ["-CAfile", ca, "-Verify", "1", "-verify_return_error"];
  const server = spawn(program, ["s_server", "-accept", "127.0.0.1:0", "-cert", pair, ...wants, "-www", version], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  server.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until(() => /^ACCEPT 127\.0\.0\.1:\d+/m.test(said));
  const port = /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(said)?.[1] ?? "";
  return {
    url: `https://receiver.test:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(server, "exit");
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
