import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../src/embedded/ports.ts";
import { inspectProcess, isRunning } from "../../src/embedded/process.ts";
import { testFolder } from "../support/folder.ts";
import { cacheDir, servers, start, withMongodb } from "./start-servers.ts";

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
