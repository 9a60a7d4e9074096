// Who owns a data folder, and which servers did the owner leave running in it?
// The lock is a file with the owner's pid and start time. A stale one (its process is gone) is taken over with its record
// of servers, so that a start after `kill -9` finds them.
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inspectProcess, isRunning, type ProcessIdentity } from "./process.ts";

export type ServerName = "mongodb" | "temporal";
/** A server that was started in the folder. */
export type ServerRecord = ProcessIdentity & { port: number; uiPort?: number };
export type ServerRecords = Partial<Record<ServerName, ServerRecord>>;
type LockContent = ProcessIdentity & { servers: ServerRecords };

export type DataLock = {
  /** What the folder's last owner left, when it did not release the lock itself. */
  left: ServerRecords;
  /** Notes a running server, at once and on disk: a crash of ours right after must not lose sight of it. */
  record(name: ServerName, server: ServerRecord | undefined): void;
  release(): void;
};

/** Another process that runs has the folder. */
export class DataFolderInUseError extends Error {
  constructor(dataDir: string, pid: number) {
    super(
      `The data folder ${dataDir} is in use by process ${pid}. Stop it, or give this one another folder (MILLRACE_DATA).`,
    );
    this.name = "DataFolderInUseError";
  }
}

const takeoverTries = 200;
const takeoverPauseMs = 25;

/** Takes the lock of a data folder, which is made when missing. Throws `DataFolderInUseError`. */
export async function lockDataFolder(dataDir: string): Promise<DataLock> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "lock");
  const self = await inspectProcess(process.pid);
  if (self === undefined) throw new Error("This process cannot see itself in the system's process list");
  const mine: LockContent = { pid: self.pid, startedAt: self.startedAt, servers: {} };
  for (let attempt = 0; attempt < takeoverTries; attempt++) {
    if (await createExclusively(path, mine)) return hold(path, mine, {});
    const held = await readLock(path);
    if (held === "missing") continue;
    if (held !== "unreadable" && (await isRunning(held))) throw new DataFolderInUseError(dataDir, held.pid);
    const left = await takeOver(path, held, mine);
    if (left !== undefined) return hold(path, mine, left);
    await delay(takeoverPauseMs);
  }
  throw new Error(`The lock ${path} changes hands without end. Remove it when no millrace runs on this folder.`);
}

/**
 * Of several processes that found the same stale lock, one gets the guard file, looks again, and replaces the lock. It
 * carries the record of servers over in the same write. Absent: somebody else was faster, look again.
 */
async function takeOver(
  path: string,
  stale: LockContent | "unreadable",
  mine: LockContent,
): Promise<ServerRecords | undefined> {
  const guard = `${path}.takeover`;
  if (!(await createExclusively(guard, mine))) {
    const holder = await readLock(guard);
    if (holder === "unreadable" || (holder !== "missing" && !(await isRunning(holder))))
      await rm(guard, { force: true });
    return undefined;
  }
  try {
    if (!isSameLock(await readLock(path), stale)) return undefined;
    const left = stale === "unreadable" ? {} : stale.servers;
    replace(path, { ...mine, servers: left });
    return left;
  } finally {
    await rm(guard, { force: true });
  }
}

function isSameLock(now: LockContent | "missing" | "unreadable", before: LockContent | "unreadable"): boolean {
  if (typeof now === "string" || typeof before === "string") return now === before;
  return now.pid === before.pid && now.startedAt === before.startedAt;
}

function hold(path: string, mine: LockContent, left: ServerRecords): DataLock {
  let servers: ServerRecords = { ...left };
  return {
    left,
    record(name, server) {
      const { [name]: _before, ...others } = servers;
      servers = server === undefined ? others : { ...others, [name]: server };
      replace(path, { ...mine, servers });
    },
    release() {
      rmSync(path, { force: true });
    },
  };
}

/** By a link to a complete file: nobody may read a lock that is half written. */
async function createExclusively(path: string, content: LockContent): Promise<boolean> {
  const part = `${path}.${randomUUID()}`;
  await writeFile(part, JSON.stringify(content), { mode: 0o600 });
  try {
    await link(part, path);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

function replace(path: string, content: LockContent): void {
  const part = `${path}.${randomUUID()}`;
  writeFileSync(part, JSON.stringify(content), { mode: 0o600 });
  renameSync(part, path);
}

async function readLock(path: string): Promise<LockContent | "missing" | "unreadable"> {
  try {
    const content: unknown = JSON.parse(await readFile(path, "utf8"));
    return isLockContent(content) ? content : "unreadable";
  } catch (error) {
    return isSystemError(error, "ENOENT") ? "missing" : "unreadable";
  }
}

function isLockContent(value: unknown): value is LockContent {
  if (!isProcessIdentity(value) || !("servers" in value)) return false;
  const { servers } = value;
  return typeof servers === "object" && servers !== null && Object.values(servers).every(isServerRecord);
}

function isServerRecord(value: unknown): value is ServerRecord {
  return isProcessIdentity(value) && "port" in value && typeof value.port === "number";
}

function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("startedAt" in value)) return false;
  return Number.isInteger(value.pid) && typeof value.startedAt === "string";
}

function isSystemError(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
