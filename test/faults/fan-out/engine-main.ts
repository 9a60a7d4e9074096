// The engine's command for trials of the sending path: it ends itself by `kill -9` at the point that the plan names.
import { join } from "node:path";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { installRuntime } from "../../../src/engine/engine.ts";
import { createLog } from "../../../src/log.ts";
import { packageRoot } from "../../../src/package-root.ts";
import { createMutants } from "./mutants.ts";
import { createReach, readPlan } from "./plan.ts";

const [planFile = "", taskQueue = ""] = process.argv.slice(2);
const config = readConfig();
const log = createLog(config.logLevel);
const mutants = createMutants((mutant) => readPlan(planFile).mutant === mutant);
installRuntime(log);
await createApp({
  config,
  mongodbUri: config.mongodbUri ?? "",
  temporalAddress: config.temporal.address ?? "",
  temporalUiUrl: undefined,
  taskQueue,
  workflowBundlePath: join(packageRoot, "dist", "workflow-bundle.js"),
  keyring: config.keys ?? "",
  apiKey: config.bootstrapKey,
  log,
  createAccept: mutants.createAccept,
  sending: { createSender: mutants.createSender, createRelay: mutants.createRelay, leaseMs: 3_000 },
  fault: createReach(planFile),
});
