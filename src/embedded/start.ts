// How do we get the servers that no address was configured for?
import { resolve } from "node:path";
import type { Log } from "../log.ts";
import type { Download, OnProgress } from "./binaries.ts";
import { findBinary } from "./find.ts";
import { lockDataFolder, type DataLock, type ServerRecord } from "./lock.ts";
import { mongodbFolder, mongodbSpec, mongodbUri } from "./mongodb.ts";
import { freePort } from "./ports.ts";
import { isOurServer, runServer, ServerEndedError, type RunningServer } from "./server.ts";
import { endProcess } from "./process.ts";
import { temporalFile, temporalSpec } from "./temporal.ts";

export type EmbeddedOptions = {
  /** Holds the servers' data, their logs and the lock file. */
  dataDir: string;
  /** Holds downloaded programs, for all data folders. */
  cacheDir: string;
  download: Download;
  /** Paths of programs that the operator gave. */
  mongod?: string;
  temporal?: string;
  need: { mongodb: boolean; temporal: boolean };
  /** Ports that must be used. Absent: the ones of the last start, 8233 for Temporal's UI, or any that is free. */
  ports?: { mongodb?: number; temporal?: number; temporalUi?: number };
  /** Where Temporal's UI has sealed payloads opened. */
  codecEndpoint?: string;
  onProgress: OnProgress;
  log: Log;
};

export type Embedded = {
  mongodbUri?: string;
  temporalAddress?: string;
  temporalUiUrl?: string;
  /** Stops the servers and gives the data folder free. */
  stop(): Promise<void>;
};

type Started = Omit<Embedded, "stop"> & { server: RunningServer };

/** How often a server is started that ends before it answers. */
const startsMax = 3;
/** Where people look for Temporal's UI. */
const temporalUiPort = 8233;

/**
 * Finds or fetches the needed servers' programs, starts them side by side on 127.0.0.1, and answers when both serve.
 * Servers that a killed process left on the folder are reused, or ended when they are not needed or do not answer.
 * Throws `DataFolderInUseError`, `BinaryMissingError`, or what a server said; nothing is left running then.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const settled = { ...options, dataDir: resolve(options.dataDir), cacheDir: resolve(options.cacheDir) };
  const lock = await lockDataFolder(settled.dataDir);
  const results = await Promise.allSettled([
    options.need.mongodb ? startMongodb(settled, lock) : endLeft(lock.left.mongodb, mongodbFolder(settled.dataDir)),
    options.need.temporal ? startTemporal(settled, lock) : endLeft(lock.left.temporal, temporalFile(settled.dataDir)),
  ]);
  const started = results.flatMap((result) => (result.status === "fulfilled" && result.value ? [result.value] : []));
  const stop = once(async () => {
    await Promise.all(started.map(({ server }) => server.stop()));
    lock.release();
  });
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const { server: _servers, ...addresses } = Object.assign({}, ...started) as Started; // The parts have no key in common but `server`.
  return { ...addresses, stop };
}

async function startMongodb(options: EmbeddedOptions, lock: DataLock): Promise<Started> {
  const { dataDir, ports, log } = options;
  const command = await findBinary("mongod", { ...options, ...(options.mongod && { explicit: options.mongod }) });
  const before = lock.left.mongodb;
  const left = await stillRunning(before, mongodbFolder(dataDir));
  return onFreePorts(async (isFirst) => {
    const port = ports?.mongodb ?? left?.port ?? (await freePort(...(isFirst ? [before?.port] : [])));
    const server = await runServer(await mongodbSpec(command, dataDir, port), left, lock, log);
    return { mongodbUri: mongodbUri(port), server };
  });
}

async function startTemporal(options: EmbeddedOptions, lock: DataLock): Promise<Started> {
  const { dataDir, ports, log } = options;
  const command = await findBinary("temporal", { ...options, ...(options.temporal && { explicit: options.temporal }) });
  const before = lock.left.temporal;
  const left = await stillRunning(before, temporalFile(dataDir));
  return onFreePorts(async (isFirst) => {
    const port = ports?.temporal ?? left?.port ?? (await freePort(...(isFirst ? [before?.port] : [])));
    const wanted = isFirst ? [before?.uiPort, temporalUiPort] : [];
    const uiPort = ports?.temporalUi ?? left?.uiPort ?? (await freePort(...wanted));
    const spec = await temporalSpec(command, dataDir, { port, uiPort }, options.codecEndpoint);
    const server = await runServer(spec, left, lock, log);
    return { temporalAddress: `127.0.0.1:${port}`, temporalUiUrl: `http://127.0.0.1:${uiPort}`, server };
  });
}

/** A port that was free may be taken by the time the server wants it: then others are tried. */
async function onFreePorts(start: (isFirst: boolean) => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(attempt === 1);
    } catch (error) {
      if (!(error instanceof ServerEndedError) || attempt === startsMax) throw error;
    }
  }
}

async function stillRunning(left: ServerRecord | undefined, marker: string): Promise<ServerRecord | undefined> {
  return left !== undefined && (await isOurServer(left, marker)) ? left : undefined;
}

async function endLeft(left: ServerRecord | undefined, marker: string): Promise<undefined> {
  const running = await stillRunning(left, marker);
  if (running !== undefined) await endProcess(running);
  return undefined;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
