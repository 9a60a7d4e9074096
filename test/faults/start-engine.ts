// The engine's command as the trials need it: with parts of their own in place of the engine's.
import { join } from "node:path";
import { createApp, type AppOptions } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { installRuntime } from "../../src/engine/engine.ts";
import { createLog } from "../../src/log.ts";
import { packageRoot } from "../../src/package-root.ts";

/** What a trial puts in place of the engine's own, or beside it. */
export type TrialParts = Pick<
  AppOptions,
  "taskQueue" | "createAccept" | "sending" | "fault" | "createDeliveryActivities"
>;

/** Starts an engine by the environment and these arguments of its command line, with the parts of a trial. */
export async function startEngine(parts: TrialParts, commandLine: string[] = []): Promise<void> {
  const config = readConfig(undefined, commandLine);
  const log = createLog(config.logLevel);
  installRuntime(log);
  await createApp({
    config,
    mongodbUri: config.mongodbUri ?? "",
    temporalAddress: config.temporal.address ?? "",
    temporalUiUrl: undefined,
    workflowBundlePath: join(packageRoot, "dist", "workflow-bundle.js"),
    keyring: config.keys ?? "",
    apiKey: config.bootstrapKey,
    log,
    ...parts,
  });
}
