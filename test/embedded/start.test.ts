import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { MongoClient } from "mongodb";
import { freePort } from "../../src/embedded/ports.ts";
import { inspectProcess, isRunning } from "../../src/embedded/process.ts";
import { startEmbedded, type Embedded, type EmbeddedOptions } from "../../src/embedded/start.ts";
import { createLog } from "../../src/log.ts";
import { testFolder } from "../support/folder.ts";
import { until } from "../support/wait.ts";

const cacheDir = process.env.MILLRACE_CACHE || join(homedir(), ".cache", "millrace");
type Identity = { pid: number; startedAt: string };

function start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  return startEmbedded({
    dataDir,
    cacheDir,
    download: "registry",
    need: { mongodb: true, temporal: true },
    onProgress: () => undefined,
    log: createLog("silent"),
    ...more,
  });
}

async function servers(dataDir: string): Promise<{ mongodb: Identity; temporal: Identity }> {
  return JSON.parse(await readFile(join(dataDir, "lock"), "utf8")).servers;
}

async function withMongodb<T>(uri: string | undefined, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri ?? "", { serverSelectionTimeoutMS: 2_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function temporalVersion(address: string | undefined): Promise<string> {
  const connection = await Connection.connect({ address: address ?? "" });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  await connection.close();
  return serverVersion;
}

/** Starts servers in a process of its own, and kills it without warning once they run. */
async function startAndKill(dataDir: string): Promise<{ mongodbUri: string; temporalAddress: string }> {
  const script = join(__dirname, "run-embedded.ts");
  const uiPort = String(await freePort());
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, cacheDir, uiPort]);
  const [output] = (await once(child.stdout, "data")) as [Buffer]; // The stream has no encoding set.
  child.kill("SIGKILL");
  await once(child, "exit");
  return JSON.parse(output.toString());
}

test("both servers serve, and what they keep is there after a stop and a start on other ports", async () => {
  await using folder = await testFolder();
  const first = await start(folder.path);
  const before = await servers(folder.path);
  await withMongodb(first.mongodbUri, (client) =>
    client
      .db()
      .collection("kept")
      .insertOne({ a: 1 }, { writeConcern: { w: "majority", journal: true } }),
  );
  expect(await temporalVersion(first.temporalAddress)).toMatch(/^1\./);
  expect((await fetch(first.temporalUiUrl ?? "")).status).toBe(200);
  await first.stop();
  expect(await isRunning(before.mongodb)).toBe(false);
  expect(await isRunning(before.temporal)).toBe(false);

  const ports = { mongodb: await freePort(), temporal: await freePort() };
  const second = await start(folder.path, { ports });
  expect(second.mongodbUri).toContain(`127.0.0.1:${ports.mongodb}/`);
  expect(second.temporalAddress).toBe(`127.0.0.1:${ports.temporal}`);
  const kept = await withMongodb(second.mongodbUri, (client) => client.db().collection("kept").countDocuments());
  await second.stop();
  expect(kept).toBe(1);
});

test("after kill -9 of their parent, the next start finds the same servers on the same addresses", async () => {
  await using folder = await testFolder();
  const first = await startAndKill(folder.path);
  const before = await servers(folder.path);
  const startedMs = performance.now();
  const second = await start(folder.path);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(second).toMatchObject(first);
  expect(await servers(folder.path)).toEqual(before);
  await second.stop();
  expect(await isRunning(before.mongodb)).toBe(false);
  expect(await isRunning(before.temporal)).toBe(false);
});

test("after kill -9, a server that hangs is replaced and one that is not needed any more is ended", async () => {
  await using folder = await testFolder();
  await startAndKill(folder.path);
  const before = await servers(folder.path);
  process.kill(before.mongodb.pid, "SIGSTOP");
  const second = await start(folder.path, { need: { mongodb: true, temporal: false } });
  const answer = await withMongodb(second.mongodbUri, (client) => client.db().command({ ping: 1 }));
  expect(answer.ok).toBe(1);
  expect(second.temporalAddress).toBeUndefined();
  expect(await isRunning(before.mongodb)).toBe(false);
  expect(await isRunning(before.temporal)).toBe(false);
  await second.stop();
});

test("a server that dies is started again on its port", async () => {
  await using folder = await testFolder();
  const embedded = await start(folder.path, { need: { mongodb: true, temporal: false } });
  const before = await servers(folder.path);
  process.kill(before.mongodb.pid, "SIGKILL");
  await until(() =>
    withMongodb(
      embedded.mongodbUri,
      async (client) => (await client.db("admin").command({ hello: 1 })).isWritablePrimary,
    ),
  );
  const after = await servers(folder.path);
  expect(after.mongodb.pid).not.toBe(before.mongodb.pid);
  await embedded.stop();
  expect(await isRunning(after.mongodb)).toBe(false);
});

test("a foreign process that the lock names is left alone", async () => {
  await using folder = await testFolder();
  const foreign = spawn("sleep", ["60"]);
  const info = await inspectProcess(foreign.pid ?? 0);
  const record = { pid: info?.pid, startedAt: info?.startedAt, port: await freePort() };
  const stale = { pid: process.pid, startedAt: "an earlier one", servers: { mongodb: record, temporal: record } };
  await writeFile(join(folder.path, "lock"), JSON.stringify(stale));
  const embedded = await start(folder.path, { need: { mongodb: true, temporal: false } });
  expect((await servers(folder.path)).mongodb.pid).not.toBe(foreign.pid);
  await embedded.stop();
  const isLeftAlone = await isRunning(info ?? { pid: 0, startedAt: "" });
  foreign.kill();
  expect(isLeftAlone).toBe(true);
});

test("servers listen on loopback alone", async () => {
  await using folder = await testFolder();
  const embedded = await start(folder.path);
  const ports = [embedded.mongodbUri, `tcp://${embedded.temporalAddress}`, embedded.temporalUiUrl].map((address) =>
    Number(new URL(address ?? "").port),
  );
  const { stdout } = spawn("sh", ["-c", "cat /proc/net/tcp /proc/net/tcp6"]);
  const table = (await stdout.toArray()).join("");
  await embedded.stop();
  for (const port of ports) {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listening = table.split("\n").filter((line) => new RegExp(`^ *\\d+: [0-9A-F]+:${hex} \\S+ 0A `).test(line));
    expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`]);
  }
});

test("a start that fails leaves nothing running and gives the folder free", async () => {
  await using folder = await testFolder();
  const temporal = join(folder.path, "missing");
  await expect(start(folder.path, { temporal })).rejects.toThrow("MILLRACE_TEMPORAL");
  const again = await start(folder.path, { need: { mongodb: false, temporal: false } });
  await again.stop();
});

test("a program that ends at once is told with the place of its log", async () => {
  await using folder = await testFolder();
  const started = start(folder.path, { mongod: "/bin/false", need: { mongodb: true, temporal: false } });
  await expect(started).rejects.toThrow(/MongoDB .*exit code 1.*mongodb\.log/);
});
