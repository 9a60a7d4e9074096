// Stops what the global set-up started.
import { rm } from "node:fs/promises";

export default async function tearDown(): Promise<void> {
  const servers = globalThis.millraceTestServers;
  if (servers === undefined) return;
  await servers.embedded.stop();
  await rm(servers.dataDir, { recursive: true, force: true });
}
