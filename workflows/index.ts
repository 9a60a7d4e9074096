// The workflows that a worker hosts.
export { deliver } from "./deliver.ts";
export { deliverLane } from "./deliver-lane.ts";
export { recoverDeliveries } from "./recover-deliveries.ts";
export { retryRuns } from "./retry-runs.ts";
export { runFlow } from "./run-flow.ts";
