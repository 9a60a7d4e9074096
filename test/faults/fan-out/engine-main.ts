// The engine's command for trials of the sending path: it ends itself by `kill -9` at the point that the plan names.
import { startEngine } from "../start-engine.ts";
import { createMutants } from "./mutants.ts";
import { createReach, readPlan } from "./plan.ts";

const [planFile = "", taskQueue = ""] = process.argv.slice(2);
const mutants = createMutants((mutant) => readPlan(planFile).mutant === mutant);
await startEngine({
  taskQueue,
  createAccept: mutants.createAccept,
  sending: { createSender: mutants.createSender, createRelay: mutants.createRelay, leaseMs: 3_000 },
  fault: createReach(planFile),
});
