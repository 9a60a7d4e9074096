// The engine's command for trials of what carries deliveries on: it ends itself by `kill -9` at the point that the plan names.
import { createReach, readPlan } from "../fan-out/plan.ts";
import { startEngine } from "../start-engine.ts";
import { createMutants } from "./mutants.ts";
import { withPoints } from "./points.ts";

const [planFile = "", taskQueue = "", role = ""] = process.argv.slice(2);
const reach = createReach(planFile);
await startEngine(
  {
    taskQueue,
    sending: { leaseMs: 5_000 },
    fault: reach,
    createDeliveryActivities: (deps) => createMutants(withPoints(deps, reach), readPlan(planFile)),
  },
  ["--role", role],
);
