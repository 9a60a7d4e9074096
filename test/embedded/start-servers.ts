// What the tests of the embedded servers share: starting them on a folder, and looking at what runs.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { startEmbedded, type Embedded, type EmbeddedOptions } from "../../src/embedded/start.ts";
import { createLog } from "../../src/log.ts";

export const cacheDir = process.env.MILLRACE_CACHE || join(homedir(), ".cache", "millrace");
type Identity = { pid: number; startedAt: string };

/** Servers from the shared cache, both unless told otherwise. */
export function start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
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

/** The processes that the lock of a data folder records. */
export async function servers(dataDir: string): Promise<{ mongodb: Identity; temporal: Identity }> {
  return JSON.parse(await readFile(join(dataDir, "lock"), "utf8")).servers;
}

/** Uses a client, and closes it. */
export async function withMongodb<T>(uri: string | undefined, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri ?? "", { serverSelectionTimeoutMS: 2_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
