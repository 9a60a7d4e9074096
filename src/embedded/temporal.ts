// How is Temporal run on one machine: the dev server on loopback, with its SQLite file in a folder?
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ServerSpec } from "./server.ts";

const askLimitMs = 2_000;

/** With one partition a poller need not be forwarded; one visibility worker keeps SQLite's single writer from convoys. */
const dynamicConfig = [
  "matching.numTaskqueueReadPartitions=1",
  "matching.numTaskqueueWritePartitions=1",
  "history.visibilityProcessorSchedulerWorkerCount=1",
];

/** The file that names this server: no other process has it in its command line. */
export function temporalFile(dataDir: string): string {
  return join(dataDir, "temporal", "temporal.db");
}

/**
 * How to run the dev server on a folder, which is made when missing. It counts as answering when it serves workflows.
 * `codecEndpoint`: where its UI has sealed payloads opened.
 */
export async function temporalSpec(
  command: string,
  dataDir: string,
  ports: { port: number; uiPort: number },
  codecEndpoint?: string,
): Promise<ServerSpec> {
  const file = temporalFile(dataDir);
  await mkdir(join(dataDir, "temporal"), { recursive: true, mode: 0o700 });
  const args = ["server", "start-dev", "--ip", "127.0.0.1", "--port", String(ports.port)];
  args.push("--ui-port", String(ports.uiPort), "--ui-disable-news-fetch", "--db-filename", file);
  // The operator's own settings of the command line tool are about other servers.
  args.push("--disable-config-file", "--disable-config-env", "--log-level", "error");
  args.push("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL");
  if (codecEndpoint !== undefined) args.push("--ui-codec-endpoint", codecEndpoint);
  for (const setting of dynamicConfig) args.push("--dynamic-config-value", setting);
  const logFile = join(dataDir, "temporal.log");
  const ask = () => askServing(`127.0.0.1:${ports.port}`);
  return { name: "temporal", title: "Temporal", command, args, marker: file, ...ports, logFile, ask };
}

async function askServing(address: string): Promise<void> {
  // Loaded here: who has servers of their own need not wait for a gRPC client.
  const { Connection } = await import("@temporalio/client");
  const connection = await Connection.connect({ address, connectTimeout: askLimitMs });
  try {
    const service = "temporal.api.workflowservice.v1.WorkflowService";
    const check = () => connection.healthService.check({ service });
    const { status } = await connection.withDeadline(Date.now() + askLimitMs, check);
    // grpc.health.v1.HealthCheckResponse.ServingStatus: SERVING = 1.
    if (Number(status) !== 1) throw new Error("Temporal does not serve yet");
  } finally {
    await connection.close();
  }
}
