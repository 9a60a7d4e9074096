// How is MongoDB run on one machine: a replica set of one member, on loopback, with its data in a folder?
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient, MongoServerError } from "mongodb";
import type { ServerSpec } from "./server.ts";

const replicaSet = "rs0";
const askLimitMs = 1_000;
/** Server's error code of `replSetGetConfig` on a member that never had a configuration. */
const notYetInitialized = 94;

/** The folder that names this server: no other process has it in its command line. */
export function mongodbFolder(dataDir: string): string {
  return join(dataDir, "mongodb");
}

/** Address for clients, with `millrace` as the database that is used when they name none. */
export function mongodbUri(port: number): string {
  return `mongodb://127.0.0.1:${port}/millrace?replicaSet=${replicaSet}`;
}

/** How to run mongod on a folder, which is made when missing. It counts as answering when it is the set's primary. */
export async function mongodbSpec(command: string, dataDir: string, port: number): Promise<ServerSpec> {
  const folder = mongodbFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, "mongodb.log");
  const args = ["--replSet", replicaSet, "--bind_ip", "127.0.0.1", "--port", String(port), "--dbpath", folder];
  args.push("--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--logpath", logFile, "--logappend");
  // Compression gains nothing on loopback, and mongod 6.0 before 6.0.27 leaks memory through it (CVE-2025-14847).
  args.push("--networkMessageCompressors", "disabled");
  // In seconds: of collections that nobody uses, such as those of tests that are over, the files are closed. Above the limit of
  // open files mongod ends itself.
  args.push("--setParameter", "wiredTigerFileHandleCloseIdleTime=30");
  return {
    name: "mongodb",
    title: "MongoDB",
    command,
    args,
    marker: folder,
    port,
    logFile,
    ask: () => askPrimary(port),
  };
}

async function askPrimary(port: number): Promise<void> {
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: askLimitMs, connectTimeoutMS: askLimitMs });
  try {
    await client.connect();
    const admin = client.db("admin");
    const { isWritablePrimary } = await admin.command({ hello: 1 });
    if (isWritablePrimary === true) return;
    await configure(client, `127.0.0.1:${port}`);
    throw new Error("MongoDB is not the primary yet");
  } finally {
    await client.close();
  }
}

/** Makes the set, or moves it to this address: after a start on another port, the member would not find itself in it. */
async function configure(client: MongoClient, host: string): Promise<void> {
  const admin = client.db("admin");
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members.length === 1 && config.members[0].host === host) return;
    const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] };
    await admin.command({ replSetReconfig: moved, force: true });
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== notYetInitialized) throw error;
    await admin.command({ replSetInitiate: { _id: replicaSet, members: [{ _id: 0, host }] } });
  }
}
