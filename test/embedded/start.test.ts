import { spawn } from "node:child_process";
import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { freePort } from "../../src/embedded/ports.ts";
import { isRunning } from "../../src/embedded/process.ts";
import { testFolder } from "../support/folder.ts";
import { until } from "../support/wait.ts";
import { servers, start, withMongodb } from "./start-servers.ts";

async function temporalVersion(address: string | undefined): Promise<string> {
  const connection = await Connection.connect({ address: address ?? "" });
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  await connection.close();
  return serverVersion;
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
