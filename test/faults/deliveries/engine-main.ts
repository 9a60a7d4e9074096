// The engine's command for trials of what carries deliveries on: it ends itself by `kill -9` at the point that the plan names.
import { join } from "node:path";
import { createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config.ts";
import { installRuntime } from "../../../src/engine/engine.ts";
import { createLog } from "../../../src/log.ts";
import { packageRoot } from "../../../src/package-root.ts";
import { createReach, readPlan } from "../fan-out/plan.ts";
import { createMutants } from "./mutants.ts";
import { withPoints } from "./points.ts";

const [planFile = "", taskQueue = "", role = ""] = process.argv.slice(2);
const config = readConfig(undefined, ["--role", role]);
const log = createLog(config.logLevel);
const reach = createReach(planFile);
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
  sending: { leaseMs: 5_000 },
  fault: reach,
  createDeliveryActivities: (deps) => createMutants(withPoints(deps, reach), readPlan(planFile)),
});
