import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataFolderInUseError, lockDataFolder, type DataLock } from "../../src/embedded/lock.ts";
import { inspectProcess } from "../../src/embedded/process.ts";
import { testFolder } from "../support/folder.ts";

const server = { pid: 4_000_000, startedAt: "1", port: 27_017 };

/** A process that ran and is gone: nobody has its pid and start time. */
async function goneProcess(): Promise<{ pid: number; startedAt: string }> {
  const child = spawn("sleep", ["60"]);
  const info = await inspectProcess(child.pid ?? 0);
  child.kill("SIGKILL");
  await once(child, "exit");
  return { pid: info?.pid ?? 0, startedAt: info?.startedAt ?? "" };
}

test("a folder that a running process has is refused with its pid", async () => {
  await using folder = await testFolder();
  const lock = await lockDataFolder(folder.path);
  const second = lockDataFolder(folder.path);
  await expect(second).rejects.toThrow(DataFolderInUseError);
  await expect(second).rejects.toThrow(`in use by process ${process.pid}`);
  lock.release();
  expect((await lockDataFolder(folder.path)).left).toEqual({});
});

test("a lock whose process is gone is taken over, with the record of its servers", async () => {
  await using folder = await testFolder();
  await writeFile(
    join(folder.path, "lock"),
    JSON.stringify({ ...(await goneProcess()), servers: { mongodb: server } }),
  );
  const lock = await lockDataFolder(folder.path);
  expect(lock.left).toEqual({ mongodb: server });
  // A crash right after the take-over must not lose sight of the servers either.
  expect(JSON.parse(await readFile(join(folder.path, "lock"), "utf8"))).toMatchObject({ servers: { mongodb: server } });
});

test("a lock whose pid was given to another process is stale", async () => {
  await using folder = await testFolder();
  const reused = { pid: process.pid, startedAt: "another start", servers: { temporal: server } };
  await writeFile(join(folder.path, "lock"), JSON.stringify(reused));
  expect((await lockDataFolder(folder.path)).left).toEqual({ temporal: server });
});

test.each([
  ["is empty", ""],
  ["is not JSON", "{"],
  ["is another document", '{"pid":"1"}'],
  ["records servers without a port", '{"pid":1,"startedAt":"1","servers":{"mongodb":{"pid":1,"startedAt":"1"}}}'],
])("a lock file that %s is stale and records nothing", async (_, content) => {
  await using folder = await testFolder();
  await writeFile(join(folder.path, "lock"), content);
  expect((await lockDataFolder(folder.path)).left).toEqual({});
});

test.each([["a stale lock"], ["no lock"]])("of many that find %s at once, one gets the folder", async (found) => {
  await using folder = await testFolder();
  if (found === "a stale lock") {
    await writeFile(join(folder.path, "lock"), JSON.stringify({ ...(await goneProcess()), servers: {} }));
  }
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataFolder(folder.path)));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(11);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(DataFolderInUseError);
  expect(await readdir(folder.path)).toEqual(["lock"]);
});

test("a take-over that was cut off half-way does not block the next one", async () => {
  await using folder = await testFolder();
  const gone = { ...(await goneProcess()), servers: { mongodb: server } };
  await writeFile(join(folder.path, "lock"), JSON.stringify(gone));
  await writeFile(join(folder.path, "lock.takeover"), JSON.stringify(gone));
  expect((await lockDataFolder(folder.path)).left).toEqual({ mongodb: server });
});

test("servers are on record from the moment they are told, until they are taken off", async () => {
  await using folder = await testFolder();
  const onDisk = async (): Promise<unknown> => JSON.parse(await readFile(join(folder.path, "lock"), "utf8")).servers;
  const lock: DataLock = await lockDataFolder(folder.path);
  lock.record("mongodb", server);
  lock.record("temporal", { ...server, uiPort: 8233 });
  expect(await onDisk()).toEqual({ mongodb: server, temporal: { ...server, uiPort: 8233 } });
  lock.record("mongodb", undefined);
  expect(await onDisk()).toEqual({ temporal: { ...server, uiPort: 8233 } });
});

test("the lock and the folder are the owner's alone", async () => {
  await using folder = await testFolder();
  const dataDir = join(folder.path, "data");
  await lockDataFolder(dataDir);
  expect((await stat(dataDir)).mode & 0o077).toBe(0);
  expect((await stat(join(dataDir, "lock"))).mode & 0o077).toBe(0);
});
