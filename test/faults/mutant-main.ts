// The engine's command with the broken way in of `hasty-accept`, for trials that must fail.
import { join } from "node:path";
import { createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { installRuntime } from "../../src/engine/engine.ts";
import { createLog } from "../../src/log.ts";
import { packageRoot } from "../../src/package-root.ts";
import { createHastyAccept } from "./hasty-accept.ts";

const config = readConfig();
const log = createLog(config.logLevel);
installRuntime(log);
await createApp({
  config,
  mongodbUri: config.mongodbUri ?? "",
  temporalAddress: config.temporal.address ?? "",
  temporalUiUrl: undefined,
  taskQueue: "millrace",
  workflowBundlePath: join(packageRoot, "dist", "workflow-bundle.js"),
  keyring: config.keys ?? "",
  apiKey: config.bootstrapKey,
  log,
  createAccept: createHastyAccept,
});
