// The servers under everything that is measured: real, embedded, in a folder of their own that goes with them.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../src/embedded/start.ts";
import { createLog } from "../src/log.ts";

export type BenchServers = {
  mongodbUri: string;
  /** Empty when it was not asked for. */
  temporalAddress: string;
  pids: { temporal: number; mongodb: number };
  stop(): Promise<void>;
};

/** Starts MongoDB, and Temporal unless it is not needed. */
export async function startServers(need: { temporal: boolean } = { temporal: true }): Promise<BenchServers> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const {
    mongodbUri = "",
    temporalAddress = "",
    stop,
  } = await startEmbedded({
    dataDir: folder,
    cacheDir: process.env["MILLRACE_CACHE"] ?? join(homedir(), ".cache", "millrace"),
    download: process.env["MILLRACE_DOWNLOAD"] === "registry" ? "registry" : "auto",
    need: { mongodb: true, ...need },
    onProgress: ({ message }) => console.error(message),
    log: createLog("warn"),
  });
  return {
    mongodbUri,
    temporalAddress,
    pids: pidsOf(folder),
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The servers' processes, as the data folder's lock file names them. */
function pidsOf(folder: string): BenchServers["pids"] {
  // Written by the start above.
  const lock = JSON.parse(readFileSync(join(folder, "lock"), "utf8")) as { servers: Record<string, { pid: number }> };
  return { temporal: lock.servers["temporal"]?.pid ?? 0, mongodb: lock.servers["mongodb"]?.pid ?? 0 };
}
